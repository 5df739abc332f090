"""The service on a real port, before a tiny web master on another."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import fastapi
import pytest
import structlog.testing
from starlette import responses

from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers
from kolba.visualization import app, settings

_REPORT = pathlib.Path(__file__).parents[2] / "unit" / "visualization" / "titanic.json"

_MODEL = {
    "id": 7,
    "name": "titanic",
    "version": "RandomForest_20261120_172512",
    "family": "RandomForest",
    "dataset_id": 3,
    "dataset_name": "titanic",
    "dataset_version": 1,
    "run_id": 1,
    "hyperparameters": {"n_estimators": 100},
    "metrics": {"accuracy": 0.798883, "f1_macro": 0.779557},
    "bundle_sha256": "0" * 64,
    "bundle_size_bytes": 431872,
    "owner": "local",
    "created_at": "2026-11-20T17:25:12Z",
}
_DATASET = {
    "id": 3,
    "name": "Пассажиры & K°",
    "version": 1,
    "rows": 12891,
    "columns": [{"name": "Age", "type": "number", "missing": 177}],
    "owner": "local",
    "size_bytes": 29184,
    "sha256": "0" * 64,
    "created_at": "2026-11-20T17:24:58Z",
}
_HISTORY = {
    "id": 1,
    "scenario": "train-model",
    "person": "local",
    "started_at": "2026-11-20T17:25:10Z",
    "duration_ms": 1234.5,
    "inputs": {},
    "outcome": "succeeded",
    "result": {},
    "run_id": 1,
    "request_id": "x",
}
_SCENARIO = {
    "name": "train-model",
    "title": "<b>Train</b> a model",
    "description": "",
    "method": "POST",
    "path": "/scenarios/train-model",
    "groups": ["researcher"],
    "input_schema": {},
}
_HEALTH = {
    "status": "degraded",
    "version": "0.1.0",
    "services": {
        "storage": {"status": "ok", "latency_ms": 1.8, "version": "0.1.0"},
        "collector": {"status": "down", "detail": "connection refused"},
    },
}


class WebMaster:
    """Answers what the home page asks; a test may change or break any answer."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "/health": _HEALTH,
            "/scenarios": {"items": [_SCENARIO]},
            "/datasets": {"items": [_DATASET], "total": 1},
            "/models": {"items": [_MODEL], "total": 45},
            "/history": {"items": [_HISTORY], "total": 1},
        }
        self.statuses: dict[str, int] = {}
        self.asked: list[str] = []
        self.app = fastapi.FastAPI()
        self.app.add_api_route("/{path:path}", self._answer, response_model=None)

    async def _answer(self, path: str, request: fastapi.Request) -> responses.Response:
        self.asked.append(str(request.url.path) + "?" + request.url.query)
        status = self.statuses.get(f"/{path}", 200)
        return responses.JSONResponse(self.answers[f"/{path}"], status_code=status)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Logs are kept out of the way: drawing a traceback for a terminal takes seconds."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture
def report() -> bytes:
    return _REPORT.read_bytes()


@pytest.fixture
def web_master() -> WebMaster:
    return WebMaster()


@pytest.fixture
def upstream(web_master: WebMaster) -> Iterator[servers.Server]:
    with servers.running(web_master.app) as server:
        yield server


@pytest.fixture
def configure(tmp_path: pathlib.Path) -> Callable[..., settings.VisualizationSettings]:
    def build(**changes: Any) -> settings.VisualizationSettings:
        told = {"data_dir": tmp_path, "port": 0, **changes}
        return kit_settings.load(settings.VisualizationSettings, **told)

    return build


@pytest.fixture
def service(
    upstream: servers.Server, configure: Callable[..., settings.VisualizationSettings]
) -> Iterator[servers.Server]:
    with servers.running(app.create_app(configure(web_master_url=upstream.url))) as server:
        yield server
