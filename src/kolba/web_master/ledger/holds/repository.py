"""All SQL of holds. Every method is one transaction and blocks: call it from a thread."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Literal

import sqlalchemy as sa

from kolba.kit import failpoints
from kolba.kit.db import engine, statements
from kolba.web_master.ledger import amounts, models
from kolba.web_master.ledger.accounts import repository as accounts

Kind = Literal["train", "fine-tune", "predict-batch", "infer", "predict"]
End = Literal["captured", "released"]
_HOLD = models.Hold
_ACCOUNT = models.Account
_OPEN, _RELEASED, _CAPTURED = "open", "released", "captured"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    id: int
    account: int
    amount: int
    kind: Kind
    reference: str
    memo: str
    run_id: int | None
    created_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class New:
    account: int
    amount: int
    kind: Kind
    reference: str
    memo: str
    at: dt.datetime


class HoldRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def place(self, new: New) -> int | None:
        """Set credits aside; the hold's number. None, and nothing done, where fewer are available.

        A reference that has set credits aside before (an idempotent request's earlier attempt) sets none aside again,
        unless they were given back meanwhile.
        """
        if new.amount > amounts.MAX_BALANCE:
            return None
        reserved = (
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.id == new.account, _ACCOUNT.balance - _ACCOUNT.held >= new.amount)
            .values(held=_ACCOUNT.held + new.amount)
        )
        earlier = sa.select(_HOLD).where(
            _HOLD.reference == new.reference, _HOLD.account == new.account
        )
        with self._database.writing() as session:
            accounts.lock(session, new.account)
            row = session.scalars(earlier).one_or_none()
            if row is not None and row.state != _RELEASED:
                return row.id
            if statements.changed(session, reserved) == 0:
                return None
            if row is not None:
                row.state, row.amount, row.run_id, row.settled_at = _OPEN, new.amount, None, None
                row.created_at = new.at
                return row.id
            row = _HOLD(
                account=new.account,
                amount=new.amount,
                state=_OPEN,
                kind=new.kind,
                reference=new.reference,
                memo=new.memo,
                created_at=new.at,
            )
            session.add(row)
            session.flush()
            return row.id

    def attach(self, hold_id: int, run_id: int) -> None:
        """The run whose end settles it."""
        statement = (
            sa.update(_HOLD).where(_HOLD.id == hold_id, _HOLD.state == _OPEN).values(run_id=run_id)
        )
        with self._database.writing() as session:
            session.execute(statement)

    def settle(
        self, hold_id: int, end: End, *, at: dt.datetime, unless_attached: bool = False
    ) -> bool:
        """Pay what is held into `income`, or give it back; once, whoever else tries. Whether it was done by this call.

        With `unless_attached`, only a hold that no run has been attached to.
        """
        ended = (
            sa.update(_HOLD)
            .where(_HOLD.id == hold_id, _HOLD.state == _OPEN)
            .values(state=end, settled_at=at)
        )
        if unless_attached:
            ended = ended.where(_HOLD.run_id.is_(None))
        account = sa.select(_HOLD.account).where(_HOLD.id == hold_id)
        with self._database.writing() as session:
            accounts.lock(session, session.scalars(account).one())
            if statements.changed(session, ended) == 0:
                return False
            failpoints.reach("holds.settling")
            hold = session.scalars(sa.select(_HOLD).where(_HOLD.id == hold_id)).one()
            paid = hold.amount if end == "captured" else 0
            session.execute(
                sa.update(_ACCOUNT)
                .where(_ACCOUNT.id == hold.account)
                .values(held=_ACCOUNT.held - hold.amount, balance=_ACCOUNT.balance - paid)
            )
            if paid:
                session.add(_transfer(hold, at))
            return True

    def is_captured(self, hold_id: int) -> bool:
        """Whether it was paid."""
        with self._database.reading() as session:
            return session.scalar(sa.select(_HOLD.state).where(_HOLD.id == hold_id)) == _CAPTURED

    def open_of(self, run_id: int) -> list[Hold]:
        """Those for this run that are not settled, and those whose run is not known yet."""
        query = sa.select(_HOLD).where(
            _HOLD.state == sa.literal_column("'open'"),
            sa.or_(_HOLD.run_id == run_id, _HOLD.run_id.is_(None)),
        )
        with self._database.reading() as session:
            return [_hold(row) for row in session.scalars(query)]

    def open_ones(self, *, after: int, limit: int) -> list[Hold]:
        """Those that are not settled, by number."""
        query = (
            sa.select(_HOLD)
            .where(_HOLD.state == sa.literal_column("'open'"), _HOLD.id > after)
            .order_by(_HOLD.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [_hold(row) for row in session.scalars(query)]


def _transfer(hold: models.Hold, at: dt.datetime) -> models.Transfer:
    return models.Transfer(
        at=at,
        kind="run",
        from_account=hold.account,
        to_account=models.INCOME,
        amount=hold.amount,
        count=1,
        reference=hold.reference,
        memo=hold.memo,
        by=None,
    )


def _hold(row: models.Hold) -> Hold:
    kind: Any = row.kind
    return Hold(
        id=row.id,
        account=row.account,
        amount=row.amount,
        kind=kind,
        reference=row.reference,
        memo=row.memo,
        run_id=row.run_id,
        created_at=row.created_at,
    )
