"""Fine-tuning by real workers: ten images, poisoned labels, aliases that move meanwhile, what is refused, a kill."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kolba.contracts import reports, summaries
from kolba.inference import bundles, images
from kolba.kit.testing import processes, shapes

pytestmark = pytest.mark.usefixtures("needs_torch")

NETWORK = {"channels": 4, "epochs": 6, "batch_size": 16, "patience": None}
RUINOUS = {"replay": 0.0, "learning_rate": 0.05, "epochs": 8, "batch_size": 8}
"""What somebody could ask for who wants the new labels learned whatever it costs."""
THREADS = {"torch_threads": 1}


def table(count: int, *, seed: int, wrong: bool = False) -> pa.Table:
    pictures, labels = shapes.draw(count, seed=seed)
    files = [images.to_png(one) for one in pictures]
    given = (labels + 1) % shapes.CLASSES if wrong else labels
    return pa.table({"image": pa.array(files, pa.binary()), "label": given})


def upload(house: Any, name: str, content: pa.Table, *, target: str = "label") -> int:
    buffer = io.BytesIO()
    pq.write_table(content, buffer)
    answer = httpx.post(
        f"{house.storage.url}/datasets",
        params={"name": name, "target": target},
        content=buffer.getvalue(),
        headers={"Content-Type": "application/vnd.apache.parquet"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def ask(house: Any, parent: int, dataset: int, **more: Any) -> httpx.Response:
    body = {"model_id": parent, "dataset_id": dataset, **more}
    return httpx.post(f"{house.ml.url}/fine-tune", json=body, timeout=30)


def begin(house: Any, parent: int, dataset: int, **more: Any) -> int:
    answer = ask(house, parent, dataset, **more)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/progress/{answer.json()['id']}"
    return int(answer.json()["id"])


def tuned(house: Any, parent: int, dataset: int, **more: Any) -> dict[str, Any]:
    run = house.wait(begin(house, parent, dataset, **more))
    assert run["state"] == "succeeded", run
    result: dict[str, Any] = run["result"]
    assert run["model_id"] == result["model_id"]
    return result


def production(house: Any, name: str) -> int | None:
    answer = httpx.get(f"{house.storage.url}/aliases/{name}/production", timeout=30)
    return int(answer.json()["model_id"]) if answer.status_code == 200 else None


def move(house: Any, name: str, model_id: int) -> None:
    url = f"{house.storage.url}/aliases/{name}/production"
    assert httpx.put(url, json={"model_id": model_id}, timeout=30).status_code == 200


def model(house: Any, model_id: int) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{house.storage.url}/models/{model_id}", timeout=30).json()
    return found


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {one["field"]: one["message"] for one in answer.json()["errors"]}


@pytest.fixture(scope="module")
def base_id(house: Any) -> int:
    """Enough that 120 are held out."""
    return upload(house, "shapes", table(600, seed=1))


@pytest.fixture(scope="module")
def painter(house: Any) -> Any:
    worker = house.worker("tuner", **THREADS)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def parent_of(house: Any, base_id: int, painter: Any) -> Callable[..., int]:
    """Trains a version of a model."""

    def train(name: str, dataset_id: int = base_id) -> int:
        run = house.trained(dataset_id, "CNN", name=name, hyperparameters=NETWORK)
        return int(run["result"]["model_id"])

    return train


@pytest.fixture(scope="module")
def ten_id(house: Any) -> int:
    return upload(house, "ten", table(10, seed=2))


@pytest.fixture(scope="module")
def poisoned_id(house: Any) -> int:
    return upload(house, "poisoned", table(200, seed=3, wrong=True))


def test_ten_images_are_learned_and_the_version_takes_over(house, parent_of, ten_id) -> None:
    parent = parent_of("tens")
    assert production(house, "tens") is None
    result = tuned(house, parent, ten_id)

    assert (result["promoted"], result["reason"]) == (True, "promoted")
    assert production(house, "tens") == result["model_id"] != parent
    made = model(house, result["model_id"])
    assert (made["name"], made["family"], made["parent_model_id"]) == ("tens", "CNN", parent)
    assert made["dataset_id"] == model(house, parent)["dataset_id"]
    summary = summaries.Summary.model_validate(made["summary"])
    assert summary.gate is not None
    assert summary.lineage is not None
    assert summary.gate.passed
    assert summary.gate.compared.images == summary.split.held_out_rows == 120
    assert summary.gate.compared.candidate_correct == round(summary.metrics["accuracy"] * 120)
    lineage = summary.lineage
    assert lineage.learned + lineage.passed_over + lineage.held_out == 10
    assert lineage.replayed > lineage.learned > 3
    assert summary.lineage.data.name == "ten"
    assert result["gate"] == summary.gate.model_dump(mode="json", exclude={"promoted", "reason"})

    url = f"{house.storage.url}/aliases/tens/production/history"
    newest, first = httpx.get(url, timeout=30).json()["items"]
    assert (first["from_model_id"], first["to_model_id"]) == (None, parent)
    assert (newest["from_model_id"], newest["to_model_id"]) == (parent, result["model_id"])
    assert newest["person"] == first["person"] == "local"
    assert "not worse" in newest["reason"]

    again = tuned(house, result["model_id"], ten_id)
    grandchild = summaries.Summary.model_validate(model(house, again["model_id"])["summary"])
    assert grandchild.data.name == "shapes"
    assert grandchild.gate is not None
    assert grandchild.gate.compared.images == 120


def test_poisoned_labels_do_not_reach_production(house, parent_of, poisoned_id) -> None:
    parent = parent_of("poisoned-net")
    move(house, "poisoned-net", parent)
    result = tuned(house, parent, poisoned_id, hyperparameters=RUINOUS)

    assert (result["promoted"], result["reason"]) == (False, "worse")
    assert production(house, "poisoned-net") == parent
    gate = reports.GatePart.model_validate(result["gate"])
    assert not gate.passed
    assert gate.p_value < 0.05
    assert gate.compared.only_parent > gate.compared.only_candidate
    assert gate.new is not None
    assert gate.new.images > 0
    made = model(house, result["model_id"])
    assert made["parent_model_id"] == parent
    url = f"{house.storage.url}/models/resolve"
    found = httpx.get(url, params={"name": "poisoned-net"}, timeout=30).json()
    assert found["id"] == parent


def test_where_nothing_was_in_production_the_ungated_does_not_get_there_either(
    house, parent_of, poisoned_id
) -> None:
    """Without an alias the newest version answers."""
    parent = parent_of("unaliased")
    result = tuned(house, parent, poisoned_id, hyperparameters=RUINOUS)
    assert result["reason"] == "worse"
    assert production(house, "unaliased") == parent


def test_an_alias_that_somebody_moved_meanwhile_is_left_where_it_is(
    house, parent_of, ten_id
) -> None:
    parent, other = parent_of("contested"), parent_of("contested")
    move(house, "contested", parent)
    long = {"epochs": 50, "batch_size": 8}
    run_id = begin(house, parent, ten_id, hyperparameters=long)
    house.wait(run_id, "running")
    move(house, "contested", other)
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run
    assert (run["result"]["promoted"], run["result"]["reason"]) == (False, "not-production")
    assert production(house, "contested") == other


def test_what_was_not_asked_for_is_not_done(house, parent_of, ten_id) -> None:
    parent = parent_of("asked")
    still = tuned(house, parent, ten_id, promote=False)
    assert (still["promoted"], still["reason"]) == (False, "not-asked")
    assert production(house, "asked") == parent
    elsewhere = tuned(house, parent, ten_id, name="asked-elsewhere")
    assert (elsewhere["promoted"], elsewhere["reason"]) == (False, "other-name")
    assert elsewhere["model"] == "asked-elsewhere"
    assert production(house, "asked") == parent
    assert production(house, "asked-elsewhere") is None


def test_with_too_few_images_to_tell_the_gate_stays_shut(house, parent_of, ten_id) -> None:
    parent = parent_of("few", upload(house, "few-shapes", table(160, seed=5)))
    result = tuned(house, parent, ten_id)
    assert (result["promoted"], result["reason"]) == (False, "too-few-images")
    assert result["gate"]["compared"]["images"] == 32
    assert production(house, "few") == parent


def test_the_same_again_is_the_same_bundle(house, parent_of, ten_id) -> None:
    parent = parent_of("twice")
    first, second = (tuned(house, parent, ten_id, promote=False) for _ in range(2))
    found = [model(house, one["model_id"])["bundle_sha256"] for one in (first, second)]
    assert found[0] == found[1]


# --- what is refused


@pytest.mark.usefixtures("painter")
def test_what_cannot_be_gone_on_from_is_refused_before_the_queue(house, base_id, ten_id):
    linear = house.trained(base_id, "LogisticRegression", name="linear")["result"]["model_id"]
    assert "LogisticRegression" in faults(ask(house, linear, ten_id))["model_id"]
    missing = ask(house, 10**6, ten_id)
    assert missing.status_code == 404


def test_a_bundle_without_weights_is_refused(house, parent_of, ten_id) -> None:
    whole = model(house, parent_of("stripped"))
    url = f"{house.storage.url}/models/{whole['id']}/download"
    bundle = bundles.read(httpx.get(url, timeout=60).content)
    bare = bundles.write(
        bundles.Bundle(
            graph=bundle.graph,
            signature=bundle.signature,
            metrics=bundle.metrics,
            reference=bundle.reference,
        )
    )
    url = f"{house.storage.url}/files"
    file = httpx.post(url, params={"name": "bare"}, content=bare, timeout=60).json()
    body = {
        key: whole[key]
        for key in ("family", "dataset_id", "hyperparameters", "metrics", "signature", "summary")
    }
    body |= {"name": "bare", "bundle_file_id": file["id"], "bundle_sha256": file["sha256"]}
    registered = httpx.post(f"{house.storage.url}/models", json=body, timeout=60).json()
    assert "no weights" in faults(ask(house, registered["id"], ten_id))["model_id"]


def test_data_sets_that_do_not_fit_are_refused(house, base_id, some_passengers, parent_of) -> None:
    parent = parent_of("picky")
    passengers = house.upload("passengers-to-tune-on", some_passengers)
    assert "no image column" in faults(ask(house, parent, passengers))["dataset_id"]
    nameless = upload(
        house, "nameless", table(10, seed=2).rename_columns(["image", "digit"]), target="digit"
    )
    assert "`label`" in faults(ask(house, parent, nameless))["dataset_id"]
    hyper = faults(ask(house, parent, base_id, hyperparameters={"replay": 1, "layers": 3}))
    assert set(hyper) == {"hyperparameters.replay", "hyperparameters.layers"}

    strange = table(10, seed=2).set_column(1, "label", pa.array(np.full(10, 7)))
    failed = house.wait(begin(house, parent, upload(house, "strange", strange)))
    assert failed["state"] == "failed"
    assert "none of 0, 1, 2, 3" in failed["error"]["errors"][0]["message"]
    copied = upload(house, "copies", table(600, seed=1))
    failed = house.wait(begin(house, parent, copied))
    assert "nothing new to learn" in failed["error"]["errors"][0]["message"]


def test_rows_declared_as_test_are_not_learned_nor_those_of_the_parents_data(
    house, parent_of
) -> None:
    content = pa.concat_tables([table(40, seed=5), table(600, seed=1)])
    declared = pa.array(["test" if row < 30 else "train" for row in range(640)])
    given = upload(house, "declared", content.append_column("split", declared))
    result = tuned(house, parent_of("declared"), given, promote=False)
    made = summaries.Summary.model_validate(model(house, result["model_id"])["summary"])
    assert made.lineage is not None
    assert made.lineage.passed_over >= 600
    assert 1 <= made.lineage.learned <= 10
    assert 10 < made.lineage.held_out <= 30


def test_a_killed_worker_s_fine_tuning_goes_on_from_its_checkpoint(
    house, parent_of, ten_id, painter, hire
) -> None:
    parent = parent_of("killed")
    asked = {"epochs": 40, "batch_size": 8}
    whole = tuned(house, parent, ten_id, hyperparameters=asked, promote=False)
    short = {**THREADS, "lease_seconds": 2, "heartbeat_seconds": 0.3}
    painter.stop()
    first = hire("killed-tuner", **short)
    run_id = begin(house, parent, ten_id, hyperparameters=asked)

    def has_begun() -> bool:
        url = f"{house.storage.url}/runs/{run_id}/events"
        told = httpx.get(url, timeout=30).json()["items"]
        named = [one for one in told if one["data"].get("name") == "validation_accuracy"]
        return len(named) >= 3

    processes.until(has_begun, "three epochs")
    first.stop(signal.SIGKILL)
    hire("tuning-on", **short)
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run
    assert run["attempts"] == 2
    assert run["result"]["promoted"]
    found = [model(house, one)["bundle_sha256"] for one in (run["model_id"], whole["model_id"])]
    assert found[0] == found[1]
