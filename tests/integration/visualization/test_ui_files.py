"""The built UI as a browser is given it."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import http.client
import os
import pathlib
from collections.abc import AsyncIterator, Callable, Iterator

import fastapi
import pytest

from kolba.kit.http import app as http_app
from kolba.kit.testing import servers
from kolba.visualization import settings
from kolba.visualization.ui import site

SCRIPT = "document.title = 'seen'"
PAGE = f"<!doctype html><title>Kolba</title><script>{SCRIPT}</script><script src='/_app/a.js'></script>"


@pytest.fixture
def built(tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "built"
    immutable = folder / "_app" / "immutable"
    immutable.mkdir(parents=True)
    (folder / "index.html").write_text(PAGE, "utf-8")
    (immutable / "app.0123.js").write_text("1", "utf-8")
    (immutable / "app.0123.js.gz").write_bytes(gzip.compress(b"1"))
    (immutable / "app.0123.js.br").write_bytes(b"not looked into")
    (folder / "flask.svg").write_text("<svg/>", "utf-8")
    return folder


@pytest.fixture
def server(
    built: pathlib.Path, configure: Callable[..., settings.VisualizationSettings]
) -> Iterator[servers.Server]:
    app = http_app.create(configure(), title="site", routers=[], lifespan=nothing, requires=None)
    app.mount("/", site.Site(built))
    with servers.running(app) as running:
        yield running


@contextlib.asynccontextmanager
async def nothing(_: fastapi.FastAPI) -> AsyncIterator[dict[str, object]]:
    yield {}


def get(
    server: servers.Server, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/models/7", "/data/1/profile", "/index.html"])
def test_every_address_of_the_ui_is_its_one_page(server: servers.Server, path: str) -> None:
    answer, body = get(server, path)
    assert answer.status == 200
    assert body.decode() == PAGE
    assert answer.headers["cache-control"] == "no-cache"


def test_the_page_may_run_its_own_script_and_no_other(server: servers.Server) -> None:
    policy = get(server, "/")[0].headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None)]
)
def test_what_was_compressed_before_is_sent_so(
    server: servers.Server, accepted: str, encoding: str | None
) -> None:
    answer, _ = get(server, "/_app/immutable/app.0123.js", accept_encoding=accepted)
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "Accept-Encoding"


def test_what_the_reader_has_is_not_sent_again(server: servers.Server) -> None:
    etag = get(server, "/")[0].headers["etag"]
    answer, body = get(server, "/", if_none_match=etag)
    assert (answer.status, body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/gone.js",
        "/_app/immutable/app.9999.js",
        "/../config.yaml",
        "/%2e%2e/config.yaml",
        "/a\0.js",
    ],
)
def test_no_page_takes_the_place_of_a_file_that_is_not_there(
    server: servers.Server, path: str
) -> None:
    answer, body = get(server, path.replace("\0", "%00"))
    assert answer.status == 404
    assert b"urn:kolba:problem" in body


def test_nothing_can_be_sent_to_it(server: servers.Server) -> None:
    assert get(server, "/", method="POST")[0].status == 404


def test_a_new_build_is_seen_without_a_restart(server: servers.Server, built: pathlib.Path) -> None:
    get(server, "/")
    page = built / "index.html"
    page.write_text("anew", "utf-8")
    os.utime(page, ns=(1, 1))
    assert get(server, "/")[1] == b"anew"


def test_without_a_build_there_is_the_page_without_scripts(
    server: servers.Server, built: pathlib.Path
) -> None:
    (built / "index.html").unlink()
    answer, _ = get(server, "/")
    assert (answer.status, answer.headers["location"]) == (307, "/plain")
    assert get(server, "/models")[0].status == 404
