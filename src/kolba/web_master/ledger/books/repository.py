"""The accounts within a transaction that somebody else opens and commits: what `charging.charge` writes through."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from kolba.web_master.ledger import charging, models

_ACCOUNT = models.Account
_AVAILABLE = _ACCOUNT.balance - _ACCOUNT.held
_TAKE = (
    sa.update(_ACCOUNT)
    .where(_ACCOUNT.id == sa.bindparam("account"), sa.bindparam("amount") <= _AVAILABLE)
    .values(balance=_ACCOUNT.balance - sa.bindparam("amount"))
)
_GIVE = (
    sa.update(_ACCOUNT)
    .where(_ACCOUNT.id == sa.bindparam("account"))
    .values(balance=_ACCOUNT.balance + sa.bindparam("amount"))
)
_LOOK = sa.select(_AVAILABLE).where(_ACCOUNT.id == sa.bindparam("account")).with_for_update()
_LOCK = (
    sa.select(_ACCOUNT.id)
    .where(_ACCOUNT.id.in_(sa.bindparam("accounts", expanding=True)))
    .order_by(_ACCOUNT.id)
    .with_for_update(key_share=True)  # as an update of a balance does: transfers may refer to it
)
_ENTER = sa.insert(models.Transfer)
_COLUMNS = [
    "at",
    "kind",
    "from_account",
    "to_account",
    "amount",
    "count",
    "reference",
    "memo",
    "by",
]


class ConnectionBook:
    """The accounts, on an open SQLAlchemy connection whose transaction writes."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def lock(self, accounts: Collection[int]) -> None:
        """From now on no other transaction changes these. In the order in which everybody locks accounts: by number."""
        self._connection.execute(_LOCK, {"accounts": sorted(accounts)})

    def take(self, account: int, amount: int) -> bool:
        done = self._connection.execute(_TAKE, {"account": account, "amount": amount})
        return done.rowcount == 1

    def available(self, account: int) -> int:
        return self._connection.scalar(_LOOK, {"account": account}) or 0

    def enter(self, entry: charging.Entry) -> None:
        self._connection.execute(_ENTER, _row(entry, entry.at))

    def give(self, entry: charging.Entry) -> None:
        """Raise a balance, and write the transfer."""
        self._connection.execute(_GIVE, {"account": entry.to_account, "amount": entry.amount})
        self.enter(entry)


def _plain(statement: Any, columns: list[str] | None = None) -> str:
    """The SQL text for SQLite's driver; its places are named (`:account`)."""
    dialect = sqlite.dialect(paramstyle="named")
    return str(statement.compile(dialect=dialect, column_keys=columns))


TAKE_SQL = _plain(_TAKE)
LOOK_SQL = _plain(_LOOK)
ENTER_SQL = _plain(_ENTER, _COLUMNS)


class CursorBook:
    """The accounts, on a raw SQLite cursor between BEGIN IMMEDIATE and COMMIT."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    def take(self, account: int, amount: int) -> bool:
        self._cursor.execute(TAKE_SQL, {"account": account, "amount": amount})
        return self._cursor.rowcount == 1

    def available(self, account: int) -> int:
        found = self._cursor.execute(LOOK_SQL, {"account": account}).fetchone()
        return found[0] if found else 0

    def enter(self, entry: charging.Entry) -> None:
        self._cursor.execute(ENTER_SQL, _row(entry, written(entry.at)))


def _row(entry: charging.Entry, at: dt.datetime | str) -> dict[str, Any]:
    return {
        "at": at,
        "kind": entry.kind,
        "from_account": entry.from_account,
        "to_account": entry.to_account,
        "amount": entry.amount,
        "count": entry.count,
        "reference": entry.reference,
        "memo": entry.memo,
        "by": entry.by,
    }


def written(moment: dt.datetime) -> str:
    """As SQLAlchemy writes it into SQLite."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
