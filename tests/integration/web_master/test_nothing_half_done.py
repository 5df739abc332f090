"""A collection that breaks off, before the real storage: whatever has come, nothing is kept."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import fastapi
import httpx2
import pyarrow
import pytest
from starlette import responses

from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers
from kolba.storage import app as storage_app
from kolba.storage import settings as storage_settings


def arrow(first: int, count: int) -> bytes:
    table = pyarrow.table({"n": list(range(first, first + count))})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def collector(kind: str) -> fastapi.FastAPI:
    """A source of 300 rows whose third part fails."""
    made = fastapi.FastAPI()

    @made.get("/info")
    async def info() -> Any:
        return {
            "source": "numbers",
            "rows": 300,
            "size_bytes": 1,
            "sha256": "0",
            "fetched_from": "x",
            "fetched_at": "2026-03-14T09:15:00Z",
            "columns": [],
            "target": None,
            "cursor": 0,
        }

    @made.get("/batch")
    async def batch(size: int, offset: int) -> responses.Response:
        if offset < 200 or kind == "nothing":
            return responses.Response(arrow(offset, size))
        if kind == "refuses":
            return responses.JSONResponse({"status": 502, "detail": "gone"}, status_code=502)
        if kind == "gives rubbish":
            return responses.Response(b"this is no Arrow stream")
        return responses.Response(arrow(offset, size - 1))

    return made


@pytest.fixture
def storage_url(tmp_path: pathlib.Path) -> Iterator[str]:
    config = kit_settings.load(
        storage_settings.StorageSettings,
        port=0,
        data_dir=tmp_path / "storage",
        log={"directory": None},
    )
    with servers.running(storage_app.create_app(config)) as server:
        yield server.url


@pytest.fixture
def options(storage_url: str, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    with servers.running(collector(request.param)) as server:
        yield {"storage_url": storage_url, "collector_url": server.url}


@pytest.mark.parametrize(
    ("options", "status"),
    [("refuses", 502), ("gives rubbish", 422), ("gives too little", 502)],
    indirect=["options"],
)
def test_nothing_is_kept(house: Any, storage_url: str, status: int, tmp_path: pathlib.Path) -> None:
    answer = house.client.post(
        "/scenarios/collect-and-store", json={"source": "numbers", "batch_size": 100}
    )
    assert answer.status_code == status, answer.text
    assert httpx2.get(f"{storage_url}/datasets").json()["total"] == 0
    assert [
        one for one in (tmp_path / "storage").rglob("*") if one.is_file() and one.suffix == ""
    ] == []


@pytest.mark.parametrize("options", ["nothing"], indirect=True)
def test_a_source_that_fails_nowhere_is_kept(house: Any, storage_url: str) -> None:
    answer = house.client.post(
        "/scenarios/collect-and-store", json={"source": "numbers", "batch_size": 100}
    )
    assert answer.status_code == 201, answer.text
    assert answer.json()["rows"] == 300
    assert httpx2.get(f"{storage_url}/datasets").json()["total"] == 1
