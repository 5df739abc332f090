"""Start-up is light: what only some request needs is loaded by that request."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"PIL", "alembic", "numpy", "pandas", "pyarrow"}


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


def test_making_a_table_of_images_does_not_load_pandas(tmp_path: object) -> None:
    script = f"""
import pathlib, sys
from kolba.collector import settings
from kolba.collector.contributions import writing
from kolba.collector.sources import formats, tables
folder = pathlib.Path({str(tmp_path)!r})
def read(file_format, **contents):
    files = dict()
    for role, content in contents.items():
        files[role] = folder / role
        files[role].write_bytes(content)
    return formats.read(files, file_format, source="own", max_columns=9)
idx = settings.IdxFormat(kind="idx", parts=[dict(images="images", labels="labels", split="test")])
images = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7, 9])
table = read(idx, images=images, labels=bytes([0, 0, 8, 1, 0, 0, 0, 2, 3, 4]))
assert table.column("label").to_pylist() == [3, 4]
pixels = settings.PixelsFormat(kind="pixels", height=1, width=1)
tables.to_rows(read(pixels, data=b"0,1\\n255,2\\n"))
writing.write(folder / "table", iter([[(b"x", 1), (b"y", 2)]]))
sys.exit("pandas" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
