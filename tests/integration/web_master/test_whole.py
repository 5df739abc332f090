"""Mission C from end to end: the real services behind the door, and a real worker."""

from __future__ import annotations

import contextlib
import csv
import os
import pathlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import structlog

from kolba.collector import app as collector_app
from kolba.collector import settings as collector_settings
from kolba.contracts import reports
from kolba.kit import settings as kit_settings
from kolba.kit.testing import servers
from kolba.ml_service import app as ml_app
from kolba.ml_service import settings as ml_settings
from kolba.storage import app as storage_app
from kolba.storage import settings as storage_settings
from kolba.visualization import app as visualization_app
from kolba.visualization import settings as visualization_settings
from kolba.web_master import app, settings

ROWS = 300
QUIET = {"port": 0, "log": {"directory": None, "standard_output": False}}
COLUMNS = ("PassengerId", "Survived", "Pclass", "Name", "Sex", "Age", "SibSp", "Fare", "Embarked")
TEXTS = {"en": "x", "ru": "х"}


def write_passengers(path: pathlib.Path) -> None:
    """Passengers who never were; women and first class survive more often, as on the ship that was."""
    chance = random.Random(7)
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for number in range(1, ROWS + 1):
            sex, level = chance.choice(("male", "female")), chance.choice((1, 2, 3))
            odds = 0.85 if sex == "female" else 0.5 - 0.13 * level
            age = "" if chance.random() < 0.2 else round(chance.uniform(1, 70), 1)
            row = (number, int(chance.random() < odds), level, f"Person, {number}", sex, age)
            port = chance.choice(("S", "C", "Q", ""))
            out.writerow((*row, chance.randrange(4), round(200 / level, 2), port))


@contextlib.contextmanager
def worker(data: pathlib.Path, storage_url: str) -> Iterator[str]:
    port = servers.free_port()
    told = {
        "KOLBA_WORKER__PORT": str(port),
        "KOLBA_WORKER__DATA_DIR": str(data / "worker"),
        "KOLBA_WORKER__STORAGE_URL": storage_url,
        "KOLBA_WORKER__LOG__DIRECTORY": str(data / "logs"),
    }
    command = [sys.executable, "-m", "kolba.ml_service.worker"]
    with (data / "worker.out").open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **told}, stdout=out, stderr=out)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def whole_house(data: pathlib.Path) -> Iterator[httpx2.Client]:
    write_passengers(data / "collector" / "files" / "passengers.csv")
    passengers = {
        "title": TEXTS,
        "description": TEXTS,
        "target": "Survived",
        "places": [{"connector": "file", "path": "passengers.csv"}],
    }

    def load(kind: Any, **given: Any) -> Any:
        return kit_settings.load(kind, data_dir=data / kind.service, **QUIET, **given)

    with contextlib.ExitStack() as stack:

        def serve(made: Any) -> str:
            return stack.enter_context(servers.running(made)).url

        storage = serve(storage_app.create_app(load(storage_settings.StorageSettings)))
        collected = load(
            collector_settings.CollectorSettings,
            default_source="passengers",
            sources={"passengers": passengers},
        )
        behind = {
            "storage_url": storage,
            "collector_url": serve(collector_app.create_app(collected)),
            "ml_service_url": serve(
                ml_app.create_app(load(ml_settings.MlServiceSettings, storage_url=storage))
            ),
            "visualization_url": serve(
                visualization_app.create_app(
                    load(
                        visualization_settings.VisualizationSettings,
                        web_master_url="http://127.0.0.1:1",
                    )
                )
            ),
            "worker_url": stack.enter_context(worker(data, storage)),
        }
        door = serve(app.create_app(load(settings.WebMasterSettings, **behind)))
        yield stack.enter_context(httpx2.Client(base_url=door, timeout=60))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with whole_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened
    structlog.reset_defaults()


def eventually(holds: Callable[[], Any], seconds: float = 90.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)
    return found


def events_of(stream: str) -> list[int]:
    return [int(line[4:]) for line in stream.splitlines() if line.startswith("id: ")]


def follow(client: httpx2.Client, path: str, **headers: str) -> str:
    with client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        return "".join(answer.iter_text())


@pytest.fixture(scope="module")
def dataset_id(client: httpx2.Client) -> int:
    answer = client.post("/scenarios/collect-and-store", json={"batch_size": 70})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["rows"], body["batches"]) == (ROWS, 5)
    assert body["dataset"]["target"] == "Survived"
    return int(body["dataset_id"])


@pytest.fixture(scope="module")
def run(client: httpx2.Client, dataset_id: int) -> dict[str, Any]:
    """A training that was followed to its end through the door."""
    asked = {
        "dataset_id": dataset_id,
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": 20, "max_depth": 5},
    }
    answer = client.post("/scenarios/train-model", json=asked)
    assert answer.status_code == 202, answer.text
    started = answer.json()
    eventually(lambda: client.get(started["run"]).json()["state"] in ("succeeded", "failed"))
    seen = events_of(follow(client, started["progress"]))
    assert seen == list(range(1, len(seen) + 1))
    assert events_of(follow(client, started["progress"], **{"Last-Event-ID": "2"})) == seen[2:]
    found: dict[str, Any] = client.get(answer.headers["location"]).json()
    assert found["state"] == "succeeded", found
    return found


def test_everything_is_well(client: httpx2.Client) -> None:
    body = eventually(
        lambda: (found := client.get("/health").json())["status"] == "ok" and found, 60
    )
    assert set(body["services"]) == {
        "collector",
        "storage",
        "ml_service",
        "worker",
        "visualization",
        "web_master",
    }


def test_rows_are_answered_as_words_and_as_codes(
    client: httpx2.Client, run: dict[str, Any]
) -> None:
    header = "Pclass,Sex,Age,SibSp,Fare,Embarked\n"
    answers = [
        client.post(
            "/scenarios/infer-model",
            json={"model_id": run["model_id"], "data": header + row},
        )
        for row in ("3,1,22,1,7.25,2", "3,male,22,1,7.25,Q", "3,male,,1,7.25,")
    ]
    assert [one.status_code for one in answers] == [200, 200, 200], answers[0].text
    codes, words, _ = (one.json()["predictions"] for one in answers)
    assert codes == words
    runs = client.get("/runs?kind=infer&state=succeeded").json()
    assert runs["total"] >= 3
    assert runs["items"][0]["model_id"] == run["model_id"]


def test_the_report_comes_in_every_format(client: httpx2.Client, run: dict[str, Any]) -> None:
    path = f"/scenarios/report/{run['model_id']}"
    report = reports.Report.model_validate_json(client.get(path).content)
    assert report.model.family == "RandomForest"
    assert report.data.rows == ROWS
    assert {one.name for one in report.data.dropped} == {"PassengerId", "Name"}
    pdf = client.get(f"{path}?format=pdf&lang=ru")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-"), pdf.text
    page = client.get(f"{path}?format=html", headers={"Accept-Language": "ru"})
    assert '<html lang="ru"' in page.text
    assert "\\begin{" in client.get(f"{path}?format=latex").text


def test_the_history_tells_it_all(client: httpx2.Client, run: dict[str, Any]) -> None:
    items = client.get("/history?sort=id").json()["items"]
    assert [one["scenario"] for one in items[:2]] == ["collect-and-store", "train-model"]
    training = items[1]
    assert training["outcome"] == "succeeded"
    assert training["run_id"] == run["id"]
    assert training["result"]["model_id"] == run["model_id"]
    assert training["duration_ms"] > 0


def test_everything_is_reached_through_the_door(
    client: httpx2.Client, run: dict[str, Any], dataset_id: int
) -> None:
    data, model = f"/datasets/{dataset_id}", f"/models/{run['model_id']}"
    for path in (
        "/datasets?name=passengers&sort=-created_at",
        data,
        f"{data}/preview?limit=3",
        f"{data}/profile",
        f"{data}/download?format=csv",
        f"{data}/download?format=parquet",
        "/models?family=RandomForest",
        model,
        f"{model}/download",
        "/runs?kind=train",
        f"/runs/{run['id']}/events",
        "/files",
        "/families",
        "/sources",
        "/journal?action=batch",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.content
    refused = client.delete(data)
    assert refused.status_code == 409
    changed = client.patch(data, json={"description": "пассажиры"})
    assert changed.json()["description"] == "пассажиры"


def test_a_file_in_cyrillic_is_uploaded_through_the_door(client: httpx2.Client) -> None:
    table = "Имя;Возраст\nАнна;31\nПётр;28\n".encode("cp1251")
    sent = client.post("/upload/dataset", files={"file": ("Люди.csv", table, "text/csv")})
    assert sent.status_code == 201, sent.text
    assert sent.json()["name"] == "Люди"
    assert sent.json()["ingest"]["encoding"].lower().replace("-", "") in ("cp1251", "windows1251")
    fetched = client.get(f"/datasets/{sent.json()['id']}/download?format=csv")
    assert "Пётр" in fetched.content.decode("utf-8-sig")
    assert client.delete(f"/datasets/{sent.json()['id']}").status_code == 204


def test_a_picture_is_refused_by_its_owner(client: httpx2.Client) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(5_000_000)
    sent = client.post("/upload/dataset", files={"file": ("a.csv", picture, "text/csv")})
    assert 400 <= sent.status_code < 500
    assert sent.headers["content-type"] == "application/problem+json"


def test_a_file_is_kept_and_deleted(client: httpx2.Client) -> None:
    kept = client.post("/files?name=%D0%B0.txt", content=b"abc")
    assert kept.status_code == 201, kept.text
    path = f"/files/{kept.json()['id']}"
    assert client.get(f"{path}/download").content == b"abc"
    assert client.patch(path, json={"name": "б.txt"}).json()["name"] == "б.txt"
    assert client.patch(path, json={"name": "../б"}).status_code == 422
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_a_waiting_run_is_cancelled(client: httpx2.Client, dataset_id: int) -> None:
    asked = {
        "dataset_id": dataset_id,
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": 1000},
        "cross_validation_folds": 20,
    }
    started = client.post("/scenarios/train-model", json=asked).json()
    assert client.post(f"/runs/{started['run_id']}/cancel").status_code == 200
    eventually(lambda: client.get(started["run"]).json()["state"] == "cancelled")
    [entry] = client.get("/history?outcome=cancelled").json()["items"]
    assert entry["run_id"] == started["run_id"]


def test_what_nobody_has_is_the_owners_404(client: httpx2.Client) -> None:
    for path in ("/datasets/999", "/models/999", "/runs/999", "/scenarios/report/999"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["type"].startswith("urn:kolba:problem:")
    training = {"dataset_id": 999, "model_type": "KNN"}
    assert client.post("/scenarios/train-model", json=training).status_code == 404
    inference = {"model_id": 999, "data": "a\n1"}
    assert client.post("/scenarios/infer-model", json=inference).status_code == 404
    [failed] = client.get("/runs?kind=infer&state=failed").json()["items"]
    assert failed["error"]["status"] == 404


def test_a_hyperparameter_out_of_range_is_named(client: httpx2.Client, dataset_id: int) -> None:
    asked = {
        "dataset_id": dataset_id,
        "model_type": "KNN",
        "hyperparameters": {"n_neighbors": -1},
    }
    answer = client.post("/scenarios/train-model", json=asked, headers={"Accept-Language": "ru"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "hyperparameters.n_neighbors"
    assert answer.headers["content-language"] == "ru"
