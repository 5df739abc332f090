"""The base of storage's tables."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import orm

BigId = sqlalchemy.BigInteger().with_variant(sqlalchemy.Integer(), "sqlite")
"""A number that the database gives out; SQLite does so for plain integers only."""


class Base(orm.DeclarativeBase):
    """The metadata of storage's one migration history."""


class Owned:
    """A row that belongs to a person, and is nobody else's business."""

    id: orm.Mapped[int] = orm.mapped_column(BigId, primary_key=True)
    owner: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(255))


class Shared(Owned):
    """A row that its owner can show to a group."""

    shared_with: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(64))


class Names:
    """The names that have been used for one kind of thing. They stay when the last thing of a name is deleted."""

    name: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(128), primary_key=True)
    owner: orm.Mapped[str | None] = orm.mapped_column(sqlalchemy.String(255))
    """Who used it first; None: it waits for somebody to use it again."""


def seen_indexes(table: str, *, shared: bool = True) -> tuple[sqlalchemy.Index, ...]:
    """What lists by who may see them stand on."""
    owner = sqlalchemy.Index(f"ix_{table}_owner", "owner", "created_at", "id")
    if not shared:
        return (owner,)
    return owner, sqlalchemy.Index(f"ix_{table}_shared_with", "shared_with", "created_at", "id")
