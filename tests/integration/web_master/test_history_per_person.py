"""Whose history it is: one's own, an administrator's view everybody's, whatever is asked for."""

from __future__ import annotations

import csv
import io
import pathlib
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from kolba.contracts import pages, runs, scenarios
from kolba.kit import clock, context, identity
from kolba.kit import errors as kit_errors
from kolba.kit.db import engine
from kolba.web_master import models as web_master_models
from kolba.web_master.history import cutting, exporting, repository, service

ANNA = identity.Person(name="anna", groups=("client",), via="session")
BORIS = identity.Person(name="boris", groups=("researcher", "client"), via="session")
ADMIN = identity.Person(name="root", groups=("admin", "researcher", "client"), via="session")
LIMITS = cutting.Limits(characters=100, items=10)


class Runs:
    """A storage in which a person sees their own runs only."""

    def __init__(self) -> None:
        self.asked_by: list[str] = []

    async def list_runs(self, **query: Any) -> pages.Page[runs.Run]:
        person = context.current().person
        self.asked_by.append(person.name)
        if not person.is_service:
            return pages.Page(items=[], total=0)
        raise kit_errors.ServiceUnavailable(service="storage")

    async def run(self, run_id: int) -> runs.Run:
        person = context.current().person
        self.asked_by.append(person.name)
        if not person.is_service:
            document = {"type": "urn:kolba:problem:unknown-run", "status": 404}
            raise kit_errors.RemoteProblem(service="storage", status=404, document=document)
        raise kit_errors.ServiceUnavailable(service="storage")


@pytest.fixture
def looked_up() -> Runs:
    return Runs()


@pytest.fixture
async def history(tmp_path: pathlib.Path, looked_up: Runs) -> AsyncIterator[service.History]:
    database = engine.connect(f"sqlite:///{tmp_path}/h.db")
    web_master_models.Base.metadata.create_all(database.engine)
    made = service.History(
        repository.HistoryRepository(database), looked_up, limits=LIMITS, time=clock.SystemClock()
    )
    for person, scenario in (
        (ANNA, "=cmd|' /C calc'!A0"),
        (BORIS, "train-model"),
        (ANNA, "infer-model"),
    ):
        with context.acting_as(person):
            async with made.recording(scenario, {"of": person.name}) as entry:
                entry.result = {"rows": 1}
    yield made
    database.close()


async def seen(history: service.History, who: identity.Person, **wanted: Any) -> list[str]:
    with context.acting_as(who):
        page = await history.page(repository.Filter(**wanted), sort="id", limit=100, offset=0)
        listed = [one.person for one in page.items]
        exported = [
            one async for part in history.parts(repository.Filter(**wanted)) for one in part
        ]
    assert page.total == len(listed)
    assert [one.person for one in exported] == listed[::-1]
    return listed


async def test_one_sees_ones_own_and_an_administrator_everybodys(history: service.History) -> None:
    assert await seen(history, ANNA) == ["anna", "anna"]
    assert await seen(history, BORIS) == ["boris"]
    assert await seen(history, ADMIN) == ["anna", "boris", "anna"]
    assert await seen(history, identity.Person(name="new", groups=("client",))) == []


async def test_asking_for_another_person_finds_nothing(history: service.History) -> None:
    assert await seen(history, ANNA, person="boris") == []
    assert await seen(history, ANNA, person="anna") == ["anna", "anna"]
    assert await seen(history, ANNA, seen_by="boris") == ["anna", "anna"]
    assert await seen(history, ADMIN, person="boris") == ["boris"]


async def test_looking_never_ends_what_another_may_not_see(
    history: service.History, looked_up: Runs
) -> None:
    with context.acting_as(BORIS):
        async with history.recording("train-model", {}) as entry:
            entry.run_id, entry.goes_on = 5, True
    with context.acting_as(ANNA):
        await history.page(repository.Filter(), sort="id", limit=1, offset=0)
    assert looked_up.asked_by == []
    for who in (BORIS, ADMIN):
        with context.acting_as(who):
            page = await history.page(repository.Filter(), sort="-id", limit=1, offset=0)
        assert page.items[0].outcome == "running"
    assert looked_up.asked_by == ["system", "system"]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_READ_AT_ONCE", 2)


async def exported(history: service.History, form: exporting.Format) -> str:
    with context.acting_as(ADMIN):
        answer = await exporting.respond(
            history.parts(repository.Filter()),
            kind=scenarios.HistoryEntry,
            name="history",
            form=form,
        )
        chunks = [chunk async for chunk in answer.body_iterator]  # type: ignore[attr-defined]
    return "".join(chunks)


async def test_a_file_for_a_spreadsheet_has_no_formulas(history: service.History) -> None:
    rows = list(csv.DictReader(io.StringIO(await exported(history, "csv"))))
    assert [one["person"] for one in rows] == ["anna", "boris", "anna"]
    assert rows[-1]["scenario"] == "'=cmd|' /C calc'!A0"
    assert orjson.loads(rows[0]["inputs"]) == {"of": "anna"}


async def test_a_file_of_json_is_what_the_list_answers(history: service.History) -> None:
    found = [scenarios.HistoryEntry(**one) for one in orjson.loads(await exported(history, "json"))]
    assert [one.person for one in found] == ["anna", "boris", "anna"]


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_nothing_is_a_file_too(history: service.History, form: exporting.Format) -> None:
    async def nothing() -> AsyncIterator[list[scenarios.HistoryEntry]]:
        for part in list[list[scenarios.HistoryEntry]]():
            yield part

    answer = await exporting.respond(nothing(), kind=scenarios.HistoryEntry, name="h", form=form)
    text = "".join([chunk async for chunk in answer.body_iterator])  # type: ignore[attr-defined]
    assert text.startswith("id,scenario,person") if form == "csv" else orjson.loads(text) == []
