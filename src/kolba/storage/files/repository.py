"""The SQL of files."""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import orm

from kolba.storage.files import models

SORTABLE = {
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
    shared_with: str | None = None
    media_type: str | None = None
    sha256: str | None = None


def add(session: orm.Session, **values: Any) -> models.FileRow:
    row = models.FileRow(**values)
    session.add(row)
    session.flush()
    return row


def delete(session: orm.Session, row: models.FileRow) -> None:
    session.delete(row)
    session.flush()
