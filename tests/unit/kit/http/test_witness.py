"""A witness sees what the framework answers, and what the edge did not let through to it."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import fastapi
import pytest
from starlette import testclient, types

from kolba.kit import context, errors, settings
from kolba.kit.http import app, bodies


class WitnessedSettings(settings.ServiceSettings):
    service = "storage"


router = bodies.router()


@router.get("/thing")
async def thing() -> str:
    return "here"


@contextlib.asynccontextmanager
async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {}


class Witness:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.forbids = False

    async def attend(
        self, app: types.ASGIApp, scope: types.Scope, receive: types.Receive, send: types.Send
    ) -> None:
        self.seen.append((scope["path"], context.current().person.name))
        if self.forbids:
            raise errors.ServiceUnavailable(service="witness")
        await app(scope, receive, send)

    async def refused(self, scope: types.Scope, error: errors.KolbaError) -> None:
        self.seen.append((scope["path"], error.slug))


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def client(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, witness: Witness
) -> Iterator[testclient.TestClient]:
    (tmp_path / "config.yaml").write_text("{host: 127.0.0.1, port: 0, data_dir: .}")
    monkeypatch.setenv("KOLBA_STORAGE__CONFIG", str(tmp_path / "config.yaml"))
    config = settings.load(WitnessedSettings, http={"allowed_hosts": ["testserver"]})
    service = app.create(
        config, title="Witnessed", routers=[router], lifespan=lifespan, witness=witness
    )
    with testclient.TestClient(service) as opened:
        yield opened


def test_sees_who_asks_for_what(client: testclient.TestClient, witness: Witness) -> None:
    assert client.get("/thing").json() == "here"
    assert witness.seen == [("/thing", "local")]


def test_hears_of_what_the_edge_refuses(client: testclient.TestClient, witness: Witness) -> None:
    assert client.post("/thing", headers={"Origin": "http://evil.example"}).status_code == 403
    assert witness.seen == [("/thing", "foreign-origin")]


def test_can_stand_in_the_way(client: testclient.TestClient, witness: Witness) -> None:
    witness.forbids = True
    answer = client.get("/thing")
    assert (answer.status_code, answer.json()["service"]) == (503, "witness")
    assert answer.headers["x-request-id"]
