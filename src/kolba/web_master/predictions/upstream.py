"""One trip to the ML service: an array there, labels and probabilities back."""

from __future__ import annotations

import numpy as np

from kolba.contracts import ml_client
from kolba.web_master.predictions import coalescer, errors


class Upstream:
    """Asks one version of one model."""

    def __init__(self, ml: ml_client.MlClient, model_id: int) -> None:
        self._ml = ml
        self._model_id = model_id

    async def predict(self, features: coalescer.Features) -> coalescer.Answers:
        """Raises `ServiceUnavailable`, `RemoteProblem`, `errors.BrokenAnswer`."""
        answer = await self._ml.predict_batch(
            self._model_id,
            features.tobytes(),
            width=features.shape[1],
            number_type=features.dtype.name,
        )
        return _unpacked(answer, len(features))


def _unpacked(answer: ml_client.BatchAnswer, rows: int) -> coalescer.Answers:
    kind = np.dtype(answer.number_type)
    expected = rows * (8 + answer.classes * kind.itemsize)
    if len(answer.content) != expected:
        raise errors.BrokenAnswer(
            got=len(answer.content) // max(1, expected // rows), expected=rows
        )
    return coalescer.Answers(
        labels=np.frombuffer(answer.content, np.int64, rows),
        probabilities=np.frombuffer(answer.content, kind, offset=8 * rows).reshape(
            rows, answer.classes
        ),
    )
