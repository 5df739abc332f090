"""The rules of data sets."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any, Literal

from kolba.contracts import datasets as contracts
from kolba.kit import clock, context
from kolba.kit.db import engine
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import shelf, uploads
from kolba.storage.datasets import errors, models, repository, tables
from kolba.storage.datasets.ingest import limits, spool, table
from kolba.storage.runs import leases

Reader = Callable[[spool.Spool, pathlib.Path, pathlib.Path, limits.Limits], table.Table]
READERS: dict[str, Reader] = {
    "csv": tables.read_csv,
    "arrow": tables.read_arrow,
    "parquet": tables.read_parquet,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a new data set is called and how it is described."""

    name: str
    target: str | None = None
    description: str = ""
    source: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The run that a data set comes out of, and the token of its lease."""

    run_id: int
    token: str


class Datasets:
    def __init__(
        self,
        *,
        database: engine.Database,
        shelf: shelf.Shelf,
        intake: uploads.Intake,
        bounds: limits.Limits,
        watch: clock.Clock,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._intake = intake
        self._bounds = bounds
        self._clock = watch

    async def create(
        self,
        chunks: AsyncIterator[bytes],
        *,
        form: Literal["csv", "arrow", "parquet"],
        find_label: Callable[[], Label],
        announced_bytes: int | None = None,
        origin: Origin | None = None,
    ) -> contracts.Dataset:
        """Keep a table as a new version. `find_label` is asked once the body has arrived.

        With `origin` it is a run's result: where the run has left one already, that one is answered.
        Raises the errors of `ingest.errors` and of `Intake.take`, `UnknownTarget`, `LeaseLost`, and what `find_label`
        raises; then nothing is kept.
        """
        owner = context.current().person.name

        def read(arriving: spool.Spool) -> contracts.Dataset:
            target = self._intake.folder / f"{spool.PREFIX}{uuid.uuid4().hex}.parquet"
            try:
                found = READERS[form](arriving, target, self._intake.folder, self._bounds)
                earlier = self._earlier(origin)
                return earlier or self._keep(found, find_label(), owner, origin)
            finally:
                target.unlink(missing_ok=True)

        return await self._intake.take(
            chunks,
            read,
            announced_bytes=announced_bytes,
            reads_along=form == "csv",
            # Arrow comes from another service while that one collects it, at the pace of a third.
            may_be_slow=form == "arrow",
        )

    def _earlier(self, origin: Origin | None) -> contracts.Dataset | None:
        """What an earlier attempt of the same run has left. Raises `LeaseLost`."""
        if origin is None:
            return None
        with self._database.writing() as session:
            leases.held(session, origin.run_id, origin.token, self._clock.now())
            row = repository.of_run(session, origin.run_id)
            return None if row is None else _dataset(row)

    def _keep(
        self, found: table.Table, label: Label, owner: str, origin: Origin | None
    ) -> contracts.Dataset:
        _check_target(label.target, [column.name for column in found.columns])
        with self._shelf.adding(found.path) as blob, self._database.writing() as session:
            if origin is not None:
                run = leases.held(session, origin.run_id, origin.token, self._clock.now())
                owner = run.owner
            row = repository.add(
                session,
                **dataclasses.asdict(label),
                run_id=None if origin is None else origin.run_id,
                rows=found.rows,
                columns=[column.model_dump() for column in found.columns],
                owner=owner,
                size_bytes=blob.size_bytes,
                sha256=blob.sha256,
                ingest=found.ingest.model_dump() if found.ingest else None,
                profile=[column.model_dump() for column in found.profile],
                created_at=self._clock.now(),
            )
            return _dataset(row)

    def get(self, dataset_id: int) -> contracts.Dataset:
        """Raises `UnknownDataset`."""
        with self._database.reading() as session:
            row = repository.get(session, dataset_id)
            if row is None:
                raise errors.UnknownDataset(dataset_id=dataset_id)
            return _dataset(row)

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.Dataset], int]:
        with self._database.reading() as session:
            rows, total = repository.page(session, wanted, sort=sort, limit=limit, offset=offset)
            return [_dataset(row) for row in rows], total

    def change(self, dataset_id: int, change: contracts.DatasetChange) -> contracts.Dataset:
        """Raises `UnknownDataset`, `UnknownTarget`."""
        with self._database.writing() as session:
            row = repository.get(session, dataset_id, lock=True)
            if row is None:
                raise errors.UnknownDataset(dataset_id=dataset_id)
            if change.description is not None:
                row.description = change.description
            if "target" in change.model_fields_set:
                _check_target(change.target, [column["name"] for column in row.columns])
                row.target = change.target
            return _dataset(row)

    def delete(self, dataset_id: int) -> None:
        """Raises `UnknownDataset`, `InUse`."""
        self._shelf.remove(lambda: self._delete_row(dataset_id), self._is_blob_named)

    def profile(self, dataset_id: int) -> contracts.Profile:
        """Raises `UnknownDataset`."""
        with self._database.reading() as session:
            found = repository.profile(session, dataset_id)
        if found is None:
            raise errors.UnknownDataset(dataset_id=dataset_id)
        rows, columns = found
        return contracts.Profile.model_validate(
            {"dataset_id": dataset_id, "rows": rows, "columns": columns}
        )

    def preview(self, dataset_id: int, *, offset: int, limit: int) -> contracts.Preview:
        """Raises `UnknownDataset`."""
        dataset = self.get(dataset_id)
        with self._shelf.as_file(dataset.sha256) as path:
            rows: list[list[Any]] = tables.rows(path, offset=offset, limit=limit)
        return contracts.Preview(
            columns=dataset.columns, rows=rows, offset=offset, total=dataset.rows
        )

    def download(
        self, dataset: contracts.Dataset, form: Literal["csv", "parquet"]
    ) -> Iterator[bytes]:
        """The bytes in pieces. Raises `CorruptBlob` when they have changed."""
        if form == "parquet":
            yield from self._shelf.read(dataset.sha256)
            return
        with (
            self._shelf.as_file(dataset.sha256) as path,
            contextlib.closing(_pieces(path)) as pieces,
        ):
            yield from pieces

    def _delete_row(self, dataset_id: int) -> list[str]:
        with self._database.writing() as session:
            row = repository.get(session, dataset_id, lock=True)
            if row is None:
                raise errors.UnknownDataset(dataset_id=dataset_id)
            dependents = repository.dependents(session, dataset_id)
            if dependents:
                raise catalog_errors.InUse(dependents)
            repository.delete(session, row)
            return [row.sha256]

    def _is_blob_named(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return repository.is_blob_named(session, sha256)


def _pieces(path: pathlib.Path) -> Generator[bytes]:
    yield from tables.csv(path)


def _check_target(target: str | None, columns: list[str]) -> None:
    if target is not None and target not in columns:
        raise errors.UnknownTarget(target, columns)


def _dataset(row: models.DatasetRow) -> contracts.Dataset:
    return contracts.Dataset.model_validate(row, from_attributes=True)
