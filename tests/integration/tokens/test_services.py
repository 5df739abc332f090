"""Each service's every route, taken from its OpenAPI document: who is answered, and who is not."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import fastapi
import httpx
import pytest

from kolba.collector import app as collector_app
from kolba.collector import settings as collector_settings
from kolba.kit import settings
from kolba.kit.egress import memory
from kolba.kit.testing import servers
from kolba.kit.tokens import keys, kinds, published, signing
from kolba.ml_service import app as ml_app
from kolba.ml_service import settings as ml_settings
from kolba.ml_service.worker import app as worker_app
from kolba.ml_service.worker import settings as worker_settings
from kolba.pipeline.model import app as model_app
from kolba.pipeline.model import settings as model_settings
from kolba.pipeline.postprocess import app as postprocess_app
from kolba.pipeline.postprocess import settings as postprocess_settings
from kolba.pipeline.preprocess import app as preprocess_app
from kolba.pipeline.preprocess import settings as preprocess_settings
from kolba.storage import app as storage_app
from kolba.storage import settings as storage_settings
from kolba.visualization import app as visualization_app
from kolba.visualization import settings as visualization_settings

NOWHERE = "http://127.0.0.1:9"


def _collector(config: collector_settings.CollectorSettings) -> fastapi.FastAPI:
    return collector_app.create_app(config, egress=memory.MemoryEgress({}, {}))


SERVICES: dict[str, tuple[Any, Callable[[Any], fastapi.FastAPI], dict[str, str]]] = {
    "collector": (collector_settings.CollectorSettings, _collector, {}),
    "storage": (storage_settings.StorageSettings, storage_app.create_app, {}),
    "ml_service": (ml_settings.MlServiceSettings, ml_app.create_app, {"storage_url": NOWHERE}),
    "visualization": (
        visualization_settings.VisualizationSettings,
        visualization_app.create_app,
        {"web_master_url": NOWHERE},
    ),
    "worker": (worker_settings.WorkerSettings, worker_app.create_app, {"storage_url": NOWHERE}),
    "preprocess": (preprocess_settings.PreprocessSettings, preprocess_app.create_app, {}),
    "model": (model_settings.ModelSettings, model_app.create_app, {"storage_url": NOWHERE}),
    "postprocess": (postprocess_settings.PostprocessSettings, postprocess_app.create_app, {}),
}
BESIDE_THE_FRAMEWORK = {
    "ml_service": [
        ("/models/1/batch", "a service"),
        ("/invocations", "signed in"),
        ("/predict/passengers", "signed in"),
        ("/v2/models/passengers/infer", "signed in"),
    ]
}
"""Direct routes, all of them POST, of which OpenAPI does not tell."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    method: str
    path: str
    requires: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Service:
    name: str
    client: httpx.Client
    operations: tuple[Operation, ...]


class House:
    """What all services share, and signers of it."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.keys_dir = folder / "keys"

    def signer(
        self, issuer: str, *, seconds_ago: float = 0, published_here: bool = True
    ) -> signing.Signer:
        def now() -> float:
            return time.time() - seconds_ago

        board = published.KeyFolder(self.keys_dir if published_here else self.folder / "elsewhere")
        return signing.Signer(keys.KeyRing(issuer, None, board, days=1, now=now), now=now)

    @contextlib.contextmanager
    def serve(self, name: str, *, local_user: str | None) -> Iterator[Service]:
        kind, create_app, told = SERVICES[name]
        config = settings.load(
            kind,
            port=0,
            data_dir=self.folder / f"{name}-{local_user}",
            log={"directory": None, "standard_output": False},
            auth={"local_user": local_user, "keys_dir": self.keys_dir},
            **told,
        )
        app = create_app(config)
        with (
            servers.running(app) as server,
            httpx.Client(base_url=server.url, timeout=30) as client,
        ):
            yield Service(name=name, client=client, operations=tuple(_operations(name, app)))


def _operations(name: str, app: fastapi.FastAPI) -> Iterator[Operation]:
    for path, operations in app.openapi()["paths"].items():
        filled = re.sub(r"\{\w+\}", "1", path)
        for method, operation in operations.items():
            yield Operation(method=method.upper(), path=filled, requires=operation["x-requires"])
    for path, requires in BESIDE_THE_FRAMEWORK.get(name, []):
        yield Operation(method="POST", path=path, requires=requires)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("house"))


OPEN = "nobody in particular"


@pytest.fixture(scope="module", params=list(SERVICES))
def signed_in(request: pytest.FixtureRequest, house: House) -> Iterator[Service]:
    """A service at which everyone signs in."""
    with house.serve(request.param, local_user=None) as service:
        yield service


@pytest.fixture(scope="module", params=list(SERVICES))
def local(request: pytest.FixtureRequest, house: House) -> Iterator[Service]:
    """A service that trusts its own machine."""
    with house.serve(request.param, local_user="researcher") as service:
        yield service


def status(service: Service, operation: Operation, headers: dict[str, str]) -> int:
    with service.client.stream(operation.method, operation.path, headers=headers) as answer:
        return answer.status_code


def bad(house: House) -> dict[str, str]:
    """Tokens that are good for something, but not here and now."""
    web_master, worker = house.signer("web_master"), house.signer("worker")
    stranger = house.signer("web_master", published_here=False)
    late = house.signer("web_master", seconds_ago=120)
    early = house.signer("web_master", seconds_ago=-120)
    ada = {"subject": "ada", "groups": ("admin", "researcher", "client"), "seconds": 60}
    header, _, signature = web_master.issue(kinds.PERSON, **ada).split(".")
    _, content, _ = web_master.issue(kinds.PERSON, **{**ada, "subject": "eve"}).split(".")
    return {
        "expired": late.issue(kinds.PERSON, **ada),
        "not valid yet": early.issue(kinds.PERSON, **ada),
        "an access token": web_master.issue(kinds.ACCESS, **ada),
        "signed by a stranger": stranger.issue(kinds.PERSON, **ada),
        "a service's by a stranger": stranger.issue_own(),
        "another's content": f"{header}.{content}.{signature}",
        "cut short": worker.issue_own()[:-2],
        "nonsense": "x",
    }


def test_nobody_is_answered_at_no_closed_route(signed_in: Service) -> None:
    for operation in signed_in.operations:
        found = status(signed_in, operation, {})
        assert (found == 401) == (operation.requires != OPEN), (operation, found)


def test_no_bad_token_is_good_at_any_route(house: House, signed_in: Service) -> None:
    for what, token in bad(house).items():
        for operation in signed_in.operations:
            if operation.requires != OPEN:
                found = status(signed_in, operation, {"Authorization": f"Bearer {token}"})
                assert found == 401, (what, operation, found)


def test_who_shows_the_right_token_is_answered(house: House, signed_in: Service) -> None:
    person = house.signer("web_master").issue(
        kinds.PERSON, subject="ada", groups=("admin", "researcher", "client"), seconds=60
    )
    service = house.signer("worker").issue_own()
    for operation in signed_in.operations:
        by_person = status(signed_in, operation, {"Authorization": f"Bearer {person}"})
        assert (by_person == 403) == (operation.requires == "a service"), (operation, by_person)
        by_service = status(signed_in, operation, {"Authorization": f"Bearer {service}"})
        assert 401 not in (by_person, by_service), operation
        assert by_service != 403, operation


def test_what_a_health_check_asks_is_open(signed_in: Service) -> None:
    for path in ("/health", "/metrics", "/docs", "/openapi.json"):
        assert signed_in.client.get(path).status_code == 200, path


def test_on_this_machine_nothing_need_be_shown_but_what_is_shown_counts(
    house: House, local: Service
) -> None:
    expired = bad(house)["expired"]
    for operation in local.operations:
        assert status(local, operation, {}) not in (401, 403), operation
        if operation.requires != OPEN:
            found = status(local, operation, {"Authorization": f"Bearer {expired}"})
            assert found == 401, (operation, found)


def test_no_web_page_and_no_other_host_name_reaches_this_machine(local: Service) -> None:
    """A page that a browser here shows may send requests here, also under a name that means this machine."""
    for operation in local.operations:
        assert status(local, operation, {"Host": "attacker.example"}) == 421, operation
        if operation.method not in ("GET", "HEAD"):
            for origin in ("https://attacker.example", "http://localhost:1", "null"):
                assert status(local, operation, {"Origin": origin}) == 403, operation
