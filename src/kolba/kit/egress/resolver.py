"""Names to addresses: once per hop, and then nothing but those addresses is connected to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from typing import Protocol

import aiohttp.abc

from kolba.kit.egress import policy


class Resolver(Protocol):
    async def resolve(self, host: str, port: int) -> Sequence[policy.Address]:
        """The addresses of `host`. Raises `OSError` when there are none."""
        ...


class SystemResolver:
    """`getaddrinfo` in a daemon thread: a name server that hangs cannot hold up the end."""

    async def resolve(self, host: str, port: int) -> Sequence[policy.Address]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[policy.Address]] = loop.create_future()

        def work() -> None:
            try:
                found = _look_up(host, port)
            except (OSError, UnicodeError) as error:
                _hand_over(loop, answer, error=error)
            else:
                _hand_over(loop, answer, found=found)

        threading.Thread(target=work, name="egress-resolver", daemon=True).start()
        return await answer


def _look_up(host: str, port: int) -> list[policy.Address]:
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = (policy.literal(str(info[4][0])) for info in infos)
    return [address for address in dict.fromkeys(found) if address is not None]


def _hand_over(
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[list[policy.Address]],
    *,
    found: list[policy.Address] | None = None,
    error: Exception | None = None,
) -> None:
    def settle() -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(OSError(str(error)))
        else:
            answer.set_result(found or [])

    try:
        loop.call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop has closed while the name server was thinking; nobody waits for the answer.
        return


class PinnedResolver(aiohttp.abc.AbstractResolver):
    """Answers with the addresses that were checked; a name server is not asked again."""

    def __init__(self, addresses: Sequence[policy.Address]) -> None:
        self._addresses = tuple(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        del family
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET6 if address.version == 6 else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""
