"""`/api`: a browser's way to the web master, before a tiny one that tells what it was sent."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import fastapi
import pytest
from starlette import responses

from kolba.kit.testing import servers
from kolba.visualization import app, settings


def make_upstream() -> fastapi.FastAPI:
    upstream = fastapi.FastAPI()

    @upstream.get("/cookies")
    def set_cookies() -> responses.Response:
        answer = responses.JSONResponse({})
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    @upstream.get("/moved")
    def move() -> responses.Response:
        return responses.RedirectResponse("/models/7", 303)

    @upstream.get("/page")
    def show_page() -> responses.Response:
        return responses.HTMLResponse("<script>alert(1)</script>")

    @upstream.get("/refused")
    def refuse() -> responses.Response:
        headers = {"Retry-After": "7", "WWW-Authenticate": "Bearer"}
        return responses.JSONResponse({"title": "no"}, 429, headers)

    @upstream.get("/events")
    def stream() -> responses.Response:
        async def events() -> AsyncIterator[bytes]:
            yield b"id: 1\n\n"
            await asyncio.sleep(60)

        return responses.StreamingResponse(events(), media_type="text/event-stream")

    @upstream.api_route("/list", methods=["GET", "HEAD"])
    def list_many(rows: int = 2000, mark: str = "") -> responses.Response:
        headers = {"Cache-Control": mark} if mark else {}
        return responses.JSONResponse(
            [{"name": "titanic", "row": one} for one in range(rows)], 200, headers
        )

    @upstream.get("/long-list")
    def stream_list() -> responses.Response:
        pieces = ("[", *('"a piece", ' for _ in range(50_000)), "1]")
        return responses.StreamingResponse(pieces, media_type="application/json")

    @upstream.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def tell(request: fastapi.Request) -> dict[str, Any]:
        return {
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "headers": dict(request.headers),
            "length": len(await request.body()),
        }

    return upstream


@pytest.fixture
def door(configure: Callable[..., settings.VisualizationSettings]) -> Iterator[servers.Server]:
    with (
        servers.running(make_upstream()) as upstream,
        servers.running(app.create_app(configure(web_master_url=upstream.url))) as server,
    ):
        yield server


def ask(
    server: servers.Server,
    path: str,
    method: str = "GET",
    body: bytes | None = None,
    **headers: str,
) -> tuple[http.client.HTTPResponse, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        content = answer.read()
        is_json = "json" in (answer.headers["content-type"] or "")
        return answer, json.loads(content) if is_json and content else content
    finally:
        connection.close()


def test_a_request_arrives_as_it_was_sent(door: servers.Server) -> None:
    _, told = ask(
        door,
        "/api/models/a%2Fb/x?sort=-created_at&name=%D1%8F",
        "PUT",
        b'{"a": 1}',
        Content_Type="application/json",
        Cookie="kolba_session=secret",
        X_CSRF_Token="token",
        Idempotency_Key="key",
        Accept_Language="ru",
    )
    assert (told["method"], told["path"]) == ("PUT", "/models/a%2Fb/x")
    assert told["query"] == "sort=-created_at&name=%D1%8F"
    assert told["length"] == 8
    for name, value in {
        "cookie": "kolba_session=secret",
        "x-csrf-token": "token",
        "idempotency-key": "key",
        "accept-language": "ru",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
    }.items():
        assert told["headers"][name] == value


def test_what_a_browser_says_of_its_own_origin_stays_outside(door: servers.Server) -> None:
    own = f"http://127.0.0.1:{door.port}"
    _, told = ask(door, "/api/x", "POST", b"", Origin=own, X_Forwarded_For="6.6.6.6")
    assert "origin" not in told["headers"]
    assert told["headers"]["x-forwarded-for"] == "127.0.0.1"


def test_a_foreign_page_changes_nothing(door: servers.Server) -> None:
    answer, problem = ask(door, "/api/x", "POST", b"", Origin="http://evil.example")
    assert answer.status == 403
    assert problem["type"] == "urn:kolba:problem:foreign-origin"


def test_every_cookie_comes_back(door: servers.Server) -> None:
    cookies = ask(door, "/api/cookies")[0].headers.get_all("set-cookie") or []
    assert [one.partition("=")[0] for one in cookies] == ["a", "b"]


def test_the_door_keeps_nobodys_cookies(door: servers.Server) -> None:
    ask(door, "/api/cookies")
    assert "cookie" not in ask(door, "/api/x")[1]["headers"]


def test_an_address_in_an_answer_is_the_uis_own(door: servers.Server) -> None:
    answer, _ = ask(door, "/api/moved")
    assert (answer.status, answer.headers["location"]) == (303, "/api/models/7")


def test_a_stored_page_does_nothing_here(door: servers.Server) -> None:
    policy = ask(door, "/api/page")[0].headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy


def test_a_refusal_is_handed_on_whole(door: servers.Server) -> None:
    answer, told = ask(door, "/api/refused")
    assert (answer.status, told) == (429, {"title": "no"})
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_large_upload_passes(door: servers.Server) -> None:
    body = b"x" * 30_000_000
    assert ask(door, "/api/upload", "POST", body)[1]["length"] == len(body)


def fetch(
    server: servers.Server, path: str, accepted: str, method: str = "GET"
) -> tuple[Any, bytes]:
    """The answer as it came over the wire."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, headers={"Accept-Encoding": accepted})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_a_long_list_is_compressed(door: servers.Server) -> None:
    plain, whole = fetch(door, "/api/list", "identity")
    answer, small = fetch(door, "/api/list", "br, gzip")
    assert "content-encoding" not in plain.headers
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert len(small) < len(whole) / 5
    assert gzip.decompress(small) == whole


def test_a_list_whose_length_is_not_known_is_compressed(door: servers.Server) -> None:
    _, whole = fetch(door, "/api/long-list", "identity")
    answer, small = fetch(door, "/api/long-list", "gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(small) == whole


@pytest.mark.parametrize(
    ("path", "accepted", "method"),
    [
        ("/api/list?rows=3", "gzip", "GET"),
        ("/api/list", "gzip;q=0, br", "GET"),
        ("/api/list", "", "GET"),
        ("/api/list", "gzip", "HEAD"),
        ("/api/list?mark=no-store", "gzip", "GET"),  # a secret may be in it
        ("/api/x?long=" + "x" * 2000, "gzip", "POST"),  # a secret may be in it
        ("/api/page", "gzip", "GET"),
    ],
)
def test_what_is_short_secret_or_no_list_stays_as_it_is(
    door: servers.Server, path: str, accepted: str, method: str
) -> None:
    answer, body = fetch(door, path, accepted, method)
    assert "content-encoding" not in answer.headers
    assert not body.startswith(b"\x1f\x8b")


def test_events_come_as_they_happen(door: servers.Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=30)
    try:
        connection.request("GET", "/api/events", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        assert answer.read(7) == b"id: 1\n\n"
    finally:
        connection.close()


def test_without_a_web_master_it_is_said_so(
    configure: Callable[..., settings.VisualizationSettings],
) -> None:
    config = configure(web_master_url=f"http://127.0.0.1:{servers.free_port()}")
    with servers.running(app.create_app(config)) as server:
        answer, problem = ask(server, "/api/health")
    assert answer.status == 503
    assert problem["request_id"]
