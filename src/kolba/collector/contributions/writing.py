"""The contributions as the table of a source."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

from kolba.collector.sources import arrow, columns, pictures


def write(path: pathlib.Path, parts: Iterator[list[tuple[bytes, int]]]) -> None:
    """An Arrow file of images and labels, part by part."""
    pa = arrow.load()
    schema = pa.schema([(pictures.IMAGE, pa.binary()), (pictures.LABEL, pa.int64())])
    with pa.ipc.new_file(str(path), schema) as writer:
        for part in parts:
            made = [
                columns.files([digit for digit, _ in part]),
                columns.integers([label for _, label in part]),
            ]
            writer.write_table(pa.Table.from_arrays(made, schema=schema))
