"""Secrets that are shown once: made here, and kept as their hash only."""

from __future__ import annotations

import hashlib
import secrets

SESSION = "ks_"
REFRESH = "kr_"
API_TOKEN = "kolba_"  # noqa: S105 - only what one begins with
INVITATION = "ki_"
_LONGEST = 128
_PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - none that is taken for another
_PASSWORD_GROUPS = 4
_PASSWORD_GROUP_LETTERS = 5


def make(prefix: str) -> str:
    """256 bits that nobody guesses."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of it. It needs no salt and no slow hash: it is as long as the hash is."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_one(given: str, prefix: str) -> bool:
    """Whether it could be one of ours, before anything is looked up."""
    return given.startswith(prefix) and len(given) <= _LONGEST


def csrf_token(session_secret: str) -> str:
    """What a page shows beside the cookie: only who was given the one can know the other."""
    return hashlib.sha256(b"kolba csrf " + session_secret.encode()).hexdigest()


def make_password() -> str:
    """One that can be read out: 99 bits, in groups."""
    groups = [
        "".join(secrets.choice(_PASSWORD_LETTERS) for _ in range(_PASSWORD_GROUP_LETTERS))
        for _ in range(_PASSWORD_GROUPS)
    ]
    return "-".join(groups)


def make_id() -> str:
    """Names a session. Not a secret."""
    return secrets.token_urlsafe(16)
