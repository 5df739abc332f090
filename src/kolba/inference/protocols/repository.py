"""Bodies of the Open Inference Protocol's repository extension: small JSON objects, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kolba.inference.protocols import bodies, errors, exchange


def wants_ready(body: bytes) -> bool:
    """Whether `/v2/repository/index` is asked for what is ready only. Raises `MalformedBody`, `InvalidQuery`."""
    found = _object(body).get("ready", False)
    if type(found) is not bool:
        raise errors.refusal("ready", "must be true or false", "нужно true или false")
    return found


def parameters(body: bytes) -> Mapping[str, Any]:
    """Of `/load` and `/unload`. Raises `MalformedBody`, `InvalidQuery`."""
    found = _object(body).get("parameters")
    if found is None:
        return exchange.NOTHING
    if type(found) is not dict:
        raise errors.refusal(
            "parameters", "must be an object of names and values", "нужен объект из имён и значений"
        )
    return found


def _object(body: bytes) -> Mapping[str, Any]:
    if not body.strip():
        return exchange.NOTHING
    found = bodies.load(body)
    if type(found) is not dict:
        raise errors.refusal("body", "must be an object, or nothing", "нужен объект или ничего")
    return found
