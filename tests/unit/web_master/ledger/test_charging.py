"""Charging: what the balance covers is paid, in one transfer, and nothing else is."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
import sqlalchemy

from kolba.web_master.ledger import amounts, charging, models
from kolba.web_master.ledger.accounts import schemas
from kolba.web_master.ledger.books import repository as books


def charge_of(account: int, amount: int, **other: Any) -> charging.Charge:
    named = {"reference": "trip-1", "memo": "titanic", "count": 1, **other}
    return charging.Charge(account=account, amount=amount, **named)


async def test_one_trip_is_one_transfer_for_each_person_and_model(ledger: Any) -> None:
    anna, boris = ledger.give("anna", 100), ledger.give("boris", 100)
    admitted = ledger.charge(
        [
            charge_of(anna, 10, count=2),
            charge_of(boris, 7),
            charge_of(anna, 5),
            charge_of(anna, 1, memo="iris"),
        ]
    )
    assert admitted == [True] * 4
    assert (ledger.balance("anna"), ledger.balance("boris")) == ((84, 0), (93, 0))
    found = await ledger.balances.transfers("anna", schemas.TransferQuery(kind="prediction"))
    assert sorted((one.amount, one.count, one.memo) for one in found.items) == [
        (-15, 3, "titanic"),
        (-1, 1, "iris"),
    ]
    assert {(one.from_account, one.to_account, one.by) for one in found.items} == {
        ("anna", "income", "anna")
    }
    assert ledger.prove().is_sound


def test_what_the_balance_does_not_cover_is_not_taken(ledger: Any) -> None:
    anna = ledger.give("anna", 35)
    assert ledger.charge([charge_of(anna, 10) for _ in range(5)]) == [True] * 3 + [False] * 2
    assert ledger.balance("anna") == (5, 0)
    # One that is too dear does not keep out a cheaper one.
    assert ledger.charge([charge_of(anna, 6), charge_of(anna, 5)]) == [False, True]
    assert ledger.charge([charge_of(anna, 1)]) == [False]
    assert ledger.balance("anna") == (0, 0)
    assert ledger.prove().is_sound


def test_what_is_held_is_not_spent(ledger: Any, as_anna: None) -> None:
    anna = ledger.give("anna", 10)
    held = ledger.holds._place_now("anna", "train", 8, "")
    assert ledger.charge([charge_of(anna, 3)]) == [False]
    assert ledger.charge([charge_of(anna, 2)]) == [True]
    assert ledger.balance("anna") == (8, 8)
    assert ledger.open_holds.settle(held.id, "released", at=ledger.time.now())
    assert ledger.balance("anna") == (8, 0)


def test_sums_beyond_64_bits_are_just_too_dear(ledger: Any) -> None:
    anna = ledger.give("anna", 100)
    charges = [charge_of(anna, 2**62) for _ in range(4)] + [charge_of(anna, 60)]
    assert ledger.charge(charges) == [False] * 4 + [True]
    assert ledger.balance("anna") == (40, 0)


def test_an_account_that_is_not_there_pays_nothing(ledger: Any) -> None:
    assert ledger.charge([charge_of(99, 1)]) == [False]


def test_what_is_rolled_back_was_never_taken(ledger: Any) -> None:
    anna = ledger.give("anna", 10)
    with ledger.writing.connect() as connection:
        assert charging.charge(books.ConnectionBook(connection), [charge_of(anna, 4)]) == [True]
        connection.rollback()
    assert ledger.balance("anna") == (10, 0)
    assert ledger.prove().is_sound


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_raw_cursor_does_the_same(ledger: Any) -> None:
    anna = ledger.give("anna", 25)
    raw = ledger.database.engine.raw_connection()
    cursor: sqlite3.Cursor = raw.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    charges = [charge_of(anna, 10, count=3) for _ in range(3)]
    assert charging.charge(books.CursorBook(cursor), charges, at=ledger.time.now()) == [
        True,
        True,
        False,
    ]
    cursor.execute("COMMIT")
    raw.close()
    assert ledger.balance("anna") == (5, 0)
    [charged, _] = (await ledger.balances.transfers("anna", schemas.TransferQuery())).items
    assert (charged.at, charged.amount, charged.count) == (ledger.time.now(), -20, 6)
    assert ledger.prove().is_sound


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_accounts SET balance = -1 WHERE name = 'anna'",
        "UPDATE ledger_accounts SET held = 11 WHERE name = 'anna'",
        "UPDATE ledger_accounts SET held = -1 WHERE name = 'anna'",
        "UPDATE ledger_transfers SET amount = 0",
        "UPDATE ledger_transfers SET to_account = from_account",
        "INSERT INTO ledger_accounts (kind, name) VALUES ('person', 'anna')",
    ],
)
def test_the_tables_themselves_refuse_nonsense(ledger: Any, statement: str) -> None:
    ledger.give("anna", 10)
    with pytest.raises(sqlalchemy.exc.IntegrityError), ledger.writing.begin() as connection:
        connection.execute(sqlalchemy.text(statement))


def test_the_systems_accounts_have_the_numbers_that_the_indexes_leave_out(ledger: Any) -> None:
    query = sqlalchemy.select(models.Account.name, models.Account.id).where(
        models.Account.kind == models.SYSTEM
    )
    with ledger.database.reading() as session:
        assert dict(list(session.execute(query))) == models.SYSTEM_ACCOUNTS
    assert ledger.numbers.id_of("income") > models.INCOME  # a person of that name is somebody else


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_persons_transfers_are_found_by_index(ledger: Any) -> None:
    anna = ledger.give("anna", 10)
    query = "SELECT id FROM ledger_transfers WHERE from_account = ? AND from_account > 2"
    raw = ledger.database.engine.raw_connection()
    plan = raw.cursor().execute(f"EXPLAIN QUERY PLAN {query}", (anna,)).fetchall()
    raw.close()
    assert "ix_ledger_transfers_from" in str(plan)


def test_a_balance_has_a_top(ledger: Any) -> None:
    anna = ledger.give("anna", amounts.MAX_AMOUNT)
    with ledger.writing.begin() as connection:
        for table, column in (("ledger_accounts", "balance"), ("ledger_transfers", "amount")):
            where = f"id = {anna}" if column == "balance" else f"to_account = {anna}"
            most = amounts.MAX_BALANCE - 5
            connection.execute(
                sqlalchemy.text(f"UPDATE {table} SET {column} = {most} WHERE {where}")
            )
    with pytest.raises(Exception, match="would pass"):
        ledger.give("anna", 6)
    assert ledger.give("anna", 5) == anna
    assert ledger.balance("anna") == (amounts.MAX_BALANCE, 0)
    assert ledger.prove().is_sound
