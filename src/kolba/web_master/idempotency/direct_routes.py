"""Idempotency keys of direct routes."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Protocol, cast, runtime_checkable

from kolba.kit import context
from kolba.kit.http import direct
from kolba.web_master.idempotency import errors, hashing, keeping, repository, service

_QUICK_BYTES = 1 << 16
"""A body no larger than this is hashed at once: a thread would cost more."""


@runtime_checkable
class Marked(Protocol):
    """A receipt of an answer that was charged for, and has a name among the charges."""

    @property
    def mark(self) -> tuple[str, int]:
        """As `repository.Answer.mark`."""
        ...


async def once(
    call: direct.Call, key: str, make: Callable[[], Awaitable[direct.Reply]]
) -> direct.Reply:
    """What `make` answers, or what it answered to the same call under the same key before.

    Raises what `make` does, `InvalidKey`, `KeyReused`, `StillRunning`, `AnswerNotKept`.
    """
    keys = cast(service.Keys, call.state["idempotency"])
    asked = repository.Asked(
        person=context.current().person.name,
        key=service.read_key(key),
        target_sha256=service.target_digest("POST", call.path, call.query),
    )
    body = await _digest(call)
    claimed = await keys.claim(asked)
    if isinstance(claimed, service.Claim):
        return await _work(keys, claimed, body, make)
    return _reply(keys.replayed(claimed, body))


async def _work(
    keys: service.Keys,
    claim: service.Claim,
    body: hashing.Digest,
    make: Callable[[], Awaitable[direct.Reply]],
) -> direct.Reply:
    if claim.expected not in (None, body):
        await claim.fail(None)
        raise errors.KeyReused
    try:
        with claim.working():
            reply = await make()
    except BaseException as error:
        await claim.refuse(keeping.status_of(error), body)
        raise
    if reply.status >= 400:
        await claim.refuse(reply.status, body)
        return reply
    if not await claim.finish(_kept(reply, keys.max_answer_bytes), body):
        return reply
    if reply.receipt is not None:
        # It can be had again: it counts as given, whether or not the caller is still there.
        reply.receipt.leaving()
    return reply._replace(receipt=None)


def _kept(reply: direct.Reply, longest: int) -> repository.Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    headers["content-type"] = reply.content_type
    content = reply.body if len(reply.body) <= longest else None
    answer = keeping.answer(reply.status, headers, content)
    receipt: object = reply.receipt
    if answer.content is None or not isinstance(receipt, Marked):
        return answer
    return dataclasses.replace(answer, mark=receipt.mark)


def _reply(answer: repository.Answer) -> direct.Reply:
    assert answer.content is not None
    headers = dict(answer.headers)
    content_type = headers.pop("content-type", "application/octet-stream")
    return direct.Reply(answer.content, content_type, headers, answer.status)


async def _digest(call: direct.Call) -> hashing.Digest:
    content_type = call.headers.get("content-type")
    if len(call.body) <= _QUICK_BYTES:
        return hashing.of(call.body, content_type)
    return await asyncio.to_thread(hashing.of, call.body, content_type)
