"""The history: written before the work, completed after, settled from runs, found again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx2
import pytest
import sqlalchemy

from kolba.kit.testing import servers
from kolba.web_master import app
from kolba.web_master.history import models

TRAINING = {"dataset_id": 3, "model_type": "KNN", "hyperparameters": {"n_neighbors": 3}}
INFERENCE = {"model_id": 7, "data": [{"Pclass": 3, "Имя": "a\0b"}]}


def execute(config: Any, statement: str) -> list[Any]:
    engine = sqlalchemy.create_engine(config.database.url_in(config.data_dir, config.service))
    try:
        with engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement))
            return list(result) if result.returns_rows else []
    finally:
        engine.dispose()


@pytest.fixture
def options(database_url: str | None) -> dict[str, Any]:
    """Every test here runs on SQLite and on PostgreSQL."""
    return {} if database_url is None else {"database": {"url": database_url}}


def test_an_entry_tells_who_what_when_and_how_it_ended(house: Any) -> None:
    before = dt.datetime.now(dt.UTC)
    sent = {"X-Request-ID": "mine-1"}
    answer = house.client.post("/scenarios/infer-model", json=INFERENCE, headers=sent)
    assert answer.status_code == 200
    [entry] = house.history()
    assert entry["scenario"] == "infer-model"
    assert entry["person"] == "local"
    assert entry["request_id"] == "mine-1"
    assert entry["outcome"] == "succeeded"
    assert entry["inputs"]["data"] == [{"Pclass": 3, "Имя": "a\ufffdb"}]
    assert before <= dt.datetime.fromisoformat(entry["started_at"]) <= dt.datetime.now(dt.UTC)
    assert entry["duration_ms"] > 0


def test_a_training_goes_on_until_its_run_ends(house: Any) -> None:
    house.storage.runs[5] = {"state": "running"}
    house.client.post("/scenarios/train-model", json=TRAINING)
    [entry] = house.history()
    assert (entry["outcome"], entry["run_id"], entry["duration_ms"]) == ("running", 5, None)
    assert entry["result"] == {"run_id": 5}

    started = dt.datetime.fromisoformat(entry["started_at"])
    house.storage.runs[5] = {
        "state": "succeeded",
        "model_id": 7,
        "finished_at": (started + dt.timedelta(seconds=2.5)).isoformat(),
        "result": {"metrics": {"accuracy": 0.8}},
    }
    [entry] = house.history(outcome="succeeded")
    assert entry["duration_ms"] == pytest.approx(2500)
    assert entry["result"] == {"run_id": 5, "model_id": 7, "metrics": {"accuracy": 0.8}}
    assert house.history(outcome="running") == []


def test_storage_is_asked_once_for_all_that_goes_on(house: Any) -> None:
    for run_id in range(101, 131):
        house.storage.runs[run_id] = {"state": "running"}
        execute(
            house.config,
            "insert into scenario_runs"
            " (scenario, person, request_id, run_id, outcome, started_at, inputs, result) values"
            f" ('train-model', 'local', 'r', {run_id}, 'running', '2026-03-14 09:15:00', '{{}}', '{{}}')",
        )
    assert [entry["outcome"] for entry in house.history()] == ["running"] * 30
    assert (house.storage.runs_asked, len(house.storage.run_lists)) == ([], 1)
    house.storage.runs[107] = {"state": "cancelled"}
    assert [entry["run_id"] for entry in house.history(outcome="cancelled")] == [107]
    assert house.storage.runs_asked == [107]
    house.history()
    assert len(house.storage.run_lists) == 3
    assert "107" not in ",".join(house.storage.run_lists[2:])


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_training_that_did_not_succeed_says_so(house: Any, state: str) -> None:
    house.client.post("/scenarios/train-model", json=TRAINING)
    problem = {"type": "urn:kolba:problem:untrainable"} if state == "failed" else None
    house.storage.runs[5] = {"state": state, "error": problem}
    [entry] = house.history()
    assert entry["outcome"] == state
    assert entry["result"].get("problem") == problem


def test_a_run_that_is_gone_does_not_go_on_for_ever(house: Any) -> None:
    house.client.post("/scenarios/train-model", json=TRAINING)
    [entry] = house.history()
    assert entry["outcome"] == "failed"
    assert entry["result"]["problem"]["type"] == "urn:kolba:problem:run-gone"


def test_the_history_is_shown_while_storage_is_away(house: Any) -> None:
    house.client.post("/scenarios/train-model", json=TRAINING)
    house.behind["storage"].kill()
    [entry] = house.history()
    assert entry["outcome"] == "running"


def test_what_a_crash_cut_short_is_marked_at_the_next_start(house: Any) -> None:
    house.client.post("/scenarios/train-model", json=TRAINING)
    execute(
        house.config,
        "insert into scenario_runs (scenario, person, request_id, outcome, started_at, inputs, result)"
        " values ('collect-and-store', 'local', 'r', 'running', '2026-03-14 09:15:00', '{}', '{}')",
    )
    house.storage.runs[5] = {"state": "running"}
    house.server.stop()
    with (
        servers.running(app.create_app(house.config)) as again,
        httpx2.Client(base_url=again.url, timeout=30) as client,
    ):
        items = client.get("/history?sort=id").json()["items"]
    assert [entry["outcome"] for entry in items] == ["running", "failed"]
    assert items[1]["result"]["problem"]["type"] == "urn:kolba:problem:interrupted"


def test_entries_are_filtered_sorted_and_paged(house: Any) -> None:
    for body in (INFERENCE, {**INFERENCE, "model_id": 8}, INFERENCE):
        house.client.post("/scenarios/infer-model", json=body)
    house.client.post("/scenarios/collect-and-store")
    assert len(house.history(scenario="infer-model")) == 3
    assert len(house.history(outcome="failed")) == 1
    assert house.history(person="nobody") == []
    ids = [entry["id"] for entry in house.history(sort="id")]
    assert [entry["id"] for entry in house.history()] == ids[::-1]
    answer = house.client.get("/history?sort=id&limit=2&offset=1").json()
    assert [entry["id"] for entry in answer["items"]] == ids[1:3]
    assert answer["total"] == 4
    moment = house.history(sort="id")[2]["started_at"]
    assert [entry["id"] for entry in house.history(sort="id", since=moment)] == ids[2:]
    assert [entry["id"] for entry in house.history(sort="id", until=moment)] == ids[:2]


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "password"},
        {"limit": "0"},
        {"limit": "1001"},
        {"offset": "-1"},
        {"outcome": "perhaps"},
        {"scenario": "a\0b"},
        {"person": "x" * 300},
        {"since": "yesterday"},
        {"since": "2026-03-14T09:15:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"colour": "red"},
    ],
)
def test_a_bad_query_is_refused(house: Any, query: dict[str, str]) -> None:
    answer = house.client.get("/history", params=query)
    assert answer.status_code == 422, answer.text
    [wrong] = answer.json()["errors"]
    assert wrong["field"].endswith(next(iter(query)))
    assert wrong["message"]


def test_the_tables_are_those_of_the_models(house: Any) -> None:
    """The migrations and the models say the same."""

    engine = sqlalchemy.create_engine(
        house.config.database.url_in(house.config.data_dir, house.config.service)
    )
    found = sqlalchemy.inspect(engine)
    table = models.ScenarioRun.__table__
    columns = {one["name"]: one["nullable"] for one in found.get_columns("scenario_runs")}
    assert columns == {column.name: column.nullable for column in table.columns}
    indexes = {one["name"] for one in found.get_indexes("scenario_runs")}
    assert indexes == {index.name for index in table.indexes}
    engine.dispose()


@pytest.mark.parametrize("form", ["csv", "json"])
def test_it_is_had_as_a_file(house: Any, form: str) -> None:
    house.client.post("/scenarios/infer-model", json=INFERENCE)
    answer = house.client.get("/history/export", params={"format": form, "outcome": "succeeded"})
    assert answer.status_code == 200, answer.text
    assert f'filename="history.{form}"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.count("infer-model") == 1
    refused = house.client.get("/history/export", params={"format": "xls"})
    assert refused.status_code == 422
