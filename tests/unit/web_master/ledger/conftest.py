"""A ledger on each kind of database, with the tables as the migrations make them."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import pytest

import kolba.web_master
from kolba.kit import clock, context, identity
from kolba.kit.db import engine, migrations, settings
from kolba.web_master.ledger import charging
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.books import repository as books
from kolba.web_master.ledger.holds import repository as holds_repository
from kolba.web_master.ledger.holds import service as holds
from kolba.web_master.ledger.verification import repository as verification_repository
from kolba.web_master.ledger.verification import service as verification

SCRIPTS = pathlib.Path(kolba.web_master.__file__).parent / "migrations"


@dataclasses.dataclass
class Ledger:
    database: engine.Database
    time: clock.ManualClock = dataclasses.field(default_factory=clock.ManualClock)

    def __post_init__(self) -> None:
        self.kept = accounts_repository.AccountRepository(self.database)
        self.numbers = accounts.Accounts(self.kept)
        self.balances = accounts.Balances(self.kept, self.numbers, time=self.time)
        self.open_holds = holds_repository.HoldRepository(self.database)
        self.holds = holds.Holds(self.open_holds, self.kept, self.numbers, time=self.time)
        self.writing = self.database.engine.execution_options(**engine.WRITING)

    def give(self, name: str, amount: int) -> int:
        """The account's number."""
        self.balances.give(name, amount, memo="", by="admin")
        return self.numbers.id_of(name)

    def balance(self, name: str) -> tuple[int, int]:
        found = self.balances.look(name)
        assert found.available == found.balance - found.held
        return found.balance, found.held

    def charge(self, charges: Sequence[charging.Charge]) -> list[bool]:
        with self.writing.begin() as connection:
            return charging.charge(books.ConnectionBook(connection), charges)

    def prove(self) -> verification.Proof:
        return verification.prove(verification_repository.VerificationRepository(self.database))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[engine.Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'web_master.db'}"
    else:
        url = request.getfixturevalue("postgresql").create_database()
    # Long enough that on a busy machine nobody of a hundred gives up waiting for the others.
    opened = engine.connect(url, settings.DatabaseSettings(busy_timeout_seconds=300))
    migrations.upgrade(opened, SCRIPTS)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: engine.Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def as_anna() -> Iterator[None]:
    """Whoever asks is Anna."""
    person = identity.Person(name="anna", groups=("client",), via="session")
    token = context.bind(context.RequestContext(request_id="1", person=person))
    yield
    context.unbind(token)
