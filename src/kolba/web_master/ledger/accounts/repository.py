"""All SQL of accounts and transfers. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from kolba.kit.db import engine, statements
from kolba.web_master.ledger import charging, models
from kolba.web_master.people import models as people_models

_ACCOUNT = models.Account
_TRANSFER = models.Transfer
_ROWS_AT_A_TIME = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    balance: int = 0
    held: int = 0

    @property
    def available(self) -> int:
        return self.balance - self.held


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which transfers; None: any."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    kind: charging.TransferKind | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is between two moments on one account. Transfers that come later do not change it."""

    account: int
    opening: int
    """The balance before the first."""
    first: int
    """The number of the first transfer."""
    last: int


class AccountRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def is_person(self, name: str) -> bool:
        """Whether there is somebody of exactly this name."""
        query = sa.select(people_models.Person.id).where(people_models.Person.name == name)
        with self._database.reading() as session:
            return "\0" not in name and session.scalar(query) is not None

    def find(self, name: str) -> int | None:
        """A person's account, if they have one."""
        with self._database.reading() as session:
            return session.scalar(_number(name))

    def open(self, name: str) -> int:
        """A person's account; made where there is none."""
        number = self.find(name)
        if number is not None:
            return number
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        new = insert(_ACCOUNT).values(kind=models.PERSON, name=name).on_conflict_do_nothing()
        with self._database.writing() as session:
            session.execute(new)
            return session.scalars(_number(name)).one()

    def balance(self, account: int) -> Balance:
        with self._database.reading() as session:
            return _balance(session, account)

    def give(self, entry: charging.Entry, *, most: int) -> Balance | None:
        """Raise a person's balance by a transfer to it, once for a reference.

        None, and nothing done, were it to pass `most`.
        """
        raised = (
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.id == entry.to_account, _ACCOUNT.balance <= most - entry.amount)
            .values(balance=_ACCOUNT.balance + entry.amount)
        )
        given = sa.select(_TRANSFER.id).where(
            _TRANSFER.to_account == entry.to_account,
            _TRANSFER.to_account > sa.literal_column(str(models.INCOME)),
            _TRANSFER.reference == entry.reference,
        )
        with self._database.writing() as session:
            # The account first: whoever holds its row writes the next transfer, so their numbers follow one another.
            lock(session, entry.to_account)
            if session.execute(given).first() is not None:
                return _balance(session, entry.to_account)
            if not statements.changed(session, raised):
                return None
            session.execute(sa.insert(_TRANSFER), dataclasses.asdict(entry))
            return _balance(session, entry.to_account)

    def page(
        self, account: int, chosen: Filter, *, limit: int, offset: int
    ) -> tuple[list[tuple[models.Transfer, str, str]], int]:
        """One page, the newest first, with the names of both accounts; and how many there are in all."""
        numbers = _of(account, chosen).subquery()
        query = (
            _named()
            .where(_TRANSFER.id.in_(sa.select(_newest(account, chosen, limit, offset).c.id)))
            .order_by(_TRANSFER.id.desc())
        )
        with self._database.reading() as session:
            total = session.scalar(sa.select(sa.func.count()).select_from(numbers)) or 0
            return [(row[0], row[1], row[2]) for row in session.execute(query)], total

    def statement(self, account: int, chosen: Filter) -> Statement | None:
        """What there is between the two moments; None: nothing."""
        ids = _of(account, chosen).subquery()
        ends = sa.select(sa.func.min(ids.c.id), sa.func.max(ids.c.id))
        with self._database.reading() as session:
            first, last = session.execute(ends).one()
            if first is None:
                return None
            earlier = _of(account, Filter()).subquery()
            opening = session.scalar(
                sa.select(sa.func.coalesce(sa.func.sum(earlier.c.signed), 0)).where(
                    earlier.c.id < first
                )
            )
            return Statement(account=account, opening=int(opening or 0), first=first, last=last)

    def rows(self, found: Statement) -> Iterator[list[tuple[models.Transfer, str, str]]]:
        """The statement's transfers, the oldest first, part by part; each part is a transaction of its own."""
        after = found.first - 1
        while True:
            ids = _of(found.account, Filter()).subquery()
            part = (
                sa.select(ids.c.id)
                .where(ids.c.id > after, ids.c.id <= found.last)
                .order_by(ids.c.id)
                .limit(_ROWS_AT_A_TIME)
            )
            query = _named().where(_TRANSFER.id.in_(part)).order_by(_TRANSFER.id)
            with self._database.reading() as session:
                rows = [(row[0], row[1], row[2]) for row in session.execute(query)]
            if not rows:
                return
            yield rows
            after = rows[-1][0].id


def lock(session: orm.Session, account: int) -> None:
    """Nobody else changes the account until the transaction ends. Always taken before what belongs to the account."""
    session.execute(sa.select(_ACCOUNT.id).where(_ACCOUNT.id == account).with_for_update())


def _number(name: str) -> sa.Select[int]:
    return sa.select(_ACCOUNT.id).where(_ACCOUNT.kind == models.PERSON, _ACCOUNT.name == name)


def _balance(session: orm.Session, account: int) -> Balance:
    query = sa.select(_ACCOUNT.balance, _ACCOUNT.held).where(_ACCOUNT.id == account)
    row = session.execute(query).first()
    return Balance() if row is None else Balance(balance=row[0], held=row[1])


def _side(account: int, column: Any, sign: int, chosen: Filter) -> sa.Select[int, int]:
    # The second condition lets the partial index of people's accounts serve.
    query: sa.Select[int, int] = sa.select(
        _TRANSFER.id, (_TRANSFER.amount * sign).label("signed")
    ).where(column == account, column > sa.literal_column(str(models.INCOME)))
    if chosen.since is not None:
        query = query.where(_TRANSFER.at >= chosen.since)
    if chosen.until is not None:
        query = query.where(_TRANSFER.at < chosen.until)
    if chosen.kind is not None:
        query = query.where(_TRANSFER.kind == chosen.kind)
    return query


def _of(account: int, chosen: Filter) -> sa.CompoundSelect[Any]:
    """Numbers and signed amounts of a person's transfers, from either side's index."""
    return sa.union_all(
        _side(account, _TRANSFER.from_account, -1, chosen),
        _side(account, _TRANSFER.to_account, 1, chosen),
    )


def _newest(account: int, chosen: Filter, limit: int, offset: int) -> sa.Subquery:
    found = _of(account, chosen)
    return found.order_by(sa.desc("id")).limit(limit).offset(offset).subquery()


def _named() -> sa.Select[models.Transfer, str, str]:
    giver, receiver = orm.aliased(_ACCOUNT), orm.aliased(_ACCOUNT)
    named: sa.Select[models.Transfer, str, str] = sa.select(_TRANSFER, giver.name, receiver.name)
    return named.join(giver, giver.id == _TRANSFER.from_account).join(
        receiver, receiver.id == _TRANSFER.to_account
    )
