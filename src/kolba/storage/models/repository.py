"""The SQL of models."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.contracts import aliases
from kolba.contracts import runs as run_contracts
from kolba.kit.db import listing
from kolba.storage.aliases import models as alias_models
from kolba.storage.datasets import repository as dataset_repository
from kolba.storage.models import models
from kolba.storage.runs import models as run_models

is_blob_named = dataset_repository.is_blob_named
_SORTABLE = {
    "id": models.ModelRow.id,
    "created_at": models.ModelRow.created_at,
    "name": models.ModelRow.name,
    "version": models.ModelRow.version,
    "family": models.ModelRow.family,
    "owner": models.ModelRow.owner,
    "dataset_id": models.ModelRow.dataset_id,
}
_UNFINISHED = [state.value for state in run_contracts.State if not state.is_final]
_MOST_IN_ONE_SECOND = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    name: str | None = None
    version: str | None = None
    family: str | None = None
    owner: str | None = None
    dataset_id: int | None = None
    run_id: int | None = None


def add(session: orm.Session, *, version: str, **values: Any) -> models.ModelRow:
    """A new version of the model `values["name"]`; where `version` is taken, `_2`, `_3` … is added to it.

    Two that come at the same moment meet at the unique constraint, and the later tries the next number.
    """
    for number in range(1, _MOST_IN_ONE_SECOND + 1):
        row = models.ModelRow(version=version if number == 1 else f"{version}_{number}", **values)
        try:
            with session.begin_nested():
                session.add(row)
        except sqlalchemy.exc.IntegrityError as error:
            if not _is_version_taken(error):
                raise
            continue
        session.refresh(row)
        return row
    raise RuntimeError(f"{version} has been given {_MOST_IN_ONE_SECOND} times")


def _is_version_taken(error: sqlalchemy.exc.IntegrityError) -> bool:
    """PostgreSQL names the constraint, SQLite its columns."""
    message = str(error.orig)
    return "uq_models_version" in message or "models.version" in message


def get(
    session: orm.Session, model_id: int, *, lock: bool = False, whole: bool = False
) -> models.ModelRow | None:
    """With `lock`, nobody can begin to depend on it until the transaction ends; `whole` loads its documents too."""
    query = sqlalchemy.select(models.ModelRow).where(models.ModelRow.id == model_id)
    if whole:
        query = query.options(
            orm.undefer(models.ModelRow.signature), orm.undefer(models.ModelRow.summary)
        )
    if lock:
        query = query.with_for_update(of=models.ModelRow)
    return session.scalars(query).one_or_none()


def of_run(session: orm.Session, run_id: int) -> models.ModelRow | None:
    """The result that the run has left, with its documents."""
    query = (
        sqlalchemy.select(models.ModelRow)
        .where(models.ModelRow.run_id == run_id)
        .order_by(models.ModelRow.id)
        .limit(1)
        .options(orm.undefer(models.ModelRow.signature), orm.undefer(models.ModelRow.summary))
    )
    return session.scalars(query).one_or_none()


def page(
    session: orm.Session, wanted: Filter, *, sort: str, limit: int, offset: int
) -> tuple[list[models.ModelRow], int]:
    """Raises `InvalidInput` for an unknown sort key."""
    query = sqlalchemy.select(models.ModelRow)
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None:
            query = query.where(getattr(models.ModelRow, field.name) == value)
    return listing.page(session, query, sortable=_SORTABLE, sort=sort, limit=limit, offset=offset)


def meant(session: orm.Session, name: str, reference: str | None) -> int | None:
    """The id of the version that an alias or a version's name means; without one `production`, or the newest."""
    table = alias_models.AliasRow
    pointed = session.scalar(
        sqlalchemy.select(table.model_id).where(
            table.model == name, table.alias == (reference or aliases.PRODUCTION)
        )
    )
    if pointed is not None:
        return pointed
    return newest_id(session, name) if reference is None else version_id(session, name, reference)


def version_id(session: orm.Session, model: str, version: str) -> int | None:
    query = sqlalchemy.select(models.ModelRow.id).where(
        models.ModelRow.name == model, models.ModelRow.version == version
    )
    return session.scalar(query)


def newest_id(session: orm.Session, model: str) -> int | None:
    query = sqlalchemy.select(models.ModelRow.id).where(models.ModelRow.name == model)
    return session.scalar(query.order_by(models.ModelRow.id.desc()).limit(1))


def newest_versions(session: orm.Session, model: str, *, limit: int) -> list[str]:
    query = sqlalchemy.select(models.ModelRow.version).where(models.ModelRow.name == model)
    return list(session.scalars(query.order_by(models.ModelRow.id.desc()).limit(limit)))


def some_names(session: orm.Session, *, limit: int) -> list[str]:
    """Names of models, those of the newest first."""
    newest = sqlalchemy.func.max(models.ModelRow.id)
    query = (
        sqlalchemy.select(models.ModelRow.name)
        .group_by(models.ModelRow.name)
        .order_by(newest.desc())
    )
    return list(session.scalars(query.limit(limit)))


def dependents(session: orm.Session, model_id: int) -> list[dict[str, Any]]:
    """Unfinished runs that use it, and aliases that point to it."""
    table = run_models.RunRow
    found = session.execute(
        sqlalchemy.select(table.id, table.kind, table.state)
        .where(table.model_id == model_id, table.state.in_(_UNFINISHED))
        .order_by(table.id)
    )
    runs = [{"kind": "run", "id": one.id, "name": f"{one.kind}, {one.state}"} for one in found]
    return runs + _pointing_to(session, model_id)


def _pointing_to(session: orm.Session, model_id: int) -> list[dict[str, Any]]:
    table = alias_models.AliasRow
    found = session.execute(
        sqlalchemy.select(table.id, table.model, table.alias)
        .where(table.model_id == model_id)
        .order_by(table.id)
    )
    return [{"kind": "alias", "id": one.id, "name": f"{one.model}/{one.alias}"} for one in found]


def delete(session: orm.Session, row: models.ModelRow) -> list[str]:
    """Forget the model, and its bundle unless another model has the same; answers the hashes of what is forgotten."""
    bundle = row.bundle
    session.delete(row)
    session.flush()
    others = sqlalchemy.select(models.ModelRow.id).where(
        models.ModelRow.bundle_file_id == bundle.id
    )
    if session.execute(others.limit(1)).first() is not None:
        return []
    session.delete(bundle)
    session.flush()
    return [bundle.sha256]
