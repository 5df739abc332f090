"""Columns of images: binary, every value a whole PNG or JPEG file.

Hugging Face's data sets keep such a file in a struct, beside the path it came from.
"""

from __future__ import annotations

import collections
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kolba.contracts import datasets
from kolba.storage.datasets.ingest import distinct, errors, kinds
from kolba.storage.images import headers

MOST_COLUMNS = 16
TOP_VALUES = 10


def check_columns(types: Sequence[pa.DataType]) -> None:
    """Raises `TooManyImageColumns`."""
    found = sum(1 for one in types if one == kinds.IMAGE)
    if found > MOST_COLUMNS:
        raise errors.TooManyImageColumns(found=found, limit=MOST_COLUMNS)


def unwrapped(batch: pa.RecordBatch, *, before: int) -> pa.RecordBatch:
    """The batch with the files themselves where it has structs of file and path.

    `before` is how many rows came before it. Raises `ImageElsewhere` for a path without its file.
    """
    columns = [
        _unwrapped(column, name, before) if kinds.is_wrapped_image(column.type) else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _unwrapped(column: pa.StructArray, name: str, before: int) -> pa.Array:
    content, path = pc.struct_field(column, [0]), pc.struct_field(column, [1])
    if column.type.field(0).name != kinds.WRAPPED_CONTENT:
        content, path = path, content
    elsewhere = pc.and_(pc.is_null(content), pc.is_valid(path))
    row = pc.index(elsewhere, True).as_py()
    if row >= 0:
        raise errors.ImageElsewhere(column=name, row=before + row + 1)
    return content


def refuse_large(sizes: Any, column: str, *, before: int, limit: int) -> None:
    """Raises `ImageTooLong` that names the row; `sizes` are the files' bytes."""
    if len(sizes) and sizes.max() > limit:
        row = before + int(np.argmax(sizes > limit)) + 1
        raise errors.ImageTooLong(column=column, row=row, limit=limit)


def refuse_other(column: pa.Array, name: str, *, before: int) -> None:
    """Raises `NotAnImage` that names the row: what is kept here begins as PNG or JPEG does."""
    begins = pc.or_(
        pc.starts_with(column, pattern=headers.PNG), pc.starts_with(column, pattern=headers.JPEG)
    )
    row = pc.index(begins, False).as_py()
    if row >= 0:
        raise errors.NotAnImage(column=name, row=before + row + 1)


def describe(chunks: Iterator[pa.Array]) -> dict[str, Any]:
    """`distinct`, and as `top_values` the most frequent sizes and formats."""
    counter = distinct.DistinctCounter()
    formats: collections.Counter[str] = collections.Counter()
    for chunk in chunks:
        files = chunk.drop_null().to_pylist()
        if files:
            digests = b"".join(hashlib.blake2b(one, digest_size=8).digest() for one in files)
            counter.add(np.frombuffer(digests, np.int64))
            formats.update(map(_format, files))
    top = sorted(formats.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP_VALUES]
    return {
        "distinct": counter.count,
        "top_values": [datasets.TopValue(value=value, count=count) for value, count in top],
    }


def _format(content: bytes) -> str:
    """`28×28 PNG`, as the file says of itself."""
    kind = "PNG" if headers.media_type(content) == "image/png" else "JPEG"
    header = headers.look(content)
    return kind if header is None else f"{header.width}×{header.height} {kind}"
