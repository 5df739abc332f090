"""A hundred spenders on one balance: it never goes below zero, and exactly as much is admitted as it covers."""

from __future__ import annotations

import concurrent.futures
import random
import threading
from typing import Any

import pytest

from kolba.web_master.ledger import charging, errors

SPENDERS = 100


def play(ledger: Any, rounds: int, seed: int) -> None:
    """In each round everybody spends once, at the same moment: half by charges, the rest by holds that are captured."""
    chance = random.Random(seed)
    account = ledger.numbers.id_of("anna")
    start = threading.Barrier(SPENDERS)
    spent: list[int] = []

    def charge(price: int) -> bool:
        one = charging.Charge(account=account, amount=price, count=1, reference="r", memo="m")
        return ledger.charge([one])[0]

    def hold(price: int) -> bool:
        try:
            held = ledger.holds._place_now("anna", "train", price, "")
        except errors.NotEnoughCredits:
            return False
        ledger.open_holds.settle(held.id, "captured", at=ledger.time.now())
        return True

    def spend(number: int, price: int) -> bool:
        start.wait(60)
        return charge(price) if number % 2 else hold(price)

    with concurrent.futures.ThreadPoolExecutor(SPENDERS) as threads:
        for _ in range(rounds):
            price, balance = chance.randint(1, 50), chance.randint(0, 50 * SPENDERS)
            before = ledger.balance("anna")[0]
            if balance > before:
                ledger.give("anna", balance - before)
            available = ledger.balance("anna")[0]
            admitted = sum(threads.map(spend, range(SPENDERS), [price] * SPENDERS))
            assert admitted == min(SPENDERS, available // price)
            assert ledger.balance("anna") == (available - admitted * price, 0)
            spent.append(admitted)
    assert any(0 < one < SPENDERS for one in spent)  # the balance did run out
    proof = ledger.prove()
    assert proof.is_sound, proof.faults


def test_what_is_admitted_is_what_the_balance_covers(ledger: Any) -> None:
    play(ledger, rounds=10, seed=1)


@pytest.mark.long
def test_it_is_so_a_thousand_times(ledger: Any) -> None:
    play(ledger, rounds=1000, seed=2)
