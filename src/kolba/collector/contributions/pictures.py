"""What is known of an image that somebody sends, once it has been looked at."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

from kolba.inference import images
from kolba.kit import text

_PNG_SIGNATURE = b"\x89PNG"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An image as it came: a file, a text that holds one, or numbers."""

    image: bytes | str | list[list[float]]
    field: str
    """What the sender called it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    content: bytes
    """The file."""
    sha256: str
    media_type: str
    size_bytes: int
    width: int
    height: int
    digit: bytes
    """What is drawn, centred and scaled like MNIST's: a PNG file of 28 × 28."""

    def described(self) -> dict[str, Any]:
        """All but the file."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "content"
        }


def look(sent: Sent, max_bytes: int) -> Picture:
    """Raises `InvalidImage`, `ImageTooLarge`, `NothingDrawn`."""
    if isinstance(sent.image, list):
        digit = _png(images.of_value(sent.image, field=sent.field))
        return _picture(digit, images.SHAPE, digit)
    content = sent.image
    if isinstance(content, str):
        content = images.file_of(content, field=sent.field)
    if len(content) > max_bytes:
        raise images.ImageTooLarge(
            field=sent.field,
            found=text.Text(en=f"{len(content)} bytes", ru=f"{len(content)} байт"),
            limit=text.Text(en=f"{max_bytes} bytes", ru=f"{max_bytes} байт"),
        )
    luminance = images.read(content, field=sent.field)
    digit = _png(images.as_digit(luminance, field=sent.field))
    return _picture(content, luminance.shape, digit)


def _png(ink: images.Ink) -> bytes:
    return images.to_png((ink * 255).round().astype("uint8"))


def _picture(content: bytes, shape: tuple[int, ...], digit: bytes) -> Picture:
    height, width = shape
    kind = "png" if content.startswith(_PNG_SIGNATURE) else "jpeg"
    return Picture(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=f"image/{kind}",
        size_bytes=len(content),
        width=width,
        height=height,
        digit=digit,
    )
