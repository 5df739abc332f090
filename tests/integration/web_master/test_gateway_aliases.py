"""Aliases and the history of predictions through the door, at the real storage."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from kolba.kit import settings
from kolba.kit.testing import servers
from kolba.storage import app as storage_app
from kolba.storage import settings as storage_settings
from kolba.web_master import app
from kolba.web_master import settings as web_settings

NOWHERE = "http://127.0.0.1:9"
PREDICTION = {
    "id": "019b76da24007000800000000000000a",
    "at": "2026-01-01T00:00:00Z",
    "person": "анна",
    "model_id": 1,
    "model": "m",
    "version": "v",
    "protocol": "v2",
    "rows": 1,
    "request_id": "r",
    "duration_ms": 1.0,
    "input": [1],
    "output": [[0, [1.0]]],
}


def _quiet(tmp_path: Any, name: str) -> dict[str, Any]:
    logs = {"directory": None, "standard_output": False}
    return {"port": 0, "data_dir": tmp_path / name, "log": logs}


@pytest.fixture
def storage(tmp_path: Any) -> Iterator[httpx2.Client]:
    config = settings.load(storage_settings.StorageSettings, **_quiet(tmp_path, "storage"))
    with (
        servers.running(storage_app.create_app(config)) as server,
        httpx2.Client(base_url=server.url, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def door(storage: httpx2.Client, tmp_path: Any) -> Iterator[httpx2.Client]:
    config = settings.load(
        web_settings.WebMasterSettings,
        **_quiet(tmp_path, "web_master"),
        storage_url=str(storage.base_url),
        collector_url=NOWHERE,
        ml_service_url=NOWHERE,
        visualization_url=NOWHERE,
    )
    with (
        servers.running(app.create_app(config)) as server,
        httpx2.Client(base_url=server.url, timeout=30) as client,
    ):
        yield client


def register(storage: httpx2.Client, name: str) -> dict[str, Any]:
    dataset = storage.post("/upload/dataset", params={"name": "d"}, content=b"a,b\n1,2\n").json()
    file = storage.post("/files", params={"name": "b"}, content=b"bundle").json()
    body = {
        "name": name,
        "family": "Forest",
        "bundle_file_id": file["id"],
        "bundle_sha256": file["sha256"],
        "dataset_id": dataset["id"],
        "hyperparameters": {},
        "metrics": {},
        "signature": {},
        "summary": {},
        "owner": "local",
    }
    made: dict[str, Any] = storage.post("/models", json=body).json()
    return made


@pytest.mark.parametrize("name", ["титаник", "1", "a b&c=d#e;f+g", "%2e%2e", "{x}", "100%"])
def test_an_alias_moves_and_goes_back(storage: Any, door: Any, name: str) -> None:
    first, second = register(storage, name), register(storage, name)
    path = f"/aliases/{urllib.parse.quote(name, safe='')}/production"
    for model in (first, second):
        moved = door.put(path, json={"version": model["version"]})
        assert moved.status_code == 200, moved.text
        assert moved.json()["model"] == name
    assert door.get(path).json()["model_id"] == second["id"]
    assert door.post(f"{path}/rollback").json()["model_id"] == first["id"]
    assert door.get(f"{path}/history").json()["total"] == 3
    assert door.get("/aliases", params={"model": name}).json()["total"] == 1
    found = door.get("/models/resolve", params={"name": name})
    assert found.json()["id"] == first["id"]
    assert door.delete(path).status_code == 204
    assert door.get(path).status_code == 404


@pytest.mark.parametrize("model", ["..%2f..", "%00", "a%2fb", ".."])
def test_a_name_does_not_lead_elsewhere(door: Any, model: str) -> None:
    for method in ("GET", "PUT"):
        answer = door.request(method, f"/aliases/{model}/production", json={"version": "v"})
        assert answer.status_code in (404, 422)


def test_the_history_of_predictions_is_read_and_never_written(storage: Any, door: Any) -> None:
    own = {**PREDICTION, "person": "local"}
    others = {
        **PREDICTION,
        "id": PREDICTION["id"][:-1] + ("0" if PREDICTION["id"][-1] != "0" else "1"),
    }
    batch = {"predictions": [own, others]}
    assert door.post("/predictions", json=batch).status_code == 405
    assert storage.post("/predictions", json=batch).json() == {"new": 2, "known": 0}
    assert door.get("/predictions", params={"person": "анна", "count": "true"}).json()["total"] == 0
    assert door.get(f"/predictions/{others['id']}").status_code == 404
    page = door.get("/predictions", params={"count": "true"}).json()
    assert (page["total"], page["next"]) == (1, None)
    assert door.get(f"/predictions/{PREDICTION['id']}").json() == page["items"][0]
    assert door.get("/predictions/nonsense").status_code == 422
    assert door.get("/predictions", params={"limit": 0}).status_code == 422
