"""The one loader of Arrow, Parquet and DuckDB, which are slow to import and rarely needed."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import pathlib
import sys
from collections.abc import Iterator
from typing import Any

from kolba.storage.datasets.ingest import limits, spool, table

_MMAP_THRESHOLD = -3
"""Of `mallopt`, in glibc's malloc.h."""


def read_csv(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """See `ingest.pipeline.read_csv`."""
    from kolba.storage.datasets.ingest import pipeline  # noqa: PLC0415

    with _returned_memory():
        return pipeline.read_csv(arriving, target, scratch, bounds)


def read_arrow(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """See `ingest.binary.read_arrow`."""
    from kolba.storage.datasets.ingest import binary  # noqa: PLC0415

    with _returned_memory():
        return binary.read_arrow(arriving, target, scratch, bounds)


def read_parquet(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """See `ingest.binary.read_parquet`."""
    from kolba.storage.datasets.ingest import binary  # noqa: PLC0415

    with _returned_memory():
        return binary.read_parquet(arriving, target, scratch, bounds)


def rows(path: pathlib.Path, *, offset: int, limit: int) -> list[list[Any]]:
    """See `ingest.reading.rows`."""
    from kolba.storage.datasets.ingest import reading  # noqa: PLC0415

    return reading.rows(path, offset=offset, limit=limit)


def csv(path: pathlib.Path) -> Iterator[bytes]:
    """See `ingest.reading.csv`."""
    from kolba.storage.datasets.ingest import reading  # noqa: PLC0415

    return reading.csv(path)


@contextlib.contextmanager
def _returned_memory() -> Iterator[None]:
    """Arrow takes its memory from the system's allocator, which is made to give back what is free; its own keeps it."""
    import pyarrow as pa  # noqa: PLC0415

    _return_large_blocks()
    pool = pa.system_memory_pool()
    pa.set_memory_pool(pool)
    try:
        yield
    finally:
        pool.release_unused()


@functools.cache
def _return_large_blocks() -> None:
    """Blocks of 1 MiB and more go back to the system once freed. Otherwise glibc raises that bound as it goes."""
    if sys.platform == "linux":
        set_option = getattr(ctypes.CDLL(None), "mallopt", None)
        if set_option is not None:
            set_option(_MMAP_THRESHOLD, 1 << 20)
