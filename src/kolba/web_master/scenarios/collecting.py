"""From a source to a stored data set: all of it, or nothing."""

from __future__ import annotations

from kolba.contracts import collector_client, datasets, scenarios, storage_client
from kolba.kit import errors as kit_errors
from kolba.web_master.scenarios import collection, errors


class Collecting:
    def __init__(
        self, collector: collector_client.CollectorClient, storage: storage_client.StorageClient
    ) -> None:
        self._collector = collector
        self._storage = storage

    async def collect(self, asked: scenarios.CollectAndStore) -> scenarios.Collected:
        """One new version of a data set with all (or `limit`) rows of a source.

        Raises `EmptySource`, `CollectionFailed`, `CollectionIncomplete`, and what the services say of the question.
        """
        source = asked.source or (await self._collector.list_sources()).default
        info = await self._collector.info(source)
        total = info.rows if asked.limit is None else min(info.rows, asked.limit)
        if total == 0:
            raise errors.EmptySource(source=source)
        parts = collection.Parts(
            self._collector, source, total=total, size=asked.batch_size, sha256=info.sha256
        )
        stored = await self._store(parts, asked.name, source, info.target)
        if stored.rows != total:
            await self._storage.delete_dataset(stored.id)
            raise errors.CollectionIncomplete(source=source, total=total, rows=stored.rows)
        return scenarios.Collected(
            dataset=stored, dataset_id=stored.id, batches=parts.batches, rows=stored.rows
        )

    async def rows(self, source: str) -> int:
        """How many it has now."""
        return (await self._collector.info(source)).rows

    async def _store(
        self, parts: collection.Parts, name: str | None, source: str, target: str | None
    ) -> datasets.Dataset:
        try:
            return await self._storage.create_dataset(
                parts,
                media_type=storage_client.ARROW,
                name=name or source,
                target=target,
                source=source,
                if_taken="refuse" if name else "rename",
            )
        except kit_errors.KolbaError:
            if parts.failure is not None:
                raise parts.broken() from None
            raise
