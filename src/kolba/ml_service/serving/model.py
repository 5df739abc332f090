"""A loaded model: rows in, classes and probabilities out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Self

import numpy as np

from kolba.inference import bundles, decoding, signature
from kolba.inference import errors as inference_errors
from kolba.inference.protocols import codecs, exchange
from kolba.inference.sessions import loader as sessions_loader
from kolba.inference.sessions import onnx, protocol
from kolba.kit import errors as kit_errors
from kolba.ml_service.serving import costs


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer to one row."""

    label: signature.Class
    probabilities: dict[str, float]


class LoadedModel:
    """One model in memory. Safe for use by several threads."""

    def __init__(self, described: exchange.Model, session: protocol.Session) -> None:
        self.described = described
        self.signature = described.signature
        self.decoder = described.decoder
        self.reads_pictures = described.signature.reads_pictures
        self.codecs = codecs.build(described)
        self._session = session
        self._costs = costs.Costs()
        self._names = [_class_name(one) for one in described.signature.classes]

    @classmethod
    def open(cls, content: bytes, sha256: str, *, name: str, version: str, max_rows: int) -> Self:
        """Read a bundle and warm its graph. Raises `inference.errors.BadBundle`."""
        bundle = bundles.read(content, sha256=sha256)
        session = onnx.OnnxSession(bundle.graph, rows_per_run=bundle.signature.rows_per_run)
        described = exchange.Model(
            name=name,
            version=version,
            signature=bundle.signature,
            decoder=decoding.Decoder(bundle.signature),
            max_rows=max_rows,
        )
        loaded = cls(described, session)
        _warm(loaded)
        return loaded

    def run(self, features: decoding.Features) -> protocol.Answer:
        """Answer `features` `[N, F]`, as the decoder makes them."""
        return self._measured(features, time.perf_counter)

    def run_aside(self, features: decoding.Features) -> protocol.Answer:
        """As `run`, in a thread beside the event loop: on a busy machine only CPU time tells what it costs."""
        return self._measured(features, time.thread_time)

    def is_quick(self, rows: int) -> bool:
        """Whether the event loop can wait for `run` with so many."""
        return self._costs.is_quick(rows)

    def _measured(self, features: decoding.Features, clock: Callable[[], float]) -> protocol.Answer:
        started = clock()
        answer = self._session.run(features)
        self._costs.measured(len(features), clock() - started)
        return answer

    def predictions(self, answer: protocol.Answer) -> list[Prediction]:
        """The answer in the words of the training data."""
        classes, names = self.signature.classes, self._names
        return [
            Prediction(label=classes[label], probabilities=dict(zip(names, row, strict=True)))
            for label, row in zip(
                answer.labels.tolist(), answer.probabilities.tolist(), strict=True
            )
        ]


def prepare() -> None:
    """Load the runtime, which takes longer than any model."""
    sessions_loader.onnxruntime()


def _warm(loaded: LoadedModel) -> None:
    """Run one typical row: the first run allocates, and shows whether graph and signature belong together."""
    try:
        answer = loaded.run_aside(_typical(loaded))
    except kit_errors.KolbaError:
        return
    except Exception as error:  # the runtime's exceptions share no base class
        raise inference_errors.BadBundle(
            reason=f"its graph and signature do not fit: {error}"[:300]
        ) from None
    if answer.probabilities.shape != (1, len(loaded.signature.classes)):
        raise inference_errors.BadBundle(
            reason="its graph answers another number of classes than its signature"
        )


def _typical(loaded: LoadedModel) -> decoding.Features:
    """One row of typical values; of a picture, an empty sheet, which the decoder would refuse."""
    found = loaded.signature
    if loaded.reads_pictures:
        return np.zeros((1, found.width), found.number_type)
    row = {column.name: column.example for column in found.columns if column.takes_codes}
    return loaded.decoder.rows([row or {found.columns[0].name: None}])


def _class_name(value: signature.Class) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
