"""`python -m bench.ui`: the list pages with 10,000 runs, 1,000 models and 5,000,000 rows, and Lighthouse.

`--quick` fills less and repeats less; `--docs` writes the figures into docs/performance.md; `--no-lighthouse` leaves it
out where npm's registry cannot be reached.
"""

from __future__ import annotations

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from playwright import sync_api

from bench.common import machine, pages
from bench.ui import fill, lighthouse, measure
from kolba.cli.demo import api
from kolba.cli.embedded import control, layout

KOLBA = pathlib.Path(sys.executable).with_name("kolba")
OFFSET = "23000"
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "performance.md"
LISTS = {
    "Home": ("/", "/account"),
    "Data sets": ("/data", "/account"),
    "A data set of {rows} rows": ("/data/{large}", "/data"),
    "Models": ("/models", "/account"),
    "Runs": ("/train/runs", "/train"),
    "History": ("/history", "/account"),
}
JUDGED = {"Home": "/", "Models": "/models", "Train": "/train"}


def main() -> None:
    given = arguments()
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("there is no Chromium here; on Debian, apt-get install chromium")
    counts = {"models": 1000, "runs": 10_000, "rows": 200_000 if given.quick else 5_000_000}
    with tempfile.TemporaryDirectory(prefix="kolba-bench-") as folder:
        data_dir = pathlib.Path(folder)
        command = [str(KOLBA), "up", "-d", "--data-dir", folder, "--port-offset", OFFSET]
        subprocess.run(command, check=True)
        try:
            state = control.running(layout.Layout(data_dir=data_dir))
            address = {one.name: one.address for one in state.programs}
            began = time.perf_counter()
            house = api.Api(address["web_master"])
            large = fill.fill(house, address["storage"], data_dir, counts)
            print(f"filled in {time.perf_counter() - began:.1f} s", flush=True)
            seen = look(chromium, address["visualization"], large, counts, 2 if given.quick else 5)
            marks = judge(chromium, address["visualization"]) if given.lighthouse else {}
        finally:
            subprocess.run([str(KOLBA), "down", "--data-dir", folder], check=True)
    text = tell(seen, marks, counts)
    print(text)
    if given.docs:
        pages.replace_section(DOCS, "ui", text)
    sys.exit(not all(is_met(one) for one in seen))


def look(
    chromium: str, ui: str, large: int, counts: dict[str, int], repeats: int
) -> list[measure.Seen]:
    lists = {
        name.format(rows=f"{counts['rows']:,}"): (path.format(large=large), start)
        for name, (path, start) in LISTS.items()
    }
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            return measure.measure(browser, ui, lists, repeats)
        finally:
            browser.close()


def judge(chromium: str, ui: str) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for name, path in JUDGED.items():
        found[name] = {
            form: lighthouse.judge(chromium, ui + path, form) for form in ("mobile", "desktop")
        }
        print(name, found[name], flush=True)
    return found


def is_met(one: measure.Seen) -> bool:
    return one.opened_ms <= measure.FIRST_ROWS_MS and one.frames >= measure.FRAMES


def tell(
    seen: list[measure.Seen], marks: dict[str, dict[str, dict[str, int]]], counts: dict[str, int]
) -> str:
    """The section of docs/performance.md."""
    place = machine.describe()
    lines = [
        "## The web UI with much in it",
        "",
        (
            f"`python -m bench.ui`: {counts['runs']:,} runs, {counts['models']:,} models, a data set of "
            f"{counts['rows']:,} rows, in headless Chromium without a graphics card ({place['processor']}, "
            f"{place['cores']} cores). *Opened*: from the press on its link to the first rows painted; *loaded*: the "
            "same from an empty tab; both are medians. Aims: 300 ms, 50 frames a second in the slowest half second "
            "of scrolling."
        ),
        "",
        "| list | opened, ms | loaded, ms | frames a second | longest frame, ms |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.name} | {one.opened_ms:.0f} | {one.loaded_ms:.0f} | {one.frames:.0f} | {one.longest_ms:.0f} |"
        for one in seen
    ]
    if marks:
        lines += [
            "",
            "Lighthouse (aims: performance ≥ 95, accessibility 100, best practices ≥ 95):",
            "",
            "| page | performance, telephone / desktop | accessibility | best practices |",
            "|---|---:|---:|---:|",
        ]
    for name, forms in marks.items():
        mobile, desktop = forms["mobile"], forms["desktop"]
        lines.append(
            f"| {name} | {mobile['performance']} / {desktop['performance']} | {mobile['accessibility']} "
            f"| {mobile['best-practices']} |"
        )
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.ui", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--no-lighthouse", dest="lighthouse", action="store_false")
    return parser.parse_args()


if __name__ == "__main__":
    main()
