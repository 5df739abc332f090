"""Making tokens."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt
import orjson

from kolba.kit import identity
from kolba.kit.tokens import keys, kinds

_OWN_CLAIMS = frozenset({"iss", "sub", "aud", "iat", "nbf", "exp", "jti", "groups"})


class Signer:
    """Issues tokens in the name of one service. Some 100 µs each: keep one for as long as it is good."""

    def __init__(self, ring: keys.KeyRing, *, now: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._now = now
        self._jws = jwt.PyJWS(algorithms=[kinds.ALGORITHM])

    @property
    def issuer(self) -> str:
        return self._ring.issuer

    def prepare(self) -> None:
        """Make and publish a key where there is none, so that a start says what is missing. Raises `KeysUnwritable`."""
        self._ring.current()

    def issue(
        self,
        kind: kinds.Kind,
        *,
        subject: str,
        groups: Sequence[str] = (),
        seconds: int,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """A token about `subject`, good for `seconds` from now. `claims` are added to it: a session's id, say.

        Raises `ValueError` for what no verifier would accept (a defect of the caller), `KeysUnwritable`.
        """
        if not 0 < seconds <= kind.longest_seconds:
            raise ValueError(f"{kind.media_type} lives for 1 … {kind.longest_seconds} s")
        if not subject or not kind.may_be_issued(issuer=self.issuer, subject=subject):
            raise ValueError(f"{self.issuer} may not issue {kind.media_type} about {subject!r}")
        if identity.SERVICE in groups or _OWN_CLAIMS & (claims or {}).keys():
            raise ValueError("a claim is not the caller's to make")
        issued = int(self._now())
        payload = {
            **(claims or {}),
            "iss": self.issuer,
            "sub": subject,
            "aud": kind.audience,
            "iat": issued,
            "exp": issued + seconds,
            "jti": secrets.token_urlsafe(12),
            "groups": list(groups),
        }
        key = self._ring.current()
        return self._jws.encode(
            orjson.dumps(payload),
            key.key,
            algorithm=kinds.ALGORITHM,
            headers={"typ": kind.media_type, "kid": key.id},
        )

    def issue_own(self, seconds: int = kinds.SERVICE.longest_seconds) -> str:
        """A token with which the service itself asks another."""
        return self.issue(kinds.SERVICE, subject=self.issuer, seconds=seconds)
