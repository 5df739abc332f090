"""Strokes: how thick they are, and making them thicker or thinner by any amount.

Distances are exact (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions", 2012, here as a plain
minimum over every row, which is as quick for pictures of a hundred pixels).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Ink = npt.NDArray[np.float32]


def thickness(ink: Ink) -> float:
    """The mean thickness of strokes in pixels: twice the area by the length of the outline.

    The outline's length is the total variation, which by the coarea formula also holds for soft edges.
    """
    padded = np.pad(ink, 1)
    down = padded[1:, :-1] - padded[:-1, :-1]
    right = padded[:-1, 1:] - padded[:-1, :-1]
    outline = float(np.sqrt(down * down + right * right).sum())
    return 2 * float(ink.sum()) / outline if outline else 0.0


def grown(mask: Mask, by: float) -> Ink:
    """Strokes thicker by `by` pixels on each side, thinner where it is negative; with soft edges.

    `[H + 2m, W + 2m]`: a margin `m` is put around it, wide enough for what grows.
    """
    margin = int(np.ceil(max(by, 0.0))) + 1
    padded = np.pad(mask, margin)
    reach = 1.0 + by - _distance(padded) if by >= 0 else _distance(~padded) + by
    soft: Ink = np.clip(reach, 0.0, 1.0).astype(np.float32)
    return soft


def _distance(mask: Mask) -> Ink:
    """Of every pixel to the nearest one in `mask`, in pixels."""
    height, width = mask.shape
    far = np.float32(height + width)
    rows = np.arange(height, dtype=np.float32)[:, None]
    above = np.maximum.accumulate(np.where(mask, rows, -far), axis=0)
    below = np.minimum.accumulate(np.where(mask, rows, 2 * far)[::-1], axis=0)[::-1]
    vertical = np.minimum(np.minimum(rows - above, below - rows), far) ** 2
    places = np.arange(width, dtype=np.float32)
    apart = (places[:, None] - places[None, :]) ** 2
    squares = np.empty_like(vertical)
    for row in range(height):
        squares[row] = (apart + vertical[row]).min(axis=1)
    distance: Ink = np.sqrt(squares)
    return distance
