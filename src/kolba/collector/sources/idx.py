"""IDX, the format of MNIST's files: a short header, then the numbers of an array, the last index the fastest.

The header is two zero bytes, the type of the numbers (8: unsigned bytes), how many dimensions there are, and the size
of each as four bytes, the highest first.
"""

from __future__ import annotations

import math
import pathlib
import struct
from collections.abc import Mapping
from typing import Any

from kolba.collector import settings
from kolba.collector.sources import arrays, arrow, pictures
from kolba.kit import text

_UNSIGNED_BYTE = 8
_LARGEST_SIDE = 1024


class Malformed(Exception):
    """`reason` says what is wrong with the file."""

    def __init__(self, en: str, ru: str) -> None:
        self.reason = text.Text(en=text.verbatim(en), ru=text.verbatim(ru))
        super().__init__(en)


def read(files: Mapping[str, pathlib.Path], file_format: settings.IdxFormat) -> Any:
    """The `pyarrow.Table` of all parts. Raises `Malformed`."""
    return arrow.load().concat_tables([_read_part(files, part) for part in file_format.parts])


def _read_part(files: Mapping[str, pathlib.Path], part: settings.IdxPart) -> Any:
    images = _open(files[part.images], part.images, dimensions=3)
    labels = _open(files[part.labels], part.labels, dimensions=1)
    if len(images) != len(labels):
        raise Malformed(
            f"`{part.images}` has {len(images)} images, `{part.labels}` has {len(labels)} labels",
            f"в `{part.images}` {len(images)} изображений, в `{part.labels}` {len(labels)} меток",
        )
    return pictures.table(images, labels, part.split)


def _open(path: pathlib.Path, role: str, *, dimensions: int) -> Any:
    """The array of a file, mapped and not read. Raises `Malformed`."""
    with path.open("rb") as file:
        header = file.read(4 + 4 * dimensions)
    expected = bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    if len(header) < 4 + 4 * dimensions or header[:4] != expected:
        raise Malformed(
            f"`{role}` is not an IDX file of unsigned bytes in {dimensions} dimensions",
            f"`{role}` — не файл IDX из байтов без знака с числом измерений {dimensions}",
        )
    shape = struct.unpack(f">{dimensions}I", header[4:])
    _check_shape(shape, role, path.stat().st_size - len(header))
    np = arrays.load()
    return np.memmap(path, dtype=np.uint8, mode="r", offset=len(header), shape=shape)


def _check_shape(shape: tuple[int, ...], role: str, size: int) -> None:
    if math.prod(shape) != size:
        raise Malformed(
            f"`{role}` announces {math.prod(shape)} bytes and has {size}: it is cut off or damaged",
            f"в `{role}` обещано байтов: {math.prod(shape)}, а есть {size}: файл обрезан или повреждён",
        )
    if 0 in shape or max(shape[1:], default=1) > _LARGEST_SIDE:
        raise Malformed(
            f"`{role}` has no images, or larger ones than {_LARGEST_SIDE} × {_LARGEST_SIDE}",
            f"в `{role}` нет изображений или они больше {_LARGEST_SIDE} × {_LARGEST_SIDE}",
        )
