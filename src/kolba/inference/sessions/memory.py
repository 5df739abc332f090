"""A session without a runtime, for tests and for whoever brings a function of their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kolba.inference import decoding
from kolba.inference.sessions import protocol


class MemorySession:
    """Answers by a function from `[N, F]` to probabilities `[N, K]`; the label is the likeliest class."""

    def __init__(self, function: Callable[[decoding.Features], npt.NDArray[np.float64]]) -> None:
        self._function = function

    def run(self, features: decoding.Features) -> protocol.Answer:
        probabilities = self._function(features)
        return protocol.Answer(labels=probabilities.argmax(axis=1), probabilities=probabilities)
