"""A prediction from its bytes to its bytes."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import orjson
import uuid_utils

from kolba.contracts import default_model, runs
from kolba.inference.protocols import bodies, exchange, paths
from kolba.kit import context, errors, failpoints
from kolba.web_master.ledger import charging
from kolba.web_master.predictions import (
    anteroom,
    coalescer,
    delivery,
    directory,
    paying,
    pictures,
    queueing,
    recording,
)

_BINARY_TENSORS = "inference-header-content-length"
"""With this header (Open Inference Protocol) only so many bytes of the body are JSON; raw tensors follow."""
_SURELY_KEPT = 250
"""JSON with fewer openings is not nested too deep to be written within a delivery (254 levels; 1024 can be read)."""
_ENVELOPE = b'{"predictions":[{"input":%b}]}'
"""How deep inside a delivery to storage an input stands."""


_QUICK_BYTES = 1 << 16
"""A body no larger than this is decoded at once: a thread would cost more."""
_DEFAULT = "default"
"""What a model is called in a message that none was named for, nor found."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    timeout_seconds: float
    """How long an answer may take."""
    max_waiting: int
    """Requests that may wait because of one model before they have a place in its lane."""
    max_recorded_bytes: int
    """Of a longer request, the first part is kept in the history."""
    digits_model: str
    """Who answers where a digit is sent and no model is named."""


class Answered(NamedTuple):
    encoded: exchange.Encoded
    receipt: delivery.Receipt | None
    """Of an answer that was charged."""


class Predictions:
    """Decodes, coalesces, has it recorded, encodes."""

    def __init__(
        self,
        models: directory.Directory,
        default: default_model.DefaultModel,
        limits: Limits,
        queue: queueing.Queue,
        paying: paying.Paying,
        *,
        decoding: pictures.Decoding,
    ) -> None:
        self._anteroom = anteroom.Anteroom(
            timeout_seconds=limits.timeout_seconds, max_waiting=limits.max_waiting
        )
        self._pictures = decoding
        self._paying = paying
        self._queue = queue
        self._models = models
        self._default = default
        self._limits = limits

    async def answer(
        self,
        target: paths.Target,
        body: bytes,
        headers: Mapping[str, str],
        disconnected: Callable[[], Awaitable[None]],
    ) -> Answered:
        """Charged and recorded. Raises a `KolbaError`: what is wrong with the request, or why there is no answer."""
        started = time.perf_counter()
        limit = self._limits.timeout_seconds
        caller = anteroom.Caller(asyncio.get_running_loop().time() + limit, disconnected)
        served = self._at_hand(target) or await self._found(target, caller)
        codec: exchange.Codec = getattr(served.codecs, target.protocol)
        if _is_quick(served, body):
            query = codec.decode(body, headers.get("content-type"), headers)
            drawn = recording.NO_PICTURES
        else:
            query, drawn = await self._decoded(served, codec, body, headers, caller)
        charge = await self._charge(served, len(query.features), caller)
        entry = self._entry(
            served,
            target.protocol,
            body,
            headers,
            started=started,
            charge=charge,
            drawn=drawn,
        )
        request = coalescer.Request(
            features=query.features,
            entry=entry,
            deadline=caller.deadline,
            timeout_seconds=limit,
            disconnected=disconnected,
        )
        try:
            answers = await served.lane.ask(request)
            answer = exchange.Answer(
                prediction_id=entry.id,
                labels=answers.labels,
                probabilities=answers.probabilities,
            )
            encoded = codec.encode(query, answer)
            failpoints.reach("predictions.encoded")
        except BaseException as error:
            if request.receipt is not None:
                request.receipt.lost()
            if isinstance(error, errors.RemoteProblem) and error.remote_status == 404:
                self._models.gone(served.model_id)
            raise
        return Answered(encoded, request.receipt)

    async def queue(
        self,
        target: paths.Target,
        body: bytes,
        headers: Mapping[str, str],
        disconnected: Callable[[], Awaitable[None]],
    ) -> runs.Run:
        """The run that will answer. Raises a `KolbaError`: what is wrong with the request."""
        started = time.perf_counter()
        queueing.check_size(body)
        until = asyncio.get_running_loop().time() + self._limits.timeout_seconds
        caller = anteroom.Caller(until, disconnected)
        served = await self._found(target, caller)
        codec: exchange.Codec = getattr(served.codecs, target.protocol)
        query, drawn = await self._decoded(served, codec, body, headers, caller)
        entry = self._entry(served, target.protocol, body, headers, started=started, drawn=drawn)
        return await self._queue.put(entry, body, headers, rows=len(query.features))

    def _at_hand(self, target: paths.Target) -> directory.Served | None:
        """The version meant, where that is known, and that whoever asks may see it. Never waits."""
        name, reference = target.name, target.reference
        if not name:
            called = self._called(target)
            if called is None:
                return None
            name, reference = paths.meant(called)
        served = self._models.peek(name, reference)
        if served is None or not context.current().person.may_see(served.owner, served.shared_with):
            return None
        return served

    def _called(self, target: paths.Target) -> str | None:
        """Who answers where no model is named; None where that must be looked up."""
        return (
            self._limits.digits_model if target.template == paths.DIGITS else self._default.peek()
        )

    async def _found(self, target: paths.Target, caller: anteroom.Caller) -> directory.Served:
        called = target.name or self._called(target) or _DEFAULT
        return await self._anteroom.wait(self._served(target), model=called, caller=caller)

    async def _decoded(
        self,
        served: directory.Served,
        codec: exchange.Codec,
        body: bytes,
        headers: Mapping[str, str],
        caller: anteroom.Caller,
    ) -> tuple[exchange.Query, recording.Pictures]:
        """In a thread: others are not kept waiting for a large one."""
        if served.reads_pictures:
            work = self._pictures.decode(codec, body, headers, model=served.name)
            return await self._anteroom.wait(work, model=served.name, caller=caller)
        decoding = asyncio.to_thread(codec.decode, body, headers.get("content-type"), headers)
        query = await self._anteroom.wait(decoding, model=served.name, caller=caller)
        return query, recording.NO_PICTURES

    async def _charge(
        self, served: directory.Served, rows: int, caller: anteroom.Caller
    ) -> charging.Charge | None:
        person = context.current().person.name
        model, version = served.name, served.version
        try:
            return self._paying.peek(person, model=model, version=version, rows=rows)
        except LookupError:
            pass  # it takes a look into the database
        found = self._paying.charge(person, model=model, version=version, rows=rows)
        return await self._anteroom.wait(found, model=model, caller=caller)

    async def _served(self, target: paths.Target) -> directory.Served:
        """The version meant, if whoever asks may see it; else it is as if there were none."""
        if target.template == paths.DIGITS:
            with default_model.expected(self._limits.digits_model):
                return await self._seen(paths.named(target, self._limits.digits_model))
        if not target.name:
            target = paths.named(target, await self._default.find())
        return await self._seen(target)

    async def _seen(self, target: paths.Target) -> directory.Served:
        served = await self._models.find(target.name, target.reference)
        if not context.current().person.may_see(served.owner, served.shared_with):
            return await self._models.look(target.name, target.reference)
        return served

    async def changed(self, name: str | None = None) -> None:
        """An alias of `name`, or anything, moved or went: when this returns, requests are answered accordingly."""
        await self._models.changed(name)

    def _entry(
        self,
        served: directory.Served,
        protocol: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        started: float,
        charge: charging.Charge | None = None,
        drawn: recording.Pictures = recording.NO_PICTURES,
    ) -> recording.Entry:
        request = context.current()
        kept: orjson.Fragment | str
        if drawn.rows:
            kept, truncated = drawn.as_input(), drawn.rows > len(drawn.files)
        else:
            kept, truncated = recorded_input(
                protocol, body, headers, max_bytes=self._limits.max_recorded_bytes
            )
        return recording.Entry(
            id=uuid_utils.uuid7().hex,
            at=dt.datetime.now(dt.UTC),
            started=started,
            person=request.person.name,
            model_id=served.model_id,
            model=served.name,
            version=served.version,
            protocol=protocol,
            request_id=request.request_id,
            classes=served.classes,
            input=kept,
            input_truncated=truncated,
            charge=charge,
            pictures=drawn,
        )


def _is_quick(served: directory.Served, body: bytes) -> bool:
    """Whether it is decoded in no time; how large a picture is shows only on the way."""
    return len(body) <= _QUICK_BYTES and not served.reads_pictures


def recorded_input(
    protocol: str, body: bytes, headers: Mapping[str, str], *, max_bytes: int
) -> tuple[orjson.Fragment | str, bool]:
    """What the history keeps of a body that `protocol` has decoded, and whether that is only its beginning.

    A whole JSON body is sound JSON then and needs no second reading: it shares a document with other people's
    predictions, so nothing else may go into it as JSON.
    """
    # Only this protocol's codec has looked at the header; elsewhere it would cut a body anywhere.
    head = headers.get(_BINARY_TENSORS) if protocol == "v2" else None
    content = body if head is None else body[: int(head)]
    if not content:
        return "", True
    if len(content) > max_bytes:
        return _as_text(content[:max_bytes]), True
    is_json = head is not None or bodies.is_json(headers.get("content-type"), content)
    if is_json and _can_be_inside(content):
        return orjson.Fragment(content), head is not None
    return _as_text(content), head is not None


def _can_be_inside(content: bytes) -> bool:
    """Whether a JSON text can be read and written again within a batch's document: the depth of nesting is bounded."""
    if content.count(b"[") + content.count(b"{") < _SURELY_KEPT:
        return True
    try:
        orjson.dumps(orjson.loads(_ENVELOPE % content))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return False
    return True


def _as_text(content: bytes) -> str:
    """Without NUL, which PostgreSQL keeps in no text."""
    return content.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
