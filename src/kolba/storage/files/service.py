"""The rules of files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from kolba.contracts import files as contracts
from kolba.kit import context
from kolba.kit import errors as kit_errors
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import things, uploads
from kolba.storage.datasets.ingest import spool
from kolba.storage.files import errors, models, repository
from kolba.storage.links import repository as links


class Files(things.Things[models.FileRow, contracts.File, repository.Filter]):
    row_type = models.FileRow
    sortable = repository.SORTABLE

    def __init__(self, *, intake: uploads.Intake, **shared: Any) -> None:
        """`shared`: see `Things`."""
        super().__init__(**shared)
        self._intake = intake

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
                return self._shown(row)

        return await self._intake.take(chunks, read, announced_bytes=announced_bytes)

    def change(self, file_id: int, change: contracts.FileChange) -> contracts.File:
        """Raises `UnknownFile`, `NotYours`, `UnknownGroup`."""
        with self._database.writing() as session:
            row = self._changeable(session, file_id)
            if change.name is not None:
                row.name = change.name
            self._share(row, change)
            return self._shown(row)

    def download(self, file: contracts.File) -> Iterator[bytes]:
        """The bytes in pieces. Raises `CorruptBlob` when they have changed."""
        return self._shelf.read(file.sha256)

    def _shown(self, row: models.FileRow) -> contracts.File:
        return contracts.File.model_validate(row, from_attributes=True)

    def _unknown(self, number: int) -> kit_errors.NotFound:
        return errors.UnknownFile(file_id=number)

    def _dependents(self, session: Any, number: int) -> list[catalog_errors.Dependent]:
        return links.of_file(session, number)

    def _forget(self, session: Any, row: models.FileRow) -> list[str]:
        repository.delete(session, row)
        return [row.sha256]
