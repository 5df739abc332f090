"""Storage, the ML service and the web master on real ports, with models that were really trained."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import pathlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import numpy as np
import onnx
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import structlog
from onnx import helper, numpy_helper

from kolba.inference import bundles, signature
from kolba.kit import settings as kit_settings
from kolba.kit import text
from kolba.kit.testing import servers
from kolba.ml_service import app as ml_app
from kolba.ml_service import settings as ml_settings
from kolba.ml_service.families import registry
from kolba.ml_service.training import job, training
from kolba.storage import app as storage_app
from kolba.storage import settings as storage_settings
from kolba.web_master import app as web_master_app
from kolba.web_master import settings as web_master_settings

QUIET = {"port": 0, "log": {"directory": None, "standard_output": False}}
COLUMNS = ("Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
NOWHERE = "http://127.0.0.1:1"


class Silent:
    """Hears of a training's progress and says nothing."""

    def progress(self, fraction: float, message: text.Text) -> None: ...

    def metric(self, name: str, value: float, *, step: int, message: text.Text) -> None: ...

    def log(self, message: str) -> None: ...


def passengers(rows: int = 160) -> bytes:
    chance = random.Random(7)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for _ in range(rows):
        sex, level = chance.choice(("male", "female")), chance.choice((1, 2, 3))
        survived = int(chance.random() < (0.85 if sex == "female" else 0.5 - 0.13 * level))
        age = "" if chance.random() < 0.2 else chance.randrange(1, 70)
        family = (chance.randrange(4), chance.randrange(3))
        writer.writerow(
            (survived, level, sex, age, *family, round(200 / level, 2), chance.choice("SCQ"))
        )
    return out.getvalue().encode()


def train(folder: pathlib.Path, content: bytes, family: str) -> bundles.Bundle:
    rules = ml_settings.MlServiceSettings
    table: pa.Table = pa_csv.read_csv(io.BytesIO(content))
    path = folder / f"{family}.parquet"
    pq.write_table(table, path)
    config = kit_settings.load(rules, **QUIET)
    request = job.Job(
        dataset=job.DatasetInfo(
            id=1,
            name="titanic",
            version=1,
            rows=table.num_rows,
            size_bytes=len(content),
            sha256="0" * 64,
            created_at="2026-01-01T00:00:00Z",
        ),
        family=family,
        hyperparameters={},
        target="Survived",
        folds=2,
        rules=ml_app._rules(config.training),
    )
    return training.train(request, path, registry.Registry.installed(), Silent())


@dataclasses.dataclass(kw_only=True)
class House:
    storage: httpx2.Client
    ml: httpx2.Client
    door: httpx2.Client
    bundles: dict[str, bundles.Bundle]
    dataset_id: int

    def register(self, name: str, family: str = "LogisticRegression") -> dict[str, Any]:
        """A new version of a model."""
        bundle = self.bundles[family]
        content = bundles.write(bundle)
        kept = self.storage.post(
            "/files",
            params={"name": f"{name}.zip"},
            content=content,
            headers={"Content-Type": "application/zip"},
        )
        assert kept.status_code == 201, kept.text
        answer = self.storage.post(
            "/models",
            json={
                "name": name,
                "family": family,
                "bundle_file_id": kept.json()["id"],
                "bundle_sha256": bundles.digest(content),
                "dataset_id": self.dataset_id,
                "hyperparameters": {},
                "metrics": {},
                "signature": bundle.signature.to_json(),
                "summary": {},
                "owner": "local",
            },
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


def digits() -> bundles.Bundle:
    """A model of pictures that nobody trained: it answers something, always the same."""
    random_numbers = np.random.default_rng(1)
    weights = random_numbers.normal(0, 0.1, (784, 10)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["X", "weights"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
        ],
        "digits",
        [helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, [None, 784])],
        [
            helper.make_tensor_value_info("label", onnx.TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, [None, 10]),
        ],
        [numpy_helper.from_array(weights, "weights")],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=9)
    return bundles.Bundle(
        graph=model.SerializeToString(),
        signature=signature.Signature(
            columns=(signature.Column(name="image", kind="image", shape=(28, 28)),),
            target="label",
            classes=tuple(range(10)),
        ),
        metrics={},
        reference={},
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bundles.Bundle]:
    folder = tmp_path_factory.mktemp("trained")
    content = passengers()
    families = ("LogisticRegression", "KNN")
    return {family: train(folder, content, family) for family in families} | {"CNN": digits()}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


Build = Callable[..., House]


@pytest.fixture
def build(trained: dict[str, bundles.Bundle], tmp_path: pathlib.Path) -> Iterator[Build]:
    """Makes a house; `default_model` is both services', `fresh_seconds` how long they believe what they know."""
    with contextlib.ExitStack() as stack:

        def load(kind: Any, **given: Any) -> Any:
            return kit_settings.load(kind, data_dir=tmp_path / kind.service, **QUIET, **given)

        def serve(made: Any) -> httpx2.Client:
            url = stack.enter_context(servers.running(made)).url
            return stack.enter_context(httpx2.Client(base_url=url, timeout=60))

        def make(
            *,
            default_model: str | None = None,
            fresh_seconds: float = 0.0,
            storage_away: bool = False,
            **http: Any,
        ) -> House:
            storage = serve(storage_app.create_app(load(storage_settings.StorageSettings)))
            told = {"http": http} if http else {}
            ml = serve(
                ml_app.create_app(
                    load(
                        ml_settings.MlServiceSettings,
                        storage_url=NOWHERE if storage_away else str(storage.base_url),
                        serving={
                            "default_model": default_model,
                            "revalidate_seconds": fresh_seconds,
                        },
                        **told,
                    )
                )
            )
            door = serve(
                web_master_app.create_app(
                    load(
                        web_master_settings.WebMasterSettings,
                        storage_url=str(storage.base_url),
                        ml_service_url=str(ml.base_url),
                        collector_url=NOWHERE,
                        visualization_url=NOWHERE,
                        worker_url=None,
                        predictions={
                            "default_model": default_model,
                            "fresh_seconds": fresh_seconds,
                        },
                        **told,
                    )
                )
            )
            uploaded = storage.post(
                "/upload/dataset",
                params={"name": "titanic"},
                content=passengers(),
                headers={"Content-Type": "text/csv"},
            )
            assert uploaded.status_code == 201, uploaded.text
            return House(
                storage=storage,
                ml=ml,
                door=door,
                bundles=trained,
                dataset_id=uploaded.json()["id"],
            )

        yield make


@pytest.fixture
def house(build: Build) -> House:
    """With one model of one version."""
    made = build()
    made.register("titanic")
    return made
