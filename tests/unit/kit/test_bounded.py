"""Heavy work has threads of its own, and only so much of it waits."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator

import pytest

from kolba.kit import bounded, context, errors, identity


class Work:
    """Is done once it is let."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.done: list[int] = []

    def __call__(self, number: int) -> int:
        self.begun.release()
        self.may_go_on.wait(60)
        self.done.append(number)
        return number


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def executor() -> Iterator[bounded.Executor]:
    with contextlib.closing(bounded.Executor("heavy", threads=1, max_waiting=3)) as made:
        yield made


async def test_it_answers_and_raises_as_the_function_does(executor: bounded.Executor) -> None:
    assert await executor.run(int, "ff", base=16) == 255
    with pytest.raises(ValueError, match="seven"):
        await executor.run(int, "seven")


async def test_it_is_done_in_a_thread_of_its_own_for_whoever_asks(
    executor: bounded.Executor,
) -> None:
    def who() -> tuple[str, str]:
        return threading.current_thread().name, context.current().person.name

    with context.acting_as(identity.Person(name="ann", groups=())):
        thread, person = await executor.run(who)
    assert thread.startswith("heavy")
    assert person == "ann"


async def test_more_than_may_wait_are_refused(executor: bounded.Executor, work: Work) -> None:
    asked = [asyncio.create_task(executor.run(work, number)) for number in range(3)]
    await asyncio.to_thread(work.begun.acquire)
    with pytest.raises(errors.TooBusy) as refused:
        await executor.run(work, 3)
    assert refused.value.status == 503
    assert refused.value.headers == {"Retry-After": "1"}
    work.may_go_on.set()
    assert await asyncio.gather(*asked) == [0, 1, 2]
    assert await executor.run(work, 4) == 4


async def test_what_nobody_waits_for_any_more_is_not_begun(
    executor: bounded.Executor, work: Work
) -> None:
    asked = [asyncio.create_task(executor.run(work, number)) for number in range(3)]
    await asyncio.to_thread(work.begun.acquire)
    for one in asked[:2]:  # the one that is being done, and one that waits
        one.cancel()
        with pytest.raises(asyncio.CancelledError):
            await one
    # They leave no place behind before a thread is through with them.
    with pytest.raises(errors.TooBusy):
        await executor.run(work, 3)
    work.may_go_on.set()
    assert await asked[2] == 2
    assert work.done == [0, 2]
    again = (executor.run(work, number) for number in range(3, 6))
    assert await asyncio.gather(*again) == [3, 4, 5]


async def test_a_failure_that_nobody_waits_for_is_no_noise(executor: bounded.Executor) -> None:
    begun, may_go_on, heard = threading.Event(), threading.Event(), []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: heard.append(told))

    def fail() -> None:
        begun.set()
        may_go_on.wait(60)
        raise ValueError

    task = asyncio.create_task(executor.run(fail))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_go_on.set()
    await executor.run(int)
    await asyncio.sleep(0)
    gc.collect()
    assert heard == []


async def test_nothing_is_taken_once_it_is_closed() -> None:
    executor = bounded.Executor("heavy", threads=1, max_waiting=1)
    executor.close()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await executor.run(int)
