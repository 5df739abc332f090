"""Every service, none of which lets anybody in unsigned, and things that belong to Anna."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import pathlib
import random
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import structlog

from kolba.collector import app as collector_app
from kolba.collector import settings as collector_settings
from kolba.inference import bundles
from kolba.kit import context, identity, text
from kolba.kit import settings as kit_settings
from kolba.kit.testing import processes, servers
from kolba.kit.tokens import kinds, signing
from kolba.kit.tokens import opening as token_opening
from kolba.ml_service import app as ml_app
from kolba.ml_service import settings as ml_settings
from kolba.ml_service.families import registry
from kolba.ml_service.training import job, training
from kolba.storage import app as storage_app
from kolba.storage import settings as storage_settings
from kolba.visualization import app as visualization_app
from kolba.visualization import settings as visualization_settings
from kolba.web_master import app as web_master_app
from kolba.web_master import settings as web_master_settings
from kolba.web_master.people import identifying

QUIET = {"port": 0, "log": {"directory": None, "standard_output": False}}
PASSWORD = "correct horse battery"
NAME = "annas-own-7f3a"
"""What Anna calls her things; others may guess it, and hear only that there is no such thing."""
SECRET = "in-confidence-51c9"
"""What is in them."""
ROW = {"Sex": "male", "Age": 22, "Fare": 7.25}
TEXTS = {"en": "x", "ru": "х"}


class Silent:
    """Hears of a training's progress and says nothing."""

    def progress(self, fraction: float, message: text.Text) -> None: ...

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None: ...

    def log(self, message: str) -> None: ...


def passengers(rows: int = 120) -> bytes:
    chance = random.Random(7)
    lines = ["Survived,Sex,Age,Fare"]
    for _ in range(rows):
        sex = chance.choice(("male", "female"))
        survived = int(chance.random() < (0.85 if sex == "female" else 0.2))
        lines.append(f"{survived},{sex},{chance.randrange(1, 70)},{chance.randrange(5, 200)}.5")
    return "\n".join(lines).encode()


def trained(folder: pathlib.Path) -> bundles.Bundle:
    table: pa.Table = pa_csv.read_csv(io.BytesIO(passengers()))
    path = folder / "passengers.parquet"
    pq.write_table(table, path)
    config = kit_settings.load(ml_settings.MlServiceSettings, **QUIET)
    request = job.Job(
        dataset=job.DatasetInfo(
            id=1,
            name=NAME,
            version=1,
            rows=table.num_rows,
            size_bytes=1,
            sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        ),
        family="LogisticRegression",
        hyperparameters={},
        target="Survived",
        folds=2,
        rules=ml_app._rules(config.training),
    )
    return training.train(request, path, registry.Registry.installed(), Silent())


GROUPS = {"anna": "researcher", "rita": "researcher", "carl": "client", "root": "admin"}


@dataclasses.dataclass(kw_only=True)
class Actor:
    """Somebody, and what they show at the door."""

    name: str
    group: str | None
    headers: dict[str, str]
    scopes: frozenset[str] | None = None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclasses.dataclass(kw_only=True)
class World:
    door: httpx2.Client
    storage: httpx2.Client
    tokens: token_opening.Tokens
    """The web master's own, with which it tells the others who asks."""
    groups: dict[str, list[str]]
    rights: dict[str, list[str]]
    scenarios: dict[str, list[str]]
    folder: pathlib.Path
    first_admin: list[str]
    """Name and password."""
    passwords: dict[str, str] = dataclasses.field(default_factory=dict)
    actors: dict[str, Actor] = dataclasses.field(default_factory=dict)
    things: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Anna's, by the name that paths have for them."""
    name: str = NAME
    secret: str = SECRET
    row: dict[str, Any] = dataclasses.field(default_factory=lambda: dict(ROW))
    csv: bytes = dataclasses.field(default_factory=passengers)

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {**self.actors[who].headers, **options.pop("headers", {})}
        answer: httpx2.Response = self.door.request(method, path, headers=headers, **options)
        return answer

    def made(self, who: str, method: str, path: str, **options: Any) -> Any:
        answer = self.ask(who, method, path, **options)
        assert answer.status_code < 300, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def inside(self, who: str) -> dict[str, str]:
        """The internal token's header, as the web master would show it for `who`."""
        actor = self.actors[who]
        assert actor.group is not None
        groups = (actor.group, *self.groups[actor.group])
        person = identity.Person(name=actor.name, groups=groups, via="session")
        with context.acting_as(person):
            return bearer(str(self.tokens.on_behalf().token()))

    def settle(self) -> None:
        """The people move in."""
        self.actors["admin"] = self._settled(*self.first_admin, group="admin")
        for name, group in GROUPS.items():
            made = self.made("admin", "POST", "/people", json={"name": name, "group": group})
            self.actors[name] = self._settled(name, made["password"], group=group)
            self.passwords[name] = PASSWORD

    def sign_in(self) -> None:
        """Everybody anew; and some whose way in is no good any more, or not good for everything."""
        for name, password in self.passwords.items():
            self.actors[name] = self._signed_in(name, password, group=GROUPS[name])
        sessions = self.made("anna", "GET", "/auth/sessions")["items"]
        this = next(one["id"] for one in sessions if one["is_this"])
        self.things["session_id"] = this
        past = signing.Signer(self.tokens.signer._ring, now=lambda: time.time() - 3600)
        expired = past.issue(
            kinds.ACCESS, subject="anna", seconds=60, claims={identifying.SESSION_CLAIM: this}
        )
        ended = self._signed_in("anna", self.passwords["anna"], group=None)
        self.actors |= {
            "nobody": Actor(name="", group=None, headers={}),
            "expired": Actor(name="", group=None, headers=bearer(expired)),
            "signed out": ended,
        }
        self.made("signed out", "POST", "/auth/sign-out")
        if "reader" not in self.actors:
            asked = {"name": "reading", "scopes": ["read"]}
            token = self.made("carl", "POST", "/me/tokens", json=asked)["token"]
            self.actors["reader"] = Actor(
                name="carl", group="client", headers=bearer(token), scopes=frozenset({"read"})
            )

    def _settled(self, name: str, first: str, *, group: str) -> Actor:
        """Somebody who has chosen a password of their own, `PASSWORD`."""
        actor = self._signed_in(name, first, group=group)
        change = {"current": first, "new": PASSWORD}
        answer = self.door.post("/me/password", json=change, headers=actor.headers)
        assert answer.status_code == 204, answer.text
        return actor

    def _signed_in(self, name: str, password: str, *, group: str | None) -> Actor:
        form = {"username": name, "password": password}
        answer = self.door.post("/auth/token", data=form)
        assert answer.status_code == 200, answer.text
        return Actor(name=name, group=group, headers=bearer(answer.json()["access_token"]))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bundles.Bundle:
    return trained(tmp_path_factory.mktemp("trained"))


@contextlib.contextmanager
def opened(data: pathlib.Path) -> Iterator[World]:
    auth = {"local_user": None, "keys_dir": data / "keys"}
    files = data / "collector" / "files"
    files.mkdir(parents=True)
    (files / "passengers.csv").write_bytes(passengers())
    source = {
        "title": TEXTS,
        "description": TEXTS,
        "target": "Survived",
        "places": [{"connector": "file", "path": "passengers.csv"}],
    }

    def load(kind: Any, **given: Any) -> Any:
        return kit_settings.load(kind, data_dir=data / kind.service, auth=auth, **QUIET, **given)

    with contextlib.ExitStack() as stack:

        def serve(made: Any) -> str:
            return stack.enter_context(servers.running(made)).url

        storage = serve(storage_app.create_app(load(storage_settings.StorageSettings)))
        behind = {
            "storage_url": storage,
            "ml_service_url": serve(
                ml_app.create_app(load(ml_settings.MlServiceSettings, storage_url=storage))
            ),
            "collector_url": serve(
                collector_app.create_app(
                    load(
                        collector_settings.CollectorSettings,
                        default_source="passengers",
                        sources={"passengers": source},
                    )
                )
            ),
            "visualization_url": serve(
                visualization_app.create_app(
                    load(
                        visualization_settings.VisualizationSettings,
                        web_master_url="http://127.0.0.1:1",
                    )
                )
            ),
        }
        config = load(
            web_master_settings.WebMasterSettings,
            worker_url=None,
            people={"hashing": {"memory_kib": 64, "passes": 1, "lanes": 1}},
            **behind,
        )
        door = serve(web_master_app.create_app(config))
        yield World(
            door=stack.enter_context(httpx2.Client(base_url=door, timeout=60)),
            storage=stack.enter_context(httpx2.Client(base_url=storage, timeout=60)),
            tokens=token_opening.open_tokens(config),
            groups=config.auth.groups,
            rights={str(name): groups for name, groups in config.rights.items()},
            scenarios={name: one.groups for name, one in config.scenarios.items()},
            folder=data,
            first_admin=(config.data_dir / "first-admin-password").read_text("utf-8").split(),
        )


def give_things(world: World, bundle: bundles.Bundle) -> None:
    """Anna makes one of everything."""
    csv = {"Content-Type": "text/csv"}
    dataset = world.made(
        "anna", "POST", f"/upload/dataset?name={NAME}", content=passengers(), headers=csv
    )
    world.made("anna", "PATCH", f"/datasets/{dataset['id']}", json={"description": SECRET})
    kept = world.made(
        "anna", "POST", f"/files?name={NAME}.txt", content=SECRET.encode(), headers=csv
    )
    model = _register(world, bundle, dataset["id"])
    alias = {"version": model["version"]}
    world.made("anna", "PUT", f"/aliases/{NAME}/production", json=alias)
    run = world.made(
        "anna",
        "POST",
        "/scenarios/train-model",
        json={"dataset_id": dataset["id"], "model_type": "KNN", "name": NAME},
    )
    asked = {"rows": [{**ROW, "Survived": SECRET}]}
    prediction = world.made("anna", "POST", f"/predict/{NAME}", json=asked)
    number = prediction["prediction_id"]
    processes.until(
        lambda: world.ask("anna", "GET", f"/predictions/{number}").status_code == 200,
        "the prediction to reach storage",
    )
    token = world.made("anna", "POST", "/me/tokens", json={"name": NAME, "scopes": ["read"]})
    drawn = [[float(row == column and 5 < row < 22) for column in range(28)] for row in range(28)]
    contribution = world.made("anna", "POST", "/user-data", json={"image": drawn, "label": 1})
    picture = world.ask("anna", "GET", f"/user-data/{contribution['id']}/content").content
    image = world.made("anna", "POST", "/images", content=picture)
    invitation = world.made("root", "POST", "/invitations", json={"note": SECRET})
    world.things |= {
        "token_id": token["id"],
        "invitation_id": invitation["id"],
        "dataset_id": dataset["id"],
        "file_id": kept["id"],
        "contribution_id": contribution["id"],
        "image_id": image["id"],
        "model_id": model["id"],
        "run_id": run["run_id"],
        "prediction_id": number,
        "model": NAME,
        "alias": "production",
        "version": model["version"],
        "name": "anna",
        "kind": "train",
    }


def _register(world: World, bundle: bundles.Bundle, dataset_id: int) -> dict[str, Any]:
    content = bundles.write(bundle)
    headers = world.inside("anna")
    kept = world.storage.post(f"/files?name={NAME}.zip", content=content, headers=headers)
    assert kept.status_code == 201, kept.text
    document = {
        "name": NAME,
        "family": "LogisticRegression",
        "bundle_file_id": kept.json()["id"],
        "bundle_sha256": bundles.digest(content),
        "dataset_id": dataset_id,
        "hyperparameters": {},
        "metrics": {},
        "signature": bundle.signature.to_json(),
        "summary": {**bundle.metrics, "note": SECRET},
    }
    answer = world.storage.post("/models", json=document, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture(autouse=True, scope="session")
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, bundle: bundles.Bundle) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("world")) as made:
        made.settle()
        made.sign_in()
        give_things(made, bundle)
        yield made
