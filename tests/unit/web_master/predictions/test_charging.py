"""Charging in the transaction that records, and giving back what never left, on each kind of database."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import pathlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import orjson
import pytest

import kolba.web_master
from kolba.kit import clock, errors
from kolba.kit.db import engine, migrations
from kolba.web_master.ledger import charging
from kolba.web_master.ledger import errors as ledger_errors
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.verification import repository as verification_repository
from kolba.web_master.ledger.verification import service as verification
from kolba.web_master.predictions import (
    coalescer,
    delivery,
    recording,
    repository,
    settling,
)
from kolba.web_master.predictions.refunding import repository as refunds

SCRIPTS = pathlib.Path(kolba.web_master.__file__).parent / "migrations"
PRICE = 5


@pytest.fixture(params=["sqlite, in place", "sqlite, in a thread", "postgresql, in a thread"])
def path(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Path]:
    kind, _, way = request.param.partition(", ")
    url = f"sqlite:///{tmp_path / 'web_master.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgresql").create_database()
    with contextlib.closing(engine.connect(url)) as database:
        migrations.upgrade(database, SCRIPTS)
        if way == "in place":
            with contextlib.closing(repository.InPlace(database)) as writer:
                yield Path(database, tmp_path / "marks", writer)
        else:
            yield Path(database, tmp_path / "marks", repository.Outbox(database))


class Path:
    """The last steps of the prediction path."""

    def __init__(self, database: engine.Database, folder: pathlib.Path, writer: Any) -> None:
        self.database = database
        self.writer = writer
        self.marks = delivery.Marks(folder)
        self.deliveries = delivery.Deliveries(self.marks)
        self.outbox = repository.Outbox(database)
        kept = accounts_repository.AccountRepository(database)
        self.numbers = accounts.Accounts(kept)
        self.balances = accounts.Balances(kept, self.numbers, time=clock.SystemClock())
        self.refunds = refunds.Refunds(database, self.numbers.id_of)

    def record(
        self, people: Sequence[str | None], price: int = PRICE
    ) -> tuple[repository.Recorded, list[delivery.Receipt]]:
        """One prediction for each of `people`, free for None."""
        first = self.deliveries.reserve(len(people))
        documents = [_document(n, one, price if one else 0) for n, one in enumerate(people)]
        charges = repository.Charges(
            each=[self._charge(one, price) if one else None for one in people],
            owner=self.marks.owner,
            serial=first,
            reference="trip-1",
        )
        batch = repository.Batch(documents=documents, charges=charges)
        (recorded,) = self.writer.append([batch])
        if recorded.id is None:
            return recorded, []
        count = sum(recorded.admitted)
        return recorded, self.deliveries.receipts(recorded.id, first, count)

    def give(self, person: str, amount: int) -> None:
        self.balances.give(person, amount, memo="", by="admin")

    def balance(self, person: str) -> int:
        return self.balances.look(person).balance

    def shippable(self) -> list[list[int]]:
        """Of each trip that may be shipped, its predictions' numbers."""
        stored, _ = self.outbox.oldest(max_predictions=1000, max_bytes=10**7)
        return [[one["number"] for one in orjson.loads(trip.predictions)] for trip in stored]

    def faults(self) -> tuple[str, ...]:
        books = verification_repository.VerificationRepository(self.database)
        return verification.prove(books).faults

    def settler(self, **kept: Any) -> settling.Settler:
        commits = recording.CommitInPlace(self.writer)
        return settling.Settler(self.deliveries, commits, self.refunds, **kept)

    def after_a_kill(self, folder: pathlib.Path | None = None) -> Path:
        """The next process; its file of marks lies in `folder`, where it is another web master's."""
        self.marks.close()
        return Path(self.database, folder or self.marks.folder, self.writer)

    def _charge(self, person: str, price: int) -> charging.Charge:
        return charging.Charge(
            account=self.numbers.id_of(person),
            amount=price,
            count=1,
            reference="trip-1",
            memo="titanic v1",
        )


def _document(number: int, person: str | None, price: int) -> bytes:
    return orjson.dumps(
        {
            "number": number,
            "person": person or "free",
            "price": price,
            "rows": 1,
            "model": "titanic",
            "version": "v1",
        }
    )


def test_what_the_balance_covers_is_recorded_and_the_rest_is_not(path: Path) -> None:
    path.give("anna", 2 * PRICE + 1)
    path.give("boris", PRICE)
    recorded, receipts = path.record(["anna", "boris", "anna", None, "anna", "boris"])
    assert list(recorded.admitted) == [True, True, True, True, False, False]
    assert len(receipts) == 4
    assert (path.balance("anna"), path.balance("boris")) == (1, 0)
    assert path.faults() == ()


def test_where_nobody_can_pay_nothing_is_recorded(path: Path) -> None:
    recorded, receipts = path.record(["anna", "boris"])
    assert (recorded.id, receipts) == (None, [])
    assert path.outbox.waiting() == 0


async def test_a_trip_is_shipped_when_every_answer_has_left(path: Path) -> None:
    path.give("anna", 100)
    _, receipts = path.record(["anna", "anna"])
    receipts[0].leaving()
    await path.settler().settle()
    assert path.shippable() == []
    receipts[1].leaving()
    await path.settler().settle()
    assert path.shippable() == [[0, 1]]
    assert path.balance("anna") == 100 - 2 * PRICE


async def test_an_answer_that_is_lost_is_paid_back_and_not_in_the_history(path: Path) -> None:
    path.give("anna", 100)
    path.give("boris", 100)
    _, receipts = path.record(["anna", "boris", "anna", None])
    for place, receipt in enumerate(receipts):
        (receipt.lost if place in (0, 1) else receipt.leaving)()
        receipt.lost()  # what has left, or is lost, stays so
    await path.settler().settle()
    assert path.shippable() == [[2, 3]]
    assert (path.balance("anna"), path.balance("boris")) == (100 - PRICE, 100)
    assert path.faults() == ()


async def test_the_next_start_pays_back_what_had_not_left(path: Path) -> None:
    path.give("anna", 100)
    _, first = path.record(["anna", "anna", "anna"])
    first[1].leaving()
    path.record(["anna"])
    again = path.after_a_kill()
    assert await again.settler().take_over() == 3 * PRICE
    assert await again.settler().take_over() == 0
    assert path.shippable() == [[1]]
    assert path.balance("anna") == 100 - PRICE
    assert path.faults() == ()


async def test_an_answer_that_is_kept_counts_as_given(path: Path) -> None:
    path.give("anna", 100)
    _, receipts = path.record(["anna", "anna"])
    kept = receipts[1].mark
    again = path.after_a_kill()
    assert await again.settler(kept=lambda: {kept}).take_over() == PRICE
    assert path.shippable() == [[1]]


async def test_what_another_web_master_has_in_hand_is_left_alone_for_an_hour(
    path: Path, tmp_path: pathlib.Path
) -> None:
    path.give("anna", 100)
    path.record(["anna"])
    other = path.after_a_kill(tmp_path / "other")
    settler = other.settler()
    assert await settler.take_over() == 0
    await settler.look_around()
    assert await settler.settle() == 0
    await settler.look_around(now=dt.datetime.now(dt.UTC) + dt.timedelta(hours=2))
    assert await settler.settle() == PRICE
    assert path.balance("anna") == 100


async def test_what_nobody_has_in_hand_is_paid_back_without_a_new_start(path: Path) -> None:
    path.give("anna", 100)
    _, held = path.record(["anna"])
    forgotten, _ = path.record(["anna", "anna"])
    assert forgotten.id is not None
    path.deliveries.end(forgotten.id, [])  # as where the recording fails after its commit
    del path.deliveries.ended[forgotten.id]
    settler = path.settler()
    await settler.look_around()
    assert await settler.settle() == 0  # it may be about to be taken in hand
    await settler.look_around(now=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2))
    assert await settler.settle() == 2 * PRICE
    held[0].leaving()
    await settler.settle()
    assert path.shippable() == [[0]]
    assert path.balance("anna") == 100 - PRICE


async def test_a_trip_that_cannot_be_settled_holds_up_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.give("anna", 100)
    trips = [path.record(["anna", "anna"]) for _ in range(3)]
    for _, (left, gone) in trips:
        left.leaving()
        gone.lost()
    give_back = path.refunds.give_back

    def fail_at_the_second(outbox_id: int, lost: Collection[int]) -> int:
        if outbox_id == trips[1][0].id:
            raise TypeError("Recursion limit reached")
        return give_back(outbox_id, lost)

    monkeypatch.setattr(path.refunds, "give_back", fail_at_the_second)
    settler = path.settler()
    assert await settler.settle() == 2 * PRICE
    again = path.after_a_kill()
    monkeypatch.setattr(again.refunds, "give_back", fail_at_the_second)
    started = again.settler()
    assert await started.take_over() == 0  # and the start goes on
    monkeypatch.undo()
    assert await started.settle() == 0  # put off
    await started.look_around()
    assert await started.settle() == PRICE
    assert path.balance("anna") == 100 - 3 * PRICE
    assert len(path.shippable()) == 3


async def test_more_trips_than_a_statement_takes_are_settled(path: Path) -> None:
    path.give("anna", 3000 * PRICE)
    for _ in range(1, 1100):
        _, receipts = path.record(["anna"])
        receipts[0].leaving()
    await path.settler().settle()
    assert len(path.shippable()) == 1000  # as many as are asked for at once
    assert path.deliveries.ended == {}


def test_numbers_are_used_again_without_their_marks(path: Path) -> None:
    first = path.deliveries.reserve(delivery.RING_BYTES)
    path.marks.set(first)
    second = path.deliveries.reserve(1)
    assert not path.marks.is_set(second)


def test_a_web_master_knows_its_charges_again(tmp_path: pathlib.Path) -> None:
    with delivery.Marks(tmp_path) as marks:
        marks.set(7)
        name = marks.owner
    with delivery.Marks(tmp_path) as again:
        assert again.owner == name
        assert again.is_set(7)
        assert not again.is_set(8)


@pytest.mark.parametrize("path", ["sqlite, in place"], indirect=True)
def test_a_full_disk_is_told_as_such_and_nothing_is_charged(path: Path) -> None:
    """SQLite ends the transaction by itself then."""
    path.give("anna", 1000)
    pages = path.writer._connection.cursor()
    (most,) = pages.execute("PRAGMA max_page_count").fetchone()
    pages.execute("PRAGMA max_page_count=1")  # no more than there are
    with pytest.raises(errors.StorageFull):
        path.record(["anna"] * 200)
    assert path.balance("anna") == 1000
    pages.execute(f"PRAGMA max_page_count={most}")
    path.record(["anna"])
    assert path.balance("anna") == 1000 - PRICE
    assert path.faults() == ()


class Funds:
    """Says why somebody did not pay, or cannot even say that."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    async def refusal(self, person: str, charge: charging.Charge) -> errors.KolbaError:
        if self.error is not None:
            raise self.error
        return ledger_errors.NotEnoughCredits(balance=0, available=0, price=charge.amount)


@pytest.fixture
def funds() -> Funds:
    return Funds()


Answered = list[tuple[coalescer.Request, coalescer.Answers]]


async def answered(path: Path, people: Sequence[str]) -> Answered:
    """What the model answered to these, one row each."""
    answers = coalescer.Answers(labels=np.array([1]), probabilities=np.array([[0.25, 0.75]]))
    return [(_request(path, one), answers) for one in people]


def _request(path: Path, person: str) -> coalescer.Request:
    entry = recording.Entry(
        id="0" * 32,
        at=dt.datetime.now(dt.UTC),
        started=0.0,
        person=person,
        model_id=1,
        model="titanic",
        version="v1",
        protocol="plain",
        request_id="r",
        classes=(0, 1),
        input="",
        input_truncated=False,
        charge=path._charge(person, PRICE),
    )
    return coalescer.Request(
        features=np.zeros((1, 1), np.float32), entry=entry, deadline=0.0, timeout_seconds=1.0
    )


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (None, ledger_errors.NotEnoughCredits),
        (errors.StorageFull(), errors.StorageFull),
        (OSError("the database went away"), errors.ServiceUnavailable),
    ],
)
async def test_who_paid_is_answered_whatever_becomes_of_those_who_did_not(
    path: Path, funds: Funds, fault: Exception | None, told: type[errors.KolbaError]
) -> None:
    path.give("boris", PRICE)
    journal = recording.Journal(recording.CommitInPlace(path.writer), path.deliveries, funds)
    funds.error = fault
    outcomes = await journal.record(await answered(path, ["anna", "boris", "anna"]))
    assert outcomes is not None
    first, paid, last = outcomes
    assert (type(first), type(last)) == (told, told)
    assert isinstance(paid, delivery.Receipt)
    paid.leaving()
    await path.settler().settle()
    stored, _ = path.outbox.oldest(max_predictions=10, max_bytes=10**6)
    assert [one.count for one in stored] == [1]


async def test_a_trip_that_is_cut_short_after_its_commit_is_paid_back(
    path: Path, funds: Funds
) -> None:
    path.give("boris", PRICE)
    journal = recording.Journal(recording.CommitInPlace(path.writer), path.deliveries, funds)
    funds.error = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await journal.record(await answered(path, ["anna", "boris"]))
    await path.settler().settle()
    assert path.balance("boris") == PRICE
    assert path.outbox.waiting() == 0
