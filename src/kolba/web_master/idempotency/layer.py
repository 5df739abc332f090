"""Idempotency keys of the framework's routes: a layer inside the edge, which has found out who asks."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, cast

from starlette import datastructures, routing, types

from kolba.kit import context, errors, identity
from kolba.kit.http import requirements
from kolba.web_master.audit import notes
from kolba.web_master.idempotency import errors as idempotency_errors
from kolba.web_master.idempotency import hashing, keeping, repository, service

_HEADER = b"idempotency-key"
_READ_BEFORE = 1 << 20
"""A body announced as no longer than this is compared before it is worked on, where it is known what it must be."""
_READ_AFTER = 1 << 20
"""Of what a route left unread, so much is read to know its hash; a longer one cannot be repeated."""
_ALWAYS = requirements.OPEN.name
"""What anybody may ask has no person whose key it could be."""


class Layer:
    def __init__(self, app: types.ASGIApp) -> None:
        self._app = app
        self._routes: list[tuple[re.Pattern[str], tuple[requirements.Requirement, ...]]] | None = (
            None
        )

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        given = _keys_in(scope)
        if not given or not self._may(scope):
            await self._app(scope, receive, send)
            return
        if len(given) > 1:
            raise idempotency_errors.InvalidKey
        keys = cast(service.Keys, scope["state"]["idempotency"])
        asked = repository.Asked(
            person=context.current().person.name,
            key=service.read_key(given[0]),
            target_sha256=service.target_digest("POST", scope["path"], scope["query_string"]),
        )
        body = _Body(receive, datastructures.Headers(scope=scope))
        claimed = await keys.claim(asked)
        if isinstance(claimed, service.Claim):
            await self._work(keys, claimed, scope, body, send)
        else:
            await _replay(keys, claimed, body, send)

    async def _work(
        self,
        keys: service.Keys,
        claim: service.Claim,
        scope: types.Scope,
        body: _Body,
        send: types.Send,
    ) -> None:
        await _compare(claim, body)
        answer = _Answer(send, keys.max_answer_bytes)
        try:
            with claim.working():
                await self._app(scope, body.receive, answer.send)
        except BaseException as error:
            await claim.refuse(keeping.status_of(error), body.digest)
            raise
        if answer.is_success:
            await claim.finish(answer.kept(), await body.read_on(_READ_AFTER))
        else:
            await claim.refuse(answer.status or 500, body.digest)
        await answer.release()

    def _may(self, scope: types.Scope) -> bool:
        """Whether it is a POST that this person may send; a refusal is the route's to say."""
        person = context.current().person
        if self._routes is None:
            self._routes = [
                (routing.compile_path(one.path)[0], one.requirements)
                for one in requirements.declared(scope["app"])
                if "POST" in one.methods and one.requirements[-1].name != _ALWAYS
            ]
        for pattern, required in self._routes:
            if pattern.match(scope["path"]):
                return _are_met(required, person, scope["state"])
        return False


def _keys_in(scope: types.Scope) -> list[str]:
    if scope["type"] != "http" or scope["method"] != "POST":
        return []
    return [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]


def _are_met(
    required: Iterable[requirements.Requirement], person: identity.Person, state: Mapping[str, Any]
) -> bool:
    try:
        for one in required:
            one.check(person, state)
    except errors.KolbaError:
        return False
    return True


async def _compare(claim: service.Claim, body: _Body) -> None:
    """Raises `KeyReused` where an earlier attempt, which failed, was about something else."""
    if claim.expected is None or body.announced > _READ_BEFORE:
        return
    try:
        if await body.read_ahead(_READ_BEFORE) != claim.expected:
            raise idempotency_errors.KeyReused
    except BaseException:
        await claim.fail(None)
        raise


async def _replay(
    keys: service.Keys, found: repository.Found, body: _Body, send: types.Send
) -> None:
    longest = found.body.size if found.body else 0
    answer = keys.replayed(found, await body.read_on(longest))
    notes.add(replayed=True)  # what the log says was asked for once more was not done once more
    assert answer.content is not None
    headers = {**answer.headers, "content-length": str(len(answer.content))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.content})


class _Body:
    """A request's body on its way to the route, hashed as it goes by."""

    def __init__(self, receive: types.Receive, headers: datastructures.Headers) -> None:
        announced = headers.get("content-length", "")
        self.announced = int(announced) if announced.isdigit() else 0
        self._receive = receive
        self._hash = hashing.BodyHash(headers.get("content-type"))
        self._ahead: deque[types.Message] = deque()
        self.digest: hashing.Digest | None = None
        """Once it has come whole."""

    async def receive(self) -> types.Message:
        return self._ahead.popleft() if self._ahead else await self._next()

    async def read_on(self, most: int) -> hashing.Digest:
        """The hash of all of it; of a body with more than `most` bytes still to come, or none, of its beginning."""
        limit = self._hash.size + most
        while self.digest is None and self._hash.size <= limit:
            if (await self._next())["type"] == "http.disconnect":
                break
        return self.digest or self._hash.digest()

    async def read_ahead(self, most: int) -> hashing.Digest:
        """As `read_on`; the route will read it after that."""
        while self.digest is None and self._hash.size <= most:
            message = await self._next()
            self._ahead.append(message)
            if message["type"] == "http.disconnect":
                break
        return self.digest or self._hash.digest()

    async def _next(self) -> types.Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._hash.update(message.get("body", b""))
            if not message.get("more_body", False):
                self.digest = self._hash.digest()
        return message


class _Answer:
    """What the route answers. Held back until it is kept; if it is long, only its end is."""

    def __init__(self, send: types.Send, most: int) -> None:
        self._send = send
        self._most = most
        self._held: list[types.Message] = []
        self._size = 0
        self._is_too_long = False
        self._headers = datastructures.Headers()
        self.status: int | None = None
        self._is_complete = False

    @property
    def is_success(self) -> bool:
        return self._is_complete and self.status is not None and self.status < 400

    async def send(self, message: types.Message) -> None:
        self._held.append(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._headers = datastructures.Headers(raw=message["headers"])
        else:
            self._size += len(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
        if self._size > self._most and not self._is_complete:
            self._is_too_long = True
            await self.release()

    def kept(self) -> repository.Answer:
        assert self.status is not None
        is_kept = not self._is_too_long and self._size <= self._most
        content = b"".join(one.get("body", b"") for one in self._held) if is_kept else None
        return keeping.answer(self.status, self._headers, content)

    async def release(self) -> None:
        held, self._held = self._held, []
        for message in held:
            await self._send(message)
