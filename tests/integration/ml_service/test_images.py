"""Drawings learned by real workers: refused before the queue, told of as they go, killed in the middle, cancelled."""

from __future__ import annotations

import io
import signal
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kolba.inference import bundles, images
from kolba.inference.sessions import onnx
from kolba.kit.testing import processes, shapes

PARQUET = "application/vnd.apache.parquet"
SHORT_LEASE = {"lease_seconds": 2, "heartbeat_seconds": 0.3, "torch_threads": 1}
QUICK = {"channels": 2, "epochs": 3, "batch_size": 16}
LONG = {"channels": 2, "epochs": 200, "batch_size": 8, "patience": None}


def drawings(count: int = 160) -> pa.Table:
    pictures, labels = shapes.draw(count)
    files = [images.to_png(one) for one in pictures]
    return pa.table({"image": pa.array(files, pa.binary()), "label": labels})


def upload(house: Any, name: str, table: pa.Table) -> int:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    answer = httpx.post(
        f"{house.storage.url}/datasets",
        params={"name": name, "target": "label"},
        content=buffer.getvalue(),
        headers={"Content-Type": PARQUET},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def events(house: Any, run_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["sequence"] if found else 0
        url = f"{house.storage.url}/runs/{run_id}/events"
        more = httpx.get(url, params={"after": after}, timeout=30).json()["items"]
        if not more:
            return found
        found += more


def epochs(house: Any, run_id: int) -> list[int]:
    """At which steps epochs have ended."""
    return [
        one["data"]["step"]
        for one in events(house, run_id)
        if one["data"].get("name") == "validation_accuracy"
    ]


def bundle_of(house: Any, run: dict[str, Any]) -> bytes:
    url = f"{house.storage.url}/models/{run['result']['model_id']}/download"
    return httpx.get(url, timeout=60).content


@pytest.fixture(scope="module")
def drawings_id(house: Any) -> int:
    return upload(house, "drawings", drawings())


@pytest.fixture(scope="module")
def passengers_id(house: Any, some_passengers: str) -> int:
    return int(house.upload("passengers-beside-drawings", some_passengers))


@pytest.mark.usefixtures("needs_torch")
def test_a_network_is_trained_and_told_of(house, drawings_id, hire) -> None:
    hire("painter", torch_threads=1)
    run = house.trained(drawings_id, "CNN", name="shapes", hyperparameters=QUICK)
    made = bundles.read(bundle_of(house, run))
    pictures, labels = shapes.draw(40, seed=99)
    ink = np.stack([images.digit_of_file(images.to_png(one)) for one in pictures])
    assert (onnx.OnnxSession(made.graph).run(ink).labels == labels).mean() >= 0.85
    assert made.weights is not None
    told = events(house, run["id"])
    names = {one["data"].get("name") for one in told}
    assert {"loss", "accuracy", "validation_loss", "validation_accuracy"} <= names
    assert run["result"]["metrics"]["accuracy"] >= 0.85


def test_pixels_are_learned_by_logistic_regression_too(house, drawings_id, hire) -> None:
    hire("drawer")
    run = house.trained(drawings_id, "LogisticRegression", name="shapes-linear")
    assert run["result"]["metrics"]["accuracy"] >= 0.85


def test_the_first_of_a_name_goes_into_production_where_that_is_asked_for(
    house, drawings_id, hire
) -> None:
    hire("first-painter")
    asked = {"model_type": "LogisticRegression", "name": "first-shapes", "promote_first": True}
    runs = [house.trained(drawings_id, **asked) for _ in range(2)]
    assert [run["result"]["promoted"] for run in runs] == [True, False]
    alias = httpx.get(f"{house.storage.url}/aliases/first-shapes/production", timeout=30).json()
    assert alias["model_id"] == runs[0]["result"]["model_id"]


@pytest.mark.usefixtures("needs_torch")
def test_a_worker_killed_in_the_middle_of_a_network_goes_on_from_its_checkpoint(
    house, drawings_id, hire
) -> None:
    asked = {"channels": 2, "epochs": 60, "batch_size": 16, "patience": None}
    first = hire("killed-painter", **SHORT_LEASE)
    run_id = house.train(drawings_id, "CNN", name="interrupted", hyperparameters=asked)
    processes.until(lambda: len(epochs(house, run_id)) >= 3, "three epochs")
    first.stop(signal.SIGKILL)
    hire("painting-on", **SHORT_LEASE)
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run
    assert run["attempts"] == 2
    told = [one["message"] for one in events(house, run_id)]
    assert any("going on from the checkpoint of epoch" in one for one in told)
    assert len(epochs(house, run_id)) < 2 * asked["epochs"]
    whole = house.trained(drawings_id, "CNN", name="uninterrupted", hyperparameters=asked)
    assert bundle_of(house, run) == bundle_of(house, whole)


@pytest.mark.usefixtures("needs_torch")
def test_a_network_given_back_goes_on_from_its_checkpoint(house, drawings_id, hire) -> None:
    first = hire("stopped-painter", **SHORT_LEASE)
    run_id = house.train(drawings_id, "CNN", name="given-back", hyperparameters=LONG)
    processes.until(lambda: len(epochs(house, run_id)) >= 3, "three epochs")
    first.stop(signal.SIGTERM)
    assert house.run(run_id)["state"] == "queued"
    hire("taking-over", **SHORT_LEASE)

    def resumed() -> bool:
        told = [one["message"] for one in events(house, run_id)]
        return any("going on from the checkpoint of epoch" in one for one in told)

    processes.until(resumed, "the training to go on")
    httpx.post(f"{house.ml.url}/runs/{run_id}/cancel", timeout=30)
    assert house.wait(run_id)["state"] == "cancelled"


@pytest.mark.usefixtures("needs_torch")
def test_a_cancelled_network_stops(house, drawings_id, hire) -> None:
    worker = hire("cancelled-painter", torch_threads=1)
    run_id = house.train(drawings_id, "CNN", hyperparameters=LONG)
    processes.until(lambda: epochs(house, run_id), "an epoch")
    httpx.post(f"{house.ml.url}/runs/{run_id}/cancel", timeout=30)
    assert house.wait(run_id)["state"] == "cancelled"
    processes.until(lambda: not worker.run_processes(), "the process to end")


def test_without_torch_a_network_is_refused_with_the_reason(house, drawings_id, hire) -> None:
    hire("without-torch", blocked_modules='["pandas", "torch"]')
    run = house.wait(house.train(drawings_id, "CNN", hyperparameters=QUICK))
    assert run["state"] == "failed"
    assert run["attempts"] == 1
    assert run["error"]["type"] == "urn:kolba:problem:library-missing"
    assert "torch" in run["error"]["detail"]


def test_broken_images_end_a_run_with_their_rows(house, hire) -> None:
    hire("careful-painter")
    table = drawings()
    files = table.column("image").to_pylist()
    files[4] = files[4][:60]
    files[8] = images.to_png(np.zeros((28, 28), np.uint8))
    broken = table.set_column(0, "image", pa.array(files, pa.binary()))
    run = house.wait(house.train(upload(house, "broken-drawings", broken), "LogisticRegression"))
    assert run["state"] == "failed"
    said = run["error"]["errors"][0]["message"]
    assert "row 5: " in said
    assert "row 9: nothing is drawn" in said


@pytest.mark.parametrize(
    ("model_type", "data", "word"),
    [
        ("KNN", "drawings_id", "does not learn from images"),
        ("RandomForest", "drawings_id", "does not learn from images"),
        ("CNN", "passengers_id", "no image column"),
    ],
)
def test_a_family_that_does_not_fit_the_data_is_refused_before_the_queue(
    house, request, model_type, data, word
) -> None:
    body = {"dataset_id": request.getfixturevalue(data), "model_type": model_type}
    answer = httpx.post(f"{house.ml.url}/train", json=body, timeout=30)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["field"] == "model_type"
    assert word in fault["message"]


@pytest.mark.parametrize(
    ("name", "change", "field", "word"),
    [
        ("few", lambda one: one.slice(0, 8), "dataset_id", "8 rows"),
        (
            "no-classes",
            lambda one: one.set_column(1, "label", pa.array(np.arange(160) / 3)),
            "target",
            "different",
        ),
    ],
)
def test_images_that_cannot_be_learned_from_are_refused_before_the_queue(
    house, name, change, field, word
) -> None:
    body = {"dataset_id": upload(house, name, change(drawings())), "model_type": "CNN"}
    answer = httpx.post(f"{house.ml.url}/train", json=body, timeout=30)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert word in fault["message"]


def test_the_families_say_what_they_learn_from(house) -> None:
    items = httpx.get(f"{house.ml.url}/families", timeout=30).json()["items"]
    tasks = {one["name"]: one["tasks"] for one in items}
    assert tasks == {
        "CNN": ["image-classification"],
        "KNN": ["classification"],
        "LogisticRegression": ["classification", "image-classification"],
        "RandomForest": ["classification"],
    }


@pytest.mark.usefixtures("needs_torch")
def test_a_network_that_takes_too_much_memory_ends_with_the_reason(
    house, drawings_id, hire
) -> None:
    hire("cramped-painter", max_run_bytes=64_000_000, torch_threads=1)
    asked = {"channels": 64, "epochs": 1, "batch_size": 4096}
    run = house.wait(house.train(drawings_id, "CNN", hyperparameters=asked))
    assert run["state"] == "failed"
    assert run["error"]["type"] == "urn:kolba:problem:out-of-memory", run["error"]
    house.trained(drawings_id, "CNN", name="smaller", hyperparameters=QUICK)
