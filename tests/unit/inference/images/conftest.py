"""Drawings as people make them: strokes on a canvas."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from kolba.inference import images

Points = Sequence[tuple[float, float]]
Picture = npt.NDArray[np.uint8]
STROKES: dict[str, Sequence[Points]] = {
    "one": (((0, 0), (0, 1.6)),),
    "five": (
        ((0.1, 0), (0.1, 0.7), (0.5, 0.6), (0.9, 0.8), (1, 1.1), (0.8, 1.5), (0.3, 1.6), (0, 1.4)),
        ((0.1, 0), (1, 0)),
    ),
    "seven": (((0, 0), (1, 0), (0.4, 1.6)),),
}


def _canvas(
    digit: str = "seven",
    *,
    size: int = 280,
    pen: int = 18,
    place: tuple[float, float] = (80, 50),
    scale: float = 110,
    ink: int = 0,
    paper: int = 255,
) -> Picture:
    """`[size, size]`: round strokes of `pen` pixels, the drawing's corner at `place`."""
    picture = Image.new("L", (size, size), paper)
    draw = ImageDraw.Draw(picture)
    for points in STROKES[digit]:
        path = [(place[0] + x * scale, place[1] + y * scale) for x, y in points]
        draw.line(path, fill=ink, width=pen)
        for x, y in itertools.chain(path):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=ink)
    return np.asarray(picture)


def _file(picture: Picture | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file, made by Pillow."""
    holder = io.BytesIO()
    made = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    made.save(holder, kind, **options)
    return holder.getvalue()


@pytest.fixture
def canvas() -> Callable[..., Picture]:
    return _canvas


@pytest.fixture
def file() -> Callable[..., bytes]:
    return _file


@pytest.fixture
def mnist_like() -> Picture:
    """As MNIST's are: 8-bit grey, light ink on black."""
    return np.rint(images.as_digit(_canvas()) * 255).astype(np.uint8)
