"""The web master is killed at each step between charging and answering: nobody pays for what they were not given."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import signal
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from kolba.kit.db import engine
from kolba.kit.testing import processes
from kolba.web_master.ledger import charging, models
from kolba.web_master.ledger.accounts import repository as accounts
from kolba.web_master.ledger.prices import repository as prices
from kolba.web_master.ledger.verification import repository as verification
from kolba.web_master.ledger.verification import service as verifying

PRICE = 3
PASSENGER = {
    "Pclass": 3,
    "Sex": "male",
    "Age": 22,
    "SibSp": 1,
    "Parch": 0,
    "Fare": 7.25,
    "Embarked": "S",
}
STEPS = ("computed", "charged", "committed", "encoded", "leaving")


class Books:
    """The web master's ledger, looked at from outside."""

    def __init__(self, database: engine.Database) -> None:
        self._database = database
        self._accounts = accounts.AccountRepository(database)
        self._number = self._accounts.open("local")

    def give(self, amount: int) -> None:
        entry = charging.Entry(
            at=dt.datetime.now(dt.UTC),
            kind="top-up",
            from_account=models.ISSUANCE,
            to_account=self._number,
            amount=amount,
            count=1,
            reference="test",
            memo="",
        )
        assert self._accounts.give(entry, most=10**9) is not None

    def set_price(self, price: int) -> None:
        repository = prices.PriceRepository(self._database)
        if price == 0:
            repository.remove("model", "passengers")
            return
        repository.set(
            prices.Price(
                subject="model",
                name="passengers",
                price=price,
                set_at=dt.datetime.now(dt.UTC),
                set_by="test",
            )
        )

    def balance(self) -> int:
        return self._accounts.balance(self._number).balance

    def faults(self) -> tuple[str, ...]:
        return verifying.prove(verification.VerificationRepository(self._database)).faults


@pytest.fixture
def books(house: Any) -> Iterator[Books]:
    """The model costs something, and the caller has enough, as long as the test lasts."""
    database = engine.connect(f"sqlite:///{house.folder / 'web_master' / 'web_master.db'}")
    with contextlib.closing(database):
        found = Books(database)
        found.give(10_000_000)
        found.set_price(PRICE)
        yield found
        found.set_price(0)


async def shipped(house: Any) -> set[str]:
    await asyncio.to_thread(processes.until, lambda: house.outbox() == 0, "the outbox to empty")
    return set(await house.history())


async def answered_until(house: Any, death: Any) -> list[str]:
    """What 16 callers were given while `death` came and the web master was started again."""
    load = house.load()
    calling = asyncio.create_task(load.run())
    try:
        await death()
        await asyncio.to_thread(house.web_master.start)
        await asyncio.sleep(0.5)
    finally:
        load.stopping = True
        await calling
    assert set(load.refused) <= {503}
    answered: list[str] = load.answered
    return answered


@pytest.mark.parametrize("step", STEPS)
async def test_killed_between_the_charge_and_the_answer(
    house: Any, books: Books, step: str
) -> None:
    before = await shipped(house)
    funds = books.balance()
    await asyncio.to_thread(house.web_master.stop)
    failpoint = f"predictions.{step}=kill:60"
    await asyncio.to_thread(house.web_master.start, KOLBA_FAILPOINTS=failpoint)

    async def death() -> None:
        assert await asyncio.to_thread(house.web_master.wait) == -signal.SIGKILL

    answered = await answered_until(house, death)
    gained = await shipped(house) - before
    assert len(answered) > 50
    assert gained == set(answered)
    assert funds - books.balance() == PRICE * len(answered)
    assert books.faults() == ()


async def test_killed_at_any_moment(house: Any, books: Books) -> None:
    """Given and not paid for: nothing. Paid for and not given: only what was being written at the very moment."""
    before = await shipped(house)
    funds = books.balance()

    async def death() -> None:
        for _ in range(3):
            await asyncio.sleep(0.4)
            await asyncio.to_thread(house.web_master.kill)
            await asyncio.to_thread(house.web_master.start)
        await asyncio.sleep(0.4)
        await asyncio.to_thread(house.web_master.kill)

    answered = await answered_until(house, death)
    gained = await shipped(house) - before
    assert set(answered) <= gained
    assert len(gained) - len(answered) <= 16
    assert funds - books.balance() == PRICE * len(gained)
    assert books.faults() == ()


async def test_who_cannot_pay_is_told_and_gets_exactly_what_the_balance_covers(
    house: Any, books: Books
) -> None:
    before = await shipped(house)
    books.set_price(1_000_000)
    await asyncio.sleep(1.5)
    covered = books.balance() // 1_000_000
    load = house.load()
    calling = asyncio.create_task(load.run())
    await asyncio.to_thread(processes.until, lambda: load.refused.get(402, 0) > 50, "refusals")
    load.stopping = True
    await calling
    assert len(load.answered) == covered
    assert set(load.refused) == {402}
    assert await shipped(house) - before == set(load.answered)
    assert books.faults() == ()


DEADLY = (
    "idempotency.claimed",
    "predictions.committed",
    "predictions.encoded",
    "idempotency.worked",
    "idempotency.kept",
    "predictions.leaving",
)


def ask(house: Any, key: str) -> httpx2.Response:
    url = f"{house.web_master.url}/predict/passengers"
    headers = {"Idempotency-Key": key}
    return httpx2.post(url, json={"rows": [PASSENGER]}, headers=headers, timeout=30)


@pytest.mark.parametrize("step", DEADLY)
async def test_killed_at_a_step_of_an_idempotent_prediction_it_is_paid_for_once(
    house: Any, books: Books, step: str
) -> None:
    before = await shipped(house)
    funds = books.balance()
    await asyncio.to_thread(house.web_master.stop)
    await asyncio.to_thread(house.web_master.start, KOLBA_FAILPOINTS=f"{step}=kill")
    with contextlib.suppress(httpx2.TransportError):
        pytest.fail(f"it was answered: {await asyncio.to_thread(ask, house, step)}")
    assert await asyncio.to_thread(house.web_master.wait) == -signal.SIGKILL
    await asyncio.to_thread(house.web_master.start)
    answers = [await asyncio.to_thread(ask, house, step) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert await shipped(house) - before == {answers[0].json()["prediction_id"]}
    assert funds - books.balance() == PRICE
    assert books.faults() == ()


async def test_fifty_at_once_with_one_key_are_one_charge(house: Any, books: Books) -> None:
    before = await shipped(house)
    funds = books.balance()
    answers = await asyncio.gather(*(asyncio.to_thread(ask, house, "fifty") for _ in range(50)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    assert await shipped(house) - before == {answers[0].json()["prediction_id"]}
    assert funds - books.balance() == PRICE
    assert books.faults() == ()
