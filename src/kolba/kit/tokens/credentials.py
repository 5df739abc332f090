"""What a service shows when it calls another: its own token, or one for the person it acts for."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from kolba.kit import context
from kolba.kit.tokens import kinds, signing

_KEPT_SECONDS = 30
"""Half of what a token lives, so that the other half is left for the call, and for what that calls in turn."""
_MOST_PEOPLE = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class _Kept:
    token: str
    until: float


class Own:
    """The service's own token, whoever asks: for what it does for all of them at once."""

    def __init__(self, signer: signing.Signer, *, now: Callable[[], float] = time.time) -> None:
        self._signer = signer
        self._now = now
        self._kept = _Kept("", 0.0)

    def token(self) -> str | None:
        now = self._now()
        kept = self._kept
        # The lower bound: a clock set back must not keep a token beyond its life.
        if not kept.until - _KEPT_SECONDS <= now < kept.until:
            kept = self._kept = _Kept(self._signer.issue_own(), now + _KEPT_SECONDS)
        return kept.token

    def renewed(self, refused: str) -> str | None:
        if self._kept.token == refused:
            self._kept = _Kept("", 0.0)
        return self.token()


class PassedOn:
    """The token that the present person was brought by; the service's own where it acts for nobody."""

    def __init__(self, own: Own) -> None:
        self._own = own

    def token(self) -> str | None:
        person = context.current().person
        return person.token or (self._own.token() if person.is_service else None)

    def renewed(self, refused: str) -> str | None:
        """Whoever called has to: nobody else may sign for a person."""
        person = context.current().person
        return self._own.renewed(refused) if person.is_service and not person.token else None


class OnBehalf:
    """A token signed for the present person, which only the web master may; its own where it acts for nobody."""

    def __init__(
        self, signer: signing.Signer, own: Own, *, now: Callable[[], float] = time.time
    ) -> None:
        self._signer = signer
        self._own = own
        self._now = now
        self._kept: dict[tuple[str, tuple[str, ...]], _Kept] = {}

    def token(self) -> str | None:
        person = context.current().person
        if person.is_service:
            return self._own.token()
        if not person.is_known:
            return None
        now = self._now()
        kept = self._kept.get((person.name, person.groups))
        if kept is None or not kept.until - _KEPT_SECONDS <= now < kept.until:
            kept = self._sign(person.name, person.groups, now)
        return kept.token

    def renewed(self, refused: str) -> str | None:
        person = context.current().person
        if person.is_service:
            return self._own.renewed(refused)
        kept = self._kept.get((person.name, person.groups))
        if kept is not None and kept.token == refused:
            del self._kept[person.name, person.groups]
        return self.token()

    def _sign(self, name: str, groups: tuple[str, ...], now: float) -> _Kept:
        if len(self._kept) >= _MOST_PEOPLE:
            self._kept.clear()
        token = self._signer.issue(
            kinds.PERSON, subject=name, groups=groups, seconds=kinds.PERSON.longest_seconds
        )
        kept = self._kept[name, groups] = _Kept(token, now + _KEPT_SECONDS)
        return kept
