"""The chain as processes of their own, with a model that knows ten stencils."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import httpx2
import orjson
import pytest

from kolba.inference import bundles
from kolba.kit.testing import people, processes, servers
from kolba.pipeline.check import stencil

QUESTION = stencil.digit_png(7)


class Chain:
    """Storage, and the three; more replicas of model where they are wanted."""

    def __init__(
        self, folder: pathlib.Path, *, transport: str, replicas: int, signed: bool = False
    ) -> None:
        self.folder = folder
        keys = {"AUTH__LOCAL_USER": "", "AUTH__KEYS_DIR": str(folder / "keys")}
        self._auth = keys if signed else {}
        office = people.Office(folder / "keys", folder / "private")
        self.service = office.service("tests") if signed else None
        self.person = office.person("ada", "client") if signed else None
        self.exchange = folder / "exchange"
        self.storage = self._program("kolba.storage", "STORAGE", "storage")
        self.models = [
            self._program(
                "kolba.pipeline.model",
                "MODEL",
                f"model-{number}",
                STORAGE_URL=self.storage.url,
                INSTANCE=f"model-{number}",
                EXCHANGE_DIR=str(self.exchange),
                FRESH_SECONDS="0.05",
            )
            for number in range(replicas)
        ]
        self.preprocess = self._program(
            "kolba.pipeline.preprocess",
            "PREPROCESS",
            "preprocess",
            MODEL__URLS=orjson.dumps([one.url for one in self.models]).decode(),
            TRANSPORT=transport,
            EXCHANGE_DIR=str(self.exchange),
            ORPHAN_SECONDS="1",
        )
        self.postprocess = self._program(
            "kolba.pipeline.postprocess",
            "POSTPROCESS",
            "postprocess",
            PREPROCESS__URLS=orjson.dumps([self.preprocess.url]).decode(),
        )

    def _program(self, module: str, service: str, name: str, **told: str) -> processes.Program:
        port = servers.free_port()
        own = {
            "PORT": str(port),
            "DATA_DIR": str(self.folder / name),
            "LOG__DIRECTORY": str(self.folder / "logs" / name),
            **self._auth,
            **told,
        }
        environment = {f"KOLBA_{service}__{field}": value for field, value in own.items()}
        return processes.Program(module, environment, port, self.folder / f"{name}.out")

    @property
    def programs(self) -> list[processes.Program]:
        return [self.storage, *self.models, self.preprocess, self.postprocess]

    def start(self) -> None:
        for program in self.programs:
            program.start()

    def stop(self) -> None:
        for program in reversed(self.programs):
            program.stop()

    def finalize(self, content: bytes = QUESTION, **headers: str) -> httpx2.Response:
        return httpx2.post(
            f"{self.postprocess.url}/finalize", content=content, headers=headers, timeout=30
        )

    def load(self) -> Load:
        return Load(url=f"{self.postprocess.url}/finalize")

    def log_of(self, program: str) -> list[dict[str, Any]]:
        """What a program wrote to its log."""
        (path,) = (self.folder / "logs" / program).glob("*.log")
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]

    def left(self) -> list[str]:
        """What lies in the shared folder."""
        return [path.name for path in self.exchange.iterdir()] if self.exchange.exists() else []

    def _own(self) -> dict[str, str]:
        """What a service of the house shows."""
        return {"Authorization": f"Bearer {self.service.token()}"} if self.service else {}

    def register(self, content: bytes, name: str = "digits") -> int:
        """A version more; its id."""
        headers = self._own()
        with httpx2.Client(base_url=self.storage.url, headers=headers, timeout=30) as storage:
            kept = storage.post("/files", params={"name": "digits.zip"}, content=content)
            assert kept.status_code == 201, kept.text
            data = storage.post(
                "/upload/dataset",
                params={"name": "seeds"},
                content=b"x,label\n1,0\n2,1\n",
                headers={"Content-Type": "text/csv"},
            )
            assert data.status_code == 201, data.text
            answer = storage.post(
                "/models",
                json={
                    "name": name,
                    "family": "Stencil",
                    "bundle_file_id": kept.json()["id"],
                    "bundle_sha256": bundles.digest(content),
                    "dataset_id": data.json()["id"],
                    "hyperparameters": {},
                    "metrics": {},
                    "signature": bundles.read(content).signature.to_json(),
                    "summary": {},
                },
            )
            assert answer.status_code == 201, answer.text
            return int(answer.json()["id"])

    def promote(self, model_id: int) -> str:
        """Let `production` mean it; its version."""
        answer = httpx2.put(
            f"{self.storage.url}/aliases/digits/production",
            json={"model_id": model_id},
            headers=self._own(),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["version"])

    def wait_for(self, version: str) -> None:
        """Until every replica answers with it."""
        for model in self.models:
            processes.until(
                lambda model=model: (
                    httpx2.get(f"{model.url}/model", headers=self._own()).json().get("version")
                    == version
                ),
                f"version {version}",
            )


@dataclasses.dataclass(kw_only=True)
class Load:
    """Callers who ask one after another, and what became of their questions."""

    url: str
    answered: dict[str, int] = dataclasses.field(default_factory=dict)
    """How often each instance of model did."""
    failures: list[str] = dataclasses.field(default_factory=list)
    until: float = 0.0

    def stop(self) -> None:
        self.until = 0.0

    async def run(self, seconds: float, callers: int = 8) -> None:
        self.until = time.monotonic() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            await asyncio.gather(*(self._ask(session) for _ in range(callers)))

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        while time.monotonic() < self.until:
            try:
                async with session.post(self.url, data=QUESTION) as answer:
                    document = await answer.json(content_type=None)
            except (aiohttp.ClientError, TimeoutError) as error:
                self.failures.append(repr(error))
                continue
            if answer.status == 200 and document["digit"] == 7:
                instance = document["instance"]
                self.answered[instance] = self.answered.get(instance, 0) + 1
            else:
                self.failures.append(str(document))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Over HTTP, with two replicas of model."""
    made = Chain(tmp_path_factory.mktemp("chain"), transport="http", replicas=2)
    try:
        made.start()
        made.wait_for(made.promote(made.register(stencil.bundle())))
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """Over a shared folder, with one replica."""
    made = Chain(tmp_path_factory.mktemp("volume"), transport="volume", replicas=1)
    try:
        made.start()
        made.wait_for(made.promote(made.register(stencil.bundle())))
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """At which everyone signs in."""
    made = Chain(tmp_path_factory.mktemp("signed"), transport="http", replicas=1, signed=True)
    try:
        made.start()
        made.wait_for(made.promote(made.register(stencil.bundle())))
        yield made
    finally:
        made.stop()
