"""The one loader of Arrow, Parquet and DuckDB, which are slow to import and rarely needed."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

from kolba.storage.datasets.ingest import limits, spool, table


def read_csv(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """See `ingest.pipeline.read_csv`."""
    from kolba.storage.datasets.ingest import pipeline  # noqa: PLC0415

    return pipeline.read_csv(arriving, target, scratch, bounds)


def read_arrow(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """See `ingest.binary.read_arrow`."""
    from kolba.storage.datasets.ingest import binary  # noqa: PLC0415

    return binary.read_arrow(arriving, target, scratch, bounds)


def read_parquet(
    arriving: spool.Spool, target: pathlib.Path, scratch: pathlib.Path, bounds: limits.Limits
) -> table.Table:
    """See `ingest.binary.read_parquet`."""
    from kolba.storage.datasets.ingest import binary  # noqa: PLC0415

    return binary.read_parquet(arriving, target, scratch, bounds)


def rows(path: pathlib.Path, *, offset: int, limit: int) -> list[list[Any]]:
    """See `ingest.reading.rows`."""
    from kolba.storage.datasets.ingest import reading  # noqa: PLC0415

    return reading.rows(path, offset=offset, limit=limit)


def csv(path: pathlib.Path) -> Iterator[bytes]:
    """See `ingest.reading.csv`."""
    from kolba.storage.datasets.ingest import reading  # noqa: PLC0415

    return reading.csv(path)
