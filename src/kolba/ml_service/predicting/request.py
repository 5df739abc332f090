"""One request whose answer is fetched later: the same codec, the same answer, the same record as online."""

from __future__ import annotations

import base64
import hashlib
import pathlib
from typing import Any

import orjson

from kolba.inference import bundles, decoding
from kolba.inference.protocols import codecs, exchange
from kolba.inference.sessions import onnx, protocol
from kolba.ml_service.predicting import jobs

_RECORDED_ROWS = 100


def answer(job: jobs.Request, bundle: pathlib.Path) -> jobs.RequestOutcome:
    """Raises the codec's errors, `inference.errors.BadBundle`."""
    asked = job.parameters
    model = bundles.read(bundle.read_bytes(), sha256=job.bundle_sha256)
    described = exchange.Model(
        name=asked.prediction.model,
        version=asked.prediction.version,
        signature=model.signature,
        decoder=decoding.Decoder(model.signature),
        max_rows=asked.max_rows,
    )
    codec: exchange.Codec = getattr(
        codecs.build(described, keeps_pictures=True), asked.prediction.protocol
    )
    query = codec.decode(asked.content(), asked.content_type, asked.headers)
    session = onnx.OnnxSession(model.graph, rows_per_run=model.signature.rows_per_run)
    answered = session.run(query.features)
    encoded = codec.encode(
        query,
        exchange.Answer(
            prediction_id=asked.prediction.id,
            labels=answered.labels,
            probabilities=answered.probabilities,
        ),
    )
    return jobs.RequestOutcome(
        result=_result(encoded),
        rows=len(answered.labels),
        output=_output(described, answered),
        pictures=[base64.b64encode(one).decode("ascii") for one in query.pictures],
        images=[hashlib.sha256(one).hexdigest() for one in query.pictures],
    )


def _result(encoded: exchange.Encoded) -> dict[str, Any]:
    """The protocol's own answer: a document where it is JSON, else its bytes in base64.

    A NUL, which an echoed id may hold, has no place in a document that PostgreSQL keeps.
    """
    result: dict[str, Any] = {"content_type": encoded.content_type, "headers": {**encoded.headers}}
    if encoded.content_type == exchange.JSON and b"\\u0000" not in encoded.body:
        return {**result, "body": orjson.loads(encoded.body)}
    content = base64.b64encode(encoded.body).decode("ascii")
    return {**result, "body": content, "encoding": "base64"}


def _output(described: exchange.Model, answered: protocol.Answer) -> list[Any]:
    """As an online prediction is recorded: the label and the probabilities of each of the first rows."""
    classes = described.signature.classes
    labels = answered.labels[:_RECORDED_ROWS].tolist()
    probabilities = answered.probabilities[:_RECORDED_ROWS].tolist()
    return [[classes[label], row] for label, row in zip(labels, probabilities, strict=True)]
