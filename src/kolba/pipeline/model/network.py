"""A loaded network: pictures in, probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from kolba.inference import bundles, signature
from kolba.inference import errors as inference_errors
from kolba.inference.sessions import loader, onnx, protocol
from kolba.pipeline import tensors

Probabilities = npt.NDArray[np.float32]
"""`[N, K]`."""


class Network:
    """One version in memory. Safe for use by several threads."""

    def __init__(self, described: signature.Signature, session: protocol.Session) -> None:
        self.classes = list(described.classes)
        self._session = session

    @classmethod
    def open(cls, content: bytes, sha256: str, *, max_bytes: int, batch: int) -> Self:
        """Read a bundle, and run it once alone and once with a whole batch, so that the first image does not wait.

        Raises `inference.errors.BadBundle`, also for a model that reads something else than one picture of 28×28.
        """
        bundle = bundles.read(content, sha256=sha256, max_bytes=max_bytes)
        columns = bundle.signature.columns
        if len(columns) != 1 or columns[0].kind != "image" or columns[0].shape != tensors.SHAPE:
            raise inference_errors.BadBundle(reason="it does not read one picture of 28×28")
        made = cls(bundle.signature, onnx.OnnxSession(bundle.graph))
        for count in (1, batch):
            made._try(count)
        return made

    def run(self, pictures: tensors.Pictures) -> Probabilities:
        """Answer `pictures` `[N, 784]` by probabilities `[N, K]`."""
        return np.asarray(self._session.run(pictures).probabilities, np.float32)

    def run_all(self, parts: Sequence[tensors.Pictures]) -> Probabilities:
        """As `run`, of several arrays one after another."""
        return self.run(parts[0] if len(parts) == 1 else np.concatenate(parts))

    def _try(self, count: int) -> None:
        try:
            answer = self.run(np.zeros((count, tensors.WIDTH), np.float32))
        except Exception as error:  # the runtime's exceptions share no base class
            raise inference_errors.BadBundle(
                reason=f"its graph and signature do not fit: {error}"[:300]
            ) from None
        if answer.shape != (count, len(self.classes)):
            raise inference_errors.BadBundle(
                reason="its graph answers another number of classes than its signature"
            )


def prepare() -> None:
    """Load the runtime, which takes longer than any model."""
    loader.onnxruntime()
