"""Charging for predictions, inside the transaction that records them.

with writing.begin() as connection:                    # or books.CursorBook(cursor) after BEGIN IMMEDIATE
    admitted = charging.charge(repository.ConnectionBook(connection), charges)
    …                                                  # record what was admitted, and nothing else
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Literal, Protocol

from kolba.web_master.ledger import amounts, models

TransferKind = Literal["top-up", "prediction", "run", "refund", "adjustment"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one person is to pay. Give each request its own: what shares account, reference and memo becomes one
    transfer, and where the balance covers only some of those, the first that it covers are admitted.
    """

    account: int
    amount: int
    """Credits in all, at least 1: what costs nothing needs no charge."""
    count: int
    """How many predictions (rows)."""
    reference: str
    """The trip's."""
    memo: str
    """The model's name and version."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transfer that is to be written."""

    at: dt.datetime
    kind: TransferKind
    from_account: int
    to_account: int
    amount: int
    count: int
    reference: str
    memo: str
    by: str | None = None


class Book(Protocol):
    """The accounts within an open, writing transaction."""

    def take(self, account: int, amount: int) -> bool:
        """Lower a balance by `amount` if so much of it is available; whether it was. From now on no other
        transaction changes the account."""
        ...

    def available(self, account: int) -> int:
        """Balance less held; from now on no other transaction changes the account."""
        ...

    def enter(self, entry: Entry) -> None:
        """Write the transfer of what was taken."""
        ...


def charge(book: Book, charges: Sequence[Charge], *, at: dt.datetime | None = None) -> list[bool]:
    """Take what is to be paid, and write the transfers. Which of `charges` were paid, in their order.

    Nothing is taken for the others. It is for the caller to commit, together with what was paid for. Who charges more
    than once in a transaction locks all the accounts first (`books.repository.ConnectionBook.lock`).
    """
    moment = at or dt.datetime.now(dt.UTC)
    groups: dict[tuple[int, str, str], list[int]] = {}
    for position, one in enumerate(charges):
        groups.setdefault((one.account, one.reference, one.memo), []).append(position)
    admitted = [False] * len(charges)
    for key in sorted(
        groups
    ):  # always in one order, so that two transactions never wait for each other
        for position in _charge_group(book, [(n, charges[n]) for n in groups[key]], moment):
            admitted[position] = True
    return admitted


def _charge_group(book: Book, group: list[tuple[int, Charge]], at: dt.datetime) -> list[int]:
    """The positions of what was paid, out of what becomes one transfer."""
    account = group[0][1].account
    total = sum(one.amount for _, one in group)
    if total > amounts.MAX_BALANCE or not book.take(account, total):
        group = _covered(group, book.available(account))
        total = sum(one.amount for _, one in group)
        # Nobody else can have changed the account since it was looked at.
        if not group or not book.take(account, total):
            return []
    first = group[0][1]
    book.enter(
        Entry(
            at=at,
            kind="prediction",
            from_account=account,
            to_account=models.INCOME,
            amount=total,
            count=sum(one.count for _, one in group),
            reference=first.reference,
            memo=first.memo,
        )
    )
    return [position for position, _ in group]


def _covered(group: list[tuple[int, Charge]], available: int) -> list[tuple[int, Charge]]:
    """Those that `available` pays for, in their order; one that is too dear does not keep out a cheaper one."""
    chosen = []
    for position, one in group:
        if one.amount <= available:
            available -= one.amount
            chosen.append((position, one))
    return chosen
