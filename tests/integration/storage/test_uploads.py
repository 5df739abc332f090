"""Uploads that go wrong on the way: refused early, broken off, stalled, killed."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pyarrow as pa
import pyarrow.ipc
import pytest

from kolba.contracts import storage_client
from kolba.kit.testing import servers
from kolba.storage import app


@pytest.fixture
def serve(make_settings):
    """Starts storage on SQLite with other settings; answers a client."""
    with contextlib.ExitStack() as stack:

        def start(**changes: object) -> httpx.Client:
            server = stack.enter_context(servers.running(app.create_app(make_settings(**changes))))
            return stack.enter_context(httpx.Client(base_url=server.url, timeout=60))

        yield start


def incoming(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    return list((tmp_path / "data" / "incoming").iterdir())


def blobs(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]


def until(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_more_than_the_limit_is_refused(serve, tmp_path):
    client = serve(upload={"max_bytes": 100_000})
    body = b"a,b\n" + b"1,2\n" * 50_000
    for content in (body, iter([body])):
        answer = client.post("/upload/dataset", params={"name": "x"}, content=content)
        assert answer.status_code == 413
        assert "100000" in answer.json()["detail"]
    assert client.post("/files", params={"name": "x"}, content=body).status_code == 413
    assert incoming(tmp_path) == blobs(tmp_path) == []


def test_other_bodies_have_the_small_limit(serve):
    client = serve(http={"max_body_bytes": 10_000})
    assert client.post("/runs", content=b"x" * 20_000).status_code == 413
    body = b"a,b\n" + b"1,2\n" * 50_000
    assert client.post("/upload/dataset", params={"name": "x"}, content=body).status_code == 201


def test_an_endless_line_is_refused_while_it_is_still_being_sent(serve, tmp_path):
    """A line of a gigabyte: the refusal comes after a few mebibytes of it."""
    client = serve()
    host, port = client.base_url.host, client.base_url.port
    sent = 0
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(
            b"POST /upload/dataset?name=x HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: text/csv\r\nContent-Length: 1000000000\r\n\r\na,b\n"
        )
        connection.setblocking(False)
        answer = b""
        while not answer and sent < 1_000_000_000:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                sent += connection.send(b"x" * 65_536)
            with contextlib.suppress(BlockingIOError):
                answer = connection.recv(4096)
    assert b"422" in answer.split(b"\r\n")[0]
    assert b"line-too-long" in answer
    assert sent < 500_000_000
    assert until(lambda: incoming(tmp_path) == [])


@pytest.mark.parametrize("path", ["/upload/dataset?name=x", "/files?name=x"])
def test_a_sender_who_leaves_leaves_nothing(serve, tmp_path, path):
    client = serve()
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
        connection.sendall(head.encode() + b"a,b\n" + b"1,2\n" * 1_000_000)
        assert until(lambda: incoming(tmp_path) != [])
    assert until(lambda: incoming(tmp_path) == [])
    assert blobs(tmp_path) == []
    assert client.get("/datasets").json()["total"] == client.get("/files").json()["total"] == 0


def test_a_sender_who_falls_silent_is_given_up(serve, tmp_path):
    client = serve(upload={"idle_seconds": 0.3})
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        connection.sendall(
            b"POST /upload/dataset?name=x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\na,b\n"
        )
        connection.settimeout(30)
        assert b"408" in connection.recv(100).split(b"\r\n")[0]
    assert incoming(tmp_path) == []


@pytest.mark.parametrize("path", ["/upload/dataset?name=x", "/files?name=x"])
def test_a_sender_who_drips_is_given_up(serve, tmp_path, path):
    client = serve(upload={"grace_seconds": 0.5, "min_bytes_per_second": 1000})
    with dripping(client, path) as connection:
        answer = b""
        for _ in range(200):
            with contextlib.suppress(BlockingIOError):
                answer += connection.recv(4096)
            if b"upload-too-slow" in answer:
                break
            with contextlib.suppress(ConnectionError):
                connection.send(b"1,2\n")
            time.sleep(0.05)
    assert b"408" in answer.split(b"\r\n")[0]
    assert b"upload-too-slow" in answer
    assert b"min_bytes_per_second" in answer
    assert until(lambda: incoming(tmp_path) == [])
    assert blobs(tmp_path) == []


def test_arrow_may_come_as_slowly_as_it_is_collected(serve):
    client = serve(upload={"grace_seconds": 0.1, "min_bytes_per_second": 1_000_000})

    def parts():
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, pa.schema([("a", pa.int64())])) as writer:
            writer.write_batch(pa.record_batch({"a": [1, 2]}))
        for part in (sink.getvalue()[:50], sink.getvalue()[50:]):
            time.sleep(0.2)
            yield part

    headers = {"Content-Type": storage_client.ARROW}
    answer = client.post("/datasets", params={"name": "x"}, content=parts(), headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize("path", ["/upload/dataset?name=x", "/files?name=x"])
def test_slow_senders_do_not_hold_up_files(serve, tmp_path, capsys, path):
    client = serve(upload={"concurrent": 1, "concurrent_whole": 1})
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(dripping(client, path))
        assert until(lambda: len(incoming(tmp_path)) == 3)
        assert client.post("/files?name=y", content=b"y", timeout=5).status_code == 201
        if path.startswith("/files"):
            answer = client.post("/upload/dataset?name=y", content=b"a\n1\n", timeout=5)
            assert answer.status_code == 201
    assert until(lambda: incoming(tmp_path) == [])
    said: list[str] = []

    def heard() -> str:
        said.append(capsys.readouterr().out)
        return "".join(said)

    # That they went away is no failure of the service, and none is told.
    assert until(lambda: heard().count("disconnected") == 3)
    assert "unexpected failure" not in heard()


@contextlib.contextmanager
def dripping(client: httpx.Client, path: str) -> Iterator[socket.socket]:
    """A connection over which an upload has begun."""
    with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\na,b\n"
        connection.sendall(head.encode())
        connection.setblocking(False)
        yield connection


def test_storage_killed_in_the_middle_of_an_upload_shows_nothing_half_done(tmp_path):
    with process(tmp_path) as (client, killed):
        assert client.post("/upload/dataset", params={"name": "x"}, content=b"a\n1\n").is_success
        with socket.create_connection((client.base_url.host, client.base_url.port)) as connection:
            connection.sendall(
                b"POST /upload/dataset?name=x HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 90000000\r\n\r\na,b\n" + b"1,2\n" * 8_000_000
            )
            assert until(lambda: any(path.suffix == ".parquet" for path in incoming(tmp_path)))
            os.kill(killed.pid, signal.SIGKILL)
            killed.wait()
    assert incoming(tmp_path) != []
    with process(tmp_path) as (client, _):
        assert incoming(tmp_path) == []
        found = client.get("/datasets").json()
        assert [(one["name"], one["version"]) for one in found["items"]] == [("x", 1)]
        assert len(blobs(tmp_path)) == 1
        again = client.post("/upload/dataset", params={"name": "x"}, content=b"a\n1\n2\n")
        assert again.json()["version"] == 2


@contextlib.contextmanager
def process(tmp_path: pathlib.Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """Storage as a process of its own."""
    port = servers.free_port()
    environment = {
        **os.environ,
        "KOLBA_STORAGE__PORT": str(port),
        "KOLBA_STORAGE__DATA_DIR": str(tmp_path / "data"),
        "KOLBA_STORAGE__LOG__DIRECTORY": str(tmp_path / "logs"),
    }
    started = subprocess.Popen(
        [sys.executable, "-m", "kolba.storage"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            assert until(lambda: _answers(client), 60)
            yield client, started
    finally:
        started.kill()
        started.wait()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False
