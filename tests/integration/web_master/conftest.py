"""The web master on a real port, before tiny stand-ins of the other services on others."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import logging
import pathlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import fastapi
import httpx2
import pytest
import sqlalchemy
import structlog
from starlette import requests, responses

from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers
from kolba.web_master import app, settings

NOW = dt.datetime(2026, 3, 14, 9, 15, tzinfo=dt.UTC).isoformat()
REPORT = pathlib.Path(__file__).parents[2] / "unit" / "visualization" / "titanic.json"
HEALTH = {"service": "x", "status": "ok", "version": "1.2.3", "uptime_seconds": 1.0, "checks": {}}
DATASET = {
    "id": 3,
    "name": "titanic",
    "version": 1,
    "rows": 250,
    "columns": [],
    "target": "Survived",
    "source": "titanic",
    "owner": "local",
    "size_bytes": 10,
    "sha256": "0" * 64,
    "created_at": NOW,
}
RUN = {
    "kind": "train",
    "state": "queued",
    "owner": "local",
    "parameters": {},
    "dataset_id": 3,
    "model_id": None,
    "fraction": 0.0,
    "message": "",
    "attempts": 0,
    "cancel_requested": False,
    "worker": None,
    "result": None,
    "error": None,
    "created_at": NOW,
    "started_at": None,
    "finished_at": None,
    "lease_expires_at": None,
}
PROBLEM = "application/problem+json"


def problem(status: int, slug: str, detail: str) -> responses.Response:
    body = {"type": f"urn:kolba:problem:{slug}", "title": slug, "status": status, "detail": detail}
    return responses.JSONResponse(body, status_code=status, media_type=PROBLEM)


def with_health(stand_in: Any) -> fastapi.FastAPI:
    made = fastapi.FastAPI()

    @made.get("/health")
    async def health() -> dict[str, Any]:
        await asyncio.sleep(stand_in.health_delay)
        return HEALTH

    return made


@dataclasses.dataclass
class Collector:
    rows: int = 250
    """In the whole source."""
    fails_at: int | None = None
    breaks_at: int | None = None
    waits: float = 0.0
    health_delay: float = 0.0
    sizes: list[int] = dataclasses.field(default_factory=list)
    infos: int = 0

    def app(self) -> fastapi.FastAPI:
        made = with_health(self)

        @made.get("/sources")
        async def sources() -> Any:
            return {"items": [], "default": "titanic"}

        @made.get("/info")
        async def info(source: str) -> Any:
            self.infos += 1
            if source == "nowhere":
                return problem(404, "unknown-source", "no such source")
            return {
                "source": source,
                "rows": self.rows,
                "size_bytes": 1,
                "sha256": "0",
                "fetched_from": "x",
                "fetched_at": NOW,
                "columns": [],
                "target": "Survived",
                "cursor": 0,
            }

        @made.get("/batch")
        async def batch(size: int, offset: int, request: requests.Request) -> responses.Response:
            assert request.headers["accept"] == "application/vnd.apache.arrow.stream"
            if size > 10_000:
                return problem(422, "invalid-input", "size: at most 10000")
            if self.fails_at is not None and offset >= self.fails_at:
                return problem(502, "source-broken", "upstream is gone")
            if self.breaks_at is not None and offset >= self.breaks_at:
                return responses.StreamingResponse(broken_off(), headers={"Content-Length": "99"})
            await asyncio.sleep(self.waits)
            self.sizes.append(size)
            return responses.Response(f"rows {offset}-{offset + size};".encode())

        return made


async def broken_off() -> AsyncIterator[bytes]:
    yield b"rows"
    raise OSError("the line is cut")


@dataclasses.dataclass
class Storage:
    stored: list[bytes] = dataclasses.field(default_factory=list)
    broken_off: int = 0
    queries: list[dict[str, str]] = dataclasses.field(default_factory=list)
    headers: list[dict[str, str]] = dataclasses.field(default_factory=list)
    deleted: list[int] = dataclasses.field(default_factory=list)
    recorded: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    runs: dict[int, dict[str, Any]] = dataclasses.field(default_factory=dict)
    runs_asked: list[int] = dataclasses.field(default_factory=list)
    run_lists: list[str] = dataclasses.field(default_factory=list)
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    rows: int = 250
    datasets: list[dict[str, Any]] = dataclasses.field(default_factory=lambda: [DATASET])
    production: dict[str, Any] | None = None
    """What `/models/resolve` answers."""
    received: int = 0
    largest: int = 0
    health_delay: float = 0.0

    def app(self) -> fastapi.FastAPI:
        made = with_health(self)
        self._uploads(made)
        self._datasets(made)
        self._others(made)
        return made

    def _uploads(self, made: fastapi.FastAPI) -> None:
        @made.post("/datasets")
        async def create(request: requests.Request) -> responses.Response:
            assert request.headers["content-type"] == "application/vnd.apache.arrow.stream"
            return await self._take(request)

        @made.post("/upload/dataset")
        async def upload(request: requests.Request) -> responses.Response:
            if request.query_params.get("name") == "picture":
                return problem(415, "not-text", "this is a picture")
            return await self._take(request)

    def _datasets(self, made: fastapi.FastAPI) -> None:
        @made.get("/datasets")
        async def listed(request: requests.Request) -> Any:
            self.queries.append(dict(request.query_params))
            self.headers.append(dict(request.headers))
            return {"items": self.datasets, "total": len(self.datasets)}

        @made.get("/datasets/{dataset_id}")
        async def one(dataset_id: int, request: requests.Request) -> Any:
            if dataset_id != 3:
                russian = request.headers["accept-language"] == "ru"
                return problem(404, "unknown-dataset", "нет" if russian else "none")
            return DATASET

        @made.delete("/datasets/{dataset_id}")
        async def delete(dataset_id: int) -> responses.Response:
            self.deleted.append(dataset_id)
            return responses.Response(status_code=204)

        @made.patch("/datasets/{dataset_id}")
        async def change(dataset_id: int, request: requests.Request) -> Any:
            return {**DATASET, **(await request.json())}

        @made.get("/datasets/{dataset_id}/download")
        async def download(dataset_id: int) -> responses.Response:
            if dataset_id == 4:
                return responses.StreamingResponse(broken_off(), media_type="text/csv")
            headers = {
                "Content-Disposition": "attachment; filename*=UTF-8''%D1%8F.csv",
                "Set-Cookie": "a=b",
                "ETag": '"x"',
                "X-Inside": "secret",
            }
            return responses.Response(b"a,b\n1,2\n", media_type="text/csv", headers=headers)

    async def _take(self, request: requests.Request) -> responses.Response:
        self.queries.append(dict(request.query_params))
        parts = []
        try:
            async for chunk in request.stream():
                self.received += len(chunk)
                self.largest = max(self.largest, len(chunk))
                parts.append(chunk[:2000])
        except requests.ClientDisconnect:
            self.broken_off += 1
            raise
        self.stored.append(b"".join(parts))
        made = {**DATASET, "rows": self.rows, "name": request.query_params["name"]}
        return responses.JSONResponse(made, status_code=201)

    def _others(self, made: fastapi.FastAPI) -> None:
        @made.post("/runs", status_code=201)
        async def record(request: requests.Request) -> Any:
            self.recorded.append(await request.json())
            return {**RUN, **self.recorded[-1], "id": 70 + len(self.recorded)}

        @made.get("/runs")
        async def several(ids: str) -> Any:
            self.run_lists.append(ids)
            wanted = [one for one in map(int, ids.split(",")) if one in self.runs]
            items = [{**RUN, "id": one, **self.runs[one]} for one in wanted]
            return {"items": items, "total": len(items)}

        @made.get("/runs/{run_id}")
        async def run(run_id: int) -> Any:
            self.runs_asked.append(run_id)
            if run_id not in self.runs:
                return problem(404, "unknown-run", "none")
            return {**RUN, "id": run_id, **self.runs[run_id]}

        @made.get("/models/resolve")
        async def resolve(name: str) -> Any:
            if self.production is None:
                return problem(404, "unknown-model-name", "no such model")
            return self.production

        @made.get("/models/{model_id}")
        async def one_model(model_id: int) -> Any:
            if model_id != 7:
                return problem(404, "unknown-model", "no such model")
            return self.model


@dataclasses.dataclass
class Ml:
    refusal: responses.Response | None = None
    seen_event_ids: list[str | None] = dataclasses.field(default_factory=list)
    open_streams: int = 0
    last_event: int = 3
    stays_open: bool = False
    breaks: bool = False
    health_delay: float = 0.0
    asked: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    """Trainings and fine-tunings."""
    earlier_dataset: int = 3
    """What a fine-tuning that is found again reads."""

    def app(self) -> fastapi.FastAPI:
        made = with_health(self)

        @made.post("/fine-tune", status_code=202)
        async def fine_tune(request: requests.Request) -> Any:
            asked = await request.json()
            self.asked.append(asked)
            found = {**RUN, "kind": "fine-tune", "id": 6, "dataset_id": self.earlier_dataset}
            return self.refusal or {**found, "parameters": asked}

        @made.post("/train", status_code=202)
        async def train(request: requests.Request) -> Any:
            asked = await request.json()
            self.asked.append(asked)
            return self.refusal or {**RUN, "id": 5, "parameters": asked}

        @made.post("/infer")
        async def infer(request: requests.Request) -> Any:
            asked = await request.json()
            if asked["model_id"] != 7:
                return problem(404, "unknown-model", "no such model")
            row = {"label": "0", "probabilities": {"0": 0.75, "1": 0.25}}
            answer = {"model_id": 7, "model": "titanic", "version": "RandomForest_1"}
            return self.refusal or {**answer, "predictions": [row] * 8}

        @made.get("/progress/{run_id}")
        async def progress(run_id: int, request: requests.Request) -> responses.Response:
            if run_id == 404:
                return problem(404, "unknown-run", "no such run")
            if run_id == 204:
                return responses.Response(status_code=204)
            after = request.headers.get("last-event-id")
            self.seen_event_ids.append(after)
            return responses.StreamingResponse(
                self._events(int(after or 0)), media_type="text/event-stream"
            )

        @made.post("/runs/{run_id}/cancel")
        async def cancel(run_id: int) -> Any:
            return {**RUN, "id": run_id, "state": "cancelled"}

        @made.get("/families")
        async def families() -> Any:
            return {"items": []}

        return made

    async def _events(self, after: int) -> AsyncIterator[bytes]:
        self.open_streams += 1
        try:
            for number in range(after + 1, self.last_event + 1):
                yield f"id: {number}\ndata: {{}}\n\n".encode()
            if self.breaks:
                raise OSError("killed")
            if self.stays_open:
                await asyncio.Event().wait()
        finally:
            self.open_streams -= 1


@dataclasses.dataclass
class Visualization:
    asked: list[dict[str, str]] = dataclasses.field(default_factory=list)
    bodies: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    health_delay: float = 0.0

    def app(self) -> fastapi.FastAPI:
        made = with_health(self)

        @made.post("/reports/render")
        async def render(request: requests.Request) -> responses.Response:
            self.asked.append(dict(request.query_params))
            self.bodies.append(await request.json())
            return responses.Response(b"%PDF-1.7 ...")

        return made


@dataclasses.dataclass
class House:
    """The web master and what stands behind it."""

    client: httpx2.Client
    collector: Collector
    storage: Storage
    ml: Ml
    visualization: Visualization
    behind: dict[str, servers.Server]
    server: servers.Server
    config: settings.WebMasterSettings

    def history(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.client.get("/history", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The log's form for developers draws every local variable of a traceback, which takes seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


Configure = Callable[..., settings.WebMasterSettings]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """None: SQLite in the data folder."""
    if request.param == "sqlite":
        yield None
        return
    url = request.getfixturevalue("postgresql").create_database()
    yield url


@pytest.fixture
def configure(tmp_path: pathlib.Path) -> Configure:
    def make(**overrides: Any) -> settings.WebMasterSettings:
        return kit_settings.load(
            settings.WebMasterSettings,
            **{"port": 0, "data_dir": tmp_path, "log": {"directory": None}, **overrides},
        )

    return make


Behind = dict[str, tuple[Any, servers.Server]]


@pytest.fixture(scope="session")
def started() -> Iterator[Behind]:
    """What stands behind, started once for all tests: starting takes longer than most tests do."""
    found: Behind = {}
    yield found
    for _, server in found.values():
        server.ask_to_stop()
    for _, server in found.values():
        server.stop()


@pytest.fixture
def behind(started: Behind) -> Behind:
    """Fresh stand-ins: those a test killed are started anew, the others forget what they saw."""
    kinds = {
        "collector": Collector,
        "storage": Storage,
        "ml_service": Ml,
        "visualization": Visualization,
    }
    for name, kind in kinds.items():
        if name in started and started[name][1].is_running:
            vars(started[name][0]).update(vars(kind()))
            continue
        stand_in = kind()
        server = servers.Server(stand_in.app(), 0)
        server.start()
        started[name] = (stand_in, server)
    return started


@pytest.fixture
def options() -> dict[str, Any]:
    """Settings a test wants otherwise; parametrize it."""
    return {}


@pytest.fixture
def house(behind: Behind, configure: Configure, options: dict[str, Any]) -> Iterator[House]:
    urls = {f"{name}_url": server.url for name, (_, server) in behind.items()}
    config = configure(**{**urls, "worker_url": urls["ml_service_url"], **options})
    with (
        servers.running(app.create_app(config)) as server,
        httpx2.Client(base_url=server.url, timeout=30) as client,
    ):
        yield House(
            client=client,
            collector=behind["collector"][0],
            storage=behind["storage"][0],
            ml=behind["ml_service"][0],
            visualization=behind["visualization"][0],
            behind={name: one for name, (_, one) in behind.items()},
            server=server,
            config=config,
        )


def rows_of(config: settings.WebMasterSettings, statement: str) -> list[Any]:
    """What the web master's own database holds."""
    url = config.database.url_in(config.data_dir, config.service)
    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(sqlalchemy.text(statement)))
    finally:
        engine.dispose()
