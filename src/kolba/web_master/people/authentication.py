"""Who a request to the web master comes from.

`Authorization: Bearer` with an access token or an API token, else the session's cookie; without any, the local person
where there is one. What is shown and not good makes nobody of its bearer, and says why where somebody is required, so
that a page with an old cookie can still sign in.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hmac
import threading
import time
from collections.abc import Callable, Mapping

from kolba.kit import errors, identity
from kolba.kit.tokens import authentication as token_authentication
from kolba.kit.tokens import verifying
from kolba.web_master.people import errors as people_errors
from kolba.web_master.people import identifying, secret_words

COOKIE = "kolba_session"
CSRF_HEADER = "x-csrf-token"
_COOKIE_IS = f"{COOKIE}="
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FROM_COOKIE = "\n"
"""Before what came by a cookie: no header can hold it, so neither passes for the other."""
_LONGEST = verifying.LONGEST_TOKEN + 64
"""Characters of a header that can hold anything of ours."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    person: identity.Person
    until: float


class Authenticator:
    """An `identity.Authenticator`. `connect` it when the database is open.

    What was looked up is kept for `fresh_seconds`, by the very text of the header: a second look costs a microsecond.
    What changes in this process counts at once (`forget`), what changes elsewhere after that time.
    """

    def __init__(
        self,
        *,
        local: identity.Person | None,
        fresh_seconds: float,
        max_known: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._otherwise = local or identity.NOBODY
        self._fresh_seconds = fresh_seconds
        self._max_known = max_known
        self._now = now
        self._known: dict[str, _Known] = {}
        self._looking: dict[str, asyncio.Task[identity.Person]] = {}
        self._changes = 0
        self._lock = threading.Lock()
        self._register: identifying.Register | None = None

    def connect(self, register: identifying.Register) -> None:
        """From now on, look people up there."""
        self._register = register

    async def authenticate(self, method: str, headers: Mapping[str, str]) -> identity.Person:
        given = headers.get("authorization")
        if given is not None:
            return await self._person(given)
        cookie = headers.get("cookie")
        secret = None if cookie is None else session_in(cookie)
        if secret is None:
            return self._otherwise
        person = await self._person(_FROM_COOKIE + secret)
        if method in _SAFE_METHODS or not person.is_known:
            return person
        shown = headers.get(CSRF_HEADER, "")
        if hmac.compare_digest(shown.encode(), secret_words.csrf_token(secret).encode()):
            return person
        return _nobody(people_errors.CsrfTokenMissing())

    def forget(self, name: str) -> None:
        """Look this person up again: something about them has changed. From any thread, after the commit."""
        with self._lock:
            self._changes += 1
            self._known = {
                given: known for given, known in self._known.items() if known.person.name != name
            }
            self._looking = {}

    async def _person(self, given: str) -> identity.Person:
        known = self._known.get(given)
        if known is not None and self._now() < known.until:
            return known.person
        if len(given) > _LONGEST:
            return _nobody(people_errors.SessionOver())
        task = self._looking.get(given)
        if task is None:
            task = asyncio.create_task(self._look(given))
            self._looking[given] = task
            task.add_done_callback(lambda done: self._looked(given, done))
        return await asyncio.shield(task)

    def _looked(self, given: str, task: asyncio.Task[identity.Person]) -> None:
        if self._looking.get(given) is task:
            del self._looking[given]
        if not task.cancelled():
            task.exception()  # whoever asked has it; nobody may have waited

    async def _look(self, given: str) -> identity.Person:
        if self._register is None:
            raise errors.ServiceUnavailable(service="web_master")
        changes, begun = self._changes, self._now()
        try:
            found = await asyncio.to_thread(_identify, self._register, given)
        except errors.KolbaError as error:
            if error.status not in (401, 403):
                raise
            return _nobody(error)
        self._keep(given, found, changes, begun)
        return found.person

    def _keep(self, given: str, found: identifying.Identified, changes: int, begun: float) -> None:
        until = min(begun + self._fresh_seconds, found.expires)
        with self._lock:
            if changes != self._changes:
                return  # what was read may be from before the change
            if len(self._known) >= self._max_known:
                kept = sorted(self._known.items(), key=lambda one: one[1].until)
                self._known = dict(kept[len(kept) // 2 :])
            self._known[given] = _Known(found.person, until)


def session_in(cookie: str) -> str | None:
    """The session's secret in a `Cookie` header."""
    if _COOKIE_IS not in cookie:
        return None
    for part in cookie.split(";"):
        one = part.strip()
        if one.startswith(_COOKIE_IS):
            return one[len(_COOKIE_IS) :]
    return None


def _identify(register: identifying.Register, given: str) -> identifying.Identified:
    if given.startswith(_FROM_COOKIE):
        return register.by_cookie(given.removeprefix(_FROM_COOKIE))
    token = token_authentication.bearer(given)
    if token.startswith(secret_words.API_TOKEN):
        return register.by_api_token(token)
    return register.by_access_token(token)


def _nobody(refused: errors.KolbaError) -> identity.Person:
    return identity.Person(name="", via="nothing", refused=refused)
