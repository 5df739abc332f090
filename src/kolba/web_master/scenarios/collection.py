"""A source on its way into storage: part after part, one at a time in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

from kolba.contracts import collector_client
from kolba.kit import errors as kit_errors
from kolba.web_master.scenarios import errors


class Parts:
    """The first `total` rows of a source as consecutive Arrow streams of `size` rows, all of the state `sha256` of it.

    A failure of the collector breaks off the upload it feeds, and the upload's client can only say that the upload
    broke; `failure` keeps the cause.
    """

    def __init__(
        self,
        collector: collector_client.CollectorClient,
        source: str,
        *,
        total: int,
        size: int,
        sha256: str,
    ) -> None:
        self._collector = collector
        self._source = source
        self._total = total
        self._size = size
        self._sha256 = sha256
        self.batches = 0
        self.failure: kit_errors.KolbaError | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._collector.batches_arrow(
                self._source, total=self._total, size=self._size, sha256=self._sha256
            ):
                yield part
                self.batches += 1
        except kit_errors.KolbaError as error:
            self.failure = error
            raise

    def broken(self) -> kit_errors.KolbaError:
        """The failure as the caller is told of it; what was wrong with the very question is told as it is."""
        if self.batches == 0 and _is_callers(self.failure):
            assert self.failure is not None
            return self.failure
        return errors.CollectionFailed(
            source=self._source,
            total=self._total,
            rows=min(self.batches * self._size, self._total),
            reason=_reason(self.failure),
        )


def _is_callers(failure: kit_errors.KolbaError | None) -> bool:
    return isinstance(failure, kit_errors.RemoteProblem) and failure.remote_status < 500


def _reason(failure: kit_errors.KolbaError | None) -> str:
    if isinstance(failure, kit_errors.RemoteProblem):
        said = str(failure.document.get("detail") or failure.document.get("title") or "")
        return said or f"({failure.remote_status})"
    return "" if failure is None else str(failure)
