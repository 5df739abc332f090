"""The proof finds every way in which the books can be wrong."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy

from kolba.web_master.ledger import charging

pytestmark = pytest.mark.usefixtures("as_anna")
UNGUARDED = [
    ("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_balance"),
    ("ALTER TABLE ledger_transfers DROP CONSTRAINT ck_ledger_transfers_amount"),
    ("ALTER TABLE ledger_transfers DROP CONSTRAINT ck_ledger_transfers_accounts"),
    ("ALTER TABLE ledger_transfers DROP CONSTRAINT ledger_transfers_to_account_fkey"),
]


def execute(ledger: Any, *statements: str) -> None:
    """Past every guard that the tables have."""
    with ledger.database.engine.connect() as connection:
        if ledger.database.is_sqlite:
            connection.rollback()
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA ignore_check_constraints = ON")
            cursor.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
            cursor.execute("PRAGMA foreign_keys = ON")
            return
        for statement in (*UNGUARDED, *statements):
            connection.execute(sqlalchemy.text(statement))
        connection.commit()


@pytest.fixture
async def used(ledger: Any) -> Any:
    """A ledger with something of everything."""
    anna = ledger.give("anna", 100)
    ledger.give("boris", 50)
    ledger.charge([charging.Charge(account=anna, amount=7, count=1, reference="t", memo="m")])
    async with ledger.holds.delivering(10, memo=""):
        pass
    async with ledger.holds.holding("train", 10, memo="") as held:
        held.run_id = 2
    released = ledger.holds._place_now("anna", "train", 5, "")
    ledger.open_holds.settle(released.id, "released", at=ledger.time.now())
    return ledger


def test_sound_books_are_sound(used: Any) -> None:
    proof = used.prove()
    assert proof.is_sound, proof.faults
    assert (proof.people, proof.transfers, proof.holds) == (2, 4, 3)
    assert proof.sums == (("income", 17), ("issuance", -150), ("people", 133))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'boris'", "boris: the bal"),
        ("UPDATE ledger_accounts SET balance = 1 WHERE name = 'income'", "income: the balance"),
        ("UPDATE ledger_accounts SET held = held - 1 WHERE name = 'anna'", "anna: 9 are held"),
        ("UPDATE ledger_accounts SET held = 51 WHERE name = 'boris'", "boris: the balance is 50"),
        (
            "UPDATE ledger_accounts SET balance = -5 WHERE name = 'boris'",
            "boris: the balance is -5",
        ),
        ("UPDATE ledger_transfers SET amount = amount + 1 WHERE kind = 'top-up'", "anna: the bal"),
        ("DELETE FROM ledger_transfers WHERE kind = 'prediction'", "anna: the balance is 83"),
        ("UPDATE ledger_transfers SET to_account = 99 WHERE kind = 'run'", "to account 99"),
        ("UPDATE ledger_transfers SET amount = -7 WHERE kind = 'prediction'", "-7 from account"),
        ("UPDATE ledger_holds SET state = 'released' WHERE state = 'open'", "10 are held"),
        ("UPDATE ledger_holds SET state = 'captured' WHERE state = 'released'", "0 were paid"),
        ("UPDATE ledger_holds SET state = 'released' WHERE state = 'captured'", "10 were paid"),
    ],
)
def test_every_fault_is_found(used: Any, statement: str, fault: str) -> None:
    execute(used, statement)
    proof = used.prove()
    assert not proof.is_sound
    assert any(fault in one for one in proof.faults), proof.faults
