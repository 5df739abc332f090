"""The ledger against a plain dictionary: whatever is done in whatever order, both say the same after every step."""

from __future__ import annotations

import dataclasses
import sqlite3

import hypothesis
import pytest
import sqlalchemy
from hypothesis import stateful
from hypothesis import strategies as st

from kolba.kit import clock, errors
from kolba.kit.db import engine
from kolba.web_master import models as web_master_models
from kolba.web_master.ledger import amounts, charging, models
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.books import repository as books
from kolba.web_master.ledger.errors import NotEnoughCredits
from kolba.web_master.ledger.holds import repository as holds_repository
from kolba.web_master.ledger.holds import service as holds
from kolba.web_master.ledger.verification import repository as verification_repository
from kolba.web_master.ledger.verification import service as verification

NAMES = ("anna", "борис", "income")
names = st.sampled_from(NAMES)
small = st.integers(1, 60)
sums_of_credits = st.one_of(
    small, small, st.integers(1, amounts.MAX_AMOUNT), st.just(amounts.MAX_AMOUNT)
)
not_credits = st.one_of(
    st.integers(max_value=0),
    st.integers(min_value=amounts.MAX_AMOUNT + 1),
    st.just(2**63),
    st.booleans(),
    st.floats(),
    st.text(max_size=5),
    st.none(),
)
prices = st.one_of(
    small, st.sampled_from(["available", "available + 1", "balance", "half", "one", "2**62"])
)
"""Most of them are where it matters: just what somebody has, or a little more."""

SUMS = """
    SELECT name, kind, balance, held,
        (SELECT coalesce(sum(amount), 0) FROM ledger_transfers WHERE to_account = one.id)
            - (SELECT coalesce(sum(amount), 0) FROM ledger_transfers WHERE from_account = one.id),
        (SELECT coalesce(sum(amount), 0) FROM ledger_holds WHERE account = one.id AND state = 'open')
    FROM ledger_accounts one
"""
"""Of every account: what its row says, and what its transfers and open holds make. Not the program's own words."""


@dataclasses.dataclass
class Person:
    """What the dictionary knows of somebody."""

    balance: int = 0
    holds: dict[int, int] = dataclasses.field(default_factory=dict)

    @property
    def available(self) -> int:
        return self.balance - sum(self.holds.values())

    def price(self, meant: int | str) -> int:
        if isinstance(meant, int):
            return meant
        known = {
            "available": self.available,
            "available + 1": self.available + 1,
            "balance": self.balance,
            "half": self.available // 2,
            "one": 1,
            "2**62": 2**62,
        }
        return max(1, known[meant])


class AgainstAModel(stateful.RuleBasedStateMachine):
    open_ones = stateful.Bundle("open_ones")

    def __init__(self) -> None:
        super().__init__()
        self.database = engine.connect("sqlite://")  # in memory, of this thread
        web_master_models.Base.metadata.create_all(self.database.engine)
        self.writing = self.database.engine.execution_options(**engine.WRITING)
        with self.writing.begin() as connection:
            system = [
                {"id": number, "name": name, "kind": models.SYSTEM}
                for name, number in models.SYSTEM_ACCOUNTS.items()
            ]
            connection.execute(sqlalchemy.insert(models.Account), system)
        time = clock.ManualClock()
        self.kept = accounts_repository.AccountRepository(self.database)
        self.numbers = accounts.Accounts(self.kept)
        self.balances = accounts.Balances(self.kept, self.numbers, time=time)
        self.hold_rows = holds_repository.HoldRepository(self.database)
        self.holds = holds.Holds(self.hold_rows, self.kept, self.numbers, time=time)
        self.now = time.now()
        self.people = {name: Person() for name in NAMES}
        self.income = 0
        self.issued = 0
        self.transfers = 0

    def teardown(self) -> None:
        proof = verification.prove(verification_repository.VerificationRepository(self.database))
        assert proof.faults == ()
        assert proof.transfers == self.transfers
        assert sum(amount for _, amount in proof.sums) == 0
        for name, person in self.people.items():
            found = self.balances.look(name)
            assert (found.balance, found.available) == (person.balance, person.available)
        self.database.close()

    @stateful.rule(name=names, amount=sums_of_credits)
    def top_up(self, name: str, amount: int) -> None:
        given = self.balances.give(name, amount, memo="", by="admin")
        self.people[name].balance += amount
        self.issued += amount
        self.transfers += 1
        assert given.balance == self.people[name].balance

    @stateful.rule(name=names, amount=not_credits)
    def top_up_with_nonsense(self, name: str, amount: object) -> None:
        with pytest.raises(errors.InvalidInput):
            self.balances.give(name, amount, memo="", by="admin")  # type: ignore[arg-type]

    @stateful.rule(
        meant=st.lists(st.tuples(names, prices, st.integers(1, 9)), min_size=1, max_size=6),
        raw=st.booleans(),
    )
    def charge(self, meant: list[tuple[str, int | str, int]], raw: bool) -> None:
        asked = [(name, self.people[name].price(price), count) for name, price, count in meant]
        charges = [
            charging.Charge(
                account=self.numbers.id_of(name), amount=amount, count=count, reference="t", memo=""
            )
            for name, amount, count in asked
        ]
        admitted = self._charge_raw(charges) if raw else self._charge(charges)
        for (name, amount, _), was_paid in zip(asked, admitted, strict=True):
            person = self.people[name]
            assert was_paid == (amount <= person.available)
            if was_paid:
                person.balance -= amount
                self.income += amount
        payers = {name for (name, _, _), was_paid in zip(asked, admitted, strict=True) if was_paid}
        self.transfers += len(payers)

    @stateful.rule(target=open_ones, name=names, meant=prices)
    def hold(self, name: str, meant: int | str) -> tuple[str, int] | None:
        person = self.people[name]
        price = person.price(meant)
        if price > person.available:
            with pytest.raises(NotEnoughCredits) as refusal:
                self.holds._place_now(name, "train", price, "")
            said = {"balance": person.balance, "available": person.available, "price": price}
            assert refusal.value.details == said
            return None
        held = self.holds._place_now(name, "train", price, "")
        assert held.id is not None
        person.holds[held.id] = price
        return name, held.id

    @stateful.rule(
        one=open_ones,
        end=st.sampled_from(["captured", "released"]),
        attached=st.booleans(),
        unless_attached=st.booleans(),
    )
    def settle(
        self,
        one: tuple[str, int] | None,
        end: holds_repository.End,
        attached: bool,
        unless_attached: bool,
    ) -> None:
        """Also those that are settled already, and then nothing happens."""
        if one is None:
            return
        name, number = one
        amount = self.people[name].holds.get(number)
        if attached:
            self.hold_rows.attach(number, 7)
        was_attached = attached or number in self._attached
        if attached and amount is not None:
            self._attached.add(number)
        done = self.hold_rows.settle(number, end, at=self.now, unless_attached=unless_attached)
        assert done == (amount is not None and not (unless_attached and was_attached))
        if done and amount is not None:
            del self.people[name].holds[number]
            if end == "captured":
                self.people[name].balance -= amount
                self.income += amount
                self.transfers += 1

    @stateful.initialize()
    def _begin(self) -> None:
        self._attached: set[int] = set()

    @stateful.invariant()
    def both_say_the_same(self) -> None:
        """And double entry holds: every balance is the sum of its transfers, and all together make 0."""
        raw = self.database.engine.raw_connection()
        found = {row[:2]: row[2:] for row in raw.cursor().execute(SUMS).fetchall()}
        [transfers] = raw.cursor().execute("SELECT count(*) FROM ledger_transfers").fetchone()
        raw.close()
        for name, person in self.people.items():
            held = sum(person.holds.values())
            if (name, models.PERSON) in found:
                balances = (person.balance, held, person.balance, held)
                assert found.pop((name, models.PERSON)) == balances
            assert (person.balance, held) >= (0, 0)
            assert held <= person.balance
        assert found == {
            ("issuance", models.SYSTEM): (0, 0, -self.issued, 0),
            ("income", models.SYSTEM): (0, 0, self.income, 0),
        }
        assert self.issued == self.income + sum(one.balance for one in self.people.values())
        assert transfers == self.transfers

    def _charge(self, charges: list[charging.Charge]) -> list[bool]:
        with self.writing.begin() as connection:
            return charging.charge(books.ConnectionBook(connection), charges)

    def _charge_raw(self, charges: list[charging.Charge]) -> list[bool]:
        raw = self.database.engine.raw_connection()
        cursor: sqlite3.Cursor = raw.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        admitted = charging.charge(books.CursorBook(cursor), charges)
        cursor.execute("COMMIT")
        raw.close()
        return admitted


def run(sequences: int) -> None:
    stateful.run_state_machine_as_test(  # type: ignore[no-untyped-call]
        AgainstAModel,
        settings=hypothesis.settings(
            max_examples=sequences,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )


def test_200_sequences() -> None:
    run(200)


@pytest.mark.long
def test_10_000_sequences() -> None:
    run(10_000)
