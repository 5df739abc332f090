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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    timeout_seconds: float
    """How long an answer may take."""
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
        served = await self._served(target)
        codec: exchange.Codec = getattr(served.codecs, target.protocol)
        content_type = headers.get("content-type")
        drawn = recording.NO_PICTURES
        if served.reads_pictures:  # how large one is shows only on the way
            query, drawn = await self._pictures.decode(codec, body, headers, model=served.name)
        elif len(body) <= _QUICK_BYTES:
            query = codec.decode(body, content_type, headers)
        else:  # others are not kept waiting for a large one
            query = await asyncio.to_thread(codec.decode, body, content_type, headers)
        charge = await self._paying.charge(
            context.current().person.name,
            model=served.name,
            version=served.version,
            rows=len(query.features),
        )
        entry = self._entry(
            served,
            target.protocol,
            body,
            headers,
            started=started,
            charge=charge,
            drawn=drawn,
        )
        limit = self._limits.timeout_seconds
        request = coalescer.Request(
            features=query.features,
            entry=entry,
            deadline=asyncio.get_running_loop().time() + limit,
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
        self, target: paths.Target, body: bytes, headers: Mapping[str, str]
    ) -> runs.Run:
        """The run that will answer. Raises a `KolbaError`: what is wrong with the request."""
        started = time.perf_counter()
        queueing.check_size(body)
        served = await self._served(target)
        codec: exchange.Codec = getattr(served.codecs, target.protocol)
        drawn = recording.NO_PICTURES
        if served.reads_pictures:
            query, drawn = await self._pictures.decode(codec, body, headers, model=served.name)
        else:
            query = codec.decode(body, headers.get("content-type"), headers)
        entry = self._entry(served, target.protocol, body, headers, started=started, drawn=drawn)
        return await self._queue.put(entry, body, headers, rows=len(query.features))

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
