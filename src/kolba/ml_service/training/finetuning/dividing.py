"""Which of the new images are learned from, and which are held out."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

LEAST = 20
"""With fewer, all are learned from."""
_SHARE = 0.2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """Indices of the new images; no image is in two of them."""

    learned: Rows
    held_out: Rows
    passed_over: Rows
    """Those that are among the images which the models are compared on: learning them would be cheating."""


def divide(new: Pixels, compared_on: Pixels) -> Divided:
    """Divide the images `[N, 784]`, by what is in them alone.

    The same image always falls on the same side, also in a later version of the data set and however often it was
    contributed: what a model was tuned on is not held out from the next.
    """
    known = {image.tobytes() for image in compared_on}
    is_known = np.array([image.tobytes() in known for image in new], np.bool_)
    rows = np.flatnonzero(~is_known)
    chance = np.array([_chance(new[row]) for row in rows], np.float64)
    is_held_out = (chance < _SHARE) & (len(rows) >= LEAST)
    return Divided(
        learned=rows[~is_held_out],
        held_out=rows[is_held_out],
        passed_over=np.flatnonzero(is_known),
    )


def _chance(image: npt.NDArray[np.uint8]) -> float:
    """A number 0 … 1 that is the image's own."""
    digest = hashlib.sha256(image.tobytes()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
