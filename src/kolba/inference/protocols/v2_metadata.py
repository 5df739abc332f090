"""What a server and its models say of themselves in the Open Inference Protocol, version 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kolba.inference import signature
from kolba.inference.protocols import v2_answers

EXTENSIONS = ("binary_tensor_data", "model_repository")
PLATFORM = "onnx_onnxv1"
_ANY = -1


def server(version: str, *, name: str = "kolba") -> dict[str, Any]:
    """The answer of `GET /v2`."""
    return {"name": name, "version": version, "extensions": list(EXTENSIONS)}


def model(name: str, found: signature.Signature, versions: Sequence[str]) -> dict[str, Any]:
    """The answer of `GET /v2/models/{model}`: every column as an input of its own.

    `parameters.table` describes the one tensor that may come in place of them all.
    """
    columns = found.columns
    number = _number(found)
    return {
        "name": name,
        "versions": list(versions),
        "platform": PLATFORM,
        "inputs": [_input(column, number) for column in columns],
        "outputs": [
            {
                "name": v2_answers.LABEL,
                "datatype": v2_answers.label_datatype(found.classes),
                "shape": [_ANY],
            },
            {
                "name": v2_answers.PROBABILITIES,
                "datatype": number,
                "shape": [_ANY, len(found.classes)],
                "parameters": {"classes": list(found.classes)},
            },
        ],
        "parameters": {
            "table": {
                "name": "X",
                "datatype": number,
                "shape": [_ANY, found.width],
                "columns": [column.name for column in columns],
            }
        },
    }


def _input(column: signature.Column, number: str) -> dict[str, Any]:
    if column.kind == "numeric":
        return {"name": column.name, "datatype": number, "shape": [_ANY, 1]}
    if column.shape is not None:
        return {
            "name": column.name,
            "datatype": "BYTES",
            "shape": [_ANY, 1],
            "parameters": {
                "content": "a PNG or JPEG file: its bytes, in JSON its base64 text",
                "numbers": {"datatypes": ["UINT8", "FP32"], "shape": [_ANY, *column.shape]},
            },
        }
    return {
        "name": column.name,
        "datatype": "BYTES",
        "shape": [_ANY, 1],
        "parameters": {"categories": list(column.categories)},
    }


def _number(found: signature.Signature) -> str:
    return "FP32" if found.number_type == "float32" else "FP64"
