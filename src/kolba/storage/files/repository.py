"""The SQL of files."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import listing
from kolba.storage.datasets import repository as dataset_repository
from kolba.storage.files import models
from kolba.storage.models import models as model_models

is_blob_named = dataset_repository.is_blob_named
_SORTABLE = {
    "id": models.FileRow.id,
    "created_at": models.FileRow.created_at,
    "name": models.FileRow.name,
    "size_bytes": models.FileRow.size_bytes,
    "owner": models.FileRow.owner,
    "media_type": models.FileRow.media_type,
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    name: str | None = None
    owner: str | None = None
    media_type: str | None = None
    sha256: str | None = None


def add(session: orm.Session, **values: Any) -> models.FileRow:
    row = models.FileRow(**values)
    session.add(row)
    session.flush()
    return row


def get(session: orm.Session, file_id: int, *, lock: bool = False) -> models.FileRow | None:
    """With `lock`, nobody can begin to depend on it until the transaction ends."""
    query = sqlalchemy.select(models.FileRow).where(models.FileRow.id == file_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def page(
    session: orm.Session, wanted: Filter, *, sort: str, limit: int, offset: int
) -> tuple[list[models.FileRow], int]:
    """Raises `InvalidInput` for an unknown sort key."""
    query = sqlalchemy.select(models.FileRow)
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None:
            query = query.where(getattr(models.FileRow, field.name) == value)
    return listing.page(session, query, sortable=_SORTABLE, sort=sort, limit=limit, offset=offset)


def dependents(session: orm.Session, file_id: int) -> list[dict[str, Any]]:
    """Models whose bundle it is."""
    table = model_models.ModelRow
    found = session.execute(
        sqlalchemy.select(table.id, table.name, table.version)
        .where(table.bundle_file_id == file_id)
        .order_by(table.id)
    )
    return [{"kind": "model", "id": one.id, "name": f"{one.name} {one.version}"} for one in found]


def delete(session: orm.Session, row: models.FileRow) -> None:
    session.delete(row)
    session.flush()
