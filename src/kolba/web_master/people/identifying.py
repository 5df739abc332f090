"""Whose a credential is: the tables' answer, behind the authenticator's short memory."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable

from kolba.kit import clock, errors, identity
from kolba.kit.tokens import kinds, verifying
from kolba.web_master.people import errors as people_errors
from kolba.web_master.people import secret_words
from kolba.web_master.people.api_tokens import repository as api_tokens
from kolba.web_master.people.sessions import repository as sessions

SESSION_CLAIM = "sid"
"""The session that an access token belongs to."""
Belonging = Callable[[str], tuple[str, ...]]
"""Every group that a member of this one belongs to."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    person: identity.Person
    expires: float
    """Seconds since 1970."""
    session: str | None = None
    """Which, if it is one."""


class Register:
    """Methods block: call them from a thread. They raise errors of status 401 for what is not good (any more)."""

    def __init__(
        self,
        found_sessions: sessions.SessionRepository,
        tokens: api_tokens.ApiTokenRepository,
        verifier: verifying.Verifier,
        *,
        belonging: Belonging,
        time: clock.Clock,
    ) -> None:
        self._sessions = found_sessions
        self._tokens = tokens
        self._verifier = verifier
        self._belonging = belonging
        self._clock = time

    def by_cookie(self, secret: str) -> Identified:
        now = self._clock.now()
        if not secret_words.is_one(secret, secret_words.SESSION):
            raise people_errors.SessionOver
        found = self._sessions.find_by_secret(secret_words.digest(secret), now)
        return self._of_session(found, "session")

    def by_access_token(self, token: str) -> Identified:
        claims = self._verifier.verify(token)
        named = claims.other.get(SESSION_CLAIM)
        found = self._sessions.find(str(named), self._clock.now()) if named else None
        if found is not None and found.person != claims.subject:
            raise people_errors.SessionOver
        identified = self._of_session(found, "access token")
        expires = claims.expires + kinds.LEEWAY_SECONDS
        return dataclasses.replace(identified, expires=min(identified.expires, expires))

    def by_api_token(self, token: str) -> Identified:
        now = self._clock.now()
        if not secret_words.is_one(token, secret_words.API_TOKEN):
            raise people_errors.ApiTokenRefused
        found = self._tokens.find_by_secret(secret_words.digest(token), now)
        if found is None:
            raise people_errors.ApiTokenRefused
        if found.is_stale:
            with contextlib.suppress(errors.KolbaError):  # a busy database need not refuse them
                self._tokens.touch(found.id, now)
        person = identity.Person(
            name=found.person,
            groups=self._belonging(found.group),
            scopes=frozenset(found.scopes),
            via="API token",
        )
        return Identified(person=person, expires=found.expires_at.timestamp())

    def _of_session(self, found: sessions.Found | None, via: identity.Via) -> Identified:
        if found is None:
            raise people_errors.SessionOver
        if found.is_stale:
            with contextlib.suppress(errors.KolbaError):
                self._sessions.touch(found.id, self._clock.now())
        person = identity.Person(
            name=found.person,
            groups=self._belonging(found.group),
            via=via,
            refused=people_errors.PasswordToBeChanged() if found.must_change_password else None,
        )
        return Identified(person=person, expires=found.expires_at.timestamp(), session=found.id)
