"""Answers of the Open Inference Protocol, version 2: tensors as JSON or as bytes after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from kolba.inference import signature
from kolba.inference.protocols import exchange, tensors

LABEL = "label"
PROBABILITIES = "probabilities"
NAMES = (LABEL, PROBABILITIES)
_BINARY_TYPE = "application/octet-stream"
_HEADER_LENGTH = "Inference-Header-Content-Length"
_INT64 = (-(1 << 63), (1 << 63) - 1)


class Answers:
    """Writes answers of one version of one model."""

    def __init__(self, model: exchange.Model) -> None:
        classes = model.signature.classes
        self._head = (
            orjson.dumps({"model_name": model.name, "model_version": model.version})[:-1] + b","
        )
        self._width = len(classes)
        self._label_head = b'{"name":"label","datatype":"%b","shape":[' % (
            label_datatype(classes).encode()
        )
        as_texts = label_datatype(classes) == "BYTES"
        texts = exchange.class_texts(classes)
        self._json_labels = tuple(
            orjson.dumps(text if as_texts else one)
            for one, text in zip(classes, texts, strict=True)
        )
        self._binary_labels = _binary_labels(classes)
        self._writers: dict[str, Callable[[exchange.Answer, bool], tuple[bytes, bytes]]] = {
            LABEL: self._label,
            PROBABILITIES: self._probabilities,
        }

    def encode(self, query: exchange.Query, answer: exchange.Answer) -> exchange.Encoded:
        head = self._head
        if query.id is not None:
            head += b'"id":' + orjson.dumps(query.id) + b","
        if not query.outputs:
            label, _ = self._label(answer, False)
            probabilities, _ = self._probabilities(answer, False)
            return exchange.Encoded(
                body=head + b'"outputs":[' + label + b"," + probabilities + b"]}",
                content_type=exchange.JSON,
                headers={exchange.PREDICTION_ID: answer.prediction_id},
            )
        parts = [self._writers[one.name](answer, one.binary) for one in query.outputs]
        body = head + b'"outputs":[' + b",".join([part[0] for part in parts]) + b"]}"
        headers = {exchange.PREDICTION_ID: answer.prediction_id}
        if not any(one.binary for one in query.outputs):
            return exchange.Encoded(body=body, content_type=exchange.JSON, headers=headers)
        headers[_HEADER_LENGTH] = str(len(body))
        return exchange.Encoded(
            body=body + b"".join([part[1] for part in parts]),
            content_type=_BINARY_TYPE,
            headers=headers,
        )

    def _label(self, answer: exchange.Answer, binary: bool) -> tuple[bytes, bytes]:
        labels = answer.labels.tolist()
        head = b"%b%d]," % (self._label_head, len(labels))
        if binary:
            texts = self._binary_labels
            content = b"".join([texts[label] for label in labels])
            return head + _size(content), content
        texts = self._json_labels
        return head + b'"data":[' + b",".join([texts[label] for label in labels]) + b"]}", b""

    def _probabilities(self, answer: exchange.Answer, binary: bool) -> tuple[bytes, bytes]:
        found = answer.probabilities
        head = b'{"name":"probabilities","datatype":"%b","shape":[%d,%d],' % (
            b"FP32" if found.dtype == np.float32 else b"FP64",
            len(found),
            self._width,
        )
        if binary:
            content = found.tobytes()
            return head + _size(content), content
        return head + b'"data":' + _flat(found) + b"}", b""


def label_datatype(classes: tuple[signature.Class, ...]) -> str:
    if all(isinstance(one, bool) for one in classes):
        return "BOOL"
    low, high = _INT64
    if all(type(one) is int and low <= one <= high for one in classes):
        return "INT64"
    return "BYTES"


def _binary_labels(classes: tuple[signature.Class, ...]) -> tuple[bytes, ...]:
    kind = label_datatype(classes)
    if kind == "BYTES":
        texts = exchange.class_texts(classes)
        return tuple(tensors.texts_to_bytes([text.encode()]) for text in texts)
    stored = tensors.DATATYPES[kind].stored
    return tuple(np.array(one, stored).tobytes() for one in classes)


def _flat(numbers: npt.NDArray[Any]) -> bytes:
    """`[N, K]` as one flat list, in the shortest digits that read back as the same number."""
    nested = orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)
    return nested[1:-1].replace(b"],[", b",")


def _size(content: bytes) -> bytes:
    return b'"parameters":{"binary_data_size":%d}}' % len(content)
