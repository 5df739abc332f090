"""What `/docs` says of the direct routes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from kolba.pipeline import wire


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    path: str
    summary: str
    description: str
    request_body: Mapping[str, Any]
    answers: Mapping[int | str, Mapping[str, Any]]
    tag: str = "pipeline"
    parameters: Mapping[str, str] = dataclasses.field(default_factory=dict)


_BYTES = {"schema": {"type": "string", "format": "binary"}}
IMAGE_BODY: Mapping[str, Any] = {
    "required": True,
    "description": "One PNG or JPEG file: the form's field `file`, or the body itself.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        "image/png": _BYTES,
        "image/jpeg": _BYTES,
        wire.BINARY: _BYTES,
    },
}
TENSOR_BODY: Mapping[str, Any] = {
    "required": True,
    "description": (
        "Pictures of 28×28, ink 1 on paper 0. Binary: float32, little-endian, with `X-Tensor-Shape: 28,28` (or "
        "`N,28,28`). With a shared volume, the name under which preprocess left the tensor."
    ),
    "content": {
        wire.BINARY: _BYTES,
        wire.NPY: _BYTES,
        wire.JSON: {
            "schema": {
                "oneOf": [
                    {
                        "type": "object",
                        "required": ["tensor"],
                        "properties": {"tensor": {"type": "array", "items": {}}},
                    },
                    {
                        "type": "object",
                        "required": ["path"],
                        "properties": {"path": {"type": "string"}},
                    },
                ]
            }
        },
    },
}


def answer(description: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """A response of JSON, shown by an example."""
    return {"description": description, "content": {wire.JSON: {"example": dict(example)}}}


PROBABILITIES: Mapping[str, Any] = {
    "probabilities": [0.001, 0.002, 0.01, 0.002, 0.001, 0.001, 0.001, 0.98, 0.001, 0.001],
    "classes": list(range(10)),
    "model": "digits",
    "version": "CNN_20260101_000000",
    "instance": "model-1",
}
