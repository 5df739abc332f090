"""What a person draws, made to look as MNIST's digits do.

MNIST's own making (LeCun et al., 1998): light ink on black, scaled into 20×20 with grey edges, and put into 28×28 by
the centre of mass. A drawing also differs by its paper, its noise, and above all its pen: a canvas's line may be a
third as thick as the network has ever seen, or three times.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from kolba.inference.images import errors, limits, paper, strokes

Luminance = npt.NDArray[np.uint8]
Ink = npt.NDArray[np.float32]

_SIDE = limits.SHAPE[0]
_BOX = 20
"""The digit's longest side."""
_CENTRE = 14.0
"""Where MNIST's centres of mass lie (all 70,000: 13.48 … 14.5)."""
_FINE = 4
"""Strokes are worked on at so many times the resolution."""
_THICKNESS = (2.1, 2.9)
"""Of MNIST's strokes in pixels: the middle half of all 70,000 (`strokes.thickness`)."""
_SMALLEST_BOX = 18
_FULL = np.float32(255)
_ONES = np.ones(_SIDE, np.float32)
_PLACES = np.arange(_SIDE, dtype=np.float32)
_FAINTEST_INK = 0.5


def as_digit(luminance: Luminance, *, field: str = "image") -> Ink:
    """See `kolba.inference.images.as_digit`."""
    if luminance.shape == limits.SHAPE:
        ink = np.divide(luminance, _FULL, dtype=np.float32)
        if is_light_around(ink):
            ink = np.divide(255 - luminance, _FULL, dtype=np.float32)
        if is_alike(ink):
            return ink
    mask = paper.strokes(luminance)
    if mask is None:
        raise errors.NothingDrawn(field=field)
    return _placed(_scaled(_of_usual_thickness(_fine(mask))))


def is_light_around(luminance: Ink) -> bool:
    """Whether the rim of `[28, 28]`, 0 … 1, is rather white than black."""
    rows, columns = luminance @ _ONES, _ONES @ luminance
    return bool(rows[0] + rows[-1] + columns[0] + columns[-1] > 2 * _SIDE)


def is_alike(ink: Ink) -> bool:
    """Whether ink on nothing, `[28, 28]`, is in MNIST's form already."""
    rows, columns = ink @ _ONES, _ONES @ ink
    (seen_rows,), (seen_columns,) = rows.nonzero(), columns.nonzero()
    if not len(seen_rows):
        return False
    longest = max(seen_rows[-1] - seen_rows[0], seen_columns[-1] - seen_columns[0]) + 1
    if not _SMALLEST_BOX <= longest <= _BOX or ink.max() < _FAINTEST_INK:
        return False
    mass = rows.sum()
    off_centre = max(abs(rows @ _PLACES - _CENTRE * mass), abs(columns @ _PLACES - _CENTRE * mass))
    return bool(off_centre <= mass)


def _fine(mask: strokes.Mask) -> strokes.Mask:
    """The drawing's box with its longest side as many fine pixels as a digit has; no thin line is lost on the way."""
    longest = max(mask.shape)
    target = _BOX * _FINE
    if longest > 2 * target:
        mask = _any_of(mask, longest // (2 * target) + 1)
        longest = max(mask.shape)
    height, width = (max(1, round(side * target / longest)) for side in mask.shape)
    picture = Image.fromarray(np.where(mask, np.uint8(255), np.uint8(0)))
    way = Image.Resampling.BILINEAR if longest < target else Image.Resampling.BOX
    return np.asarray(picture.resize((width, height), way)) > (127 if longest < target else 63)


def _any_of(mask: strokes.Mask, times: int) -> strokes.Mask:
    """Each block of `times`×`times` as one pixel: ink, if there is any."""
    height, width = (math.ceil(side / times) * times for side in mask.shape)
    padded = np.zeros((height, width), np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    blocks = padded.reshape(height // times, times, width // times, times)
    return np.asarray(blocks.any(axis=(1, 3)))


def _of_usual_thickness(mask: strokes.Mask) -> Ink:
    """Strokes as thick as MNIST's will be, once the drawing is scaled to its box."""
    ink = mask.astype(np.float32)
    found = strokes.thickness(ink)
    longest = max(mask.shape)
    low, high = _THICKNESS
    now = found * _BOX / longest
    wanted = min(max(now, low), high)
    if wanted == now:
        return ink
    # Growing by r on each side makes (found + 2 r) · BOX / (longest + 2 r) what is wanted.
    by = (wanted * longest - found * _BOX) / (2 * (_BOX - wanted))
    return strokes.grown(mask, max(by, -0.4 * found))


def _scaled(ink: Ink) -> Ink:
    """Into 20×20, with grey edges."""
    ink = _cropped(ink)
    longest = max(ink.shape)
    height, width = (max(1, round(side * _BOX / longest)) for side in ink.shape)
    picture = Image.fromarray(np.rint(ink * 255).astype(np.uint8))
    small = picture.resize((width, height), Image.Resampling.BOX)
    scaled: Ink = np.divide(np.asarray(small), _FULL, dtype=np.float32)
    return scaled


def _cropped(ink: Ink) -> Ink:
    seen = ink > 0.5
    rows = np.flatnonzero(seen.any(axis=1))
    columns = np.flatnonzero(seen.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _placed(digit: Ink) -> Ink:
    field = np.zeros(limits.SHAPE, np.float32)
    top, left = (
        min(max(round(_CENTRE - centre), 0), _SIDE - side)
        for centre, side in zip(_centre(digit), digit.shape, strict=True)
    )
    field[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return field


def _centre(ink: Ink) -> tuple[float, float]:
    """The centre of mass, in rows and columns."""
    by_row = ink.sum(axis=1, dtype=np.float64)
    by_column = ink.sum(axis=0, dtype=np.float64)
    mass = by_row.sum()
    return (
        float(by_row @ np.arange(len(by_row)) / mass),
        float(by_column @ np.arange(len(by_column)) / mass),
    )
