"""One system call an answer: what is written in one turn of the event loop leaves together.

uvicorn writes an answer's head and its body by two system calls, which are a quarter of a small answer's time.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http import httptools_impl

from kolba.kit.http import direct

_FLUSH_BYTES = 1 << 16
"""More than this does not wait for the turn's end, so that a stream's memory stays bounded."""


class CorkedProtocol(httptools_impl.HttpToolsProtocol):
    """uvicorn's protocol on a transport that gathers."""

    corked: CorkedTransport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.corked = CorkedTransport(transport)
        super().connection_made(cast(asyncio.Transport, self.corked))


class CorkedTransport:
    """A transport whose writes leave at the end of the loop's turn. All else is the transport's own."""

    __slots__ = ("_loop", "_parts", "_receipts", "_size", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._size = 0
        self._receipts: list[direct.Receipt] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size > _FLUSH_BYTES:
            self._flush()

    def write_for(self, receipt: direct.Receipt, data: bytes) -> None:
        """Write an answer whose leaving counts."""
        self._receipts.append(receipt)
        self.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if not self._parts:
            return
        parts, self._parts, self._size = self._parts, [], 0
        receipts, self._receipts = self._receipts, []
        if self._transport.is_closing():
            for receipt in receipts:
                receipt.lost()
            return
        for receipt in receipts:
            receipt.leaving()
        self._transport.write(b"".join(parts))
