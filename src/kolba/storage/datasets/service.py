"""The rules of data sets."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import uuid
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any, Literal

from kolba.contracts import datasets as contracts
from kolba.contracts import names
from kolba.kit import context, identity
from kolba.kit import errors as kit_errors
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import ownership, things, uploads
from kolba.storage.datasets import errors, models, repository, tables
from kolba.storage.datasets.ingest import limits, spool, table
from kolba.storage.links import repository as links
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
    if_taken: names.IfTaken = "refuse"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The run that a data set comes out of, and the token of its lease."""

    run_id: int
    token: str


class Datasets(things.Things[models.DatasetRow, contracts.Dataset, repository.Filter]):
    row_type = models.DatasetRow
    sortable = repository.SORTABLE

    def __init__(self, *, intake: uploads.Intake, bounds: limits.Limits, **shared: Any) -> None:
        """`shared`: see `Things`."""
        super().__init__(**shared)
        self._intake = intake
        self._bounds = bounds

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
        Raises the errors of `ingest.errors` and of `Intake.take`, `UnknownTarget`, `LeaseLost`, `NameTaken`, and what
        `find_label` raises; then nothing is kept.
        """
        person = context.current().person

        def read(arriving: spool.Spool) -> contracts.Dataset:
            target = self._intake.folder / f"{spool.PREFIX}{uuid.uuid4().hex}.parquet"
            try:
                found = READERS[form](arriving, target, self._intake.folder, self._bounds)
                earlier = self._earlier(origin)
                return earlier or self._keep(found, find_label(), person, origin)
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
            return None if row is None else self._shown(row)

    def _keep(
        self, found: table.Table, label: Label, person: identity.Person, origin: Origin | None
    ) -> contracts.Dataset:
        _check_target(label.target, found.columns)
        with self._shelf.adding(found.path) as blob, self._database.writing() as session:
            owner, name = self._whose(session, label, person, origin)
            row = repository.add(
                session,
                name=name,
                target=label.target,
                description=label.description,
                source=label.source,
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
            return self._shown(row)

    def _whose(
        self, session: Any, label: Label, person: identity.Person, origin: Origin | None
    ) -> tuple[str, str]:
        """The new version's owner and name. Raises `NameTaken`, `LeaseLost`."""
        table = models.DatasetNameRow
        if origin is None:
            name = ownership.take_name(
                session, table, label.name, person.name, label.if_taken, person=person
            )
            return person.name, name
        run = leases.held(session, origin.run_id, origin.token, self._clock.now())
        return run.owner, ownership.name_of_result(session, table, run, label.name)

    def check_name(self, name: str) -> None:
        """Before the body is taken. Raises `NameTaken`."""
        with self._database.reading() as session:
            ownership.check_name(session, models.DatasetNameRow, name, context.current().person)

    def change(self, dataset_id: int, change: contracts.DatasetChange) -> contracts.Dataset:
        """Raises `UnknownDataset`, `NotYours`, `UnknownTarget`, `UnknownGroup`."""
        with self._database.writing() as session:
            row = self._changeable(session, dataset_id)
            if change.description is not None:
                row.description = change.description
            if "target" in change.model_fields_set:
                _check_target(change.target, self._shown(row).columns)
                row.target = change.target
            self._share(row, change)
            return self._shown(row)

    def profile(self, dataset_id: int) -> contracts.Profile:
        """Raises `UnknownDataset`."""
        with self._database.reading() as session:
            row = self._seen(session, dataset_id, repository.WITH_PROFILE)
            return contracts.Profile.model_validate(
                {"dataset_id": dataset_id, "rows": row.rows, "columns": row.profile}
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

    def _shown(self, row: models.DatasetRow) -> contracts.Dataset:
        return contracts.Dataset.model_validate(row, from_attributes=True)

    def _unknown(self, number: int) -> kit_errors.NotFound:
        return errors.UnknownDataset(dataset_id=number)

    def _dependents(self, session: Any, number: int) -> list[catalog_errors.Dependent]:
        return links.of_dataset(session, number)

    def _forget(self, session: Any, row: models.DatasetRow) -> list[str]:
        repository.delete(session, row)
        return [row.sha256]


def _pieces(path: pathlib.Path) -> Generator[bytes]:
    yield from tables.csv(path)


def _check_target(target: str | None, columns: list[contracts.Column]) -> None:
    kinds = {column.name: column.type for column in columns}
    if target is not None and target not in kinds:
        raise errors.UnknownTarget(target, list(kinds))
    if target is not None and kinds[target] == "image":
        raise errors.ImageAsTarget(target)
