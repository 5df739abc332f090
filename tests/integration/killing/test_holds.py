"""The web master is killed at each step of a run that costs something: it is paid for if it succeeds, and else not."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from kolba.kit import clock
from kolba.kit.db import engine
from kolba.kit.testing import processes
from kolba.web_master.ledger.accounts import repository as accounts_repository
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.prices import repository as prices
from kolba.web_master.ledger.verification import repository as verification_repository
from kolba.web_master.ledger.verification import service as verification

PRICE = 30
TRAINING = {"dataset_id": 1, "model_type": "LogisticRegression", "name": "held"}
INFERENCE = {
    "model_id": 1,
    "data": "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,22,1,0,7.25,S",
}
PATIENT = {
    "KOLBA_WEB_MASTER__LEDGER__FOLLOW_INTERVAL_SECONDS": "0.05",
    "KOLBA_WEB_MASTER__LEDGER__LOST_AFTER_SECONDS": "1",
}


class Books:
    """The web master's ledger, looked at from outside."""

    def __init__(self, database: engine.Database) -> None:
        kept = accounts_repository.AccountRepository(database)
        self._balances = accounts.Balances(kept, accounts.Accounts(kept), time=clock.SystemClock())
        self._prices = prices.PriceRepository(database)
        self._proof = verification_repository.VerificationRepository(database)

    def give(self, amount: int) -> None:
        self._balances.give("local", amount, memo="", by="test")

    def set_price(self, price: int) -> None:
        now = dt.datetime.now(dt.UTC)
        self._prices.set(
            prices.Price(subject="run", name="train", price=price, set_at=now, set_by="test")
        )

    def set_row_price(self, price: int) -> None:
        now = dt.datetime.now(dt.UTC)
        self._prices.set(
            prices.Price(subject="model", name="passengers", price=price, set_at=now, set_by="test")
        )

    def set_free(self) -> None:
        self._prices.remove("run", "train")
        self._prices.remove("model", "passengers")

    def balance(self) -> tuple[int, int]:
        found = self._balances.look("local")
        return found.balance, found.held

    def faults(self) -> tuple[str, ...]:
        return verification.prove(self._proof).faults


@pytest.fixture
def books(house: Any) -> Iterator[Books]:
    """Trainings cost something, and the caller has enough, as long as the test lasts."""
    database = engine.connect(f"sqlite:///{house.folder / 'web_master' / 'web_master.db'}")
    with contextlib.closing(database):
        found = Books(database)
        found.give(100)
        found.set_price(PRICE)
        yield found
        found.set_free()


def runs(house: Any) -> dict[int, Any]:
    answer = httpx2.get(f"{house.storage.url}/runs", params={"limit": 1000})
    return {one["id"]: one for one in answer.json()["items"]}


def train_and_die(house: Any, step: str) -> None:
    house.web_master.stop()
    house.web_master.start(**PATIENT, KOLBA_FAILPOINTS=f"holds.{step}=kill")
    url = f"{house.web_master.url}/scenarios/train-model"
    with contextlib.suppress(httpx2.TransportError):
        pytest.fail(f"it was answered: {httpx2.post(url, json=TRAINING, timeout=30).text}")
    assert house.web_master.process.wait(10) == -9


def until_settled(books: Books, balance: int) -> None:
    processes.until(lambda: books.balance() == (balance, 0), f"a balance of {balance}")


def test_killed_before_there_is_a_run(house: Any, books: Books) -> None:
    before, known = books.balance()[0], runs(house)
    train_and_die(house, "placed")
    assert books.balance() == (before, PRICE)
    house.web_master.start(**PATIENT)
    until_settled(books, before)
    assert runs(house) == known
    assert books.faults() == ()


@pytest.mark.parametrize("step", ["used", "entered"])
@pytest.mark.parametrize("end", ["succeeded", "cancelled"])
def test_killed_when_there_is_one(house: Any, books: Books, step: str, end: str) -> None:
    before, known = books.balance()[0], runs(house)
    train_and_die(house, step)
    [made] = set(runs(house)) - set(known)
    house.web_master.start(**PATIENT)
    if end == "cancelled":
        httpx2.post(f"{house.web_master.url}/runs/{made}/cancel").raise_for_status()
        until_settled(books, before)
    else:
        house.worker.start()
        until_settled(books, before - PRICE)
        house.worker.stop()
    assert runs(house)[made]["state"] == end
    assert books.faults() == ()


@pytest.mark.parametrize("step", ["placed", "used"])
def test_killed_before_an_answer_is_given(house: Any, books: Books, step: str) -> None:
    """Its run may say that it succeeded: nobody has the answer."""
    books.set_row_price(PRICE)
    before, known = books.balance()[0], runs(house)
    infer_and_die(house, step)
    assert books.balance() == (before, PRICE)
    house.web_master.start(**PATIENT)
    until_settled(books, before)
    assert len(set(runs(house)) - set(known)) == (step == "used")
    assert books.faults() == ()


def test_killed_as_an_answer_is_given(house: Any, books: Books) -> None:
    """Paid is the very last step; who had asked with a key has the answer for it, and pays no more."""
    books.set_row_price(PRICE)
    before = books.balance()[0]
    headers = {"Idempotency-Key": "infer-once"}
    infer_and_die(house, "entered", headers)
    house.web_master.start(**PATIENT)
    assert books.balance() == (before - PRICE, 0)
    url = f"{house.web_master.url}/scenarios/infer-model"
    answer = httpx2.post(url, json=INFERENCE, headers=headers, timeout=30)
    assert len(answer.json()["predictions"]) == 1
    assert books.balance() == (before - PRICE, 0)
    assert books.faults() == ()


def infer_and_die(house: Any, step: str, headers: dict[str, str] | None = None) -> None:
    house.web_master.stop()
    house.web_master.start(**PATIENT, KOLBA_FAILPOINTS=f"holds.{step}=kill")
    url = f"{house.web_master.url}/scenarios/infer-model"
    with contextlib.suppress(httpx2.TransportError):
        answer = httpx2.post(url, json=INFERENCE, headers=headers, timeout=30)
        pytest.fail(f"it was answered: {answer.text}")
    assert house.web_master.process.wait(10) == -9


def test_killed_while_it_settles(house: Any, books: Books) -> None:
    """The transaction is undone, and done again at the next start."""
    before = books.balance()[0]
    house.web_master.stop()
    house.web_master.start(**PATIENT, KOLBA_FAILPOINTS="holds.settling=kill")
    url = f"{house.web_master.url}/scenarios/train-model"
    started = httpx2.post(url, json=TRAINING, timeout=30).json()
    with contextlib.suppress(httpx2.TransportError):
        # The hold may be settled, and the web master dead, before this is answered.
        httpx2.post(f"{house.web_master.url}/runs/{started['run_id']}/cancel", timeout=30)
    assert house.web_master.process.wait(30) == -9
    assert books.balance() == (before, PRICE)
    house.web_master.start(**PATIENT)
    until_settled(books, before)
    assert books.faults() == ()
