"""A collector on a real port, with a source of its own that comes from an in-memory internet."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from kolba.collector import app, settings
from kolba.kit import settings as kit_settings
from kolba.kit.egress import memory
from kolba.kit.testing import people, servers

URL = "https://data.test/people.csv"
ROWS = 1000
BODY = b"id,name,height\n" + b"".join(
    b"%d,name %d,%s\n" % (n, n, b"" if n % 10 == 0 else b"1.%d" % n) for n in range(ROWS)
)
WORDS = {"en": "People", "ru": "Люди"}


def place(digest: str = hashlib.sha256(BODY).hexdigest(), url: str = URL) -> dict[str, Any]:
    return {"connector": "http", "url": url, "sha256": digest}


def source(*places: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"title": WORDS, "description": WORDS, "places": list(places), **more}


SOURCES = {
    "people": source(place(), target="height", columns={"name": WORDS}),
    "nowhere": source(place(url="https://nowhere.test/a.csv"), {"connector": "file", "path": "a"}),
    "changed": source(place("0" * 64)),
    "inside": source(place(url="http://127.0.0.1:9/a.csv")),
    "ragged": source({"connector": "file", "path": "ragged.csv"}),
    "sneaky": source({"connector": "file", "path": "../collector.db"}),
}

Serve = Callable[..., contextlib.AbstractContextManager[httpx.Client]]


def make_config(data_dir: pathlib.Path, **overrides: Any) -> settings.CollectorSettings:
    return kit_settings.load(
        settings.CollectorSettings,
        data_dir=data_dir,
        sources=SOURCES,
        default_source="people",
        batches={"max_size": 500},
        **overrides,
    )


@pytest.fixture
def internet() -> memory.MemoryEgress:
    return memory.MemoryEgress({URL: memory.Page(body=BODY)}, {"data.test": ["8.8.8.8"]})


@pytest.fixture
def serve(tmp_path: pathlib.Path, internet: memory.MemoryEgress) -> Serve:
    """Starts the collector over the same data folder each time."""

    @contextlib.contextmanager
    def run(**overrides: Any) -> Iterator[httpx.Client]:
        made = app.create_app(make_config(tmp_path, **overrides), egress=internet)
        with (
            servers.running(made) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            yield client

    return run


@pytest.fixture
def asked_by(tmp_path: pathlib.Path, serve: Serve) -> Iterator[Callable[[str, str], httpx.Client]]:
    """Clients of one collector that signs nobody in by itself, by name and group; group "service": a service."""
    keys_dir = tmp_path / "keys"
    keys_dir.mkdir()
    office = people.Office(keys_dir, tmp_path / "private")
    with (
        contextlib.ExitStack() as stack,
        serve(auth={"keys_dir": keys_dir, "local_user": None}) as nobody,
    ):

        def client_of(name: str, group: str) -> httpx.Client:
            auth = office.service(name) if group == "service" else office.person(name, group)
            return stack.enter_context(
                httpx.Client(base_url=nobody.base_url, auth=auth, timeout=30)
            )

        yield client_of


@pytest.fixture
def collector(serve: Serve) -> Iterator[httpx.Client]:
    with serve() as client:
        yield client
