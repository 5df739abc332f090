"""Blocking work in a thread, which is done when the caller goes on, whatever becomes of the caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_Asked = ParamSpec("_Asked")
_Answer = TypeVar("_Answer")


async def run(
    function: Callable[_Asked, _Answer], /, *args: _Asked.args, **kwargs: _Asked.kwargs
) -> _Answer:
    """As `asyncio.to_thread`, but who is cancelled waits for the thread first.

    What the thread uses, such as a database, can be closed then.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
