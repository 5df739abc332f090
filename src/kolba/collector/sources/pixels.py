"""Images as rows of numbers: the pixels of each, then its label; no line of names."""

from __future__ import annotations

import pathlib
from typing import Any

from kolba.collector import settings
from kolba.collector.sources import arrays, arrow, columns, pictures

_BLOCK = 8 * 2**20


def read(path: pathlib.Path, file_format: settings.PixelsFormat) -> Any:
    """The `pyarrow.Table` with columns `image` and `label`. Raises `ValueError`, also as Arrow's own errors."""
    count = file_format.height * file_format.width
    numbers = _read(path, file_format, count)
    if numbers.num_rows == 0:
        raise ValueError("it has no rows")
    np = arrays.load()
    pixels = np.empty((numbers.num_rows, count), dtype=np.uint8)
    for position in range(count):
        pixels[:, position] = columns.numbers(numbers.column(position), np.uint8)
    images = pixels.reshape(-1, file_format.height, file_format.width)
    return pictures.table(images, columns.numbers(numbers.column(count), np.int64), None)


def _read(path: pathlib.Path, file_format: settings.PixelsFormat, count: int) -> Any:
    pa = arrow.load()
    types = {f"f{position}": pa.uint8() for position in range(count)}
    types[f"f{count}"] = pa.int64()
    found = pa.csv.read_csv(
        str(path),
        read_options=pa.csv.ReadOptions(autogenerate_column_names=True, block_size=_BLOCK),
        parse_options=pa.csv.ParseOptions(delimiter=file_format.delimiter),
        # No word stands for a gap: an image has none.
        convert_options=pa.csv.ConvertOptions(null_values=[], column_types=types),
    )
    if found.num_columns != count + 1:
        raise ValueError(f"its rows have {found.num_columns} numbers instead of {count + 1}")
    return found
