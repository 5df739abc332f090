from __future__ import annotations

import logging
import pathlib
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
import structlog

from kolba.contracts import pages, sources
from kolba.kit import logs, settings


@pytest.fixture
def log_file(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    """The collector's log, set up as its `__main__` does it; put back as it was afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    folder = tmp_path / "logs"
    logs.configure("collector", settings.LogSettings(directory=folder, standard_output=False))
    yield folder / "collector.log"
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = before, level
    structlog.reset_defaults()


def entries(collector: httpx.Client, **query: Any) -> list[sources.JournalEntry]:
    answer = collector.get("/journal", params=query)
    assert answer.status_code == 200, answer.text
    return pages.Page[sources.JournalEntry].model_validate(answer.json()).items


def test_downloads_and_accesses_are_told_with_all_that_is_known(collector: httpx.Client) -> None:
    answer = collector.get(
        "/batch", params={"size": 7, "offset": 3}, headers={"X-Request-ID": "mine"}
    )
    collector.post("/reset")
    download, batch, reset = entries(collector, sort="id")
    assert (download.action, download.outcome, download.request_id) == ("download", "ok", "mine")
    assert download.detail == "https://data.test/people.csv"
    assert (batch.action, batch.source, batch.offset, batch.rows) == ("batch", "people", 3, 7)
    assert batch.size_bytes == len(answer.content)
    assert batch.duration_ms > 0
    assert batch.person == "local"
    assert reset.action == "reset"


def test_failures_are_told_too(collector: httpx.Client) -> None:
    collector.get("/batch", params={"size": 0})
    collector.get("/info", params={"source": "unknown"})
    collector.get("/info", params={"source": "nowhere"})
    found = entries(collector, sort="id", outcome="failed")
    assert [(entry.action, entry.source) for entry in found] == [
        ("batch", "people"),
        ("info", "unknown"),
        ("download", "nowhere"),
        ("download", "nowhere"),
        ("info", "nowhere"),
    ]
    assert "unknown-source" in found[1].detail


def test_pages_filters_and_sorting(collector: httpx.Client) -> None:
    for offset in range(5):
        collector.get("/batch", params={"size": 1, "offset": offset})
    answer = collector.get(
        "/journal", params={"action": "batch", "limit": 2, "offset": 1, "sort": "-id"}
    ).json()
    assert answer["total"] == 5
    assert [item["offset"] for item in answer["items"]] == [3, 2]


def test_a_wrong_query_is_named(collector: httpx.Client) -> None:
    for query in (
        {"limit": 0},
        {"limit": 10**6},
        {"offset": -1},
        {"sort": "; drop"},
        {"action": "x"},
    ):
        answer = collector.get("/journal", params=query)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].endswith(next(iter(query)))


def test_the_journal_survives_a_restart(serve: Any) -> None:
    with serve() as collector:
        collector.get("/info")
    with serve() as collector:
        assert [entry.action for entry in entries(collector)] == ["info", "download"]


def test_every_entry_is_a_line_of_the_log_file(
    collector: httpx.Client, log_file: pathlib.Path
) -> None:
    collector.get("/batch", params={"size": 2, "offset": 4}, headers={"X-Request-ID": "mine"})
    lines = log_file.read_text("utf-8").splitlines()
    events = [orjson.loads(line) for line in lines]
    (batch,) = [e for e in events if e["event"] == "journal" and e["action"] == "batch"]
    assert (batch["source"], batch["offset"], batch["rows"]) == ("people", 4, 2)
    assert (batch["request_id"], batch["person"]) == ("mine", "local")


def test_one_reads_ones_own_entries_admins_and_services_everybodys(asked_by) -> None:
    anna, ben = asked_by("anna", "client"), asked_by("ben", "researcher")
    anna.get("/batch", params={"size": 1})
    ben.post("/reset")
    for client, name in ((anna, "anna"), (ben, "ben")):
        for query in ({}, {"source": "people"}):
            answer = client.get("/journal", params=query).json()
            assert {one["person"] for one in answer["items"]} == {name}
            assert answer["total"] == len(answer["items"])
        other = "ben" if name == "anna" else "anna"
        assert client.get("/journal", params={"person": other}).json()["total"] == 0
    for client in (asked_by("root", "admin"), asked_by("web_master", "service")):
        assert {one.person for one in entries(client)} == {"anna", "ben"}


def test_the_local_person_reads_what_the_collector_did_by_itself(asked_by) -> None:
    asked_by("system", "client").post("/reset")
    asked_by("anna", "client").post("/reset")
    local = asked_by("local", "researcher")
    local.post("/reset")
    assert {one.person for one in entries(local)} == {"system", "local"}
