"""Arrow columns out of plain values, made of their buffers: `pyarrow.array` would import all of pandas, where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kolba.collector.sources import arrays, arrow


def files(values: Sequence[bytes]) -> Any:
    """A binary column."""
    return _of_bytes(arrow.load().binary(), values)


def word(value: str, count: int) -> Any:
    """A text column of one and the same word."""
    return _of_bytes(arrow.load().string(), [value.encode()] * count)


def integers(values: Any) -> Any:
    """A column of 64-bit integers out of a sequence or an array of any integers."""
    pa, np = arrow.load(), arrays.load()
    numbers = np.asarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def numbers(column: Any, kind: Any) -> Any:
    """The array of a `pyarrow.ChunkedArray` without gaps, of the numpy type `kind` that it has."""
    np = arrays.load()
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype=kind)[chunk.offset : chunk.offset + len(chunk)]
        for chunk in column.chunks
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _of_bytes(kind: Any, values: Sequence[bytes]) -> Any:
    pa, np = arrow.load(), arrays.load()
    offsets = np.zeros(len(values) + 1, dtype=np.int32)
    np.cumsum([len(value) for value in values], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)
