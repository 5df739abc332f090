"""Nobody can change the log unseen."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from kolba.kit.db import engine
from kolba.web_master.audit import chain, repository, service, verifying

DRAFT = service.Draft(
    actor="ann",
    via="session",
    action="DELETE /datasets/{dataset_id}",
    object_kind="dataset",
    object_id="3",
    outcome="done",
    status=204,
    begun=None,
    address="192.0.2.7",
    request_id="r1",
    details={"was": "titanic"},
)
ANOTHER = {
    "seq": 7,
    "at": "2026-01-01T00:00:01.000000Z",
    "actor": "bob",
    "via": "API token",
    "action": "DELETE /models/{model_id}",
    "object_kind": "model",
    "object_id": "9",
    "outcome": "refused",
    "status": 403,
    "begun": 1,
    "address": "192.0.2.8",
    "request_id": "r2",
    "details": "{}",
    "prev_hash": "1" * 64,
    "hash": "2" * 64,
}
Edit = Callable[..., None]


@pytest.fixture
def five(audit: service.Audit) -> None:
    for number in range(5):
        audit.write(dataclasses.replace(DRAFT, object_id=str(number)))


@pytest.fixture
def edit(database: engine.Database) -> Edit:
    """Does what somebody with all rights to the database can do: first of all, take the guards away."""

    def run(*statements: str, **values: object) -> None:
        with database.engine.begin() as connection:
            if database.is_sqlite:
                for name in ("no_update", "no_delete", "next"):
                    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_entries_{name}")
            else:
                connection.exec_driver_sql("ALTER TABLE audit_entries DISABLE TRIGGER USER")
            for statement in statements:
                connection.execute(sa.text(statement), values)

    return run


def broken_at(log: repository.AuditRepository, **pins: str) -> int | None:
    broken = verifying.verify(log, **pins).broken
    return None if broken is None else broken.seq


def hashes(log: repository.AuditRepository) -> list[str]:
    return [entry.hash for entries in log.walk() for entry in entries]


def test_an_empty_log_holds(log: repository.AuditRepository) -> None:
    verdict = verifying.verify(log)
    assert (verdict.entries, verdict.head, verdict.broken) == (0, chain.START, None)


@pytest.mark.usefixtures("five")
def test_what_was_written_holds(log: repository.AuditRepository) -> None:
    verdict = verifying.verify(log)
    assert (verdict.entries, verdict.head, verdict.broken) == (5, log.head(), None)
    assert log.head().seq == 5
    assert verifying.verify(log, since=hashes(log)[1]).entries == 3


def test_the_hash_is_what_the_documents_say(
    log: repository.AuditRepository, audit: service.Audit
) -> None:
    """Anybody can check it with other tools; and it must not change from version to version."""
    audit.write(dataclasses.replace(DRAFT, actor="Яна"))
    line = (
        r'[1,"2026-01-01T00:00:00.000000Z","\u042f\u043d\u0430","session",'
        r'"DELETE /datasets/{dataset_id}","dataset","3","done",204,null,"192.0.2.7","r1",'
        r'"{\"was\":\"titanic\"}","' + "0" * 64 + '"]'
    )
    assert hashes(log) == [hashlib.sha256(line.encode()).hexdigest()]


@pytest.mark.usefixtures("five")
def test_any_column_of_any_entry(log: repository.AuditRepository, edit: Edit) -> None:
    """All of them, one by one, each put right again."""
    for entry in [entry for entries in log.walk() for entry in entries]:
        for column in chain.COLUMNS:
            now = ANOTHER["seq"] if column == "seq" else entry.seq
            change = f"UPDATE audit_entries SET {column} = :value WHERE seq = :seq"
            edit(change, value=ANOTHER[column], seq=entry.seq)
            assert broken_at(log) == entry.seq, column
            edit(change, value=getattr(entry, column), seq=now)
    assert broken_at(log) is None


@pytest.mark.parametrize("seq", [1, 3, 4])
@pytest.mark.usefixtures("five")
def test_deleting(log: repository.AuditRepository, edit: Edit, seq: int) -> None:
    edit("DELETE FROM audit_entries WHERE seq = :seq", seq=seq)
    assert broken_at(log) == seq


@pytest.mark.parametrize("seq", [1, 3, 4])
@pytest.mark.usefixtures("five")
def test_deleting_and_closing_the_gap(
    log: repository.AuditRepository, edit: Edit, seq: int
) -> None:
    edit(
        "DELETE FROM audit_entries WHERE seq = :seq",
        "UPDATE audit_entries SET seq = seq - 1 WHERE seq = :seq + 1",
        "UPDATE audit_entries SET seq = seq - 1 WHERE seq = :seq + 2",
        "UPDATE audit_entries SET seq = seq - 1 WHERE seq = :seq + 3",
        "UPDATE audit_entries SET seq = seq - 1 WHERE seq = :seq + 4",
        seq=seq,
    )
    assert broken_at(log) == seq


@pytest.mark.usefixtures("five")
def test_swapping(log: repository.AuditRepository, edit: Edit) -> None:
    edit(
        "UPDATE audit_entries SET seq = 100 WHERE seq = 2",
        "UPDATE audit_entries SET seq = 2 WHERE seq = 4",
        "UPDATE audit_entries SET seq = 4 WHERE seq = 100",
    )
    assert broken_at(log) == 2


COPIED = ", ".join(name for name in chain.COLUMNS if name not in ("seq", "prev_hash", "hash"))
INSERT = f"INSERT INTO audit_entries (seq, prev_hash, hash, {COPIED})"


@pytest.mark.parametrize(("seq", "first"), [(0, 1), (-1, 1), (6, 6)])
@pytest.mark.usefixtures("five")
def test_inserting(log: repository.AuditRepository, edit: Edit, seq: int, first: int) -> None:
    edit(
        f"{INSERT} SELECT :seq, 'x', 'y', {COPIED} FROM audit_entries WHERE seq = 1",
        seq=seq,
    )
    assert broken_at(log) == first


@pytest.mark.usefixtures("five")
def test_inserting_and_making_room(log: repository.AuditRepository, edit: Edit) -> None:
    edit(
        "UPDATE audit_entries SET seq = 6 WHERE seq = 5",
        "UPDATE audit_entries SET seq = 5 WHERE seq = 4",
        f"{INSERT} SELECT 4, 'x', 'y', {COPIED} FROM audit_entries WHERE seq = 1",
    )
    assert broken_at(log) == 4


@pytest.mark.usefixtures("five")
def test_cutting_off_the_tail_is_seen_by_who_wrote_the_head_down(
    log: repository.AuditRepository, audit: service.Audit, edit: Edit
) -> None:
    pinned = log.head().hash
    audit.write(DRAFT)
    assert broken_at(log, head=pinned) is None
    edit("DELETE FROM audit_entries WHERE seq >= 4")
    assert broken_at(log) is None
    assert broken_at(log, head=pinned) == 4


@pytest.mark.usefixtures("five")
def test_a_log_written_anew_is_seen_by_who_wrote_the_head_down(
    log: repository.AuditRepository, audit: service.Audit, edit: Edit
) -> None:
    pinned, since = log.head().hash, hashes(log)[2]
    edit("DELETE FROM audit_entries")
    for _ in range(5):
        audit.write(DRAFT)
    assert broken_at(log) is None
    assert broken_at(log, head=pinned) == 6
    with pytest.raises(verifying.UnknownLink):
        verifying.verify(log, since=since)


@pytest.mark.usefixtures("five")
def test_going_on_from_a_place_that_was_written_down(
    log: repository.AuditRepository, edit: Edit
) -> None:
    third, fifth = hashes(log)[2], hashes(log)[4]
    assert broken_at(log, since=third, head=third) is None
    assert broken_at(log, since=third, head=fifth) is None
    edit("UPDATE audit_entries SET actor = 'bob' WHERE seq = 2")
    assert broken_at(log, since=third) is None
    edit("UPDATE audit_entries SET actor = 'bob' WHERE seq = 3")
    with pytest.raises(verifying.UnknownLink):
        verifying.verify(log, since=third)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'bob' WHERE seq = 2",
        "DELETE FROM audit_entries WHERE seq = 5",
        "DELETE FROM audit_entries",
        f"{INSERT} SELECT 6, 'x', 'y', {COPIED} FROM audit_entries WHERE seq = 1",
        f"{INSERT} SELECT 8, hash, 'y', {COPIED} FROM audit_entries WHERE seq = 5",
    ],
)
@pytest.mark.usefixtures("five")
def test_the_database_refuses(
    database: engine.Database, log: repository.AuditRepository, statement: str
) -> None:
    before = hashes(log)
    with (
        pytest.raises(sa.exc.DBAPIError, match="the audit log can only be added to"),
        database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    assert hashes(log) == before


@pytest.mark.usefixtures("five")
def test_the_database_refuses_what_only_one_kind_of_it_knows(database: engine.Database) -> None:
    statement = (
        f"INSERT OR REPLACE INTO audit_entries (seq, prev_hash, hash, {COPIED}) "
        f"SELECT 2, 'x', 'y', {COPIED} FROM audit_entries WHERE seq = 1"
        if database.is_sqlite
        else "TRUNCATE audit_entries"
    )
    with (
        pytest.raises(sa.exc.DBAPIError, match="the audit log can only be added to"),
        database.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_many_at_once_make_one_chain(url: str, database: engine.Database) -> None:
    """As by two web masters on one database."""
    second = engine.connect(url)
    logs = [repository.AuditRepository(one) for one in (database, second)]
    try:
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda number: write_fifty(logs[number % 2], number), range(20)))
        verdict = verifying.verify(logs[0])
        assert (verdict.entries, verdict.broken) == (1000, None)
        _, total = logs[0].page(repository.Filter(actor="7"), limit=1, offset=0)
        assert total == 50
    finally:
        second.close()


def write_fifty(log: repository.AuditRepository, number: int) -> None:
    audit = service.Audit(log, service.clock.SystemClock())
    for _ in range(50):
        audit.write(dataclasses.replace(DRAFT, actor=str(number)))
