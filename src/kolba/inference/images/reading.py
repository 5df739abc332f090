"""Files of pictures: what they are is looked at before a pixel is decoded."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin

from kolba.inference.images import errors, jpeg, limits, png
from kolba.kit import text

Luminance = npt.NDArray[np.uint8]

_OTHERS = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"RIFF", "WebP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"\0\0\1\0", "ICO"),
)
_WHITE = 255
_FADED = 8
"""So near to white, ink on a transparent sheet would be lost on white paper."""


def read(content: bytes, *, field: str = "image") -> Luminance:
    """See `kolba.inference.images.read`."""
    plain = png.quick(content) if len(content) <= limits.MAX_BYTES else None
    return _decoded(opened(content, field=field), field) if plain is None else plain


def opened(content: bytes, *, field: str = "image") -> Image.Image:
    """The picture in a PNG or JPEG file of which only the header was read: to decode it is safe now.

    Raises `InvalidImage`, `ImageTooLarge`; not yet for what is damaged further on.
    """
    if len(content) > limits.MAX_BYTES:
        raise _too_many_bytes(len(content), field)
    if content.startswith(png.SIGNATURE):
        return _opened_png(content, field)
    if content.startswith(jpeg.SIGNATURE):
        return _opened_jpeg(content, field)
    raise _neither(content, field)


def _opened_jpeg(content: bytes, field: str) -> Image.Image:
    if jpeg.is_endless(content):
        raise errors.InvalidImage(
            field=field,
            en="is a JPEG of more than {scans} scans or {segments} segments; an image editor saves it in fewer",
            ru="записано как JPEG больше чем за {scans} проходов или из {segments} частей; графический редактор "
            "сохранит его проще",
            scans=jpeg.MAX_SCANS,
            segments=jpeg.MAX_SEGMENTS,
        )
    return _opened(JpegImagePlugin.JpegImageFile, content, field)


def _opened_png(content: bytes, field: str) -> Image.Image:
    size = png.size(content)
    if size is None:
        raise _damaged(field)
    _check_size(*size, field)
    if not png.is_whole(content):
        raise _damaged(field)
    picture = _opened(PngImagePlugin.PngImageFile, content, field)
    if getattr(picture, "is_animated", False):
        raise errors.InvalidImage(
            field=field,
            en="is animated, and has more than one picture",
            ru="анимировано: в нём не одна картинка",
        )
    return picture


def _opened(
    reader: type[PngImagePlugin.PngImageFile | JpegImagePlugin.JpegImageFile],
    content: bytes,
    field: str,
) -> Image.Image:
    """Its header, read. No pixels yet."""
    try:
        picture = reader(io.BytesIO(content))
    except Exception:  # a reader's exceptions share no base class
        raise _damaged(field) from None
    _check_size(picture.height, picture.width, field)
    return picture


def _decoded(picture: Image.Image, field: str) -> Luminance:
    try:
        picture.load()
        if isinstance(picture, JpegImagePlugin.JpegImageFile):
            picture = ImageOps.exif_transpose(picture)  # a telephone says how it was held
        return _luminance(picture)
    except Exception:  # as above
        raise _damaged(field) from None


def _luminance(picture: Image.Image) -> Luminance:
    if picture.mode.startswith("I"):
        return _of_sixteen_bits(picture)
    if picture.has_transparency_data:
        return _on_paper(picture.convert("RGBA"))
    return np.asarray(picture.convert("L"))


def _of_sixteen_bits(picture: Image.Image) -> Luminance:
    deep = np.asarray(picture)
    found = np.empty(deep.shape, np.uint8)
    # Piece by piece: no second picture as deep.
    np.right_shift(deep, 8, out=found, casting="unsafe")
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        found[deep == transparent] = _WHITE
    return found


def _on_paper(picture: Image.Image) -> Luminance:
    """Laid on white paper; what is white itself, on black."""
    grey, alpha = picture.convert("RGB").convert("L"), picture.getchannel("A")
    most_transparent = _least(alpha)
    if most_transparent == 255:
        return np.asarray(grey)
    laid = Image.composite(grey, Image.new("L", grey.size, _WHITE), alpha)
    if most_transparent < 255 - _FADED and _least(laid) > _WHITE - _FADED:
        laid = Image.composite(grey, Image.new("L", grey.size, 0), alpha)
    return np.asarray(laid)


def _least(channel: Image.Image) -> int:
    return int(np.asarray(channel).min())


def _check_size(height: int, width: int, field: str) -> None:
    if min(height, width) < 1:
        raise _damaged(field)
    if max(height, width) > limits.MAX_SIDE or height * width > limits.MAX_PIXELS:
        raise errors.ImageTooLarge(
            field=field,
            found=text.Text(en=f"{width} × {height} pixels", ru=f"{width} × {height} точек"),
            limit=text.Text(
                en=f"{limits.MAX_SIDE} × {limits.MAX_SIDE} pixels",
                ru=f"{limits.MAX_SIDE} × {limits.MAX_SIDE} точек",
            ),
        )


def _too_many_bytes(found: int, field: str) -> errors.ImageTooLarge:
    return errors.ImageTooLarge(
        field=field,
        found=text.Text(en=f"{found} bytes", ru=f"{found} байт"),
        limit=text.Text(en=f"{limits.MAX_BYTES} bytes", ru=f"{limits.MAX_BYTES} байт"),
    )


def _damaged(field: str) -> errors.InvalidImage:
    return errors.InvalidImage(
        field=field, en="is damaged or cut off", ru="повреждено или обрывается"
    )


def _neither(content: bytes, field: str) -> errors.InvalidImage:
    if not content:
        return errors.InvalidImage(
            field=field, en="is empty, no byte of it came", ru="пусто: не пришло ни байта"
        )
    kind = next((name for start, name in _OTHERS if content.startswith(start)), None)
    if kind is None and b"<svg" in content[:1024].lower():
        kind = "SVG"
    if kind is not None:
        return errors.InvalidImage(
            field=field,
            en="is a {kind}, neither PNG nor JPEG",
            ru="в формате {kind}, а не PNG или JPEG",
            kind=kind,
        )
    return errors.InvalidImage(
        field=field, en="is neither PNG nor JPEG", ru="не в формате PNG или JPEG"
    )
