"""Pictures of digits: from a file, as people and programs send it, to what a network reads. Knows no web framework.

Importing this costs nothing; numpy and Pillow are loaded with the first picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from kolba.inference.images import errors, limits, loader

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from kolba.inference.images import kept as kept_module

    Luminance: TypeAlias = npt.NDArray[np.uint8]
    """`[H, W]`: 0 black … 255 white."""
    Ink: TypeAlias = npt.NDArray[np.float32]
    """0 paper … 1 ink."""

SHAPE = limits.SHAPE
MAX_BYTES = limits.MAX_BYTES
ImageError = errors.ImageError
InvalidImage = errors.InvalidImage
ImageTooLarge = errors.ImageTooLarge
NothingDrawn = errors.NothingDrawn


def read(content: bytes, *, field: str = "image") -> Luminance:
    """The one picture in a PNG or JPEG file, transparency laid on white paper.

    Raises `InvalidImage`, `ImageTooLarge`; `field` names the picture in them.
    """
    picture: Luminance = loader.module("reading").read(content, field=field)
    return picture


def as_digit(luminance: Luminance, *, field: str = "image") -> Ink:
    """What is drawn, `[28, 28]`, centred and scaled as MNIST's digits are.

    What already is so (its ink within 20×20, its centre of mass in the middle) comes out as it went in, divided by 255;
    also if the paper is light. Raises `NothingDrawn`.
    """
    digit: Ink = loader.module("digits").as_digit(luminance, field=field)
    return digit


def of_value(value: Any, *, field: str = "image") -> Ink:
    """The digit `[28, 28]` in a data URL, the base64 text or the bytes of a file, or in 28×28 numbers.

    Numbers, nested or flat, a list or an array, are 0 … 1 or 0 … 255. Raises what `read` and `as_digit` raise.
    """
    digit: Ink = loader.module("values").of_value(value, field=field)
    return digit


def file_of(written: str, *, field: str = "image") -> bytes:
    """The file in a data URL or a base64 text, not yet looked at. Raises `InvalidImage`, `ImageTooLarge`."""
    content: bytes = loader.module("values").file_of(written, field=field)
    return content


def digit_of_file(content: bytes, *, field: str = "image") -> Ink:
    """The digit in a file, row by row `[784]`. Raises what `read` and `as_digit` raise."""
    return as_digit(read(content, field=field), field=field).ravel()


def to_png(luminance: Luminance) -> bytes:
    """The picture as a PNG file of 8-bit grey; the same picture always gives the same bytes."""
    content: bytes = loader.module("png").write(luminance)
    return content


def keeper() -> kept_module.Kept:
    """Holds the pictures of one request, for its history."""
    holder: kept_module.Kept = loader.module("kept").Kept()
    return holder
