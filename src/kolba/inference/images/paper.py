"""Telling ink from paper: which of the two is darker, what is noise, where the drawing is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Luminance = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
_Difference = npt.NDArray[np.int16]

_LARGEST = 640
_FAINTEST = 40
"""Of 255: what differs less from the paper is not ink."""
_UNEVEN = 12
"""Of 255: paper that varies so much at the rim is a photograph's, lit unevenly."""
_CELLS = 32
_WINDOW = 7
_LARGEST_GRID = 64
_SPECK = 0.03
"""A spot with a smaller part of all ink is no stroke."""
_SMALLEST_PART = 0.02
"""Of the picture's longest side: a smaller drawing is a speck."""


def strokes(luminance: Luminance) -> Mask | None:
    """Where ink is, cut to what is drawn; None where nothing is."""
    luminance = _bounded(luminance)
    mask = _ink(luminance)
    if mask is None:
        return None
    mask = _without_specks(mask)
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    drawn = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return None if max(drawn.shape) < _SMALLEST_PART * max(mask.shape) else drawn


def _bounded(luminance: Luminance) -> Luminance:
    """A large picture reduced by a whole number."""
    times = max(luminance.shape) // _LARGEST
    if times < 2 or min(luminance.shape) < times:
        return luminance
    return np.asarray(Image.fromarray(np.ascontiguousarray(luminance)).reduce(times))


def _ink(luminance: Luminance) -> Mask | None:
    rim = _rim(luminance)
    level = int(np.median(rim))
    difference = luminance.astype(np.int16) - level
    lighter = _weight(difference)
    darker = _weight(-difference)
    if lighter == darker == 0:
        return None
    if darker > lighter:
        luminance, rim = 255 - luminance, 255 - rim
        difference = -difference
    if _spread(rim) > _UNEVEN and min(luminance.shape) > 2 * _CELLS:
        difference = luminance.astype(np.int16) - _unevenly_lit(luminance)
    seen = difference[difference > _FAINTEST]
    return difference > np.percentile(seen, 90) / 2 if len(seen) else None


def _rim(luminance: Luminance) -> Luminance:
    return np.concatenate((luminance[0], luminance[-1], luminance[:, 0], luminance[:, -1]))


def _weight(difference: _Difference) -> int:
    return int(difference[difference > _FAINTEST].sum(dtype=np.int64))


def _spread(rim: Luminance) -> float:
    """The middle four fifths: strokes that touch the rim do not count."""
    low, high = np.percentile(rim, [10, 90])
    return float(high - low)


def _unevenly_lit(luminance: Luminance) -> npt.NDArray[np.int16]:
    """The paper under the ink, which is lighter here: each place's darkest surroundings, smoothed."""
    times = max(1, max(luminance.shape) // _CELLS)
    cells = Image.fromarray(np.ascontiguousarray(luminance)).reduce(times)
    surroundings = cells.filter(ImageFilter.MinFilter(_WINDOW)).filter(ImageFilter.GaussianBlur(2))
    height, width = luminance.shape
    smooth = surroundings.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(smooth).astype(np.int16)


def _without_specks(mask: Mask) -> Mask:
    """Only spots that hold a part of the ink worth speaking of, looked for on a coarse grid."""
    times = max(1, math.ceil(max(mask.shape) / _LARGEST_GRID))
    height, width = (math.ceil(side / times) for side in mask.shape)
    padded = np.zeros((height * times, width * times), np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    weights = padded.reshape(height, times, width, times).sum(axis=(1, 3))
    kept = _large_spots(weights)
    if kept is None:
        return mask
    wide = kept.repeat(times, axis=0).repeat(times, axis=1)
    return mask & wide[: mask.shape[0], : mask.shape[1]]


def _large_spots(weights: npt.NDArray[np.int_]) -> Mask | None:
    """Cells of the spots to keep; None: all of them."""
    height, width = weights.shape
    flat = weights.ravel().tolist()
    left = {int(place) for place in weights.ravel().nonzero()[0]}
    least = _SPECK * sum(flat)
    kept = np.zeros(height * width, np.bool_)
    dropped = False
    while left:
        spot = _spot(left, width)
        if sum(flat[place] for place in spot) >= least:
            kept[spot] = True
        else:
            dropped = True
    return kept.reshape(height, width) if dropped and kept.any() else None


def _spot(left: set[int], width: int) -> list[int]:
    """One connected spot, taken out of `left`; corners connect."""
    spot = [left.pop()]
    for place in spot:  # grows as it goes
        x = place % width
        steps = (-1, 0, 1) if 0 < x < width - 1 else ((0, 1) if x == 0 else (-1, 0))
        for step in steps:
            for other in (place + step - width, place + step, place + step + width):
                if other in left:
                    left.remove(other)
                    spot.append(other)
    return spot
