"""Start-up is light: what only some request needs is loaded by that request."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"PIL", "alembic", "duckdb", "numpy", "pandas", "pyarrow"}


def _run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_application_is_imported_without_what_is_heavy():
    assert _run(f"import sys, kolba.storage.app; print({HEAVY} & set(sys.modules))") == "set()"


@pytest.mark.parametrize("rows", [10, 200_000])
def test_reading_a_table_does_not_load_pandas(tmp_path, rows):
    script = f"""
import pathlib, sys
from kolba.storage.datasets import tables
from kolba.storage.datasets.ingest import limits, spool
folder = pathlib.Path({str(tmp_path)!r})
arriving = spool.Spool(folder, limit_bytes=10**9)
arriving.write(b"a,b,c,d\\n" + b"".join(b"%d,,x%d,2020-01-01\\n" % (i, i) for i in range({rows})))
arriving.finish()
tables.read_csv(arriving, folder / "t.parquet", folder, limits.Limits())
tables.rows(folder / "t.parquet", offset=1, limit=2)
list(tables.csv(folder / "t.parquet"))
print("pandas" in sys.modules)
"""
    assert _run(script) == "False"
