"""Which parts of a picture an answer rests on: permutation importance of squares, as of a table's columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kolba.contracts import reports
from kolba.inference import images
from kolba.inference.sessions import protocol

_SIDE = images.SHAPE[0]
_SQUARE = 4
_MOST_IMAGES = 300
_MOST_REPEATS = 3


def some(rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Which of the held-out images it is measured on: few enough that it is quick."""
    generator = np.random.default_rng(seed)
    return np.sort(generator.permutation(rows)[:_MOST_IMAGES])


def importance(
    session: protocol.Session,
    pixels: npt.NDArray[np.float32],
    expected: npt.NDArray[np.int64],
    *,
    repeats: int,
    seed: int,
) -> reports.ImportancePart:
    """How much accuracy drops when one of 49 squares of 4×4 pixels is exchanged between the pictures `[N, 784]`."""
    repeats = min(repeats, _MOST_REPEATS)
    generator = np.random.default_rng(seed)
    base = float((session.run(pixels).labels == expected).mean())
    pictures = pixels.reshape(-1, _SIDE, _SIDE)
    found = []
    for top in range(0, _SIDE, _SQUARE):
        for left in range(0, _SIDE, _SQUARE):
            square = (slice(None), slice(top, top + _SQUARE), slice(left, left + _SQUARE))
            drops = []
            for _ in range(repeats):
                mixed = pictures.copy()
                mixed[square] = pictures[generator.permutation(len(pictures))][square]
                labels = session.run(mixed.reshape(len(pixels), -1)).labels
                drops.append(base - float((labels == expected).mean()))
            found.append(_part(top, left, drops))
    ranked = sorted(found, key=lambda one: -one.mean)
    return reports.ImportancePart(
        metric="accuracy", repeats=repeats, seed=seed, features=tuple(ranked)
    )


def _part(top: int, left: int, drops: list[float]) -> reports.FeatureImportance:
    last = _SQUARE - 1
    return reports.FeatureImportance(
        name=f"x {left}–{left + last}, y {top}–{top + last}",
        mean=float(np.mean(drops)),
        standard_deviation=float(np.std(drops)),
    )
