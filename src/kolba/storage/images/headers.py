"""What the first bytes of a PNG or JPEG file say, without decoding any of it."""

from __future__ import annotations

import dataclasses
import struct

from kolba.contracts import images

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNG_SIZE = struct.Struct(">4sII")
_PNG_SIZE_AT = 12
_JPEG_SIZE = struct.Struct(">HH")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The JPEG markers that carry the size; the other three of that range mean something else."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    media_type: images.MediaType
    width: int
    height: int


def media_type(content: bytes) -> images.MediaType | None:
    """By the signature. None: it is neither PNG nor JPEG."""
    if content.startswith(PNG):
        return "image/png"
    return "image/jpeg" if content.startswith(JPEG) else None


def look(content: bytes) -> Header | None:
    """None: it is neither PNG nor JPEG, or ends before it says its size."""
    kind = media_type(content)
    if kind is None:
        return None
    size = _png_size(content) if kind == "image/png" else _jpeg_size(content)
    if size is None or min(size) < 1:
        return None
    return Header(media_type=kind, width=size[0], height=size[1])


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height."""
    if len(content) < _PNG_SIZE_AT + _PNG_SIZE.size:
        return None
    name, width, height = _PNG_SIZE.unpack_from(content, _PNG_SIZE_AT)
    return (width, height) if name == b"IHDR" else None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _FRAMES:
            height, width = _JPEG_SIZE.unpack_from(content, place + 5)
            return width, height
        if marker == 0xFF:  # fill
            place += 1
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None
