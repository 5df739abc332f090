"""Checking tokens: strictly, and the same one only once."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
import orjson

from kolba.kit import identity
from kolba.kit.tokens import errors, kinds, published

LONGEST_TOKEN = 4096
"""Characters. Real ones have some 500."""
REFRESH_SECONDS = 5.0
"""So long after it was taken off the board, a key is trusted at most."""
_MOST_KNOWN = 10_000
_PARTS = re.compile(r"(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+")
_HEADER = frozenset({"alg", "typ", "kid"})
"""Exactly these: what else a header may name (`crit`, `jku`, `jwk`, `x5u`, `zip`, …) is not supported."""
_LONGEST_NAME = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a verified token says."""

    kind: kinds.Kind
    subject: str
    """A person's name; of a token about a service, that service's."""
    issuer: str
    groups: tuple[str, ...]
    id: str
    issued: int
    """Seconds since 1970, as `expires`."""
    expires: int
    other: Mapping[str, Any]
    """What else the issuer wrote into it."""


@dataclasses.dataclass(slots=True)
class _Trusted:
    key: published.PublicKey
    looked_at: float


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    claims: Claims
    key_id: str


class Verifier:
    """Accepts tokens of `accepted` kinds, signed with keys on `board`.

    A token once verified is remembered until it expires or its key is not trusted any more: a second look costs a
    microsecond. A key that is not known yet is looked for on the board at once; one that is known, every
    `refresh_seconds`, so that taking it off counts.
    """

    def __init__(
        self,
        board: published.Published,
        *accepted: kinds.Kind,
        refresh_seconds: float = REFRESH_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._board = board
        self._kinds = {kind.media_type: kind for kind in accepted}
        self._refresh_seconds = refresh_seconds
        self._now = now
        self._jws = jwt.PyJWS(algorithms=[kinds.ALGORITHM])
        self._trusted: dict[str, _Trusted] = {}
        self._known: dict[str, _Known] = {}

    def verify(self, token: str) -> Claims:
        """What it says. Raises `errors.InvalidToken`, and of a token that was good once `errors.ExpiredToken`."""
        now = self._now()
        known = self._known.get(token)
        if known is None:
            known = self._check(token, now)
            self._remember(token, known, now)
        elif self._find(known.key_id, now) is None:
            del self._known[token]
            raise errors.InvalidToken(errors.UNKNOWN_KEY)
        _check_times(known.claims, now)
        return known.claims

    def _remember(self, token: str, known: _Known, now: float) -> None:
        if len(self._known) >= _MOST_KNOWN:
            living = {one: kept for one, kept in self._known.items() if kept.claims.expires > now}
            # Those verified first go first; they have least time left.
            for one in list(living)[: max(0, len(living) - _MOST_KNOWN // 2)]:
                del living[one]
            self._known = living
        self._known[token] = known

    def _check(self, token: str, now: float) -> _Known:
        if len(token) > LONGEST_TOKEN:
            raise errors.InvalidToken(errors.TOO_LONG)
        if _PARTS.fullmatch(token) is None:
            raise errors.InvalidToken(errors.MALFORMED)
        kind, key_id = self._read_header(token)
        key = self._find(key_id, now)
        if key is None:
            raise errors.InvalidToken(errors.UNKNOWN_KEY)
        try:
            content = self._jws.decode(token, key.key, algorithms=[kinds.ALGORITHM])
        except jwt.InvalidTokenError as error:
            raise errors.InvalidToken(errors.BAD_SIGNATURE) from error
        claims = _read_claims(content, kind)
        if claims.issuer != key.issuer or not kind.may_be_issued(
            issuer=claims.issuer, subject=claims.subject
        ):
            raise errors.InvalidToken(errors.WRONG_ISSUER)
        _check_times(claims, now)
        return _Known(claims, key_id)

    def _read_header(self, token: str) -> tuple[kinds.Kind, str]:
        """The kind and the key's id. Nothing of it is believed before the signature is checked."""
        try:
            header = self._jws.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise errors.InvalidToken(errors.MALFORMED) from error
        if header.keys() != _HEADER or header["alg"] != kinds.ALGORITHM:
            raise errors.InvalidToken(errors.UNSUPPORTED)
        kind = self._kinds.get(str(header["typ"]))
        if kind is None:
            raise errors.InvalidToken(errors.WRONG_KIND)
        return kind, str(header["kid"])

    def _find(self, key_id: str, now: float) -> published.PublicKey | None:
        """The key, if it is trusted at this moment."""
        trusted = self._trusted.get(key_id)
        # Also when the clock was set back, or the key would be trusted for as long as that.
        if trusted is None or not 0 <= now - trusted.looked_at < self._refresh_seconds:
            found = self._board.find(key_id)
            if found is None:
                self._trusted.pop(key_id, None)
                return None
            trusted = _Trusted(found, now)
            self._trusted[key_id] = trusted
        return trusted.key if now < trusted.key.expires else None


def _read_claims(content: bytes, kind: kinds.Kind) -> Claims:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise errors.InvalidToken(errors.BAD_CLAIMS) from error
    if not isinstance(said, dict) or not _are_complete(said):
        raise errors.InvalidToken(errors.BAD_CLAIMS)
    if said.pop("aud") != kind.audience:
        raise errors.InvalidToken(errors.WRONG_KIND)
    if not 0 < said["exp"] - said["iat"] <= kind.longest_seconds:
        raise errors.InvalidToken(errors.BAD_CLAIMS)
    return Claims(
        kind=kind,
        subject=said.pop("sub"),
        issuer=said.pop("iss"),
        groups=tuple(said.pop("groups")),
        id=said.pop("jti"),
        issued=said.pop("iat"),
        expires=said.pop("exp"),
        other=said,
    )


def _are_complete(said: Mapping[str, Any]) -> bool:
    groups = said.get("groups")
    return (
        all(_is_name(said.get(claim)) for claim in ("sub", "iss", "aud", "jti"))
        and all(type(said.get(claim)) is int for claim in ("iat", "exp"))  # a bool is none
        and "nbf" not in said
        and isinstance(groups, list)
        and all(_is_name(group) for group in groups)
        # Only a service's own token makes a service of anyone, and it does so by its kind.
        and identity.SERVICE not in groups
    )


def _is_name(given: object) -> bool:
    return isinstance(given, str) and 0 < len(given) <= _LONGEST_NAME


def _check_times(claims: Claims, now: float) -> None:
    if now >= claims.expires + kinds.LEEWAY_SECONDS:
        raise errors.ExpiredToken
    if now < claims.issued - kinds.LEEWAY_SECONDS:
        raise errors.InvalidToken(errors.NOT_YET_VALID)
