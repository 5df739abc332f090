"""The SQL of aliases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from kolba.kit.db import listing
from kolba.storage.aliases import models
from kolba.storage.models import models as model_models

_Alias, _Change = models.AliasRow, models.AliasChangeRow
_SORTABLE = {
    "id": _Alias.id,
    "model": _Alias.model,
    "alias": _Alias.alias,
    "moved_at": _Alias.moved_at,
}
_HISTORY_SORTABLE = {"id": _Change.id, "at": _Change.at}


def page(
    session: orm.Session, *, model: str | None, sort: str, limit: int, offset: int
) -> tuple[list[models.AliasRow], int]:
    """Raises `InvalidInput` for an unknown sort key."""
    query = sqlalchemy.select(_Alias).where(_Alias.model_id.is_not(None))
    if model is not None:
        query = query.where(_Alias.model == model)
    query = query.options(orm.selectinload(_Alias.target))
    return listing.page(session, query, sortable=_SORTABLE, sort=sort, limit=limit, offset=offset)


def get(
    session: orm.Session, model: str, alias: str, *, lock: bool = False
) -> models.AliasRow | None:
    """Also one that was taken away. With `lock`, nobody else moves it until the transaction ends."""
    query = sqlalchemy.select(_Alias).where(_Alias.model == model, _Alias.alias == alias)
    return session.scalars(query.with_for_update(of=_Alias) if lock else query).one_or_none()


def get_or_make(
    session: orm.Session, model: str, alias: str, *, now: dt.datetime, person: str
) -> models.AliasRow:
    """The alias, locked; a new one points nowhere yet. Of two that make it at once, the later waits."""
    values = {"model": model, "alias": alias, "moved_at": now, "moved_by": person}
    dialect: Any = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(_Alias).values(**values).on_conflict_do_nothing())
    found = get(session, model, alias, lock=True)
    assert found is not None
    return found


def move(
    session: orm.Session,
    row: models.AliasRow,
    target: model_models.ModelRow | None,
    *,
    now: dt.datetime,
    person: str,
    rollback: bool = False,
) -> None:
    """Point the locked alias to `target` and write the history's line."""
    before = row.target
    session.add(
        _Change(
            alias_id=row.id,
            at=now,
            person=person,
            from_model_id=before.id if before else None,
            from_version=before.version if before else None,
            to_model_id=target.id if target else None,
            to_version=target.version if target else None,
            rollback=rollback,
            undone=False,
        )
    )
    row.target = target
    row.moved_at, row.moved_by = now, person
    session.flush()


def last_standing_move(session: orm.Session, row: models.AliasRow) -> models.AliasChangeRow | None:
    """The last move that is neither a rollback nor rolled back."""
    query = (
        sqlalchemy.select(_Change)
        .where(_Change.alias_id == row.id, ~_Change.rollback, ~_Change.undone)
        .order_by(_Change.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def history(
    session: orm.Session, row: models.AliasRow, *, sort: str, limit: int, offset: int
) -> tuple[list[models.AliasChangeRow], int]:
    """Raises `InvalidInput` for an unknown sort key."""
    query = sqlalchemy.select(_Change).where(_Change.alias_id == row.id)
    return listing.page(
        session, query, sortable=_HISTORY_SORTABLE, sort=sort, limit=limit, offset=offset
    )


def names_of(session: orm.Session, model: str, *, limit: int) -> list[str]:
    """The aliases of a model."""
    query = sqlalchemy.select(_Alias.alias).where(
        _Alias.model == model, _Alias.model_id.is_not(None)
    )
    return list(session.scalars(query.order_by(_Alias.alias).limit(limit)))
