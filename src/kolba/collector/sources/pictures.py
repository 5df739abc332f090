"""Tables of images with a label each: whole files in a binary column, in blocks, so that memory stays bounded."""

from __future__ import annotations

import base64
from typing import Any

from kolba.collector.sources import arrow, columns, png

IMAGE, LABEL, SPLIT = "image", "label", "split"
_BLOCK_PIXELS = 4 * 2**20
_PNG_SIGNATURE = b"\x89PNG"


def table(pixels: Any, labels: Any, split: str | None) -> Any:
    """A `pyarrow.Table` of uint8 images [N, height, width], their labels [N] and what they are for."""
    _, height, width = pixels.shape
    size = max(1, _BLOCK_PIXELS // (height * width))
    blocks = [
        _block(pixels[start : start + size], labels[start : start + size], split)
        for start in range(0, len(pixels), size)
    ]
    return arrow.load().concat_tables(blocks)


def _block(pixels: Any, labels: Any, split: str | None) -> Any:
    made = {IMAGE: columns.files(list(png.encode_all(pixels))), LABEL: columns.integers(labels)}
    if split is not None:
        made[SPLIT] = columns.word(split, len(pixels))
    return arrow.load().Table.from_arrays(list(made.values()), names=list(made))


def data_url(content: bytes | None) -> str | None:
    """An image's file as JSON shows it."""
    if content is None:
        return None
    kind = "png" if content.startswith(_PNG_SIGNATURE) else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
