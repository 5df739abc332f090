"""The rules of files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from kolba.contracts import files as contracts
from kolba.kit import clock, context
from kolba.kit.db import engine
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import shelf, uploads
from kolba.storage.datasets.ingest import spool
from kolba.storage.files import errors, models, repository


class Files:
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

    async def create(
        self,
        chunks: AsyncIterator[bytes],
        *,
        name: str,
        media_type: str,
        announced_bytes: int | None = None,
    ) -> contracts.File:
        """Raises `EmptyFile`, and what `Intake.take` raises; then nothing is kept."""
        owner = context.current().person.name

        def read(arriving: spool.Spool) -> contracts.File:
            path = arriving.wait_for_all()
            if not arriving.size:
                raise errors.EmptyFile
            with self._shelf.adding(path) as blob, self._database.writing() as session:
                row = repository.add(
                    session,
                    name=name,
                    media_type=media_type,
                    size_bytes=blob.size_bytes,
                    sha256=blob.sha256,
                    owner=owner,
                    created_at=self._clock.now(),
                )
                return _file(row)

        return await self._intake.take(chunks, read, announced_bytes=announced_bytes)

    def get(self, file_id: int) -> contracts.File:
        """Raises `UnknownFile`."""
        with self._database.reading() as session:
            row = repository.get(session, file_id)
            if row is None:
                raise errors.UnknownFile(file_id=file_id)
            return _file(row)

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.File], int]:
        with self._database.reading() as session:
            rows, total = repository.page(session, wanted, sort=sort, limit=limit, offset=offset)
            return [_file(row) for row in rows], total

    def change(self, file_id: int, change: contracts.FileChange) -> contracts.File:
        """Raises `UnknownFile`."""
        with self._database.writing() as session:
            row = repository.get(session, file_id, lock=True)
            if row is None:
                raise errors.UnknownFile(file_id=file_id)
            row.name = change.name
            return _file(row)

    def delete(self, file_id: int) -> None:
        """Raises `UnknownFile`, `InUse`."""
        self._shelf.remove(lambda: self._delete_row(file_id), self._is_blob_named)

    def download(self, file: contracts.File) -> Iterator[bytes]:
        """The bytes in pieces. Raises `CorruptBlob` when they have changed."""
        return self._shelf.read(file.sha256)

    def _delete_row(self, file_id: int) -> list[str]:
        with self._database.writing() as session:
            row = repository.get(session, file_id, lock=True)
            if row is None:
                raise errors.UnknownFile(file_id=file_id)
            dependents = repository.dependents(session, file_id)
            if dependents:
                raise catalog_errors.InUse(dependents)
            repository.delete(session, row)
            return [row.sha256]

    def _is_blob_named(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return repository.is_blob_named(session, sha256)


def _file(row: models.FileRow) -> contracts.File:
    return contracts.File.model_validate(row, from_attributes=True)
