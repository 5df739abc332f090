"""How a table is read in these tests: from bytes that arrive in small pieces."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Callable

import pytest

from kolba.storage.datasets.ingest import limits, pipeline, spool, table

Read = Callable[..., table.Table]


@pytest.fixture
def read(tmp_path: pathlib.Path) -> Read:
    """Reads a CSV given as bytes; afterwards nothing but the Parquet file of a success may be left."""

    def run(content: bytes, *, piece: int = 1 << 20, **changes: int) -> table.Table:
        bounds = limits.Limits(**changes)
        arriving = spool.Spool(tmp_path, limit_bytes=bounds.upload_bytes)
        target = tmp_path / "table.parquet"
        sender = threading.Thread(target=_send, args=(arriving, content, piece))
        sender.start()
        try:
            return pipeline.read_csv(arriving, target, tmp_path, bounds)
        except Exception:
            assert not target.exists()
            raise
        finally:
            sender.join()
            arriving.close()
            left = {path.name for path in tmp_path.iterdir()}
            assert left <= {"table.parquet", "duckdb"}

    return run


def _send(arriving: spool.Spool, content: bytes, piece: int) -> None:
    for start in range(0, len(content), piece):
        arriving.write(content[start : start + piece])
    arriving.finish()
