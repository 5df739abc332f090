"""All SQL of the proof. Each question is one statement, so that it sees one moment of a ledger that is in use."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import engine
from kolba.web_master.ledger import amounts, models

_ACCOUNT = models.Account
_TRANSFER = models.Transfer
_HOLD = models.Hold
_SYSTEM = tuple(models.SYSTEM_ACCOUNTS.values())
MOST_FAULTS = 1000
"""Of each kind, no more are listed."""


class VerificationRepository:
    def __init__(self, database: engine.Database) -> None:
        self._database = database

    def wrong_balances(self) -> list[tuple[str, int, int]]:
        """People whose balance is not the sum of their transfers: name, balance, sum."""
        signed = _signed().subquery()
        summed = (
            sa.select(signed.c.account, sa.func.sum(signed.c.amount).label("amount"))
            .group_by(signed.c.account)
            .subquery()
        )
        return self._compare(_ACCOUNT.balance, summed)

    def wrong_holds(self) -> list[tuple[str, int, int]]:
        """People whose `held` is not the sum of their open holds: name, held, sum."""
        summed = (
            sa.select(_HOLD.account, sa.func.sum(_HOLD.amount).label("amount"))
            .where(_HOLD.state == "open")
            .group_by(_HOLD.account)
            .subquery()
        )
        return self._compare(_ACCOUNT.held, summed)

    def negative(self) -> list[tuple[str, int, int]]:
        """Accounts with less than nothing, or that hold more than they have: name, balance, held."""
        query = sa.select(_ACCOUNT.name, _ACCOUNT.balance, _ACCOUNT.held).where(
            sa.or_(_ACCOUNT.balance < 0, _ACCOUNT.held < 0, _ACCOUNT.held > _ACCOUNT.balance)
        )
        return self._rows(query)

    def one_sided(self) -> list[tuple[int, int, int, int]]:
        """Transfers that are not from one account there is to another, of at least 1: number, from, to, amount."""
        giver, receiver = orm.aliased(_ACCOUNT), orm.aliased(_ACCOUNT)
        query = (
            sa.select(_TRANSFER.id, _TRANSFER.from_account, _TRANSFER.to_account, _TRANSFER.amount)
            .outerjoin(giver, giver.id == _TRANSFER.from_account)
            .outerjoin(receiver, receiver.id == _TRANSFER.to_account)
            .where(
                sa.or_(
                    giver.id.is_(None),
                    receiver.id.is_(None),
                    _TRANSFER.from_account == _TRANSFER.to_account,
                    _TRANSFER.amount < 1,
                    _TRANSFER.amount > amounts.MAX_BALANCE,
                )
            )
        )
        return self._rows(query)

    def wrongly_settled(self) -> list[tuple[int, str, int, int]]:
        """Holds that were not paid exactly once when captured, or were paid though not: number, state, amount, paid."""
        paid = (
            sa.select(
                _TRANSFER.reference,
                _TRANSFER.from_account,
                sa.func.sum(_TRANSFER.amount).label("amount"),
            )
            .where(_TRANSFER.kind == "run")
            .group_by(_TRANSFER.reference, _TRANSFER.from_account)
            .subquery()
        )
        found = sa.func.coalesce(paid.c.amount, 0)
        due = sa.case((_HOLD.state == "captured", _HOLD.amount), else_=0)
        query = (
            sa.select(_HOLD.id, _HOLD.state, _HOLD.amount, found)
            .outerjoin(
                paid,
                sa.and_(paid.c.reference == _HOLD.reference, paid.c.from_account == _HOLD.account),
            )
            .where(found != due)
        )
        return [
            (number, state, amount, int(found))
            for number, state, amount, found in self._rows(query)
        ]

    def sums(self) -> list[tuple[str, int]]:
        """The balances of the system's accounts, and of all people together (`people`)."""
        signed = _signed().subquery()
        name = sa.case((_ACCOUNT.kind == models.SYSTEM, _ACCOUNT.name), else_="people")
        query = (
            sa.select(name, sa.func.sum(signed.c.amount))
            .join(signed, signed.c.account == _ACCOUNT.id)
            .group_by(name)
            .order_by(name)
        )
        return [(found, int(amount)) for found, amount in self._rows(query)]

    def counts(self) -> tuple[int, int, int]:
        """People's accounts, transfers, holds."""
        people = sa.select(sa.func.count()).where(_ACCOUNT.kind == models.PERSON)
        with self._database.reading() as session:
            return (
                session.scalar(people) or 0,
                session.scalar(sa.select(sa.func.count()).select_from(_TRANSFER)) or 0,
                session.scalar(sa.select(sa.func.count()).select_from(_HOLD)) or 0,
            )

    def _compare(self, kept: Any, summed: sa.Subquery) -> list[tuple[str, int, int]]:
        found = sa.func.coalesce(summed.c.amount, 0)
        query = (
            sa.select(_ACCOUNT.name, kept, found)
            .outerjoin(summed, summed.c.account == _ACCOUNT.id)
            # The system's rows are never written to: what they show must be 0, their balances are sums.
            .where(sa.case((_ACCOUNT.id.in_(_SYSTEM), kept != 0), else_=kept != found))
        )
        return [(name, int(one), int(other)) for name, one, other in self._rows(query)]

    def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> list[Any]:
        with self._database.reading() as session:
            return [tuple(row) for row in session.execute(query.limit(MOST_FAULTS))]


def _signed() -> sa.CompoundSelect[Any]:
    """Every transfer twice, from either account's side."""
    return sa.union_all(
        sa.select(_TRANSFER.from_account.label("account"), (-_TRANSFER.amount).label("amount")),
        sa.select(_TRANSFER.to_account, _TRANSFER.amount),
    )
