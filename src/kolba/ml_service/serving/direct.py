"""Predictions without the framework: the three protocols, and the web master's batches."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
import uuid_utils

from kolba.contracts import default_model, ml_client
from kolba.inference import decoding
from kolba.inference.protocols import exchange, paths, v2
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.kit.http import direct, requirements
from kolba.ml_service import settings
from kolba.ml_service.serving import service

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")
_BATCH = re.compile(r"/models/(\d{1,18})/batch")
_QUICK_BYTES = 1 << 16
"""A body no larger than this is decoded at once, and its answer encoded: a thread would cost more."""


class BadBatch(kit_errors.KolbaError):
    """The web master and the ML service disagree about a model; a defect, or a version mismatch."""

    status = 422
    slug = "bad-batch"
    title = text.Text(en="The batch does not fit the model", ru="Пакет не подходит модели")
    detail = text.Text(
        en="Model {model_id} reads rows of {width} {number_type} numbers; the body is something else.",
        ru="Модель {model_id} читает строки по {width} чисел {number_type}; в теле что-то другое.",
    )


@functools.lru_cache(maxsize=4096)
def find(path: str) -> direct.Route | None:
    """The route of a POST to `path`, if it asks for a prediction."""
    batch = _BATCH.fullmatch(path)
    if batch is not None:
        answer = functools.partial(_answer_batch, int(batch[1]))
        return direct.Route(
            name="/models/{model_id}/batch", handler=answer, requirement=requirements.SERVICE
        )
    target = paths.target_of(path)
    if target is None:
        return None
    return direct.Route(
        requirement=requirements.SIGNED_IN,
        name=target.template,
        handler=functools.partial(_answer, target),
        explain=v2.with_error if target.protocol == "v2" else None,
    )


async def _answer(target: paths.Target, call: direct.Call) -> direct.Reply:
    serving: service.Serving = call.state["serving"]
    served = await _served(target, call)
    codec: exchange.Codec = getattr(served.loaded.codecs, target.protocol)
    # How large a picture is shows only on the way: the loop does not wait for one.
    aside = asyncio.to_thread if _is_large(served, call.body) else _at_once
    query = await aside(codec.decode, call.body, call.headers.get("content-type"), call.headers)
    answer = await serving.run(served, query.features)
    named = exchange.Answer(
        prediction_id=uuid_utils.uuid7().hex,
        labels=answer.labels,
        probabilities=answer.probabilities,
    )
    encoded = await aside(codec.encode, query, named)
    return direct.Reply(encoded.body, encoded.content_type, encoded.headers)


async def _served(target: paths.Target, call: direct.Call) -> service.Served:
    """The version meant. Raises `NoDefaultModel`, `NoDigits`, and what `Serving.find` raises."""
    serving: service.Serving = call.state["serving"]
    if target.template == paths.DIGITS:
        config: settings.MlServiceSettings = call.state["settings"]
        called = config.serving.digits_model
        with default_model.expected(called):
            return await serving.find(*paths.meant(called))
    if not target.name:
        default: default_model.DefaultModel = call.state["default_model"]
        target = paths.named(target, await default.find())
    return await serving.find(target.name, target.reference)


async def _answer_batch(model_id: int, call: direct.Call) -> direct.Reply:
    """`ml_client.MlClient.predict_batch`, the other end."""
    serving: service.Serving = call.state["serving"]
    served = await serving.load(model_id)
    answer = await serving.run(served, _features(served, call))
    return direct.Reply(
        answer.labels.tobytes() + answer.probabilities.tobytes(),
        "application/octet-stream",
        {
            ml_client.WIDTH_HEADER: str(answer.probabilities.shape[1]),
            ml_client.NUMBER_TYPE_HEADER: answer.probabilities.dtype.name,
        },
    )


def _features(served: service.Served, call: direct.Call) -> decoding.Features:
    signature = served.loaded.signature
    width = signature.width
    announced = (
        call.headers.get(ml_client.WIDTH_HEADER.lower()),
        call.headers.get(ml_client.NUMBER_TYPE_HEADER.lower()),
    )
    kind = np.dtype(signature.number_type)
    fits = announced == (str(width), kind.name) and len(call.body) % (width * kind.itemsize) == 0
    if not fits or not call.body:
        raise BadBatch(model_id=served.model_id, width=width, number_type=kind.name)
    return np.frombuffer(call.body, kind).reshape(-1, width)


def _is_large(served: service.Served, body: bytes) -> bool:
    return len(body) > _QUICK_BYTES or served.loaded.reads_pictures


async def _at_once(
    function: Callable[_Asked, _Answer], *args: _Asked.args, **more: _Asked.kwargs
) -> _Answer:
    """As `asyncio.to_thread`, for what is quicker than the way to a thread."""
    return function(*args, **more)
