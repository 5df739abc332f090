"""Storage, the ML service and workers as processes of their own, on free ports and a folder of the test run's."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest

from kolba.kit.testing import processes, servers


class Program(processes.Program):
    def descendants(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def run_processes(self) -> list[psutil.Process]:
        """A worker's children that compute: the grandchildren, behind the nursery."""
        assert self.process is not None
        nurseries = psutil.Process(self.process.pid).children()
        return [child for one in nurseries for child in one.children()]


until = processes.until


class House:
    """The programs together, and the calls that tests make. `shared` are settings of them all."""

    def __init__(self, folder: pathlib.Path, shared: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._shared = shared or {}
        self.storage = self._program("kolba.storage", "STORAGE", servers.free_port())
        storage_url = {"KOLBA_ML_SERVICE__STORAGE_URL": self.storage.url}
        self.ml = self._program("kolba.ml_service", "ML_SERVICE", servers.free_port(), storage_url)

    def worker(self, name: str, **settings: Any) -> Program:
        environment = {
            "KOLBA_WORKER__STORAGE_URL": self.storage.url,
            **{f"KOLBA_WORKER__{key.upper()}": str(value) for key, value in settings.items()},
        }
        return self._program(
            "kolba.ml_service.worker", "WORKER", servers.free_port(), environment, name
        )

    def _program(
        self,
        module: str,
        service: str,
        port: int,
        environment: dict[str, str] | None = None,
        name: str | None = None,
    ) -> Program:
        called = name or service.lower()
        own = {
            f"KOLBA_{service}__PORT": str(port),
            f"KOLBA_{service}__DATA_DIR": str(self.folder / called),
            f"KOLBA_{service}__LOG__DIRECTORY": str(self.folder / "logs"),
        }
        own |= {f"KOLBA_{service}__{key}": value for key, value in self._shared.items()}
        return Program(module, {**own, **(environment or {})}, port, self.folder / f"{called}.out")

    def upload(self, name: str, content: str) -> int:
        files = {"file": (f"{name}.csv", content.encode(), "text/csv")}
        answer = httpx.post(f"{self.storage.url}/upload/dataset", files=files, timeout=30)
        if answer.status_code >= 400:
            headers = {"Content-Type": "text/csv"}
            url = f"{self.storage.url}/upload/dataset"
            answer = httpx.post(
                url, params={"name": name}, content=content.encode(), headers=headers, timeout=30
            )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def train(self, dataset_id: int, model_type: str = "LogisticRegression", **more: Any) -> int:
        body = {"dataset_id": dataset_id, "model_type": model_type, **more}
        answer = httpx.post(f"{self.ml.url}/train", json=body, timeout=30)
        assert answer.status_code == 202, answer.text
        return int(answer.json()["id"])

    def run(self, run_id: int) -> dict[str, Any]:
        return dict(httpx.get(f"{self.storage.url}/runs/{run_id}", timeout=30).json())

    def wait(self, run_id: int, *states: str) -> dict[str, Any]:
        wanted = states or ("succeeded", "failed", "cancelled")

        def reached() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["state"] in wanted else None

        found: dict[str, Any] = until(reached, f"run {run_id} to be {wanted}")
        return found

    def trained(
        self, dataset_id: int, model_type: str = "LogisticRegression", **more: Any
    ) -> dict[str, Any]:
        run = self.wait(self.train(dataset_id, model_type, **more))
        assert run["state"] == "succeeded", run
        return run


def passengers(rows: int = 200) -> str:
    """A CSV of Titanic's shape, the same at every call."""
    lines = ["PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked"]
    for number in range(rows):
        sex = "female" if number * 7 % 5 < 2 else "male"
        survived = int((sex == "female") != (number % 9 == 0))
        age = "" if number % 6 == 0 else str(18 + number * 13 % 50)
        port = "SCQ"[number % 3]
        fare = round(7 + number * 31 % 90 + 0.25, 2)
        lines.append(
            f'{number + 1},{survived},{1 + number % 3},"P{number}, Mr.",{sex},{age},{number % 3},'
            f"{number % 2},T{number},{fare},,{port}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def build_house() -> type[House]:
    return House


@pytest.fixture(scope="session")
def some_passengers() -> str:
    return passengers(100)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Storage and the ML service, without a worker."""
    built = House(tmp_path_factory.mktemp("house"))
    try:
        built.storage.start()
        built.ml.start()
        yield built
    finally:
        built.ml.stop()
        built.storage.stop()


@pytest.fixture(scope="session")
def dataset_id(house: House) -> int:
    return house.upload("passengers", passengers())


@pytest.fixture
def hire(house: House) -> Iterator[Callable[..., Program]]:
    """Starts workers that end with the test."""
    hired: list[Program] = []

    def start(name: str, **settings: Any) -> Program:
        worker = house.worker(name, **settings)
        hired.append(worker)
        worker.start()
        return worker

    yield start
    for worker in hired:
        worker.stop()


@pytest.fixture(scope="module")
def worker(house: House) -> Iterator[Program]:
    """One ordinary worker for a whole file."""
    ordinary = house.worker("ordinary")
    ordinary.start()
    yield ordinary
    ordinary.stop()
