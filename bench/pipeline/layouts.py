"""The ways to set the chain up, each as processes of its own on free ports."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import Literal

import psutil

from bench.common import processes
from bench.serving import door
from kolba.inference import bundles

_NAME = "digits"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    name: str
    transport: Literal["http", "volume", "none"]
    """`none`: all in one process."""
    replicas: int = 1


LAYOUTS = (
    Layout(name="one process", transport="none"),
    Layout(name="HTTP", transport="http"),
    Layout(name="volume", transport="volume"),
    Layout(name="HTTP, two models", transport="http", replicas=2),
    Layout(name="volume, two models", transport="volume", replicas=2),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    url: str
    """Where to send images to."""
    processes: dict[str, list[psutil.Process]]
    """Of each service."""

    def spent(self) -> dict[str, float]:
        """Seconds of processor time, by service."""
        return {
            name: sum(sum(one.cpu_times()[:2]) for one in family)
            for name, family in self.processes.items()
        }


@contextlib.contextmanager
def serving(layout: Layout, bundle: bytes, folder: pathlib.Path) -> Iterator[Chain]:
    """The chain, ready for images. Raises `processes.NotStarted`."""
    with contextlib.ExitStack() as stack:
        house = _House(folder, stack)
        if layout.transport == "none":
            path = folder / "bundle.zip"
            path.write_bytes(bundle)
            yield Chain(url=house.single(path), processes=house.processes)
            return
        storage = house.start("kolba.storage", "STORAGE", {})
        _register(storage, bundle)
        shared = {"EXCHANGE_DIR": str(_memory(folder, stack))}
        models = [
            house.start("kolba.pipeline.model", "MODEL", {"STORAGE_URL": storage, **shared})
            for _ in range(layout.replicas)
        ]
        told = {"MODEL__URLS": json.dumps(models), "TRANSPORT": layout.transport, **shared}
        preprocess = house.start("kolba.pipeline.preprocess", "PREPROCESS", told)
        told = {"PREPROCESS__URLS": json.dumps([preprocess])}
        url = house.start("kolba.pipeline.postprocess", "POSTPROCESS", told)
        yield Chain(url=url, processes=house.processes)


def _memory(folder: pathlib.Path, stack: contextlib.ExitStack) -> pathlib.Path:
    """A folder in memory, as compose has it; on the disk where there is none."""
    shm = pathlib.Path("/dev/shm")
    place = shm / f"kolba-bench-{os.getpid()}" if shm.is_dir() else folder / "exchange"
    place.mkdir(exist_ok=True)
    stack.callback(place.rmdir)
    return place


class _House:
    def __init__(self, folder: pathlib.Path, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._started = 0
        self.processes: dict[str, list[psutil.Process]] = {}

    def start(self, module: str, service: str, told: dict[str, str]) -> str:
        (port,) = processes.free_ports(1)
        self._started += 1
        name = f"{service.lower()}-{self._started}"
        own = {
            "PORT": str(port),
            "DATA_DIR": str(self._folder / name),
            "LOG__DIRECTORY": str(self._folder / "logs" / name),
            "LOG__STANDARD_OUTPUT": "false",
            **told,
        }
        environment = {f"KOLBA_{service}__{field}": value for field, value in own.items()}
        return self._run([sys.executable, "-m", module], port, name, environment)

    def single(self, bundle: pathlib.Path) -> str:
        (port,) = processes.free_ports(1)
        command = [sys.executable, "-m", "bench.pipeline.single", str(bundle), str(port)]
        return self._run(command, port, "single", {})

    def _run(self, command: list[str], port: int, name: str, environment: dict[str, str]) -> str:
        url = f"http://127.0.0.1:{port}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("KOLBA_")}
        process = self._stack.enter_context(
            processes.running(
                command,
                ready=f"{url}/health",
                log=self._folder / f"{name}.out",
                environment={**kept, **environment},
                folder=pathlib.Path.cwd(),
            )
        )
        self.processes.setdefault(name.partition("-")[0], []).append(process)
        return url


def _register(storage: str, content: bytes) -> None:
    """The bundle, in production. Raises `processes.NotStarted`."""
    data = door.ask(
        f"{storage}/upload/dataset?name=bench&target=label", b"x,label\n1,0\n2,1\n", "text/csv"
    )
    file = door.ask(f"{storage}/files?name=bench.zip", content, "application/zip")
    model = {
        "name": _NAME,
        "family": "CNN",
        "bundle_file_id": file["id"],
        "bundle_sha256": bundles.digest(content),
        "dataset_id": data["id"],
        "hyperparameters": {},
        "metrics": {},
        "signature": bundles.read(content).signature.to_json(),
        "summary": {},
    }
    registered = door.ask(f"{storage}/models", json.dumps(model).encode())
    alias = json.dumps({"model_id": registered["id"]}).encode()
    door.ask(f"{storage}/aliases/{_NAME}/production", alias, method="PUT")
