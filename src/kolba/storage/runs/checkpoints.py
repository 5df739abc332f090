"""What a worker keeps of an unfinished run, so that another can go on where it stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from kolba.kit import clock
from kolba.kit.db import engine
from kolba.storage.catalog import shelf, uploads
from kolba.storage.datasets.ingest import spool
from kolba.storage.links import repository as links
from kolba.storage.runs import errors, leases, models, repository


class Checkpoints:
    """One for each run at most: the newest."""

    def __init__(
        self,
        *,
        database: engine.Database,
        shelf: shelf.Shelf,
        intake: uploads.Intake,
        watch: clock.Clock,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._intake = intake
        self._clock = watch

    async def put(self, run_id: int, token: str, chunks: AsyncIterator[bytes]) -> None:
        """In the place of the one before. Raises `LeaseLost`, `EmptyCheckpoint`, and what `Intake.take` raises."""

        def read(arriving: spool.Spool) -> None:
            arriving.wait_for_all()
            if not arriving.size:
                raise errors.EmptyCheckpoint
            self._keep(run_id, token, arriving)

        await self._intake.take(chunks, read, announced_bytes=None)

    def _keep(self, run_id: int, token: str, arriving: spool.Spool) -> None:
        released: set[str] = set()
        try:
            with self._shelf.adding(arriving.wait_for_all()) as blob:
                released.add(blob.sha256)
                with self._database.writing() as session:
                    leases.held(session, run_id, token, self._clock.now())
                    before = repository.keep_checkpoint(
                        session,
                        run_id,
                        sha256=blob.sha256,
                        size_bytes=blob.size_bytes,
                        saved_at=self._clock.now(),
                    )
                released = {before} if before else set()
        finally:
            # What was replaced; where it failed, what nobody has come to name.
            self._release(released)

    def get(self, run_id: int, token: str) -> tuple[Iterator[bytes], int] | None:
        """The bytes in pieces and how many; None where nothing was kept. Raises `LeaseLost`."""
        with self._database.writing() as session:
            leases.held(session, run_id, token, self._clock.now())
            found = session.get(models.CheckpointRow, run_id)
        return None if found is None else (self._shelf.read(found.sha256), found.size_bytes)

    def forget(self, run_id: int) -> None:
        """The run has ended."""
        with self._database.reading() as session:
            if session.get(models.CheckpointRow, run_id) is None:
                return
        self._forget(run_id)

    def sweep(self) -> int:
        """Forget those of runs that have ended, at the start of the service; how many there were."""
        with self._database.reading() as session:
            left = repository.checkpoints_of_ended(session)
        for run_id in left:
            self._forget(run_id)
        return len(left)

    def _forget(self, run_id: int) -> None:
        with self._database.writing() as session:
            sha256 = repository.drop_checkpoint(session, run_id)
        self._release({sha256} if sha256 else set())

    def _release(self, hashes: set[str]) -> None:
        if hashes:
            self._shelf.remove(lambda: hashes, self._is_named)

    def _is_named(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return links.is_blob_named(session, sha256)
