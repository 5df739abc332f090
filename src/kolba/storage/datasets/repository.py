"""The SQL of data sets."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from kolba.contracts import runs as run_contracts
from kolba.kit.db import listing
from kolba.storage.datasets import models
from kolba.storage.files import models as file_models
from kolba.storage.models import models as model_models
from kolba.storage.runs import models as run_models

_SORTABLE = {
    "id": models.DatasetRow.id,
    "created_at": models.DatasetRow.created_at,
    "name": models.DatasetRow.name,
    "version": models.DatasetRow.version,
    "rows": models.DatasetRow.rows,
    "size_bytes": models.DatasetRow.size_bytes,
    "owner": models.DatasetRow.owner,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    name: str | None = None
    version: int | None = None
    owner: str | None = None
    source: str | None = None
    sha256: str | None = None
    run_id: int | None = None


def add(session: orm.Session, **values: Any) -> models.DatasetRow:
    """A new version of `values["name"]`."""
    row = models.DatasetRow(**values, version=_next_version(session, values["name"]))
    session.add(row)
    session.flush()
    return row


def _next_version(session: orm.Session, name: str) -> int:
    """Counted by one atomic statement, which also makes concurrent uploads of one name wait for each other."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    table = models.DatasetNameRow
    counted = (
        insert(table)
        .values(name=name, last_version=1)
        .on_conflict_do_update(
            index_elements=[table.name], set_={"last_version": table.last_version + 1}
        )
        .returning(table.last_version)
    )
    return int(session.execute(counted).scalar_one())


def get(session: orm.Session, dataset_id: int, *, lock: bool = False) -> models.DatasetRow | None:
    """With `lock`, nobody can begin to depend on it until the transaction ends."""
    query = sqlalchemy.select(models.DatasetRow).where(models.DatasetRow.id == dataset_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def of_run(session: orm.Session, run_id: int) -> models.DatasetRow | None:
    """The result that the run has left."""
    query = sqlalchemy.select(models.DatasetRow).where(models.DatasetRow.run_id == run_id)
    return session.scalars(query).one_or_none()


def profile(session: orm.Session, dataset_id: int) -> tuple[int, list[dict[str, Any]]] | None:
    """How many rows, and the profiles of the columns."""
    found = session.execute(
        sqlalchemy.select(models.DatasetRow.rows, models.DatasetRow.profile).where(
            models.DatasetRow.id == dataset_id
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def page(
    session: orm.Session, wanted: Filter, *, sort: str, limit: int, offset: int
) -> tuple[list[models.DatasetRow], int]:
    """Raises `InvalidInput` for an unknown sort key."""
    query = sqlalchemy.select(models.DatasetRow)
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None:
            query = query.where(getattr(models.DatasetRow, field.name) == value)
    return listing.page(session, query, sortable=_SORTABLE, sort=sort, limit=limit, offset=offset)


def dependents(session: orm.Session, dataset_id: int) -> list[dict[str, Any]]:
    """Models made from it and unfinished runs that read it."""
    made = session.execute(
        sqlalchemy.select(
            model_models.ModelRow.id, model_models.ModelRow.name, model_models.ModelRow.version
        )
        .where(model_models.ModelRow.dataset_id == dataset_id)
        .order_by(model_models.ModelRow.id)
    )
    reading = session.execute(
        sqlalchemy.select(run_models.RunRow.id, run_models.RunRow.kind, run_models.RunRow.state)
        .where(run_models.RunRow.dataset_id == dataset_id)
        .where(run_models.RunRow.state.in_(_UNFINISHED))
        .order_by(run_models.RunRow.id)
    )
    return [
        *({"kind": "model", "id": one.id, "name": f"{one.name} {one.version}"} for one in made),
        *({"kind": "run", "id": one.id, "name": f"{one.kind}, {one.state}"} for one in reading),
    ]


_UNFINISHED = [state.value for state in run_contracts.State if not state.is_final]


def delete(session: orm.Session, row: models.DatasetRow) -> None:
    session.delete(row)
    session.flush()


def is_blob_named(session: orm.Session, sha256: str) -> bool:
    """Whether any row of the catalog names these bytes."""
    for table in (models.DatasetRow, file_models.FileRow):
        query = sqlalchemy.select(sqlalchemy.literal(1)).where(table.sha256 == sha256).limit(1)
        if session.execute(query).first() is not None:
            return True
    return False
