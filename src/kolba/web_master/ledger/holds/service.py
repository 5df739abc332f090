"""The rules of holds: set aside when work begins, paid when it succeeds, given back when it does not; once.

Work that goes on as a run is paid by how that ended (`holding`), whoever is there then; an answer is paid by the
request that gives it (`delivering`), or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import structlog
import uuid_utils

from kolba.kit import clock, context, failpoints
from kolba.kit import errors as kit_errors
from kolba.web_master.idempotency import service as idempotency
from kolba.web_master.ledger import errors
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.holds import repository

_log = structlog.get_logger("kolba.ledger.holds")


@dataclasses.dataclass(slots=True, kw_only=True)
class Held:
    """What is set aside for one run, or for one answer."""

    amount: int
    id: int | None = None
    """None: it costs nothing, so nothing is held."""
    reference: str | None = None
    """To be given to the run when it is created, so that it is found again by it."""
    run_id: int | None = None
    """To be set when the run is known."""


class Holds:
    def __init__(
        self,
        holds: repository.HoldRepository,
        accounts_: accounts_repository.AccountRepository,
        numbers: accounts.Accounts,
        *,
        time: clock.Clock,
    ) -> None:
        self._holds = holds
        self._accounts = accounts_
        self._numbers = numbers
        self._clock = time

    @contextlib.asynccontextmanager
    async def holding(self, kind: repository.Kind, price: int, *, memo: str) -> AsyncIterator[Held]:
        """Set `price` aside for the run that the block creates, for whoever asks now.

        The block enters the run's number. Where the run was surely refused, the credits are given back at once; where
        nobody knows (a service is away, the caller left, this process dies), the follower finds out by the reference.
        Raises `errors.NotEnoughCredits`.
        """
        held = await self._place(kind, price, memo)
        failpoints.reach("holds.placed")
        try:
            yield held
        except kit_errors.KolbaError as error:
            if held.id is not None and held.run_id is None and _is_refusal(error):
                await asyncio.to_thread(
                    self._holds.settle, held.id, "released", at=self._clock.now()
                )
            raise
        failpoints.reach("holds.used")
        await self._enter(held)
        failpoints.reach("holds.entered")

    @contextlib.asynccontextmanager
    async def delivering(self, price: int, *, memo: str) -> AsyncIterator[Held]:
        """Set `price` aside for an answer, and pay it as the block ends: the last thing before the answer is given.

        Where the block fails it is given back at once; where this process dies, by the follower, after a while: then
        nobody has the answer. Raises `errors.NotEnoughCredits`; `errors.AnswerNotPaid`, `ServiceUnavailable` where it
        could not be paid, so that no answer may be given.
        """
        held = await self._place("infer", price, memo)
        failpoints.reach("holds.placed")
        try:
            yield held
        except Exception:
            await self._give_back(held)
            raise
        failpoints.reach("holds.used")
        await self._pay(held)
        failpoints.reach("holds.entered")

    async def check(self, price: int) -> None:
        """Whether whoever asks now could pay. Raises `errors.NotEnoughCredits`."""
        if price == 0:
            return
        person = context.current().person.name
        found = await asyncio.to_thread(self._balance, person)
        if found.available < price:
            raise _too_little(found, price)

    async def _place(self, kind: repository.Kind, price: int, memo: str) -> Held:
        if price == 0:
            return Held(amount=0, reference=idempotency.reference())
        return await asyncio.to_thread(
            self._place_now, context.current().person.name, kind, price, memo
        )

    def _place_now(self, person: str, kind: repository.Kind, price: int, memo: str) -> Held:
        reference = idempotency.reference() or f"hold-{uuid_utils.uuid7().hex}"
        new = repository.New(
            account=self._numbers.id_of(person),
            amount=price,
            kind=kind,
            reference=reference,
            memo=memo[:500],
            at=self._clock.now(),
        )
        number = self._holds.place(new)
        if number is None:
            raise _too_little(self._balance(person), price)
        return Held(amount=price, id=number, reference=reference)

    async def _enter(self, held: Held) -> None:
        """What the block found out. Where that cannot be kept now, the follower will find it out again."""
        if held.id is None or held.run_id is None:
            return
        try:
            await asyncio.to_thread(self._holds.attach, held.id, held.run_id)
        except kit_errors.KolbaError as error:
            _log.warning("hold left to the follower", hold_id=held.id, reason=str(error))

    async def _pay(self, held: Held) -> None:
        """Raises `errors.AnswerNotPaid` where it was given back meanwhile. What a key paid for is not paid again."""
        if held.id is None:
            return
        at = self._clock.now()
        if await asyncio.to_thread(self._holds.settle, held.id, "captured", at=at):
            return
        if not await asyncio.to_thread(self._holds.is_captured, held.id):
            raise errors.AnswerNotPaid

    async def _give_back(self, held: Held) -> None:
        if held.id is None:
            return
        at = self._clock.now()
        try:
            await asyncio.to_thread(self._holds.settle, held.id, "released", at=at)
        except kit_errors.KolbaError as error:
            _log.warning("hold left to the follower", hold_id=held.id, reason=str(error))

    def _balance(self, person: str) -> accounts_repository.Balance:
        return self._accounts.balance(self._numbers.id_of(person))


def _too_little(found: accounts_repository.Balance, price: int) -> errors.NotEnoughCredits:
    return errors.NotEnoughCredits(balance=found.balance, available=found.available, price=price)


def _is_refusal(error: kit_errors.KolbaError) -> bool:
    """Whether it says for certain that no run was created."""
    return isinstance(error, kit_errors.RemoteProblem) and 400 <= error.remote_status < 500
