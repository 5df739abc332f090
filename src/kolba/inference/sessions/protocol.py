"""The seam to a runtime."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kolba.inference import decoding


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model says of N rows with K classes."""

    labels: npt.NDArray[np.int64]
    """`[N]`, indices of classes."""
    probabilities: npt.NDArray[np.float32] | npt.NDArray[np.float64]
    """`[N, K]`, each row sums to 1."""


class Session(Protocol):
    """A loaded model. Safe for use by several threads."""

    def run(self, features: decoding.Features) -> Answer:
        """Answer `features`, `[N, F]` of the signature's number type."""
        ...
