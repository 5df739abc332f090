"""The SQL that all of the catalog shares: who sees what, and whose a name is."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from kolba.kit import identity
from kolba.kit.db import listing
from kolba.storage.catalog import models

Row = TypeVar("Row", bound=models.Owned)


def seen_by(
    person: identity.Person, table: type[models.Owned]
) -> list[sqlalchemy.ColumnElement[bool]]:
    """The conditions under which a row is theirs to see."""
    if person.sees_all:
        return []
    own = table.owner == person.name
    if not issubclass(table, models.Shared) or not person.groups:
        return [own]
    return [sqlalchemy.or_(own, table.shared_with.in_(person.groups))]


def find(
    session: orm.Session,
    table: type[Row],
    number: int,
    person: identity.Person,
    *,
    lock: bool = False,
    options: tuple[Any, ...] = (),
) -> Row | None:
    """The row, if there is one that the person sees.

    With `lock`, nobody can begin to depend on it until the transaction ends.
    """
    query = sqlalchemy.select(table).where(table.id == number, *seen_by(person, table))
    if lock:
        query = query.with_for_update(of=table)
    return session.scalars(query.options(*options)).one_or_none()


def page(
    session: orm.Session,
    table: type[Row],
    wanted: Any,
    person: identity.Person,
    *,
    sortable: Mapping[str, orm.InstrumentedAttribute[Any]],
    sort: str,
    limit: int,
    offset: int,
) -> tuple[list[Row], int]:
    """Of what the person sees, those whose columns equal the fields of `wanted`; a field that is None: anything.

    A field that is a tuple: any of its values. Raises `InvalidInput` for an unknown sort key.
    """
    query = sqlalchemy.select(table).where(*seen_by(person, table))
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None:
            column = getattr(table, field.name)
            query = query.where(column.in_(value) if isinstance(value, tuple) else column == value)
    return listing.page(session, query, sortable=sortable, sort=sort, limit=limit, offset=offset)


def holder(session: orm.Session, names: type[models.Names], name: str) -> str | None:
    """Whose the name is; None: nobody's yet."""
    return session.scalar(sqlalchemy.select(names.owner).where(names.name == name))


def claim(session: orm.Session, names: type[models.Names], name: str, person: str) -> str:
    """Whose the name is, which is `person`'s from now on where it was nobody's.

    Of two who claim a name at once, the later waits for the earlier.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert: Any = postgresql.insert if is_postgresql else sqlite.insert
    session.execute(insert(names).values(name=name, owner=person).on_conflict_do_nothing())
    session.execute(
        sqlalchemy.update(names)
        .where(names.name == name, names.owner.is_(None))
        .values(owner=person)
        .execution_options(synchronize_session=False)
    )
    found = holder(session, names, name)
    assert found is not None
    return found
