"""Predictions that workers make, from the door to the data set or answer they leave; processes are really killed."""

from __future__ import annotations

import contextlib
import io
import pathlib
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers
from kolba.web_master import app, settings

NOWHERE = "http://127.0.0.1:1"
PARQUET = "application/vnd.apache.parquet"
HEADER = "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked\n"
ROW = {"Pclass": 3, "Sex": "male", "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": "S"}
LATER = {"Prefer": "respond-async"}
SHORT_LEASE = {"lease_seconds": 2, "heartbeat_seconds": 0.2}


@pytest.fixture(scope="module")
def door(house, tmp_path_factory) -> Iterator[httpx.Client]:
    """A web master before storage and the ML service."""
    config = kit_settings.load(
        settings.WebMasterSettings,
        port=0,
        log={"directory": None, "standard_output": False},
        data_dir=tmp_path_factory.mktemp("door"),
        storage_url=house.storage.url,
        ml_service_url=house.ml.url,
        collector_url=NOWHERE,
        visualization_url=NOWHERE,
        worker_url=NOWHERE,
    )
    with (
        servers.running(app.create_app(config)) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def model(house, dataset_id, worker) -> dict[str, Any]:
    """A trained model: its id, name and version."""
    result: dict[str, Any] = house.trained(
        dataset_id, "RandomForest", hyperparameters={"n_estimators": 20}, name="forest"
    )["result"]
    return result


def rows_of(house, dataset_id: int) -> pa.Table:
    url = f"{house.storage.url}/datasets/{dataset_id}/download"
    content = httpx.get(url, params={"format": "parquet"}, timeout=60).content
    return pq.read_table(io.BytesIO(content))


def ask(door: httpx.Client, dataset_id: int, **more: Any) -> dict[str, Any]:
    answer = door.post(
        "/batch-predictions", json={"model": "forest", "dataset_id": dataset_id, **more}
    )
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/runs/{run['id']}"
    return run


def results_of(house, run_id: int) -> list[dict[str, Any]]:
    url = f"{house.storage.url}/datasets"
    found: list[dict[str, Any]] = httpx.get(url, params={"run_id": run_id}, timeout=30).json()[
        "items"
    ]
    return found


def large(copies: int = 2500) -> bytes:
    """Passengers enough for a prediction that can be met while it goes on."""
    lines = "".join(
        f'{number},{number % 2},{1 + number % 3},"P, Mr.",{"male" if number % 3 else "female"},'
        f"{20 + number % 40},0,0,T,{7 + number % 50},,{'SCQ'[number % 3]}\n"
        for number in range(100)
    )
    return (HEADER + lines * copies).encode()


@pytest.fixture(scope="module")
def large_id(house) -> int:
    return int(house.upload("large", large().decode()))


@pytest.fixture(scope="module")
def slow(house, dataset_id, worker) -> str:
    """A model that takes its time."""
    house.trained(
        dataset_id,
        "RandomForest",
        hyperparameters={"n_estimators": 1500},
        cross_validation_folds=0,
        name="slow",
    )
    return "slow"


def test_a_data_set_in_a_data_set_out(house, door, dataset_id, model) -> None:
    run = house.wait(ask(door, dataset_id)["id"])
    assert run["state"] == "succeeded", run["error"]
    result = run["result"]
    assert (result["rows"], result["model"], result["version"]) == (
        200,
        "forest",
        model["version"],
    )
    assert result["seconds"] > 0
    assert run["model_id"] == model["model_id"]
    stored = door.get(f"/datasets/{result['dataset_id']}").json()
    assert (stored["name"], stored["rows"], stored["source"]) == (
        "passengers-predictions",
        200,
        None,
    )
    assert model["version"] in stored["description"]
    table = rows_of(house, result["dataset_id"])
    assert table.column_names[-3:] == ["prediction", "probability_0", "probability_1"]
    features = ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]
    rows = table.select(features).to_pylist()
    told = door.post("/predict/forest", json={"rows": rows}).json()["predictions"]
    assert table["prediction"].to_pylist() == [one["label"] for one in told]
    for name in ("0", "1"):
        expected = [one["probabilities"][name] for one in told]
        assert table[f"probability_{name}"].to_pylist() == expected
    events = door.get(f"/runs/{run['id']}/events").json()["items"]
    progress = [one for one in events if one["type"] == "progress"][-1]
    assert (progress["data"]["rows"], progress["data"]["total"]) == (200, 200)
    entry = door.get("/history").json()["items"][0]
    assert (entry["scenario"], entry["outcome"], entry["result"]["dataset_id"]) == (
        "predict-batch",
        "succeeded",
        stored["id"],
    )


@pytest.mark.parametrize("kind", ["csv", "form", "parquet"])
def test_a_file_becomes_a_data_set_first(kind, house, door, model) -> None:
    content = large(1)
    given: dict[str, Any] = {
        "csv": {"content": content, "headers": {"Content-Type": "text/csv"}},
        "form": {"files": {"file": ("sent.csv", content, "text/csv")}},
    }.get(kind, {})
    if kind == "parquet":
        file = io.BytesIO()
        pq.write_table(pa_csv.read_csv(io.BytesIO(content)), file)
        given = {"content": file.getvalue(), "headers": {"Content-Type": PARQUET}}
    query = {"model": "forest", "reference": model["version"], "name": f"answers-{kind}"}
    answer = door.post("/batch-predictions", params=query, **given)
    assert answer.status_code == 202, answer.text
    run = house.wait(answer.json()["id"])
    assert run["state"] == "succeeded", run["error"]
    assert run["result"]["name"] == f"answers-{kind}"
    source = door.get(f"/datasets/{run['dataset_id']}").json()
    assert source["name"] == ("sent" if kind == "form" else "forest-input")
    assert source["rows"] == run["result"]["rows"] == 100


@pytest.mark.parametrize(
    ("change", "status", "slug", "said"),
    [
        ({"model": "nobody"}, 404, "unknown-model-name", "nobody"),
        ({"model": "forest", "reference": "nothing"}, 404, "unknown-version", "nothing"),
        ({"dataset_id": 10**9}, 404, "unknown-dataset", "1000000000"),
        ({"dataset_id": "x"}, 422, "invalid-input", "dataset_id"),
        ({"name": "a/b"}, 422, "invalid-input", "name"),
        ({"on_unknown": "guess"}, 422, "invalid-input", "on_unknown"),
        ({"more": 1}, 422, "invalid-input", "more"),
    ],
    ids=str,
)
def test_a_wrong_question_is_refused_before_it_is_queued(
    *, change, status, slug, said, door, dataset_id, request
) -> None:
    request.getfixturevalue("model")
    queued = door.get("/runs", params={"kind": "predict"}).json()["total"]
    answer = door.post(
        "/batch-predictions", json={"model": "forest", "dataset_id": dataset_id, **change}
    )
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"urn:kolba:problem:{slug}"
    assert said in answer.text
    assert door.get("/runs", params={"kind": "predict"}).json()["total"] == queued


@pytest.mark.parametrize("body", [b"", b"[]", b"NaN", b"{", b'{"model": "' + b"x" * 70_000 + b'"}'])
def test_what_is_no_question_is_refused(body, door) -> None:
    headers = {"Content-Type": "application/json"}
    answer = door.post("/batch-predictions", content=body, headers=headers)
    assert answer.status_code in (400, 413, 422)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Pclass,Sex,Age,SibSp,Parch,Fare\n3,male,2,0,0,7\n", ["columns.Embarked"]),
        ("Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,old,0,0,7,S\n", ["columns.Age"]),
        (
            "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,2020-01-01,2,0,0,true,S\n",
            ["columns.Sex", "columns.Fare"],
        ),
        ("Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n", None),
        ("", None),
    ],
)
@pytest.mark.usefixtures("model")
def test_rows_that_do_not_fit_are_refused_and_not_kept(content, said, door) -> None:
    before = door.get("/datasets").json()["total"]
    answer = door.post(
        "/batch-predictions",
        params={"model": "forest"},
        content=content.encode(),
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 422, answer.text
    if said is not None:
        assert answer.json()["type"].endswith("unfit-dataset")
        assert sorted(one["field"] for one in answer.json()["errors"]) == sorted(said)
    assert door.get("/datasets").json()["total"] == before


@pytest.mark.usefixtures("model")
def test_an_unknown_model_keeps_nothing_of_the_file(door) -> None:
    before = door.get("/datasets").json()["total"]
    headers = {"Content-Type": "text/csv"}
    for query, status in (({"model": "nobody"}, 404), ({}, 422)):
        answer = door.post("/batch-predictions", params=query, content=large(1), headers=headers)
        assert answer.status_code == status
    picture = door.post(
        "/batch-predictions",
        params={"model": "forest"},
        content=b"\x89PNG",
        headers={"Content-Type": "image/png"},
    )
    assert picture.status_code == 415
    assert "text/csv" in picture.json()["detail"]
    assert door.get("/datasets").json()["total"] == before


@pytest.mark.usefixtures("model")
def test_an_unknown_category_ends_the_run_or_counts_as_missing(house, door) -> None:
    content = large(1).decode().replace(",Q\n", ",Atlantis\n")
    dataset_id = house.upload("strange", content)
    failed = house.wait(ask(door, dataset_id)["id"])
    assert failed["state"] == "failed"
    for part in ("row 3", "`Embarked`", "`Atlantis`", "S, C, Q", "on_unknown"):
        assert part in failed["error"]["detail"]
    assert results_of(house, failed["id"]) == []
    done = house.wait(ask(door, dataset_id, on_unknown="missing")["id"])
    assert done["result"]["unknown_as_missing"] == {"Embarked": 33}


def test_a_cancelled_prediction_leaves_nothing(
    *, house, door, large_id, slow, worker, computing
) -> None:
    run = ask(door, large_id, model=slow)
    computing(worker)
    assert door.post(f"/runs/{run['id']}/cancel").status_code == 200
    assert house.wait(run["id"])["state"] == "cancelled"
    assert results_of(house, run["id"]) == []
    leftovers = house.folder / "ordinary"
    assert list(leftovers.glob("worker-*/*/answers.parquet")) == []


def test_a_worker_killed_in_the_middle_leaves_one_result(
    *, house, door, large_id, slow, hire, computing, paused
) -> None:
    with paused():
        first = hire("batch-killed", **SHORT_LEASE)
        run = ask(door, large_id, model=slow)
        computing(first)
        first.stop(signal.SIGKILL)
        hire("batch-successor", **SHORT_LEASE)
        done = house.wait(run["id"])
    assert (done["state"], done["attempts"]) == ("succeeded", 2), done["error"]
    (result,) = results_of(house, run["id"])
    assert result["id"] == done["result"]["dataset_id"]


def test_a_result_handed_in_before_the_worker_died_is_found_again(
    *, house, door, dataset_id, hire, paused, model
) -> None:
    """Between the upload and the report: the data set is there, the run is not done, and the worker is killed."""
    with paused():
        run = ask(door, dataset_id)
        claim = httpx.post(
            f"{house.storage.url}/runs/claim",
            json={"worker": "doomed", "kinds": ["predict"], "lease_seconds": 1},
            timeout=30,
        ).json()
        assert claim["run"]["id"] == run["id"]
        file = io.BytesIO()
        pq.write_table(pa.table({"prediction": [1]}), file)
        left = httpx.post(
            f"{house.storage.url}/datasets",
            params={"name": "early", "run_id": run["id"]},
            content=file.getvalue(),
            headers={"Content-Type": PARQUET, "Kolba-Lease": claim["token"]},
            timeout=30,
        )
        assert left.status_code == 201
        hire("batch-finder", **SHORT_LEASE)
        done = house.wait(run["id"])
    assert done["state"] == "succeeded"
    assert done["result"]["dataset_id"] == left.json()["id"]
    assert len(results_of(house, run["id"])) == 1


def test_a_model_in_use_cannot_be_deleted_and_one_that_is_gone_is_told(
    *, house, door, dataset_id, paused
) -> None:
    doomed = house.trained(dataset_id, name="doomed")["result"]
    with paused():
        run = ask(door, dataset_id, model="doomed")
        refused = door.delete(f"/models/{doomed['model_id']}")
        assert refused.status_code == 409
        assert run["id"] in [one["id"] for one in refused.json()["dependents"]]
        _forget_model(house.folder / "storage", run["id"])
    failed = house.wait(run["id"])
    assert failed["state"] == "failed"
    assert failed["error"]["type"] == "urn:kolba:problem:model-gone"


def _forget_model(folder: pathlib.Path, run_id: int) -> None:
    """As an operator's hand in the database may."""
    (path,) = folder.glob("*.db")
    with sqlite3.connect(path, timeout=30) as database:
        database.execute("UPDATE runs SET model_id = NULL WHERE id = ?", (run_id,))


# --- one request, answered later


BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("/predict/forest", {"rows": [ROW, {**ROW, "Sex": "female", "Age": None}]}),
    "v2": (
        "/v2/models/forest/infer",
        {
            "id": "mine",
            "inputs": [
                {
                    "name": "X",
                    "shape": [1, 7],
                    "datatype": "FP32",
                    "data": [3, 1, 22, 1, 0, 7.25, 0],
                }
            ],
        },
    ),
    "mlflow": ("/models/forest/invocations", {"dataframe_records": [ROW]}),
}


def without_id(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    return {
        name: one for name, one in document.items() if name not in ("prediction_id", "parameters")
    }


@pytest.mark.parametrize("protocol", BODIES)
def test_a_request_is_answered_later_as_it_is_at_once(protocol, house, door, model) -> None:
    path, body = BODIES[protocol]
    at_once = door.post(path, json=body)
    queued = door.post(path, json=body, headers={"Prefer": "wait=1, Respond-Async;x=1"})
    assert queued.status_code == 202, queued.text
    assert queued.headers["preference-applied"] == "respond-async"
    run_id = queued.json()["id"]
    assert queued.headers["location"] == f"/runs/{run_id}"
    run = house.wait(run_id)
    assert run["state"] == "succeeded", run["error"]
    assert run["result"]["content_type"] == at_once.headers["content-type"]
    assert without_id(run["result"]["body"]) == without_id(at_once.json())
    prediction_id = run["parameters"]["prediction"]["id"]
    assert run["result"]["headers"].get("Kolba-Prediction-Id", prediction_id) == prediction_id
    recorded = door.get(f"/predictions/{prediction_id}").json()
    assert (recorded["protocol"], recorded["input"]) == (protocol, body)
    assert recorded["model_id"] == model["model_id"]
    assert recorded["duration_ms"] > 0
    online = at_once.headers.get("kolba-prediction-id")
    if online is not None:
        found = until_recorded(door, online)
        assert (found["output"], found["rows"]) == (recorded["output"], recorded["rows"])


def until_recorded(door: httpx.Client, prediction_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (answer := door.get(f"/predictions/{prediction_id}")).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    document: dict[str, Any] = answer.json()
    return document


@pytest.mark.usefixtures("model")
def test_a_csv_and_a_nul_come_through_the_queue(house, door) -> None:
    content = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,1,22,1,0,7.25,2\n"
    headers = {**LATER, "Content-Type": "text/csv"}
    queued = door.post("/predict/forest", content=content, headers=headers)
    assert house.wait(queued.json()["id"])["state"] == "succeeded"
    with_nul = {**BODIES["v2"][1], "id": "a\0b"}
    queued = door.post(BODIES["v2"][0], json=with_nul, headers=LATER)
    run = house.wait(queued.json()["id"])
    assert run["state"] == "succeeded", run["error"]
    assert run["result"]["encoding"] == "base64"


@pytest.mark.usefixtures("model")
def test_a_wrong_request_is_refused_at_once(door) -> None:
    queued = door.get("/runs", params={"kind": "predict"}).json()["total"]
    for path, body, status in (
        ("/predict/forest", {"rows": [{**ROW, "Sex": "dog"}]}, 422),
        ("/predict/nobody", {"rows": [ROW]}, 404),
        ("/v2/models/forest/infer", {"inputs": []}, 422),
        ("/models/forest/invocations", [], 422),
    ):
        answer = door.post(path, json=body, headers=LATER)
        assert answer.status_code in (400, status), answer.text
    large_body = {"rows": [{**ROW, "Fare": 1.0}] * 20_000}
    answer = door.post("/predict/forest", json=large_body, headers=LATER)
    assert answer.status_code == 413
    assert "/batch-predictions" in answer.json()["detail"]
    assert door.get("/runs", params={"kind": "predict"}).json()["total"] == queued


@pytest.mark.usefixtures("model")
def test_a_request_taken_up_twice_is_recorded_once(house, door, hire, paused) -> None:
    """The first worker records the prediction and dies before it reports the run's end."""
    with paused():
        queued = door.post("/predict/forest", json={"rows": [ROW]}, headers=LATER).json()
        claim = httpx.post(
            f"{house.storage.url}/runs/claim",
            json={"worker": "doomed", "kinds": ["predict"], "lease_seconds": 1},
            timeout=30,
        ).json()
        prediction = claim["run"]["parameters"]["prediction"]
        known = {
            name: one for name, one in prediction.items() if name not in ("input_is_json", "input")
        }
        record = {**known, "input": {"rows": [ROW]}, "rows": 1, "duration_ms": 1, "output": []}
        sent = httpx.post(
            f"{house.storage.url}/predictions", json={"predictions": [record]}, timeout=30
        )
        assert sent.json()["new"] == 1
        hire("later-successor", **SHORT_LEASE)
        assert house.wait(queued["id"])["state"] == "succeeded"
    found = door.get("/predictions", params={"limit": 100}).json()["items"]
    assert [one["id"] for one in found].count(prediction["id"]) == 1


# --- means


@pytest.fixture
def until() -> Callable[..., Any]:
    def wait(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.02)
        return found

    return wait


@pytest.fixture
def computing(until) -> Callable[..., Any]:
    """Waits for a worker's process that computes."""

    def wait(worker: Any) -> Any:
        return until(worker.run_processes, "a run's process")

    return wait


@pytest.fixture
def paused(worker) -> Callable[..., Any]:
    """While the block lasts the ordinary worker is stopped, so that the test's own do the work."""

    @contextlib.contextmanager
    def pause() -> Iterator[None]:
        worker.stop()
        try:
            yield
        finally:
            worker.start()

    return pause
