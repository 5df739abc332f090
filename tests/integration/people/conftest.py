"""The web master on a real port with sign-in required, alone: what it stands before is not asked here."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import pathlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import structlog

from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers
from kolba.web_master import app, settings

NOWHERE = "http://127.0.0.1:1"
CHEAP = {"memory_kib": 8, "passes": 1, "lanes": 1}
PASSWORD = "correct horse battery"


@dataclasses.dataclass
class Door:
    """The web master as its callers see it."""

    url: str
    config: settings.WebMasterSettings
    client: httpx2.Client
    admin: dict[str, str]
    """The first administrator's headers."""

    def sign_in(self, name: str, password: str = PASSWORD) -> dict[str, Any]:
        answer = self.client.post("/auth/token", data={"username": name, "password": password})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def headers(self, name: str, password: str = PASSWORD) -> dict[str, str]:
        return bearer(self.sign_in(name, password)["access_token"])

    def add(self, name: str, group: str = "client") -> dict[str, str]:
        """Somebody new, who has changed the password to `PASSWORD` and signed in; their headers."""
        body = {"name": name, "group": group}
        made = self.client.post("/people", json=body, headers=self.admin)
        assert made.status_code == 201, made.text
        return self.choose_password(name, made.json()["password"])

    def choose_password(self, name: str, first: str) -> dict[str, str]:
        """Their headers, with `PASSWORD` in the place of the one that was made for them."""
        change = {"current": first, "new": PASSWORD}
        answer = self.client.post("/me/password", json=change, headers=self.headers(name, first))
        assert answer.status_code == 204, answer.text
        return self.headers(name)

    def browser(self) -> httpx2.Client:
        """Keeps cookies; to be closed."""
        return httpx2.Client(base_url=self.url, timeout=30)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def slug(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


@pytest.fixture(autouse=True, scope="session")
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "sqlite":
        return {}
    return {"url": request.getfixturevalue("postgresql").create_database()}


def configured(
    folder: pathlib.Path, *, database: dict[str, Any] | None = None, **options: Any
) -> settings.WebMasterSettings:
    people = {"hashing": CHEAP, "registration": "open", **options.pop("people", {})}
    auth = {"local_user": None, "keys_dir": folder / "keys", **options.pop("auth", {})}
    names = ("collector", "storage", "ml_service", "visualization")
    return kit_settings.load(
        settings.WebMasterSettings,
        port=0,
        data_dir=folder / "web_master",
        log={"directory": None},
        database=database or {},
        worker_url=None,
        people=people,
        auth=auth,
        **{f"{name}_url": NOWHERE for name in names},
        **options,
    )


@contextlib.contextmanager
def opened(config: settings.WebMasterSettings, *, settled: bool = True) -> Iterator[Door]:
    """`settled`: the first administrator has a password of their own, `PASSWORD`."""
    with (
        servers.running(app.create_app(config)) as server,
        httpx2.Client(base_url=server.url, timeout=30) as client,
    ):
        door = Door(url=server.url, config=config, client=client, admin={})
        file = config.data_dir / "first-admin-password"
        if settled and file.exists():
            door.choose_password(*file.read_text("utf-8").split())
        if settled and config.auth.local_user is None:
            door.admin = door.headers("admin")
        yield door


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, database: dict[str, Any]) -> Iterator[Door]:
    """One for a module's tests, each of which adds people of its own."""
    with opened(configured(tmp_path_factory.mktemp("people"), database=database)) as made:
        yield made


Start = Callable[..., contextlib.AbstractContextManager[Door]]


@pytest.fixture
def start(tmp_path: pathlib.Path) -> Start:
    """A web master of one's own, with other settings; on the same data each time."""

    def begin(*, settled: bool = True, **options: Any) -> contextlib.AbstractContextManager[Door]:
        return opened(configured(tmp_path, **options), settled=settled)

    return begin


@pytest.fixture
def helpers() -> Any:
    """What is in this file, for tests: it is no module to import."""

    return types.SimpleNamespace(bearer=bearer, slug=slug, password=PASSWORD)
