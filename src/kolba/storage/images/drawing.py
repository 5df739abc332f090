"""What `thumbnails` needs of Pillow."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from kolba.inference import images
from kolba.inference.images import reading

_QUALITY = 85
_SHARPER = 2.0
"""How much larger than asked for the first, coarse reduction leaves the picture."""


def smaller(content: bytes, side: int) -> bytes:
    """See `thumbnails.make`."""
    # Of a picture that came with a prediction nobody has looked further than at its size.
    picture = reading.opened(content)
    try:
        kind = picture.format or "PNG"
        picture.draft(None, (2 * side, 2 * side))
        plain = _plain(ImageOps.exif_transpose(picture), content)
        plain.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=_SHARPER)
        buffer = io.BytesIO()
        plain.save(buffer, kind, quality=_QUALITY)
    except Exception as error:  # a reader's exceptions share no base class
        raise images.InvalidImage(
            field="image", en="is damaged or cut off", ru="повреждено или обрывается"
        ) from error
    return buffer.getvalue()


def _plain(picture: Image.Image, content: bytes) -> Image.Image:
    """In grey or colours of 8 bits, transparent where it was."""
    if picture.mode.startswith(("I", "F")):
        return Image.fromarray(images.read(content))
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")
