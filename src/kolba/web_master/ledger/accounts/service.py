"""The rules of accounts: who has how much, and how they come by it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Literal

import uuid_utils

from kolba.contracts import pages
from kolba.kit import clock, csv_files
from kolba.web_master.idempotency import service as idempotency
from kolba.web_master.ledger import amounts, charging, errors, models
from kolba.web_master.ledger.accounts import repository, schemas

Provider = Literal["off", "demo"]
IsPerson = Callable[[str], Awaitable[bool]]
STATEMENT_COLUMNS = (
    "number",
    "at",
    "kind",
    "amount",
    "balance",
    "count",
    "from",
    "to",
    "reference",
    "memo",
    "by",
)


class Accounts:
    """The accounts' numbers. Thread-safe."""

    def __init__(self, accounts: repository.AccountRepository) -> None:
        self._accounts = accounts
        self._known: dict[str, int] = {}

    def peek(self, name: str) -> int | None:
        """A person's account where its number is at hand; never waits."""
        return self._known.get(name)

    def id_of(self, name: str) -> int:
        """A person's account, opened where there is none. Blocks the first time; the number never changes."""
        number = self._known.get(name)
        if number is None:
            number = self._accounts.open(name)
            self._known[name] = number
        return number


class Balances:
    def __init__(
        self,
        accounts: repository.AccountRepository,
        numbers: Accounts,
        *,
        time: clock.Clock,
        provider: Provider = "off",
        cap: int = amounts.MAX_BALANCE,
    ) -> None:
        """`provider` says whether people top up for themselves, up to a balance of `cap`."""
        self._accounts = accounts
        self._numbers = numbers
        self._clock = time
        self._provider = provider
        self._cap = cap

    async def of(self, name: str) -> schemas.Balance:
        """Zeros for who has no account yet."""
        return await asyncio.to_thread(self.look, name)

    def look(self, name: str) -> schemas.Balance:
        """As `of`, but blocks."""
        number = self._accounts.find(name)
        found = repository.Balance() if number is None else self._accounts.balance(number)
        return self._shown(name, found)

    async def top_up(self, name: str, asked: schemas.TopUp, *, by: str) -> schemas.Balance:
        """Give credits; the balance then. Raises `errors.BalanceFull`."""
        return await asyncio.to_thread(self.give, name, asked.amount, memo=asked.memo, by=by)

    def give(self, name: str, amount: int, *, memo: str, by: str) -> schemas.Balance:
        """As `top_up`, but blocks. Raises `InvalidInput` for an amount out of bounds too."""
        amounts.check(amount, "amount")
        found = self._give(name, amount, most=amounts.MAX_BALANCE, memo=memo, by=by)
        if found is None:
            raise errors.BalanceFull(amount=amount, most=amounts.MAX_BALANCE)
        return self._shown(name, found)

    async def top_up_own(self, name: str, asked: schemas.TopUp) -> schemas.Balance:
        """Top up for oneself, where that is on. Raises `errors.TopUpsOff`, `errors.OverTheCap`."""
        if self._provider == "off":
            raise errors.TopUpsOff
        memo = asked.memo or "demo"
        found = await asyncio.to_thread(
            self._give, name, asked.amount, most=self._cap, memo=memo, by=name
        )
        if found is None:
            raise errors.OverTheCap(cap=self._cap, balance=(await self.of(name)).balance)
        return self._shown(name, found)

    async def transfers(
        self, name: str, query: schemas.TransferQuery
    ) -> pages.Page[schemas.Transfer]:
        """The newest first."""
        number = await asyncio.to_thread(self._accounts.find, name)
        if number is None:
            return pages.Page(items=[], total=0)
        rows, total = await asyncio.to_thread(
            self._accounts.page, number, query.chosen(), limit=query.limit, offset=query.offset
        )
        return pages.Page(items=[_transfer(row, number, name) for row in rows], total=total)

    def statement(self, name: str, chosen: repository.Filter) -> Iterator[str]:
        """A CSV file line by line, the oldest first, with the balance after each transfer. Blocks."""
        return csv_files.lines(STATEMENT_COLUMNS, self._statement_rows(name, chosen))

    def _statement_rows(
        self, name: str, chosen: repository.Filter
    ) -> Iterator[tuple[csv_files.Cell, ...]]:
        number = self._accounts.find(name)
        found = None if number is None else self._accounts.statement(number, chosen)
        if number is None or found is None:
            return
        balance = found.opening
        for part in self._accounts.rows(found):
            for row in part:
                one = _transfer(row, number, name)
                balance += one.amount
                yield (
                    one.id,
                    one.at.isoformat(),
                    one.kind,
                    one.amount,
                    balance,
                    one.count,
                    one.from_account,
                    one.to_account,
                    one.reference,
                    one.memo,
                    one.by,
                )

    def _give(
        self, name: str, amount: int, *, most: int, memo: str, by: str
    ) -> repository.Balance | None:
        entry = charging.Entry(
            at=self._clock.now(),
            kind="top-up",
            from_account=models.ISSUANCE,
            to_account=self._numbers.id_of(name),
            amount=amount,
            count=1,
            reference=idempotency.reference() or uuid_utils.uuid7().hex,
            memo=memo,
            by=by,
        )
        return self._accounts.give(entry, most=most)

    def _shown(self, name: str, found: repository.Balance) -> schemas.Balance:
        return schemas.Balance(
            person=name,
            balance=found.balance,
            held=found.held,
            available=found.available,
            top_up_to=None if self._provider == "off" else self._cap,
        )


def _transfer(row: tuple[models.Transfer, str, str], account: int, name: str) -> schemas.Transfer:
    found, giver, receiver = row
    return schemas.Transfer.model_validate(
        {
            "id": found.id,
            "at": found.at,
            "kind": found.kind,
            "amount": found.amount if found.to_account == account else -found.amount,
            "count": found.count,
            "from": giver,
            "to": receiver,
            "reference": found.reference,
            "memo": found.memo,
            "by": found.by or name,
        }
    )
