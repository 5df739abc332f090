"""The coalescer, against models and journals that are slow, broken or gone."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from kolba.kit import errors as kit_errors
from kolba.web_master.predictions import coalescer, errors

LIMITS = coalescer.Limits(max_batch_rows=8, max_waiting=16, max_waiting_rows=500, max_in_flight=1)


class Model:
    """Answers the row's own first number as its label; can be held, broken or unavailable for a while."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.unavailable = 0
        self.error: Exception | None = None

    async def predict(self, features: coalescer.Features) -> coalescer.Answers:
        self.batches.append(len(features))
        await self.gate.wait()
        if self.unavailable:
            self.unavailable -= 1
            raise kit_errors.ServiceUnavailable(service="ml_service")
        if self.error:
            raise self.error
        labels = features[:, 0].astype(np.int64)
        return coalescer.Answers(labels=labels, probabilities=np.eye(100)[labels])


class Journal:
    def __init__(self) -> None:
        self.recorded: list[int] = []
        self.error: Exception | None = None
        self.seconds = 0.0

    async def record(self, answered: Sequence[tuple[coalescer.Request, coalescer.Answers]]) -> None:
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        self.recorded += [request.entry for request, _ in answered]


def question(number: int, *, rows: int = 1, seconds: float = 10.0) -> coalescer.Request:
    return coalescer.Request(
        features=np.full((rows, 2), number, np.float32),
        entry=number,
        deadline=asyncio.get_running_loop().time() + seconds,
        timeout_seconds=seconds,
    )


@pytest.fixture
async def model() -> Model:
    return Model()


@pytest.fixture
async def journal() -> Journal:
    return Journal()


@pytest.fixture
async def lane(model: Model, journal: Journal) -> coalescer.Lane:
    return coalescer.Lane("titanic", model.predict, journal, LIMITS)


async def test_everyone_gets_their_own_answer_and_it_is_recorded(
    lane: coalescer.Lane, model: Model, journal: Journal
) -> None:
    requests = [question(number, rows=1 + number % 3) for number in range(16)]
    answers = await asyncio.gather(*(lane.ask(request) for request in requests))
    for number, answer in enumerate(answers):
        assert answer.labels.tolist() == [number] * (1 + number % 3)
        assert answer.probabilities.shape == (1 + number % 3, 100)
    assert sorted(journal.recorded) == list(range(16))
    assert len(model.batches) < 16
    assert max(model.batches) <= LIMITS.max_batch_rows
    assert lane.is_idle


async def test_a_lone_request_leaves_at_once(lane: coalescer.Lane, model: Model) -> None:
    await lane.ask(question(1))
    await lane.ask(question(2))
    assert model.batches == [1, 1]


async def test_a_request_larger_than_a_batch_travels_alone(
    lane: coalescer.Lane, model: Model
) -> None:
    small = asyncio.create_task(lane.ask(question(1)))
    large = asyncio.create_task(lane.ask(question(2, rows=100)))
    await asyncio.gather(small, large)
    assert model.batches == [1, 100]


async def test_nothing_is_answered_that_was_not_recorded(
    lane: coalescer.Lane, journal: Journal
) -> None:
    journal.error = OSError("disk full")
    with pytest.raises(OSError, match="disk full"):
        await lane.ask(question(1))
    journal.error = None
    assert (await lane.ask(question(2))).labels.tolist() == [2]
    assert journal.recorded == [2]


async def test_a_full_lane_refuses_instead_of_growing(lane: coalescer.Lane, model: Model) -> None:
    model.gate.clear()
    waiting = [asyncio.create_task(lane.ask(question(n))) for n in range(LIMITS.max_waiting + 1)]
    await asyncio.sleep(0.01)
    with pytest.raises(errors.Overloaded) as caught:
        await lane.ask(question(99))
    assert caught.value.headers["Retry-After"] == "1"
    model.gate.set()
    await asyncio.gather(*waiting)


async def test_a_deadline_ends_the_wait_and_nothing_is_recorded(
    lane: coalescer.Lane, model: Model, journal: Journal
) -> None:
    model.gate.clear()
    with pytest.raises(errors.DeadlineExceeded):
        await lane.ask(question(1, seconds=0.1))
    model.gate.set()
    assert (await lane.ask(question(2))).labels.tolist() == [2]
    assert journal.recorded == [2]


async def test_a_client_that_leaves_costs_nothing_further(
    lane: coalescer.Lane, model: Model, journal: Journal
) -> None:
    model.gate.clear()
    gone = asyncio.Event()

    async def disconnected() -> None:
        await gone.wait()

    first = asyncio.create_task(lane.ask(question(1)))
    leaver = question(2)
    leaver.disconnected = disconnected
    second = asyncio.create_task(lane.ask(leaver))
    gone.set()
    await asyncio.sleep(0.15)
    assert second.cancelled()
    model.gate.set()
    await first
    assert model.batches == [1]
    assert journal.recorded == [1]


async def test_a_service_that_comes_back_in_time_is_asked_again(
    lane: coalescer.Lane, model: Model, journal: Journal
) -> None:
    model.unavailable = 2
    assert (await lane.ask(question(5))).labels.tolist() == [5]
    assert journal.recorded == [5]


async def test_a_service_that_stays_away_is_said_to_be_unavailable(
    lane: coalescer.Lane, model: Model, journal: Journal
) -> None:
    model.unavailable = 100
    with pytest.raises(kit_errors.ServiceUnavailable):
        await lane.ask(question(5))
    assert journal.recorded == []


async def test_a_broken_model_does_not_delay_another(journal: Journal) -> None:
    stuck, well = Model(), Model()
    stuck.gate.clear()
    slow = coalescer.Lane("slow", stuck.predict, journal, LIMITS)
    quick = coalescer.Lane("quick", well.predict, journal, LIMITS)
    waiting = asyncio.create_task(slow.ask(question(1)))
    answer = await asyncio.wait_for(quick.ask(question(2)), timeout=30)
    assert answer.labels.tolist() == [2]
    assert not waiting.done()
    stuck.gate.set()
    await waiting


async def test_an_answer_of_the_wrong_size_is_never_given_to_anyone(journal: Journal) -> None:
    async def short(features: coalescer.Features) -> coalescer.Answers:
        return coalescer.Answers(labels=np.zeros(1, np.int64), probabilities=np.zeros((1, 2)))

    lane = coalescer.Lane("short", short, journal, LIMITS)
    with pytest.raises(errors.BrokenAnswer):
        await lane.ask(question(1, rows=3))
    assert journal.recorded == []


async def test_a_model_that_hangs_holds_its_lane_up_no_longer_than_somebody_waits(
    lane: coalescer.Lane, model: Model, journal: Journal
) -> None:
    model.gate.clear()
    with pytest.raises(errors.DeadlineExceeded):
        await lane.ask(question(1, seconds=0.1))
    await asyncio.sleep(0.05)
    model.gate = asyncio.Event()  # the former trip would wait for ever
    model.gate.set()
    assert (await lane.ask(question(2, seconds=1.0))).labels.tolist() == [2]
    assert journal.recorded == [2]


async def test_what_is_being_recorded_is_answered_however_late(
    lane: coalescer.Lane, journal: Journal
) -> None:
    """A caller told that nothing was recorded would ask, and pay, again."""
    journal.seconds = 0.3
    left = asyncio.Event()

    async def disconnected() -> None:
        await left.wait()

    request = question(1, seconds=0.1)
    request.disconnected = disconnected
    asking = asyncio.create_task(lane.ask(request))
    await asyncio.sleep(0.05)
    left.set()
    assert (await asking).labels.tolist() == [1]
    assert journal.recorded == [1]


async def test_rows_that_wait_are_bounded_too(lane: coalescer.Lane, model: Model) -> None:
    model.gate.clear()
    asking = [asyncio.create_task(lane.ask(question(n, rows=200))) for n in range(3)]
    await asyncio.sleep(0.01)
    with pytest.raises(errors.Overloaded):
        await lane.ask(question(9, rows=200))
    model.gate.set()
    await asyncio.gather(*asking)
    assert (await lane.ask(question(5, rows=200))).labels.tolist() == [5] * 200
