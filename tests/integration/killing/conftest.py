"""The prediction path as processes of their own, under a load that remembers what it was answered."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import aiohttp
import orjson
import pytest

from kolba.contracts import storage_client
from kolba.kit.http import client
from kolba.kit.testing import processes, servers

ROW = {"Pclass": 3, "Sex": "male", "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": "S"}
QUESTION = orjson.dumps({"rows": [ROW]})


@dataclasses.dataclass(kw_only=True)
class Load:
    """Callers who ask one after another, and what became of their questions."""

    url: str
    answered: list[str] = dataclasses.field(default_factory=list)
    """Ids of the predictions that were given."""
    refused: dict[int, int] = dataclasses.field(default_factory=dict)
    """How often each status came instead."""
    broken: int = 0
    """Connections that ended without an answer."""
    stopping: bool = False

    async def run(self, callers: int = 16) -> None:
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            await asyncio.gather(*(self._ask(session) for _ in range(callers)))

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        headers = {"Content-Type": "application/json"}
        while not self.stopping:
            try:
                async with session.post(self.url, data=QUESTION, headers=headers) as answer:
                    document = await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError):
                self.broken += 1
                await asyncio.sleep(0.02)
                continue
            if answer.status == 200:
                self.answered.append(document["prediction_id"])
            else:
                self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
                await asyncio.sleep(0.02)


class House:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        ports = {
            name: servers.free_port() for name in ("STORAGE", "ML_SERVICE", "WEB_MASTER", "WORKER")
        }
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self.storage = self._program("kolba.storage", "STORAGE", ports, {})
        self.ml_service = self._program(
            "kolba.ml_service", "ML_SERVICE", ports, {"STORAGE_URL": urls["STORAGE"]}
        )
        self.web_master = self._program(
            "kolba.web_master",
            "WEB_MASTER",
            ports,
            {"STORAGE_URL": urls["STORAGE"], "ML_SERVICE_URL": urls["ML_SERVICE"]},
        )
        self.worker = self._program(
            "kolba.ml_service.worker", "WORKER", ports, {"STORAGE_URL": urls["STORAGE"]}
        )

    def _program(
        self, module: str, service: str, ports: dict[str, int], settings: dict[str, str]
    ) -> processes.Program:
        own = {
            "PORT": str(ports[service]),
            "DATA_DIR": str(self.folder / service.lower()),
            "LOG__DIRECTORY": str(self.folder / "logs"),
            **settings,
        }
        environment = {f"KOLBA_{service}__{name}": value for name, value in own.items()}
        log = self.folder / f"{service.lower()}.out"
        return processes.Program(module, environment, ports[service], log)

    @property
    def programs(self) -> list[processes.Program]:
        return [self.storage, self.ml_service, self.web_master]

    def load(self) -> Load:
        return Load(url=f"{self.web_master.url}/predict/passengers")

    def outbox(self) -> int:
        """How many predictions have not reached storage."""
        with sqlite3.connect(self.folder / "web_master" / "web_master.db") as database:
            (count,) = database.execute(
                "SELECT coalesce(sum(count), 0) FROM prediction_outbox"
            ).fetchone()
        return int(count)

    async def history(self) -> list[str]:
        """The ids of all predictions that storage knows."""
        found: list[str] = []
        before: str | None = None
        async with client.ServiceClient("storage", self.storage.url) as http:
            while True:
                query: dict[str, Any] = {"limit": 1000, "before": before}
                page = await http.json("GET", "/predictions", query=query)
                found += [one["id"] for one in page["items"]]
                before = page["next"]
                if before is None:
                    return found


def passengers(rows: int = 160) -> bytes:
    """A CSV of Titanic's shape."""
    lines = ["Survived,Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"]
    for number in range(rows):
        sex = "female" if number * 7 % 5 < 2 else "male"
        survived = int((sex == "female") != (number % 9 == 0))
        lines.append(
            f"{survived},{1 + number % 3},{sex},{18 + number * 13 % 50},{number % 3},{number % 2},"
            f"{7 + number * 31 % 90}.25,{'SCQ'[number % 3]}"
        )
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Storage, the ML service and the web master, with one trained model, `passengers`."""
    built = House(tmp_path_factory.mktemp("house"))
    try:
        for program in [*built.programs, built.worker]:
            program.start()
        asyncio.run(_train(built))
        built.worker.stop()
        yield built
    finally:
        for program in [built.worker, *reversed(built.programs)]:
            program.stop()


async def _train(house: House) -> None:
    async with client.ServiceClient("web_master", house.web_master.url) as http:
        await http.raw(
            "POST",
            "/upload/dataset",
            query={"name": "passengers", "target": "Survived"},
            data=passengers(),
            headers={"Content-Type": "text/csv"},
        )
        started = await http.json(
            "POST",
            "/scenarios/train-model",
            body={
                "dataset_id": 1,
                "model_type": "RandomForest",
                "hyperparameters": {"n_estimators": 10},
            },
        )
    async with client.ServiceClient("storage", house.storage.url) as http:
        storage = storage_client.StorageClient(http)
        for _ in range(600):
            run = await storage.run(started["run_id"])
            if run.state.is_final:
                break
            await asyncio.sleep(0.1)
    assert run.state == "succeeded", run
