"""Drawings that are learned in a second: rings, bars, crosses and corners, each by a hand of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SIDE = 28
CLASSES = 4


def draw(count: int, *, seed: int = 7) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """`[N, 28, 28]`, 0 paper … 255 ink, and the classes `[N]`: 0 ring, 1 bar, 2 cross, 3 corner, in turn."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    pictures = np.zeros((count, SIDE, SIDE), np.uint8)
    for picture, label in zip(pictures, labels, strict=True):
        picture[...] = _drawn(int(label), generator)
    return pictures, labels


def _drawn(label: int, generator: np.random.Generator) -> npt.NDArray[np.uint8]:
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    down, across = generator.uniform(-1, 1, 2)
    y, x = rows - (SIDE - 1) / 2 - down, columns - (SIDE - 1) / 2 - across
    size = generator.uniform(8.0, 9.5)
    away = (
        np.abs(np.hypot(x, y) - size),
        np.maximum(np.abs(x + y * generator.uniform(-0.2, 0.2)), np.abs(y) - size),
        np.maximum(np.minimum(np.abs(x - y), np.abs(x + y)), np.hypot(x, y) - size),
        np.minimum(
            np.maximum(np.abs(x + size), np.abs(y) - size),
            np.maximum(np.abs(y - size), np.abs(x) - size),
        ),
    )[label]
    ink = np.clip(generator.uniform(1.2, 1.9) + 0.5 - away, 0, 1)
    picture: npt.NDArray[np.uint8] = np.round(ink * generator.uniform(200, 255)).astype(np.uint8)
    return picture
