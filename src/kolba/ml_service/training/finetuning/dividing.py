"""Which of the new images are learned from, and which are held out."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SHARE = 0.2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """Indices of the new images; no image is in two of them, however often it is there."""

    learned: Rows
    held_out: Rows
    passed_over: Rows
    """Those of the parent's data set. What it learned cannot be held out any more, and learning what the models are
    compared on would be cheating."""


def divide(new: Pixels, old: Pixels, *, is_test: Flags | None = None) -> Divided:
    """Divide the images `[N, 784]`: as `is_test` `[N]` declares, else by what is in them alone.

    `old`: the parent's data set, whole. By what is in it, an image always falls on the same side, also in a later
    version of the data set, alone or among many: what a model was tuned on is not held out from the next.
    """
    images = [image.tobytes() for image in new]
    own = set(images)
    known = {found for image in old if (found := image.tobytes()) in own}
    if is_test is None:
        kept = {image for image in own if _chance(image) < _SHARE}
    else:
        kept = {images[row] for row in np.flatnonzero(is_test)}
    is_known = _are_in(known, images)
    is_held_out = _are_in(kept, images) & ~is_known
    return Divided(
        learned=np.flatnonzero(~is_known & ~is_held_out),
        held_out=np.flatnonzero(is_held_out),
        passed_over=np.flatnonzero(is_known),
    )


def _are_in(some: Collection[bytes], images: Sequence[bytes]) -> Flags:
    return np.array([image in some for image in images], np.bool_)


def _chance(image: bytes) -> float:
    """A number 0 … 1 that is the image's own."""
    digest = hashlib.sha256(image).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
