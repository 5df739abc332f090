"""The files of a place become one Arrow table, in whichever format they are."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

from kolba.collector import settings
from kolba.collector.sources import arrow, errors, idx, parsing, pixels
from kolba.collector.sources.connectors import protocol


def read(
    files: Mapping[str, pathlib.Path],
    file_format: protocol.Format,
    *,
    source: str,
    max_columns: int,
) -> Any:
    """The `pyarrow.Table`; missing values are nulls, images are whole files. Raises `errors.MalformedSource`."""
    if isinstance(file_format, settings.TextFormat):
        whole = files[settings.WHOLE]
        return parsing.parse(whole, file_format, source=source, max_columns=max_columns)
    try:
        return _read(files, file_format).combine_chunks()
    except idx.Malformed as error:
        raise errors.MalformedSource(source=source, reason=error.reason) from error
    except (ValueError, LookupError, NotImplementedError) as error:
        raise errors.MalformedSource(source=source, reason=parsing.reason(error)) from error


def _read(files: Mapping[str, pathlib.Path], file_format: protocol.Format) -> Any:
    match file_format:
        case settings.IdxFormat():
            return idx.read(files, file_format)
        case settings.PixelsFormat():
            return pixels.read(files[settings.WHOLE], file_format)
        case _:
            return _read_own(files[settings.WHOLE])


def _read_own(path: pathlib.Path) -> Any:
    pa = arrow.load()
    with pa.memory_map(str(path)) as mapped:
        return pa.ipc.open_file(mapped).read_all()
