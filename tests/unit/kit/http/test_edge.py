"""What every service's edge promises, asked of a small application."""

import contextlib
import pathlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import fastapi
import pydantic
import pytest
from starlette import testclient

from kolba.kit import context, errors, settings
from kolba.kit.http import app, bodies


class Body(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    number: int


class EdgeSettings(settings.ServiceSettings):
    service = "storage"


router = bodies.router()


@router.post("/echo")
async def echo(body: Body) -> dict[str, Any]:
    return {"number": body.number, "person": context.current().person.name}


@router.post("/large", max_body_size=100_000)
async def large(request: fastapi.Request) -> int:
    return len(await request.body())


@router.get("/broken")
def broken() -> None:
    raise RuntimeError("a secret in a traceback")


@router.get("/missing/{thing}")
def missing(thing: str) -> None:
    raise errors.Conflict(reason=thing)


@contextlib.asynccontextmanager
async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[dict[str, Any]]:
    yield {}


@pytest.fixture
def client(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[testclient.TestClient]:
    (tmp_path / "config.yaml").write_text("{host: 127.0.0.1, port: 0, data_dir: .}")
    monkeypatch.setenv("KOLBA_STORAGE__CONFIG", str(tmp_path / "config.yaml"))
    config = settings.load(
        EdgeSettings, http={"max_body_bytes": 2000, "allowed_hosts": ["testserver"]}
    )
    service = app.create(config, title="Edge", routers=[router], lifespan=lifespan)
    with testclient.TestClient(service, raise_server_exceptions=False) as opened:
        yield opened


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b'{"number": NaN}', 400, "malformed-body"),
        (b'{"number": Infinity}', 400, "malformed-body"),
        (b"[" * 1900, 400, "malformed-body"),
        (b"[" * 100_000, 413, "body-too-large"),
        (b"{", 400, "malformed-body"),
        (b'{"number": 1, "owner": "me"}', 422, "invalid-input"),
        (b'{"number": "many"}', 422, "invalid-input"),
        (b"\xff\xfe", 400, "malformed-body"),
    ],
)
def test_bad_bodies_are_problems_that_say_what_to_do(
    client: testclient.TestClient, body: bytes, status: int, slug: str
) -> None:
    answer = client.post("/echo", content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:kolba:problem:{slug}"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert client.post("/echo", json={"number": 1}).status_code == 200


def test_a_body_without_a_length_is_limited_too(client: testclient.TestClient) -> None:
    answer = client.post("/echo", content=(b"x" * 1000 for _ in range(10)), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["type"] == "urn:kolba:problem:body-too-large"


def test_a_route_may_allow_more_and_has_a_limit_of_its_own(client: testclient.TestClient) -> None:
    assert client.post("/large", content=b"x" * 50_000).json() == 50_000
    refused = client.post("/large", content=b"x" * 500_000)
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"


def test_an_unexpected_failure_tells_nothing_of_the_inside(client: testclient.TestClient) -> None:
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unexpected_failure_names_the_request_and_is_counted(
    client: testclient.TestClient,
) -> None:
    sent = {"X-Request-ID": "abc-1", "Accept-Language": "ru"}
    answer = client.get("/broken", headers=sent)
    assert answer.headers["x-request-id"] == "abc-1"
    assert answer.json()["request_id"] == "abc-1"
    assert answer.json()["title"] == "Внутренняя ошибка"
    assert 'route="/broken",service="storage",status="500"' in client.get("/metrics").text


def test_braces_and_unknown_fields_in_input_do_not_break_the_message(
    client: testclient.TestClient,
) -> None:
    answer = client.post("/echo", json={"number": 1, "{0.__class__}": 1})
    assert answer.json()["errors"][0]["field"] == "{0.__class__}"


def test_problems_come_in_the_readers_language(client: testclient.TestClient) -> None:
    answer = client.post("/echo", json={}, headers={"Accept-Language": "ru"})
    assert answer.headers["content-language"] == "ru"
    assert answer.json()["errors"] == [{"field": "number", "message": "обязательное поле"}]


def test_details_with_braces_stay_as_they_are(client: testclient.TestClient) -> None:
    assert client.get("/missing/{x}").json()["detail"] == "{x}"


def test_unknown_paths_and_methods_are_problems(client: testclient.TestClient) -> None:
    assert client.get("/nowhere").headers["content-type"] == "application/problem+json"
    assert client.put("/echo").status_code == 405


def test_a_rebinding_host_name_is_refused(client: testclient.TestClient) -> None:
    answer = client.get("/health", headers={"Host": "evil.example"})
    assert answer.status_code == 421


def test_a_foreign_page_may_read_nothing_and_change_nothing(client: testclient.TestClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    assert client.post("/echo", json={"number": 1}, headers=foreign).status_code == 403
    for broken in ("http://[", "http://[x]", "null", ""):
        answer = client.post("/echo", json={"number": 1}, headers={"Origin": broken})
        assert answer.status_code == 403
    own = {"Origin": "http://testserver"}
    assert client.post("/echo", json={"number": 1}, headers=own).status_code == 200
    assert "access-control-allow-origin" not in client.get("/health", headers=foreign).headers


def test_the_request_id_is_kept_when_sound_and_replaced_when_not(
    client: testclient.TestClient,
) -> None:
    sound = client.get("/health", headers={"X-Request-ID": "abc-1"})
    assert sound.headers["x-request-id"] == "abc-1"
    unsound = client.get("/health", headers={"X-Request-ID": 'a"b\\c' * 100})
    assert len(unsound.headers["x-request-id"]) == 32


def test_health_metrics_and_docs_are_there_without_the_internet(
    client: testclient.TestClient,
) -> None:
    assert client.get("/health").json()["status"] == "ok"
    client.post("/echo", json={"number": 1})
    assert 'route="/echo",service="storage",status="200"' in client.get("/metrics").text
    page = client.get("/docs").text
    assert "cdn" not in page
    assert "https:" not in page
    assert client.get("/docs/static/swagger-ui-bundle.js").status_code == 200
