"""An idempotent request that is tried again moves no credits a second time."""

from __future__ import annotations

from typing import Any

import pytest

from kolba.kit import errors as kit_errors
from kolba.web_master.idempotency import service as idempotency


def gone() -> kit_errors.RemoteProblem:
    return kit_errors.RemoteProblem(service="ml_service", status=422, document={})


async def hold(ledger: Any, price: int, failure: Exception, numbers: list[Any]) -> None:
    async with ledger.holds.holding("train", price, memo="") as held:
        assert ledger.balance("anna") == (10, price)
        numbers.append((held.id, held.reference))
        raise failure


def test_a_top_up_is_given_once(ledger: Any) -> None:
    for reference, balance in (("a", 10), ("a", 10), ("b", 20)):
        with idempotency.referring(reference):
            ledger.give("anna", 10)
        assert ledger.balance("anna") == (balance, 0)
    ledger.give("anna", 10)
    ledger.give("anna", 10)
    assert ledger.balance("anna") == (40, 0)
    with idempotency.referring("a"):
        ledger.give("boris", 5)
    assert ledger.balance("boris") == (5, 0)
    assert ledger.prove().is_sound


@pytest.mark.usefixtures("as_anna")
async def test_credits_are_held_once(ledger: Any) -> None:
    ledger.give("anna", 10)
    numbers: list[Any] = []
    for _ in range(2):
        with idempotency.referring("a"), pytest.raises(kit_errors.ServiceUnavailable):
            await hold(ledger, 7, kit_errors.ServiceUnavailable(service="ml_service"), numbers)
    assert numbers[0] == numbers[1]
    assert ledger.balance("anna") == (10, 7)


@pytest.mark.usefixtures("as_anna")
async def test_credits_that_were_given_back_are_held_again(ledger: Any) -> None:
    ledger.give("anna", 10)
    for price in (7, 8):
        with idempotency.referring("a"), pytest.raises(kit_errors.RemoteProblem):
            await hold(ledger, price, gone(), [])
        assert ledger.balance("anna") == (10, 0)


@pytest.mark.usefixtures("as_anna")
async def test_what_was_paid_is_not_paid_again(ledger: Any) -> None:
    ledger.give("anna", 10)
    for _ in range(2):
        with idempotency.referring("a"):
            async with ledger.holds.delivering(7, memo=""):
                pass
        with idempotency.referring("a"), pytest.raises(ZeroDivisionError):
            async with ledger.holds.delivering(7, memo=""):
                raise ZeroDivisionError
        assert ledger.balance("anna") == (3, 0)
    assert ledger.prove().is_sound


@pytest.mark.usefixtures("as_anna")
async def test_what_costs_nothing_is_made_once_too(ledger: Any) -> None:
    with idempotency.referring("a"):
        async with ledger.holds.holding("train", 0, memo="") as held:
            assert (held.id, held.reference) == (None, "a")
