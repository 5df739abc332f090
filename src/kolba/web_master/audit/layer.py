"""The one place where requests are written into the log: a layer between the edge and the routes.

Before a request that may do something is let through to its route, an entry says so (`begun`); before its answer is
released, a second entry gives the outcome. So whatever was done is in the log, also when the process ends half-way:
what was `begun` and has no outcome may or may not have been done. What cannot be announced is not done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import orjson
import structlog
from starlette import datastructures, types

from kolba.kit import context, errors, failpoints, identity, text
from kolba.kit.http import addresses, requirements
from kolba.web_master.audit import journal, notes, policy

_log = structlog.get_logger("kolba.audit")
_MOST_HELD = 65_536
"""Of an answer that is held back until it is known what it says."""


class Layer:
    """The edge's witness. The application's lifespan gives it `audit_journal`."""

    def __init__(self, origins: addresses.Addresses) -> None:
        self._origins = origins
        self._policy: policy.Policy | None = None

    async def attend(
        self, app: types.ASGIApp, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        """Raises what kept the request from being announced; then nothing is done."""
        match = self._match(scope)
        if match is None:
            await app(scope, receive, send)
            return
        asked = self._asked(scope, match, context.current().person)
        book = cast(journal.Journal, scope["state"]["audit_journal"])
        begun = None
        may = match.target.announced and _may(asked, scope["state"])
        if may and book.may_announce(asked):
            begun = await book.begin(asked)
            failpoints.reach("audit.begun")
        with notes.collecting() as noted:
            watch = _Watch(send, _Ending(book, asked, noted, begun), match.target.telling)
            await _answer(app, scope, receive, watch)

    async def refused(self, scope: types.Scope, error: errors.KolbaError) -> None:
        """The edge turned it away: it has no person."""
        match = self._match(scope)
        if match is None:
            return
        book = cast(journal.Journal, scope["state"]["audit_journal"])
        end = _Ending(book, self._asked(scope, match, identity.NOBODY), notes.Notes(), None)
        await end(error.status, error.problem(text.DEFAULT_LANGUAGE))

    def _match(self, scope: types.Scope) -> policy.Match | None:
        if scope["type"] != "http":
            return None
        if self._policy is None:
            self._policy = policy.Policy(requirements.declared(scope["app"]))
        return self._policy.find(scope["method"], scope["path"])

    def _asked(
        self, scope: types.Scope, match: policy.Match, person: identity.Person
    ) -> journal.Asked:
        return journal.Asked(
            match=match,
            person=person,
            address=self._origins.of(scope),
            request_id=context.current().request_id,
        )


async def _answer(
    app: types.ASGIApp, scope: types.Scope, receive: types.Receive, watch: _Watch
) -> None:
    try:
        await app(scope, receive, watch.send)
        await watch.close()
    except Exception as error:
        if watch.failure is not None:  # the framework hid it behind one of its own
            raise watch.failure from error
        if watch.status is None:
            await watch.fail(error)
        raise


class _Ending:
    """Writes a request's outcome, once."""

    def __init__(
        self, book: journal.Journal, asked: journal.Asked, noted: notes.Notes, begun: int | None
    ) -> None:
        self._book = book
        self._asked = asked
        self._noted = noted
        self._begun = begun

    async def __call__(self, status: int | None, answer: Mapping[str, Any]) -> None:
        """Raises what kept the entry from being written, where the log then says nothing of what is given out."""
        failpoints.reach("audit.ending")
        try:
            await self._book.end(
                self._asked, self._noted, status=status, begun=self._begun, answer=answer
            )
        except Exception:
            _log.exception("an outcome could not be written", begun=self._begun, status=status)
            if self._begun is None and status is not None and status < 400:
                raise


class _Watch:
    """Sends on, once the outcome is written. A short answer that tells an id or a problem is held back till then."""

    def __init__(
        self,
        send: types.Send,
        end: Callable[[int | None, Mapping[str, Any]], Awaitable[None]],
        telling: tuple[str, ...],
    ) -> None:
        self._send = send
        self._end = end
        self._telling = telling
        self._held: list[types.Message] = []
        self._is_holding = False
        self.status: int | None = None
        self.failure: Exception | None = None

    async def send(self, message: types.Message) -> None:
        if message["type"] == "http.response.start":
            self.status = status = int(message["status"])
            headers = datastructures.Headers(raw=message["headers"])
            self._is_holding = _is_json(headers) and (
                bool(self._telling) or status in (201, 202) or status >= 400
            )
            self._held.append(message)
            if not self._is_holding:
                await self._release({})
        elif self._is_holding:
            self._held.append(message)
            size = sum(len(one.get("body", b"")) for one in self._held)
            if not message.get("more_body", False) or size > _MOST_HELD:
                await self._release(_read(self._held))
        else:
            await self._send(message)

    async def close(self) -> None:
        """The route is done; without an answer where the caller had left."""
        if self._is_holding:
            await self._release({})
        elif self.status is None:
            await self._end(None, {})

    async def fail(self, error: Exception) -> None:
        """The route failed before it answered; the edge will."""
        expected = error if isinstance(error, errors.KolbaError) else errors.KolbaError()
        document = expected.problem(text.DEFAULT_LANGUAGE)
        await self._end(int(document["status"]), document)

    async def _release(self, answer: Mapping[str, Any]) -> None:
        self._is_holding = False
        try:
            await self._end(self.status, answer)
        except Exception as error:
            self.failure = error
            raise
        held, self._held = self._held, []
        for message in held:
            await self._send(message)


def _may(asked: journal.Asked, state: Mapping[str, Any]) -> bool:
    """Whether the route will let them through; a refusal needs no announcement."""
    try:
        for requirement in asked.match.target.requirements:
            requirement.check(asked.person, state)
    except errors.KolbaError:
        return False
    return True


def _is_json(headers: datastructures.Headers) -> bool:
    kind = headers.get("content-type", "")
    return kind.startswith(("application/json", "application/problem+json"))


def _read(held: list[types.Message]) -> Mapping[str, Any]:
    try:
        found = orjson.loads(b"".join(one.get("body", b"") for one in held))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
