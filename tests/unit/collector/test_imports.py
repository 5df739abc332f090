"""Start-up is light: what only some request needs is loaded by that request."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"alembic", "numpy", "pandas", "pyarrow"}


def test_the_application_is_imported_without_what_is_heavy() -> None:
    script = f"import sys, kolba.collector.app; sys.exit(str({HEAVY} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, stderr=subprocess.PIPE, text=True
    )
    assert done.stderr.strip() == "set()"


def test_reading_a_table_does_not_load_pandas(tmp_path: object) -> None:
    script = f"""
import pathlib, sys
from kolba.collector import settings
from kolba.collector.sources import parsing
path = pathlib.Path({str(tmp_path)!r}) / "data.csv"
path.write_text("a,b,c\\n1,2.5,x\\n,,\\n")
table = parsing.parse(path, settings.TextFormat(), source="own", max_columns=9)
table.to_pylist()
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
