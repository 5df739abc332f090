"""Long polls: look, and where there is nothing yet wait for the bell and look again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

from kolba.storage.runs import bell

Result = TypeVar("Result")


async def until(
    look: Callable[[], Result],
    is_enough: Callable[[Result], bool],
    *,
    ringing: bell.Bell,
    topic: Hashable,
    seconds: float,
    poll_seconds: float,
    is_gone: Callable[[], Awaitable[bool]],
) -> Result:
    """What `look` (run in a thread) finds, as soon as that is enough or `seconds` are over.

    `poll_seconds` bounds how late a change made by another process is seen. `is_gone` tells that nobody waits for the
    answer any more; then it does not look again.
    """
    deadline = time.monotonic() + seconds
    while True:
        ticket = ringing.ticket(topic)
        found = await asyncio.to_thread(look)
        left = deadline - time.monotonic()
        if is_enough(found) or left <= 0:
            return found
        await ringing.wait(topic, ticket, min(left, poll_seconds))
        if await is_gone():
            return found
