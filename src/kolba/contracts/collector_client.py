"""The collector, called by another service."""

from __future__ import annotations

from collections.abc import AsyncIterator

from kolba.contracts import sources
from kolba.kit.http import client

ARROW = "application/vnd.apache.arrow.stream"


class CollectorClient:
    def __init__(self, http: client.ServiceClient) -> None:
        self._http = http

    async def list_sources(self) -> sources.SourceList:
        return sources.SourceList.model_validate(await self._http.json("GET", "/sources"))

    async def info(self, source: str) -> sources.SourceInfo:
        """Fetches the source when it is first asked for, which may take a while."""
        found = await self._http.json("GET", "/info", query={"source": source}, timeout_seconds=120)
        return sources.SourceInfo.model_validate(found)

    async def batch_arrow(
        self, source: str, *, size: int, offset: int, sha256: str | None = None
    ) -> bytes:
        """Rows `offset` … `offset + size` as an Arrow stream; past the end, one without rows.

        With `sha256`, as `info` told it, they are of just that data, also when the source has changed since; a
        `RemoteProblem` of status 409 where the collector has it no longer.
        """
        return await self._http.raw(
            "GET",
            "/batch",
            query={"source": source, "size": size, "offset": offset, "sha256": sha256},
            headers={"Accept": ARROW},
            timeout_seconds=120,
        )

    async def batches_arrow(
        self, source: str, *, total: int, size: int, sha256: str | None = None
    ) -> AsyncIterator[bytes]:
        """The first `total` rows in parts of `size`, each an Arrow stream of its own."""
        for offset in range(0, total, size):
            rows = min(size, total - offset)
            yield await self.batch_arrow(source, size=rows, offset=offset, sha256=sha256)
