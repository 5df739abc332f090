"""The SQL of data sets."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.storage.datasets import models

SORTABLE = {
    "id": models.DatasetRow.id,
    "created_at": models.DatasetRow.created_at,
    "name": models.DatasetRow.name,
    "version": models.DatasetRow.version,
    "rows": models.DatasetRow.rows,
    "size_bytes": models.DatasetRow.size_bytes,
    "owner": models.DatasetRow.owner,
}
WITH_PROFILE = orm.undefer(models.DatasetRow.profile)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    name: str | None = None
    version: int | None = None
    owner: str | None = None
    shared_with: str | None = None
    source: str | None = None
    sha256: str | None = None
    run_id: int | None = None


def add(session: orm.Session, **values: Any) -> models.DatasetRow:
    """A new version of `values["name"]`, a name that somebody has claimed."""
    row = models.DatasetRow(**values, version=_next_version(session, values["name"]))
    session.add(row)
    session.flush()
    return row


def _next_version(session: orm.Session, name: str) -> int:
    """Counted by one atomic statement, which also makes concurrent uploads of one name wait for each other."""
    table = models.DatasetNameRow
    counted = (
        sqlalchemy.update(table)
        .where(table.name == name)
        .values(last_version=table.last_version + 1)
        .returning(table.last_version)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(counted).scalar_one())


def of_run(session: orm.Session, run_id: int) -> models.DatasetRow | None:
    """The result that the run has left."""
    query = sqlalchemy.select(models.DatasetRow).where(models.DatasetRow.run_id == run_id)
    return session.scalars(query).one_or_none()


def delete(session: orm.Session, row: models.DatasetRow) -> None:
    session.delete(row)
    session.flush()
