"""Charges and refunds that touch the same accounts at once, on a real PostgreSQL: none wait in a ring."""

from __future__ import annotations

import concurrent.futures
import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterator, Sequence

import orjson
import pytest

import kolba.web_master
from kolba.kit import clock
from kolba.kit.db import engine, migrations
from kolba.kit.testing import postgresql as postgresql_server
from kolba.web_master.ledger import charging
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.predictions import repository
from kolba.web_master.predictions.refunding import repository as refunds

SCRIPTS = pathlib.Path(kolba.web_master.__file__).parent / "migrations"
ROUNDS = 5
PEOPLE = [f"person-{99 - number}" for number in range(40)]
"""In the order of their accounts, which is the reverse of that of their names."""


class Books:
    def __init__(self, database: engine.Database) -> None:
        kept = accounts_repository.AccountRepository(database)
        self.numbers = accounts.Accounts(kept)
        self.outbox = repository.Outbox(database)
        self.refunds = refunds.Refunds(database, self.numbers.id_of)
        balances = accounts.Balances(kept, self.numbers, time=clock.SystemClock())
        for person in PEOPLE:
            balances.give(person, 10_000, memo="", by="admin")

    def charge(self, trips: Sequence[Sequence[str]]) -> list[int]:
        """Trips that share a transaction, a credit for each person. Their numbers in the outbox."""
        recorded = self.outbox.append([self._batch(people) for people in trips])
        return [one.id for one in recorded if one is not None and one.id is not None]

    def _batch(self, people: Sequence[str]) -> repository.Batch:
        return repository.Batch(
            documents=[
                orjson.dumps({"person": one, "price": 1, "rows": 1, "model": "m", "version": "v1"})
                for one in people
            ],
            charges=repository.Charges(
                each=[
                    charging.Charge(
                        account=self.numbers.id_of(one),
                        amount=1,
                        count=1,
                        reference="trip",
                        memo="m v1",
                    )
                    for one in people
                ],
                owner="owner",
                serial=0,
                reference="trip",
            ),
        )


@pytest.fixture
def books(postgresql: postgresql_server.Cluster) -> Iterator[Books]:
    with contextlib.closing(engine.connect(postgresql.create_database())) as database:
        migrations.upgrade(database, SCRIPTS)
        yield Books(database)


def at_once(*works: Callable[[], object]) -> None:
    """Raises what one of them raises."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait(30)
        work()

    with concurrent.futures.ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(run, work) for work in works]:
            done.result()


def test_groups_of_trips_that_charge_the_same_people_in_another_order(books: Books) -> None:
    trips = [[person] for person in PEOPLE]
    for _ in range(ROUNDS):
        at_once(lambda: books.charge(trips), lambda: books.charge(trips[::-1]))


def test_a_refund_beside_a_charge_of_the_same_people(books: Books) -> None:
    for _ in range(ROUNDS):
        (trip,) = books.charge([PEOPLE])
        at_once(
            lambda trip=trip: books.refunds.give_back(trip, range(len(PEOPLE))),  # type: ignore[misc]
            lambda: books.charge([PEOPLE]),
        )
