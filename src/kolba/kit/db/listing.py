"""Lists out of tables: filter, sort, one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import orm

from kolba.kit import errors, text

Row = TypeVar("Row")


def page(
    session: orm.Session,
    query: sqlalchemy.Select[Row],
    *,
    sortable: Mapping[str, orm.InstrumentedAttribute[Any]],
    sort: str,
    limit: int,
    offset: int,
) -> tuple[list[Row], int]:
    """The rows of one page of `query`, and how many there are in all.

    `sort` names a key of `sortable`, with `-` before it for descending; ties break by the first key of
    `sortable`, so that pages never overlap. Raises `InvalidInput` for an unknown key.
    """
    total = session.scalar(
        sqlalchemy.select(sqlalchemy.func.count()).select_from(query.order_by(None).subquery())
    )
    ordered = query.order_by(*_order(sort, sortable)).limit(limit).offset(offset)
    return list(session.scalars(ordered)), total or 0


def _order(sort: str, sortable: Mapping[str, orm.InstrumentedAttribute[Any]]) -> list[Any]:
    descending, key = sort.startswith("-"), sort.removeprefix("-")
    if key not in sortable:
        known = ", ".join(sortable)
        message = text.Text(en=f"sort by one of: {known}", ru=f"сортируйте по одному из: {known}")
        raise errors.InvalidInput(fields=[errors.FieldError(field="sort", message=message)])
    columns = [sortable[key], next(iter(sortable.values()))]
    return [column.desc() if descending else column.asc() for column in columns]
