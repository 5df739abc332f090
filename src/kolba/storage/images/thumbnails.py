"""Images made smaller. Pillow is loaded with the first."""

from __future__ import annotations

import importlib
from typing import Any

SIDES = (32, 64, 128, 256, 512)
"""The longest sides that thumbnails have: few, so that each is made once."""


def side_for(size: int) -> int:
    """The least of `SIDES` that is not smaller; the largest where there is none."""
    return next((one for one in SIDES if one >= size), SIDES[-1])


def make(content: bytes, side: int) -> bytes:
    """A PNG or JPEG file, as the image is, whose longest side is `side` at most.

    Raises `InvalidImage`, `ImageTooLarge`.
    """
    drawing: Any = importlib.import_module("kolba.storage.images.drawing")
    made: bytes = drawing.smaller(content, side)
    return made
