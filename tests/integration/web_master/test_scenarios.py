"""The scenarios of mission C: its paths, its bodies, and what is left behind when something fails."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette import responses

CSV = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,1,22,1,0,7.25,2"


def eventually(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:kolba:problem:{slug}", body
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


# --- collect and store


def test_the_whole_source_is_collected_in_parts_and_stored(house: Any) -> None:
    answer = house.client.post("/scenarios/collect-and-store", json={"batch_size": 100})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/datasets/3"
    body = answer.json()
    assert (body["dataset_id"], body["batches"], body["rows"]) == (3, 3, 250)
    assert house.collector.sizes == [100, 100, 50]
    assert house.storage.stored == [b"rows 0-100;rows 100-200;rows 200-250;"]
    assert house.storage.queries[-1] == {
        "name": "titanic",
        "target": "Survived",
        "source": "titanic",
        "description": "",
        "if_taken": "rename",
    }


def test_an_empty_body_means_the_defaults(house: Any) -> None:
    assert house.client.post("/scenarios/collect-and-store").status_code == 201
    assert house.collector.sizes == [100, 100, 50]


def test_a_limit_and_a_cyrillic_name(house: Any) -> None:
    house.storage.rows = 30
    asked = {"batch_size": 20, "limit": 30, "name": "Пассажиры"}
    answer = house.client.post("/scenarios/collect-and-store", json=asked)
    assert answer.status_code == 201
    assert house.collector.sizes == [20, 10]
    assert house.storage.queries[-1]["name"] == "Пассажиры"


def test_a_collector_that_refuses_midway_leaves_nothing(house: Any) -> None:
    house.collector.fails_at = 200
    answer = house.client.post("/scenarios/collect-and-store", json={"batch_size": 100})
    body = problem(answer, 502, "collection-failed")
    assert (body["rows"], body["total"]) == (200, 250)
    assert "upstream is gone" in body["detail"]
    eventually(lambda: house.storage.broken_off == 1)
    assert house.storage.stored == []
    [entry] = house.history()
    assert entry["outcome"] == "failed"
    assert entry["result"]["problem"]["type"] == "urn:kolba:problem:collection-failed"


def test_a_collector_that_dies_midway_leaves_nothing(house: Any) -> None:
    house.collector.breaks_at = 100
    answer = house.client.post("/scenarios/collect-and-store", json={"batch_size": 100})
    problem(answer, 502, "collection-failed")
    eventually(lambda: house.storage.broken_off == 1)
    assert house.storage.stored == []


def test_a_source_that_changed_meanwhile_is_removed_again(house: Any) -> None:
    house.storage.rows = 249
    answer = house.client.post("/scenarios/collect-and-store")
    problem(answer, 502, "collection-incomplete")
    assert house.storage.deleted == [3]


def test_an_unknown_source_is_the_collectors_own_answer(house: Any) -> None:
    answer = house.client.post("/scenarios/collect-and-store", json={"source": "nowhere"})
    problem(answer, 404, "unknown-source")


def test_parts_the_collector_does_not_give_are_its_own_answer(house: Any) -> None:
    house.collector.rows = 20_000
    answer = house.client.post("/scenarios/collect-and-store", json={"batch_size": 20_000})
    problem(answer, 422, "invalid-input")
    assert house.storage.stored == []


def test_an_empty_source_is_refused(house: Any) -> None:
    house.collector.rows = 0
    problem(house.client.post("/scenarios/collect-and-store"), 422, "empty-source")
    assert house.storage.stored == []


@pytest.mark.parametrize("service", ["collector", "storage"])
def test_a_service_that_is_down_is_named(house: Any, service: str) -> None:
    house.behind[service].kill()
    answer = house.client.post("/scenarios/collect-and-store")
    body = problem(answer, 503, "service-unavailable")
    assert body["service"] == service
    assert answer.headers["retry-after"] == "1"


def test_a_caller_who_leaves_leaves_nothing_half_done(house: Any) -> None:
    """The collection is carried to its end: stored whole, and in the history."""
    house.collector.waits = 0.1
    body = b'{"batch_size": 50}'
    with socket.create_connection(("127.0.0.1", house.server.port)) as caller:
        caller.sendall(
            b"POST /scenarios/collect-and-store HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        eventually(lambda: house.collector.sizes)
    [entry] = eventually(lambda: house.history(outcome="succeeded"))
    assert entry["result"]["rows"] == 250
    assert len(house.storage.stored) == 1
    assert house.storage.broken_off == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"batch_size": NaN}', 400),
        (b'{"batch_size": 1e999}', 400),
        (b'{"batch_size": 0}', 422),
        (b'{"batch_size": "many"}', 422),
        (b'{"batch_sise": 100}', 422),
        (b'{"name": "../../etc/passwd"}', 422),
        (b'{"source": "a/../b"}', 422),
        (b"[" * 100_000, 400),
        (b'"' + b"x" * 10_000_001 + b'"', 413),
        (b"not json", 400),
    ],
)
def test_a_bad_body_is_refused_and_nothing_is_recorded(
    house: Any, body: bytes, status: int
) -> None:
    answer = house.client.post(
        "/scenarios/collect-and-store",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.history() == []
    assert house.client.get("/health/live").status_code == 200


# --- train


def test_a_training_is_accepted_and_can_be_followed(house: Any) -> None:
    asked = {
        "dataset_id": 1,
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": 100, "max_depth": 10},
    }
    answer = house.client.post("/scenarios/train-model", json=asked)
    assert answer.status_code == 202
    assert answer.headers["location"] == "/runs/5"
    body = answer.json()
    assert body["progress"] == "/progress/5"
    assert body["run"] == "/runs/5"
    assert (body["run_id"], body["state"]) == (5, "queued")


def test_the_services_own_refusal_is_passed_on_and_recorded(house: Any) -> None:
    document = {
        "type": "urn:kolba:problem:invalid-input",
        "title": "no",
        "status": 422,
        "detail": "no",
        "errors": [{"field": "hyperparameters.max_depth", "message": "at least 1"}],
    }
    house.ml.refusal = responses.JSONResponse(document, status_code=422)
    asked = {"dataset_id": 1, "model_type": "KNN", "hyperparameters": {"max_depth": 0}}
    answer = house.client.post("/scenarios/train-model", json=asked)
    body = problem(answer, 422, "invalid-input")
    assert body["errors"] == document["errors"]
    [entry] = house.history()
    assert (entry["scenario"], entry["outcome"]) == ("train-model", "failed")


# --- infer


def test_rows_are_answered_and_the_inference_is_a_run(house: Any) -> None:
    answer = house.client.post("/scenarios/infer-model", json={"model_id": 7, "data": CSV})
    assert answer.status_code == 200
    assert answer.json()["predictions"][0]["probabilities"] == {"0": 0.75, "1": 0.25}
    [run] = house.storage.recorded
    assert (run["kind"], run["state"], run["model_id"], run["owner"]) == (
        "infer",
        "succeeded",
        7,
        "local",
    )
    assert run["result"]["rows"] == 8
    assert len(run["result"]["first"]) == 5
    [entry] = house.history()
    assert entry["result"] == {"run_id": 71, "model_id": 7, "rows": 8}
    assert entry["run_id"] == 71
    assert entry["duration_ms"] >= 0


def test_a_failed_inference_is_a_failed_run(house: Any) -> None:
    document = {"type": "urn:kolba:problem:unknown-column", "title": "", "status": 422}
    house.ml.refusal = responses.JSONResponse(document, status_code=422)
    answer = house.client.post("/scenarios/infer-model", json={"model_id": 7, "data": CSV})
    problem(answer, 422, "unknown-column")
    [run] = house.storage.recorded
    assert (run["state"], run["model_id"]) == ("failed", 7)
    assert run["error"]["type"] == "urn:kolba:problem:unknown-column"


def test_an_unknown_model_is_the_owners_404(house: Any) -> None:
    answer = house.client.post("/scenarios/infer-model", json={"model_id": 8, "data": CSV})
    problem(answer, 404, "unknown-model")
    [run] = house.storage.recorded
    assert run["model_id"] is None


def test_the_first_failure_is_told_also_when_it_cannot_be_recorded(house: Any) -> None:
    house.behind["storage"].kill()
    answer = house.client.post("/scenarios/infer-model", json={"model_id": 8, "data": CSV})
    problem(answer, 404, "unknown-model")


def test_large_inputs_are_kept_as_their_size_and_first_rows(house: Any) -> None:
    data = CSV + "\n3,1,22,1,0,7.25,2" * 100_000
    answer = house.client.post("/scenarios/infer-model", json={"model_id": 7, "data": data})
    assert answer.status_code == 200
    [entry] = house.history()
    kept = entry["inputs"]["data"]
    assert kept["characters"] == len(data)
    assert data.startswith(kept["first"])
    assert len(json.dumps(entry)) < 5000
    assert len(json.dumps(house.storage.recorded)) < 5000


# --- what there is, and for whom


def test_the_scenarios_are_described_in_the_readers_language(house: Any) -> None:
    english = house.client.get("/scenarios").json()["items"]
    russian = house.client.get("/scenarios", headers={"Accept-Language": "ru"}).json()["items"]
    assert [one["path"] for one in english] == [
        "/scenarios/collect-and-store",
        "/scenarios/train-model",
        "/train",
        "/fine-tune",
        "/scenarios/infer-model",
        "/batch-predictions",
        "/scenarios/report/{model_id}",
    ]
    assert english[1]["title"] == "Train a model"
    assert russian[1]["title"] == "Обучить модель"
    assert "model_type" in english[1]["input_schema"]["properties"]
    assert english[1]["groups"] == ["researcher", "admin"]


@pytest.mark.parametrize("options", [{"auth": {"local_user": "client"}}])
def test_who_is_in_none_of_the_groups_is_refused(house: Any) -> None:
    training = {"dataset_id": 1, "model_type": "KNN"}
    for path, body in (
        ("/scenarios/collect-and-store", {}),
        ("/scenarios/train-model", training),
    ):
        refused = problem(house.client.post(path, json=body), 403, "scenario-forbidden")
        assert refused["scenario"] == path.rpartition("/")[2]
        assert refused["groups"] == ["researcher", "admin"]
    allowed = house.client.post("/scenarios/infer-model", json={"model_id": 7, "data": CSV})
    assert allowed.status_code == 200
    assert [entry["person"] for entry in house.history()] == ["local"]
    for method, path in (("PATCH", "/datasets/3"), ("POST", "/upload/dataset?name=a")):
        problem(house.client.request(method, path), 403, "action-forbidden")
    assert house.client.get("/datasets/3").status_code == 200
    assert house.storage.deleted == []
