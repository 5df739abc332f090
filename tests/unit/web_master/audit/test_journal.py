"""What is written of a request, and what is not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kolba.kit import clock, identity
from kolba.web_master.audit import journal, notes, policy, repository, service

ANN = identity.Person(name="ann", groups=("client",), via="session")


@pytest.fixture
def book(audit: service.Audit, time: clock.ManualClock) -> journal.Journal:
    return journal.Journal(audit, service.Refusals(per_minute=2, time=time))


def asked(
    person: identity.Person = ANN, *, kind: str = "person", id_: str = "", own: bool = False
) -> journal.Asked:
    target = policy.Target(
        action="POST /x",
        kind=kind,
        announced=True,
        pattern=re.compile(""),
        requirements=(),
        is_own=own,
    )
    match = policy.Match(target=target, object_id=id_)
    return journal.Asked(match=match, person=person, address="192.0.2.7", request_id="r")


async def end(book: journal.Journal, one: journal.Asked, **more: Any) -> None:
    told = {"status": 200, "begun": None, "answer": {}, "noted": notes.Notes(), **more}
    await book.end(one, told.pop("noted"), **told)


def written(log: repository.AuditRepository) -> list[tuple[str, str, str, str]]:
    return [
        (one.actor, f"{one.object_kind}/{one.object_id}", one.outcome, one.details)
        for found in log.walk()
        for one in found
    ]


async def test_the_object_is_the_path_s_else_what_was_made_else_oneself(
    book: journal.Journal, log: repository.AuditRepository
) -> None:
    await end(book, asked(id_="bob"), answer={"id": 7}, status=201)
    await end(book, asked(kind="token"), answer={"id": 7, "token": "secret"}, status=201)
    await end(book, asked(kind="run"), answer={"run_id": 8}, status=202)
    await end(book, asked(), answer={"name": "bob"}, status=201)
    await end(book, asked(own=True))
    await end(book, asked(own=True, kind="token"), answer={"id": 9}, status=201)
    objects = [entry[1] for entry in written(log)]
    assert objects == ["person/bob", "token/7", "run/8", "person/bob", "person/ann", "token/9"]
    assert "secret" not in str(written(log))


async def test_what_was_noted_counts(
    book: journal.Journal, log: repository.AuditRepository
) -> None:
    noted = notes.Notes(object_kind="session", object_id="s1", actor="bob", details={"name": "bob"})
    await end(book, asked(identity.NOBODY), noted=noted)
    assert written(log) == [("bob", "session/s1", "done", '{"name":"bob"}')]


async def test_success_that_is_nothing_new_is_not_written(
    book: journal.Journal, log: repository.AuditRepository
) -> None:
    noted = notes.Notes(is_nothing_new=True)
    await end(book, asked(), noted=noted)
    await end(book, asked(), noted=noted, status=401, answer={"type": "urn:kolba:problem:no"})
    await end(book, asked(), noted=noted, begun=await book.begin(asked()))
    assert [entry[2] for entry in written(log)] == ["refused", "begun", "done"]


@pytest.mark.parametrize("status", [None, 200, 204, 400, 401, 413, 421, 422, 429, 503])
async def test_nobody_fills_the_log(
    book: journal.Journal,
    log: repository.AuditRepository,
    time: clock.ManualClock,
    status: int | None,
) -> None:
    nobody = asked(identity.NOBODY)
    assert [book.may_announce(nobody) for _ in range(4)] == [True, True, False, False]
    assert all(book.may_announce(asked()) for _ in range(4))
    await end(book, nobody, status=status)
    assert written(log) == []
    time.advance(60)
    await end(book, nobody, status=status)
    assert [entry[3] for entry in written(log)] == ['{"unwritten":3}']


async def test_a_flood_hides_nothing_that_somebody_did(
    book: journal.Journal, log: repository.AuditRepository
) -> None:
    nobody = asked(identity.NOBODY)
    assert [book.may_announce(nobody) for _ in range(3)] == [True, True, False]
    await end(book, nobody, status=201, noted=notes.Notes(actor="bob"))  # has only now registered
    await end(book, asked(), status=422)
    assert [entry[0] for entry in written(log)] == ["bob", "ann"]
