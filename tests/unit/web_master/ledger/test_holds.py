"""Holds: set aside, then paid or given back, exactly once, as the run ended and also after a crash."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from kolba.contracts import pages, runs
from kolba.kit import context, identity
from kolba.kit import errors as kit_errors
from kolba.web_master.ledger import errors
from kolba.web_master.ledger.holds import following

pytestmark = pytest.mark.usefixtures("as_anna")
PACE = following.Pace(interval_seconds=0.01, lost_after_seconds=60)


def a_run(number: int, state: runs.State, reference: str | None) -> runs.Run:
    empty = dict.fromkeys(runs.Run.model_fields)
    return runs.Run.model_construct(
        **{**empty, "id": number, "state": state, "reference": reference}
    )


@dataclasses.dataclass
class Storage:
    """The twin of what the follower asks storage."""

    runs: dict[int, runs.Run] = dataclasses.field(default_factory=dict)
    is_away: bool = False
    asked: int = 0

    async def run(self, run_id: int) -> runs.Run:
        self._answer()
        if run_id not in self.runs:
            raise remote(404)
        return self.runs[run_id]

    async def list_runs(self, **query: Any) -> pages.Page[runs.Run]:
        self._answer()
        found = [one for one in self.runs.values() if one.reference == query["reference"]]
        return pages.Page[runs.Run].model_construct(items=found, total=len(found))

    def put(self, number: int, state: runs.State, reference: str | None = None) -> runs.Run:
        self.runs[number] = a_run(number, state, reference)
        return self.runs[number]

    def _answer(self) -> None:
        self.asked += 1
        if self.is_away:
            raise kit_errors.ServiceUnavailable(service="storage")


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(6000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("waited in vain")


def remote(status: int) -> kit_errors.RemoteProblem:
    return kit_errors.RemoteProblem(service="ml_service", status=status, document={})


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def follower(ledger: Any, storage: Storage) -> following.Follower:
    return following.Follower(ledger.open_holds, storage, PACE, time=ledger.time)


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (runs.State.SUCCEEDED, 70),
        (runs.State.FAILED, 100),
        (runs.State.CANCELLED, 100),
    ],
)
async def test_a_hold_ends_as_its_run_does(
    ledger: Any,
    storage: Storage,
    follower: following.Follower,
    state: runs.State,
    left: int,
) -> None:
    ledger.give("anna", 100)
    async with ledger.holds.holding("train", 30, memo="KNN") as held:
        storage.put(5, runs.State.QUEUED, held.reference)
        held.run_id = 5
    assert ledger.balance("anna") == (100, 30)
    assert await follower.look() == 0
    storage.put(5, runs.State.RUNNING)
    assert await follower.look() == 0
    storage.put(5, state)
    assert await follower.look() == 1
    assert await follower.look() == 0
    assert ledger.balance("anna") == (left, 0)
    assert ledger.prove().is_sound


async def test_what_costs_nothing_is_not_held(ledger: Any) -> None:
    async with ledger.holds.holding("train", 0, memo="") as held:
        held.run_id = 5
    assert (held.id, held.reference) == (None, None)
    assert ledger.prove().holds == 0


async def test_who_has_too_little_is_told_what_it_costs(ledger: Any) -> None:
    ledger.give("anna", 100)
    async with ledger.holds.holding("train", 60, memo=""):
        pass
    with pytest.raises(errors.NotEnoughCredits) as refusal:
        async with ledger.holds.holding("train", 60, memo=""):
            pytest.fail("the run must not begin")
    assert refusal.value.status == 402
    assert refusal.value.details == {"balance": 100, "available": 40, "price": 60}
    assert ledger.balance("anna") == (100, 60)


async def test_what_is_refused_is_given_back_at_once(ledger: Any) -> None:
    ledger.give("anna", 100)
    with pytest.raises(kit_errors.RemoteProblem):
        async with ledger.holds.holding("train", 30, memo=""):
            raise remote(422)
    assert ledger.balance("anna") == (100, 0)
    assert ledger.prove().is_sound


@pytest.mark.parametrize(
    "failure",
    [
        kit_errors.ServiceUnavailable(service="ml_service"),
        remote(503),
        asyncio.CancelledError(),
        ZeroDivisionError(),
    ],
)
async def test_where_nobody_knows_the_follower_finds_out(
    ledger: Any,
    storage: Storage,
    follower: following.Follower,
    failure: BaseException,
) -> None:
    """The run was created and the answer that says so was lost, or our process died."""
    ledger.give("anna", 100)
    references = []

    async def begin() -> None:
        async with ledger.holds.holding("train", 30, memo="") as held:
            references.append(storage.put(5, runs.State.RUNNING, held.reference).reference)
            raise failure

    with pytest.raises(type(failure)):
        await begin()
    assert ledger.balance("anna") == (100, 30)
    ledger.time.advance(1000)
    assert await follower.look() == 0  # it goes on, however long it takes
    storage.put(5, runs.State.SUCCEEDED, references[0])
    assert await follower.look() == 1
    assert ledger.balance("anna") == (70, 0)


async def test_a_hold_without_a_run_is_given_back_once_none_can_come(
    ledger: Any, storage: Storage, follower: following.Follower
) -> None:
    ledger.give("anna", 100)
    ledger.holds._place_now("anna", "train", 30, "")
    ledger.time.advance(59)
    assert await follower.look() == 0
    storage.is_away = True
    ledger.time.advance(2)
    with pytest.raises(kit_errors.ServiceUnavailable):
        await follower.look()
    assert ledger.balance("anna") == (100, 30)  # as long as storage has not been asked
    storage.is_away = False
    assert await follower.look() == 1
    assert ledger.balance("anna") == (100, 0)


async def test_another_persons_run_is_not_taken_for_it(
    ledger: Any, storage: Storage, follower: following.Follower
) -> None:
    ledger.give("anna", 100)
    held = ledger.holds._place_now("anna", "train", 30, "")
    other = a_run(9, runs.State.SUCCEEDED, "another")

    async def anything(**_: Any) -> pages.Page[runs.Run]:
        return pages.Page[runs.Run].model_construct(items=[other], total=1)

    storage.list_runs = anything  # type: ignore[method-assign]
    assert await follower.look() == 0
    assert ledger.balance("anna") == (100, 30)
    assert held.reference != other.reference


async def test_a_run_that_is_gone_is_not_paid(
    ledger: Any, storage: Storage, follower: following.Follower
) -> None:
    ledger.give("anna", 100)
    async with ledger.holds.holding("train", 30, memo="") as held:
        held.run_id = 5
    assert await follower.look() == 1
    assert ledger.balance("anna") == (100, 0)


@pytest.mark.parametrize("is_attached", [True, False])
async def test_a_run_that_is_deleted_is_paid_first(
    ledger: Any, storage: Storage, follower: following.Follower, is_attached: bool
) -> None:
    """Or whoever is quick enough would pay for nothing; and nobody deletes what others are to pay for."""
    ledger.give("anna", 100)
    async with ledger.holds.holding("train", 30, memo="") as held:
        held.run_id = 5 if is_attached else None
    storage.put(5, runs.State.SUCCEEDED, held.reference)
    askers = []

    async def seen_by_the_system(run_id: int) -> runs.Run:
        askers.append(context.current().person)
        return storage.runs[run_id]

    storage.run = seen_by_the_system  # type: ignore[method-assign]
    await follower.settle_run(6)
    assert ledger.balance("anna") == ((100, 30) if is_attached else (70, 0))
    await follower.settle_run(5)
    assert ledger.balance("anna") == (70, 0)
    assert askers == [identity.SYSTEM] * is_attached


@pytest.mark.parametrize("is_attached", [True, False])
async def test_a_run_that_goes_on_is_not_deleted(
    ledger: Any, storage: Storage, follower: following.Follower, is_attached: bool
) -> None:
    """It could end between the look at it and its deletion; whoever asks again and again would hit that moment."""
    ledger.give("anna", 100)
    async with ledger.holds.holding("train", 30, memo="") as held:
        held.run_id = 5 if is_attached else None
    storage.put(5, runs.State.RUNNING, held.reference)
    if not is_attached:
        await follower.look()
    with pytest.raises(errors.RunNotSettled):
        await follower.settle_run(5)
    assert ledger.balance("anna") == (100, 30)
    storage.put(5, runs.State.SUCCEEDED, held.reference)
    await follower.settle_run(5)
    assert ledger.balance("anna") == (70, 0)


async def test_an_answer_is_paid_as_it_is_given(
    ledger: Any, storage: Storage, follower: following.Follower
) -> None:
    ledger.give("anna", 100)
    async with ledger.holds.delivering(30, memo="titanic") as held:
        storage.put(71, runs.State.SUCCEEDED, held.reference)
        assert await follower.look() == 0
        assert ledger.balance("anna") == (100, 30)
    assert ledger.balance("anna") == (70, 0)
    async with ledger.holds.delivering(0, memo="free") as held:
        assert held.id is None
    assert ledger.prove().is_sound


async def test_an_answer_that_is_not_given_is_not_paid(ledger: Any) -> None:
    ledger.give("anna", 100)
    with pytest.raises(kit_errors.StorageFull):
        async with ledger.holds.delivering(30, memo="titanic"):
            raise kit_errors.StorageFull  # of the history, after the run was recorded
    assert ledger.balance("anna") == (100, 0)
    assert ledger.prove().is_sound


@pytest.mark.parametrize("is_attached", [True, False], ids=["as it once was", "as it is"])
async def test_an_answer_whose_giver_died_is_not_paid_though_its_run_says_it_succeeded(
    ledger: Any, storage: Storage, follower: following.Follower, is_attached: bool
) -> None:
    ledger.give("anna", 100)
    held = ledger.holds._place_now("anna", "infer", 30, "titanic")
    storage.put(71, runs.State.SUCCEEDED, held.reference)
    if is_attached:
        ledger.open_holds.attach(held.id, 71)
    ledger.time.advance(59)
    assert await follower.look() == 0
    assert ledger.balance("anna") == (100, 30)
    ledger.time.advance(2)
    assert await follower.look() == 1
    assert ledger.balance("anna") == (100, 0)
    assert storage.asked == 0


async def test_an_answer_that_took_too_long_is_withheld(
    ledger: Any, follower: following.Follower
) -> None:
    ledger.give("anna", 100)

    async def answer() -> None:
        async with ledger.holds.delivering(30, memo="titanic"):
            ledger.time.advance(61)
            assert await follower.look() == 1

    with pytest.raises(errors.AnswerNotPaid):
        await answer()
    assert ledger.balance("anna") == (100, 0)
    assert ledger.prove().is_sound


async def test_one_that_cannot_be_followed_does_not_stop_the_others(
    ledger: Any, storage: Storage, follower: following.Follower
) -> None:
    ledger.give("anna", 100)
    for number in (1, 2, 3):
        async with ledger.holds.holding("train", 10, memo="") as held:
            held.run_id = number
        storage.put(number, runs.State.SUCCEEDED)

    async def broken(run_id: int) -> runs.Run:
        if run_id == 2:
            raise remote(500)
        return storage.runs[run_id]

    storage.run = broken  # type: ignore[method-assign]
    with pytest.raises(kit_errors.RemoteProblem):
        await follower.look()
    assert ledger.balance("anna") == (80, 10)


async def test_all_are_looked_at_however_many_there_are(ledger: Any, storage: Storage) -> None:
    ledger.give("anna", 100)
    for number in range(1, 8):
        async with ledger.holds.holding("train", 1, memo="") as held:
            held.run_id = number
        storage.put(number, runs.State.RUNNING)
    storage.put(7, runs.State.SUCCEEDED)
    pace = dataclasses.replace(PACE, at_a_time=3)
    follower = following.Follower(ledger.open_holds, storage, pace, time=ledger.time)
    assert [await follower.look() for _ in range(3)] == [0, 0, 1]


async def test_it_follows_from_the_start_and_again_when_storage_is_back(
    ledger: Any, storage: Storage, follower: following.Follower
) -> None:
    ledger.give("anna", 100)
    async with ledger.holds.holding("train", 30, memo="") as held:
        held.run_id = 5
    storage.put(5, runs.State.SUCCEEDED)
    storage.is_away = True
    task = asyncio.create_task(follower.run())
    await until(lambda: storage.asked >= 2)
    storage.is_away = False
    await until(lambda: ledger.balance("anna") == (70, 0))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_two_web_masters_settle_once(ledger: Any) -> None:
    """Many at the same moment, half of them of another mind."""
    ledger.give("anna", 1000)
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        for _ in range(20):
            held = ledger.holds._place_now("anna", "train", 10, "")

            def settle(number: int, held: Any = held) -> bool:
                end = "captured" if number % 2 else "released"
                done: bool = ledger.open_holds.settle(held.id, end, at=ledger.time.now())
                return done

            assert sum(threads.map(settle, range(16))) == 1
    balance, still_held = ledger.balance("anna")
    assert still_held == 0
    proof = ledger.prove()
    assert proof.is_sound, proof.faults
    assert dict(proof.sums).get("income", 0) == 1000 - balance


def test_a_hold_that_was_given_to_a_run_meanwhile_is_not_lost(ledger: Any) -> None:
    ledger.give("anna", 100)
    held = ledger.holds._place_now("anna", "train", 30, "")
    ledger.open_holds.attach(held.id, 5)
    at = ledger.time.now()
    assert not ledger.open_holds.settle(held.id, "released", at=at, unless_attached=True)
    assert ledger.balance("anna") == (100, 30)
