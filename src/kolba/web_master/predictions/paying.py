"""What a prediction costs, and who pays."""

from __future__ import annotations

import asyncio
import time

from kolba.kit import errors as kit_errors
from kolba.web_master.ledger import charging
from kolba.web_master.ledger import errors as ledger_errors
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.prices import service as prices

_REMEMBERED_SECONDS = 1.0


class Paying:
    """For the event loop's thread only."""

    def __init__(
        self, known: prices.Prices, numbers: accounts.Accounts, balances: accounts.Balances
    ) -> None:
        self._prices = known
        self._numbers = numbers
        self._balances = balances
        self._short: dict[str, float] = {}
        """Who could not pay, and when."""

    def peek(self, person: str, *, model: str, version: str, rows: int) -> charging.Charge | None:
        """As `charge`, where all is at hand; else raises `LookupError`."""
        price = self._prices.peek(model)
        if price == 0:
            return None
        account = self._numbers.peek(person)
        if price is None or account is None or person in self._short:
            raise LookupError(person)
        return _charge(account, price * rows, rows, model, version)

    async def charge(
        self, person: str, *, model: str, version: str, rows: int
    ) -> charging.Charge | None:
        """What `rows` rows will cost; None: nothing.

        Raises `NotEnoughCredits` for who could not pay a moment ago and cannot now: a model does not work for nothing.
        """
        price = await self._prices.of_model(model)
        if not price:
            return None
        account = await asyncio.to_thread(self._numbers.id_of, person)
        found = _charge(account, price * rows, rows, model, version)
        if person in self._short:
            await self._look_again(person, found)
        return found

    async def refusal(self, person: str, charge: charging.Charge) -> kit_errors.KolbaError:
        """Why `charge` was not paid, with the balance as it is now."""
        self._short[person] = time.monotonic()
        return await self._too_little(person, charge)

    async def _look_again(self, person: str, charge: charging.Charge) -> None:
        if time.monotonic() - self._short[person] > _REMEMBERED_SECONDS:
            del self._short[person]
            return
        found = await self._balances.of(person)
        if found.available < charge.amount:
            raise await self._too_little(person, charge)

    async def _too_little(self, person: str, charge: charging.Charge) -> kit_errors.KolbaError:
        found = await self._balances.of(person)
        return ledger_errors.NotEnoughCredits(
            balance=found.balance, available=found.available, price=charge.amount
        )


def _charge(account: int, amount: int, rows: int, model: str, version: str) -> charging.Charge:
    return charging.Charge(
        account=account, amount=amount, count=rows, reference="", memo=f"{model} {version}"
    )
