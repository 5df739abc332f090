"""What a run leaves: JSON with everything, the tables, the picture; and the documentation's copy of them."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess

from bench.common import environments, pages
from bench.serving import summary, tables

SECTION = "bench-serving"
_PLOT = pathlib.Path(__file__).with_name("plot.py")
MATPLOTLIB = environments.Environment(
    name="plot", attempts=(environments.Attempt(requirements=("matplotlib==3.11.2",)),)
)


def write(document: summary.Document, folder: pathlib.Path) -> None:
    """Write `serving.json` and `serving.md` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "serving.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "serving.md").write_text(tables.render(document, "serving.svg") + "\n")


def draw(folder: pathlib.Path, cache: pathlib.Path) -> None:
    """Draw `serving.svg` from `serving.json`, by the plotting library's own environment."""
    installed = environments.ensure(MATPLOTLIB, cache)
    data, picture = folder / "serving.json", folder / "serving.svg"
    subprocess.run([str(installed.python), str(_PLOT), str(data), str(picture)], check=True)


def publish(document: summary.Document, folder: pathlib.Path, docs: pathlib.Path) -> None:
    """Copy the tables into the marked section of `docs`/performance.md, and the picture beside it."""
    images = docs / "images"
    images.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "serving.svg", images / f"{SECTION}.svg")
    text = tables.render(document, f"images/{SECTION}.svg")
    pages.replace_section(docs / "performance.md", SECTION, text)
