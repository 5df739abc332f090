"""How a label follows from probabilities, one rule for the graph and the estimator.

Sums of the same numbers in another order or precision differ in their last digits; where two classes are equally likely
(fifty trees of a hundred) the likeliest class would be a matter of chance. So probabilities are compared on a grid of
2⁻²⁰, and among equals the earlier class wins.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

GRID = float(2**20)


def labels(probabilities: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The class index of each row of `probabilities` `[N, K]`."""
    found: npt.NDArray[np.int64] = np.round(probabilities * GRID).argmax(axis=1)
    return found
