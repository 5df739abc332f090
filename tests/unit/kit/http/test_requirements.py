"""Requirements: declared by every route, shown, and checked before anything is read."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Annotated, Any

import fastapi
import pydantic
import pytest
from starlette import testclient

from kolba.kit import identity, settings
from kolba.kit.http import app, bodies, requirements


class QuietSettings(settings.ServiceSettings):
    service = "storage"


class Thing(pydantic.BaseModel):
    number: int


class ByHeader:
    async def authenticate(self, method: str, headers: Mapping[str, str]) -> identity.Person:
        name = headers.get("x-name", "")
        return identity.Person(name=name, via="session") if name else identity.NOBODY


def things() -> fastapi.APIRouter:
    made = bodies.router()

    @made.post("/things/{thing}", dependencies=[requirements.needs(requirements.SIGNED_IN)])
    async def put(thing: int, body: Thing) -> int:
        return body.number

    @made.post("/forms", dependencies=[requirements.needs(requirements.SERVICE)])
    async def fill(text: Annotated[str, fastapi.Form()]) -> str:
        return text

    @made.get("/open", dependencies=[requirements.needs(requirements.OPEN)])
    async def look() -> str:
        return "seen"

    return made


def undecided() -> fastapi.APIRouter:
    made = bodies.router()

    @made.get("/undecided")
    async def look() -> None: ...

    return made


@contextlib.asynccontextmanager
async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {}


@pytest.fixture
def config(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> settings.ServiceSettings:
    (tmp_path / "config.yaml").write_text("{host: 127.0.0.1, port: 0, data_dir: .}")
    monkeypatch.setenv("KOLBA_STORAGE__CONFIG", str(tmp_path / "config.yaml"))
    return settings.load(QuietSettings, http={"allowed_hosts": ["testserver"]})


def made(
    config: settings.ServiceSettings, router: fastapi.APIRouter, **options: Any
) -> fastapi.FastAPI:
    return app.create(
        config,
        title="Things",
        routers=[router],
        lifespan=lifespan,
        authenticator=ByHeader(),
        **options,
    )


@pytest.fixture(params=["its own", "its application's too"])
def client(
    request: pytest.FixtureRequest, config: settings.ServiceSettings
) -> Iterator[testclient.TestClient]:
    options = {"requires": None} if request.param == "its own" else {}
    with testclient.TestClient(made(config, things(), **options)) as opened:
        yield opened


BAD = [b"{", b'{"number": "many"}', b""]


@pytest.mark.parametrize("body", BAD)
def test_who_may_not_ask_hears_so_whatever_they_sent(
    client: testclient.TestClient, body: bytes
) -> None:
    sent = {"Content-Type": "application/json"}
    nobody = client.post("/things/x", content=body, headers=sent)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert client.post("/forms", content=body, headers={**sent, "X-Name": "a"}).status_code == 403
    anna = client.post("/things/1", content=body, headers={**sent, "X-Name": "anna"})
    assert anna.status_code in (400, 422)


def test_nobody_can_make_a_service_read(config: settings.ServiceSettings) -> None:
    received: list[str] = []
    service = made(config, things(), requires=None)
    with testclient.TestClient(watching(service, received)) as opened:
        for sent, status, parts in ({}, 401, []), ({"X-Name": "anna"}, 422, ["/things/1"]):
            answer = opened.post("/things/1", content=b"x", headers=sent)
            assert (answer.status_code, received) == (status, parts)


def watching(inner: fastapi.FastAPI, received: list[str]) -> Any:
    """Notes every part of a body that the application asks for."""

    async def watch(scope: Any, receive: Any, send: Any) -> None:
        async def noted() -> Any:
            received.append(scope["path"])
            return await receive()

        await inner(scope, noted if scope["type"] == "http" else receive, send)

    return watch


def test_every_operation_says_what_it_requires(config: settings.ServiceSettings) -> None:
    document = made(config, things()).openapi()
    shown = {
        (method, path): operation["x-requires"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert shown == {
        ("post", "/things/{thing}"): "signed in",
        ("post", "/forms"): "a service",
        ("get", "/open"): "nobody in particular",
        ("get", "/health"): "nobody in particular",
    }


def test_a_route_that_nobody_decided_about_stops_the_start(
    config: settings.ServiceSettings,
) -> None:
    with pytest.raises(requirements.RouteWithoutRequirement, match="/undecided"):
        made(config, undecided(), requires=None)
