"""A CSV of a million rows and twelve columns: Kolba's storage beside pandas.

    python bench/ingest.py [--rows 1000000] [--repeats 3] [--folder DIR]

pandas runs in a process of its own: `read_csv`, `describe(include="all")`, `to_parquet`; its import is not counted.
Kolba is a real server in a process of its own; the CSV is uploaded over HTTP by curl, and the clock runs until the
answer, when the data set is profiled, durable and in the catalog. The two take turns. Each repeat of Kolba is a fresh
server: its first upload (which imports Arrow) and its second are told apart. Memory is the server's peak RSS above what
it had before. Needs pandas, which Kolba's storage does not.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
]
HEADER = [
    "id",
    "age",
    "amount",
    "flag",
    "price",
    "score",
    "ratio",
    "weight",
    "colour",
    "name",
    "city",
    "day",
]
PANDAS = """
import json, sys, time
import pandas
started = time.perf_counter()
table = pandas.read_csv(sys.argv[1])
read = time.perf_counter()
table.describe(include="all")
described = time.perf_counter()
table.to_parquet(sys.argv[2])
ended = time.perf_counter()
print(json.dumps({"read": read - started, "describe": described - read, "write": ended - described,
                  "total": ended - started}))
"""


def generate(path: pathlib.Path, rows: int) -> None:
    """Mixed integers, floats, words and dates; a twentieth of two columns is missing. The same for the same `rows`."""
    dice = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for start in range(0, rows, 10_000):
            writer.writerows(
                row(dice, number) for number in range(start, min(start + 10_000, rows))
            )


def row(dice: random.Random, number: int) -> tuple[object, ...]:
    return (
        number,
        "" if dice.random() < 0.05 else dice.randrange(100),
        dice.randrange(-1_000_000, 1_000_000),
        dice.randrange(2),
        f"{dice.lognormvariate(3, 1):.2f}",
        "" if dice.random() < 0.05 else dice.gauss(0, 1),
        f"{dice.random():.6f}",
        f"{dice.gauss(70, 15):.1f}",
        dice.choice(WORDS),
        f"{dice.choice(WORDS)} {dice.randrange(50_000)}",
        dice.choice(WORDS),
        f"{2015 + dice.randrange(11)}-{1 + dice.randrange(12):02}-{1 + dice.randrange(28):02}",
    )


def run_pandas(source: pathlib.Path, folder: pathlib.Path) -> dict[str, float]:
    target = folder / "pandas.parquet"
    command = [sys.executable, "-c", PANDAS, str(source), str(target)]
    found: dict[str, float] = json.loads(subprocess.check_output(command))
    target.unlink()
    return found


def run_kolba(source: pathlib.Path, folder: pathlib.Path) -> dict[str, float]:
    """Seconds of the first and the second upload, and how many MB the peak RSS grew over both."""
    data = folder / "kolba"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"PORT": str(port), "DATA_DIR": str(data), "LOG__DIRECTORY": str(data / "logs")}
    environment = {**os.environ, **{f"KOLBA_STORAGE__{k}": v for k, v in settings.items()}}
    command = [sys.executable, "-m", "kolba.storage"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/health")
        before = memory(server.pid, "VmRSS")
        url = f"http://127.0.0.1:{port}/upload/dataset?name=bench"
        first, second = upload(source, url), upload(source, url)
        growth = memory(server.pid, "VmHWM") - before
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(data)
    return {"first": first, "second": second, "idle_mb": before, "growth_mb": growth}


def upload(source: pathlib.Path, url: str) -> float:
    """Seconds until the answer."""
    command = [
        "curl",
        "-sS",
        "--fail",
        "-T",
        str(source),
        "-X",
        "POST",
        "-H",
        "Expect:",
        "-o",
        os.devnull,
    ]
    command += ["-H", "Content-Type: text/csv", "-w", "%{time_total}", url]
    return float(subprocess.check_output(command))


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def memory(process: int, field: str) -> float:
    """MB of a process, as Linux counts it."""
    status = pathlib.Path(f"/proc/{process}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path, help="keeps the CSV between runs")
    parser.add_argument(
        "--without-pandas", action="store_true", help="for sizes it has no memory for"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kolba-bench-") as temporary:
        folder = given.folder or pathlib.Path(temporary)
        source = folder / f"{given.rows}.csv"
        if not source.exists():
            generate(source, given.rows)
        megabytes = source.stat().st_size / 1e6
        print(
            f"{given.rows:,} rows × {len(HEADER)} columns, {megabytes:.0f} MB, {os.cpu_count()} cores"
        )
        report(source, folder, given.repeats, with_pandas=not given.without_pandas)


def report(source: pathlib.Path, folder: pathlib.Path, repeats: int, *, with_pandas: bool) -> None:
    theirs, ours = [], []
    for _ in range(repeats):
        if with_pandas:
            theirs.append(run_pandas(source, folder))
            print("pandas", json.dumps({k: round(v, 3) for k, v in theirs[-1].items()}), flush=True)
        ours.append(run_kolba(source, folder))
        print("kolba ", json.dumps({k: round(v, 3) for k, v in ours[-1].items()}), flush=True)
    print(f"peak RSS grew by {max(one['growth_mb'] for one in ours):.0f} MB at most (goal: 300)")
    if theirs:
        total = statistics.median(one["total"] for one in theirs)
        for which in ("first", "second"):
            took = statistics.median(one[which] for one in ours)
            print(
                f"{which} upload: {took:.2f} s, {took / total:.2f} of pandas' {total:.2f} s (goal: 0.33)"
            )


if __name__ == "__main__":
    main()
