"""Pictures inside of requests: data URLs, base64, numbers."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from kolba.inference.images import digits, errors, limits, reading
from kolba.kit import text

Ink = npt.NDArray[np.float32]

_DATA_URL = re.compile(r"data:([\w.+/-]*)((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.IGNORECASE)
_LONGEST_TEXT = limits.MAX_BYTES * 4 // 3 + 1024
_HEIGHT, _WIDTH = limits.SHAPE
_FULL = np.float32(255)


def of_value(value: Any, *, field: str = "image") -> Ink:
    """See `kolba.inference.images.of_value`."""
    content = file_within(value, field=field)
    if content is not None:
        return digits.as_digit(reading.read(content, field=field), field=field)
    if isinstance(value, list | np.ndarray):
        return _of_numbers(value, field)
    raise _no_picture(field)


def file_within(value: Any, *, field: str = "image") -> bytes | None:
    """The file in a text or in bytes; None where the value is something else, as numbers are."""
    if isinstance(value, str):
        return file_of(value, field=field)
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def file_of(written: str, *, field: str = "image") -> bytes:
    """See `kolba.inference.images.file_of`."""
    if len(written) > _LONGEST_TEXT:
        raise errors.ImageTooLarge(
            field=field,
            found=text.Text(en=f"{len(written)} characters", ru=f"{len(written)} знаков"),
            limit=text.Text(en=f"{limits.MAX_BYTES} bytes", ru=f"{limits.MAX_BYTES} байт"),
        )
    content = written.strip()
    if content[:5].lower() == "data:":
        opening = _DATA_URL.match(content)
        if opening is None or not opening[3]:
            raise _no_base64(field)
        content = content[opening.end() :]
    try:
        return _decoded(content)
    except (binascii.Error, ValueError):
        raise _no_base64(field) from None


def _decoded(content: str) -> bytes:
    """Base64 of both alphabets (RFC 4648), also broken into lines, or without its padding."""
    plain = "".join(content.split()).rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def _of_numbers(value: Any, field: str) -> Ink:
    numbers = _array(value, field)
    if numbers.max() > 1:
        numbers /= _FULL
    if digits.is_light_around(numbers):
        numbers = np.float32(1) - numbers
    if digits.is_alike(numbers):
        return numbers
    return digits.as_digit(np.rint(numbers * _FULL).astype(np.uint8), field=field)


def _array(value: Any, field: str) -> Ink:
    if isinstance(value, list) and not _holds_numbers(value):
        raise _no_numbers(field)
    try:
        numbers = np.array(value, np.float32)
    except (ValueError, TypeError, OverflowError):
        raise _no_numbers(field) from None
    if numbers.shape == (_HEIGHT * _WIDTH,):
        numbers = numbers.reshape(limits.SHAPE)
    if numbers.shape != limits.SHAPE:
        raise _no_numbers(field)
    if not (numbers.min() >= 0 and numbers.max() <= 255):  # NaN fits in no range
        raise _no_numbers(field)
    return numbers


def _holds_numbers(value: list[Any]) -> bool:
    """Numbers of JSON, not truths or texts that numpy would turn into numbers."""
    kinds: set[type] = set()
    for row in value:
        kinds.update(map(type, row) if type(row) is list else (type(row),))
    return kinds <= {int, float}


def _no_picture(field: str) -> errors.InvalidImage:
    return errors.InvalidImage(
        field=field,
        en="must be a data URL, the base64 text of a file, or {height}×{width} numbers",
        ru="должно быть data URL, текстом base64 файла или {height}×{width} числами",
        height=_HEIGHT,
        width=_WIDTH,
    )


def _no_base64(field: str) -> errors.InvalidImage:
    return errors.InvalidImage(
        field=field,
        en="is neither a data URL (data:image/png;base64,…) nor the base64 text of a file",
        ru="задано не data URL (data:image/png;base64,…) и не текстом base64 файла",
    )


def _no_numbers(field: str) -> errors.InvalidImage:
    return errors.InvalidImage(
        field=field,
        en="as numbers is {height} rows of {width}, each 0 … 1 or 0 … 255",
        ru="числами: {height} строк по {width}, каждое от 0 до 1 или от 0 до 255",
        height=_HEIGHT,
        width=_WIDTH,
    )
