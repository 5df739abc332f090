"""The SQL of aliases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from kolba.kit import identity
from kolba.kit.db import listing
from kolba.storage.aliases import models
from kolba.storage.catalog import repository as catalog_repository
from kolba.storage.models import models as model_models

_Alias, _Change = models.AliasRow, models.AliasChangeRow
_Model = model_models.ModelRow
_SORTABLE = {
    "id": _Alias.id,
    "model": _Alias.model,
    "alias": _Alias.alias,
    "moved_at": _Alias.moved_at,
}
_HISTORY_SORTABLE = {"id": _Change.id, "at": _Change.at}


def page(
    session: orm.Session,
    person: identity.Person,
    *,
    model: str | None,
    sort: str,
    limit: int,
    offset: int,
) -> tuple[list[models.AliasRow], int]:
    """Those that point to a version that the person sees. Raises `InvalidInput` for an unknown sort key."""
    query = _pointing(sqlalchemy.select(_Alias), person)
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
    reason: str = "",
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
            reason=reason,
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
    session: orm.Session,
    row: models.AliasRow,
    viewer: identity.Person | None,
    *,
    sort: str,
    limit: int,
    offset: int,
) -> tuple[list[models.AliasChangeRow], int]:
    """With a `viewer`, moves between versions that they see. Raises `InvalidInput` for an unknown sort key."""
    query = sqlalchemy.select(_Change).where(_Change.alias_id == row.id)
    if viewer is not None:
        for column in (_Change.from_model_id, _Change.to_model_id):
            query = query.where(sqlalchemy.or_(column.is_(None), _is_seen(column, viewer)))
    return listing.page(
        session, query, sortable=_HISTORY_SORTABLE, sort=sort, limit=limit, offset=offset
    )


def names_of(session: orm.Session, model: str, person: identity.Person, *, limit: int) -> list[str]:
    """The aliases of a model that the person sees."""
    query = _pointing(sqlalchemy.select(_Alias.alias), person).where(_Alias.model == model)
    return list(session.scalars(query.order_by(_Alias.alias).limit(limit)))


def _pointing(query: sqlalchemy.Select[Any], person: identity.Person) -> sqlalchemy.Select[Any]:
    """Aliases that point to a version that the person sees."""
    seen = catalog_repository.seen_by(person, _Model)
    return query.join(_Model, _Model.id == _Alias.model_id).where(*seen)


def _is_seen(model_id: Any, person: identity.Person) -> sqlalchemy.ColumnElement[bool]:
    seen = catalog_repository.seen_by(person, _Model)
    return sqlalchemy.exists().where(_Model.id == model_id, *seen)
