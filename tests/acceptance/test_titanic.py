"""The main job, as its user sees it: the lines of the assignment, answered by the real set."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml

from kolba.cli.demo import api
from kolba.cli.embedded import layout

KOLBA = [sys.executable, "-m", "kolba.cli.main"]
HEADER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"


@pytest.fixture(scope="module")
def web_master(up: layout.SetState) -> api.Api:
    return api.Api(up.program("web_master").address)


@pytest.fixture(scope="module")
def dataset(web_master: api.Api) -> dict[str, Any]:
    answer = web_master.post("/scenarios/collect-and-store", {"batch_size": 100})
    assert answer["rows"] == 891
    assert answer["batches"] == 9
    found: dict[str, Any] = answer["dataset"]
    return found


@pytest.fixture(scope="module")
def model_id(web_master: api.Api, dataset: dict[str, Any]) -> int:
    wish = {
        "dataset_id": dataset["id"],
        "model_type": "RandomForest",
        "hyperparameters": {"n_estimators": 100, "max_depth": 10},
    }
    started = web_master.post("/scenarios/train-model", wish)
    events = list(web_master.events(started["progress"]))
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    run = web_master.get(started["run"])
    assert run["state"] == "succeeded", run["error"]
    return int(run["model_id"])


def infer(web_master: api.Api, model_id: int, *rows: str) -> list[dict[str, Any]]:
    wish = {"model_id": model_id, "data": "\n".join([HEADER, *rows])}
    found: list[dict[str, Any]] = web_master.post("/scenarios/infer-model", wish)["predictions"]
    return found


def test_every_service_is_well_and_has_its_pages(up: layout.SetState, web_master: api.Api) -> None:
    health = web_master.get("/health")
    assert health["status"] == "ok"
    assert set(health["services"]) >= {"collector", "storage", "ml_service", "visualization"}
    for program in up.programs:
        if program.name != "worker":
            assert b"swagger" in api.Api(program.address).get_bytes("/docs")


def test_the_collector_gives_the_parts_that_are_asked_for(up: layout.SetState) -> None:
    collector = api.Api(up.program("collector").address)
    part = collector.get("/batch?size=100&offset=0")
    assert len(part["rows"]) == 100
    assert collector.get("/info")["rows"] == 891


def test_what_was_collected_is_stored_as_it_was(
    up: layout.SetState, dataset: dict[str, Any]
) -> None:
    storage = api.Api(up.program("storage").address)
    text = storage.get_bytes(f"/datasets/{dataset['id']}/download?format=csv").decode()
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 892
    assert rows[0][:4] == ["PassengerId", "Survived", "Pclass", "Name"]
    assert rows[1][:4] == ["1", "0", "3", "Braund, Mr. Owen Harris"]


def test_a_passenger_in_codes_and_in_words_gets_one_answer(
    web_master: api.Api, model_id: int
) -> None:
    codes, words = infer(web_master, model_id, "3,1,22,1,0,7.25,0", "3,male,22,1,0,7.25,S")
    assert codes == words
    assert str(codes["label"]) == "0"
    assert sum(codes["probabilities"].values()) == pytest.approx(1)


def test_the_line_of_the_assignment_is_answered(web_master: api.Api, model_id: int) -> None:
    [answer] = infer(web_master, model_id, "3,1,22,1,0,7.25,2")
    assert set(answer["probabilities"]) == {"0", "1"}


def test_a_missing_age_is_filled_in_and_an_unknown_port_is_named(
    web_master: api.Api, model_id: int
) -> None:
    assert len(infer(web_master, model_id, "1,female,,0,0,80,C")) == 1
    with pytest.raises(api.Refused, match="Embarked"):
        infer(web_master, model_id, "3,male,22,1,0,7.25,X")


def test_the_random_forest_is_as_good_as_promised(web_master: api.Api, model_id: int) -> None:
    report = web_master.get(f"/scenarios/report/{model_id}")
    assert report["metrics"]["accuracy"] >= 0.80
    assert report["parity"]["labels_agree"]
    assert report["parity"]["max_difference"] <= 1e-5
    dropped = {column["name"] for column in report["data"]["dropped"]}
    assert dropped == {"PassengerId", "Name", "Ticket", "Cabin"}


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Confusion matrix"), ("ru", "Матрица ошибок")]
)
def test_the_report_is_a_document(
    web_master: api.Api, model_id: int, language: str, word: str
) -> None:
    path = f"/scenarios/report/{model_id}?lang={language}&format="
    assert word in web_master.get_bytes(f"{path}html").decode()
    assert web_master.get_bytes(f"{path}pdf").startswith(b"%PDF")


def test_the_history_says_who_did_what(web_master: api.Api, model_id: int) -> None:
    entries = web_master.get("/history?limit=100")["items"]
    done = {entry["scenario"] for entry in entries if entry["outcome"] == "succeeded"}
    assert done >= {"collect-and-store", "train-model"}
    assert all(entry["person"] for entry in entries)


def test_each_service_writes_a_log_of_its_own(data_dir: pathlib.Path, model_id: int) -> None:
    for name in ("collector", "storage", "ml_service", "worker", "web_master", "visualization"):
        lines = (data_dir / "logs" / f"{name}.log").read_text("utf-8").splitlines()
        assert lines
        assert all(json.loads(line)["service"] == name for line in lines), name


def test_the_demonstration_succeeds_and_stops(tmp_path: pathlib.Path, port_offset: int) -> None:
    command = [*KOLBA, "demo", "--exit", "--data-dir", str(tmp_path)]
    command += ["--port-offset", str(port_offset + 10)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for family in ("LogisticRegression", "RandomForest", "KNN"):
        assert f"Training {family}: accuracy 0." in done.stdout
    if importlib.util.find_spec("torch") is None:
        assert "make torch" in done.stdout
    else:
        assert "Training a network: accuracy 0.9" in done.stdout
        assert "a 7 was drawn; it reads 7" in done.stdout
    kinds = sorted("".join(path.suffixes[-2:]) for path in (tmp_path / "reports").iterdir())
    assert kinds == [".en.html", ".en.pdf", ".ru.html", ".ru.pdf"]
    assert not layout.is_held(layout.Layout(data_dir=tmp_path))


def test_with_no_source_in_reach_the_demonstration_says_so(
    tmp_path: pathlib.Path, port_offset: int
) -> None:
    packaged = pathlib.Path(sys.modules["kolba"].__file__ or "").parent / "collector/config.yaml"
    config = yaml.safe_load(packaged.read_text("utf-8"))
    web, package = config["sources"]["titanic"]["places"]
    web["url"] = "http://127.0.0.1:9/titanic.csv"
    config["sources"]["titanic"]["places"] = [web, package]
    own = tmp_path / "collector.yaml"
    own.write_text(yaml.safe_dump(config), "utf-8")
    unreachable = {
        "KOLBA_COLLECTOR__CONFIG": str(own),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    data = tmp_path / "data"
    command = [*KOLBA, "demo", "--exit", "--data-dir", str(data)]
    command += ["--port-offset", str(port_offset + 20)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | unreachable
    )
    assert done.returncode == 1
    assert "collector" in done.stderr
    assert str(data / "logs" / "collector.log") in done.stderr
