"""The SQL of models."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.contracts import aliases
from kolba.kit import identity
from kolba.storage.aliases import models as alias_models
from kolba.storage.catalog import repository
from kolba.storage.models import models

SORTABLE = {
    "id": models.ModelRow.id,
    "created_at": models.ModelRow.created_at,
    "name": models.ModelRow.name,
    "version": models.ModelRow.version,
    "family": models.ModelRow.family,
    "owner": models.ModelRow.owner,
    "dataset_id": models.ModelRow.dataset_id,
}
WHOLE = (orm.undefer(models.ModelRow.signature), orm.undefer(models.ModelRow.summary))
_model = models.ModelRow
_MOST_IN_ONE_SECOND = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    name: str | None = None
    version: str | None = None
    family: str | None = None
    owner: str | None = None
    shared_with: str | None = None
    dataset_id: int | None = None
    run_id: int | None = None
    parent_model_id: int | None = None


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


def of_run(session: orm.Session, run_id: int) -> models.ModelRow | None:
    """The result that the run has left, with its documents."""
    query = (
        sqlalchemy.select(models.ModelRow)
        .where(models.ModelRow.run_id == run_id)
        .order_by(models.ModelRow.id)
        .limit(1)
        .options(*WHOLE)
    )
    return session.scalars(query).one_or_none()


def meant(
    session: orm.Session, name: str, reference: str | None, person: identity.Person
) -> int | None:
    """The id of the version that an alias or a version's name means; without one `production`, or the newest.

    Of the versions that the person sees.
    """
    table = alias_models.AliasRow
    pointed = session.scalar(
        sqlalchemy.select(_model.id)
        .join(table, table.model_id == _model.id)
        .where(table.model == name, table.alias == (reference or aliases.PRODUCTION))
        .where(*repository.seen_by(person, _model))
    )
    if pointed is not None:
        return pointed
    if reference is not None:
        return version_id(session, name, reference, person)
    query = _versions(_model.id, name, person).order_by(_model.id.desc())
    found: int | None = session.scalar(query.limit(1))
    return found


def version_id(
    session: orm.Session, model: str, version: str, person: identity.Person
) -> int | None:
    query = _versions(_model.id, model, person).where(_model.version == version)
    found: int | None = session.scalar(query)
    return found


def newest_versions(
    session: orm.Session, model: str, person: identity.Person, *, limit: int
) -> list[str]:
    query = _versions(_model.version, model, person).order_by(_model.id.desc())
    return list(session.scalars(query.limit(limit)))


def some_names(session: orm.Session, person: identity.Person, *, limit: int) -> list[str]:
    """Names of models, those of the newest first."""
    newest = sqlalchemy.func.max(_model.id)
    query = (
        sqlalchemy.select(_model.name)
        .where(*repository.seen_by(person, _model))
        .group_by(_model.name)
        .order_by(newest.desc())
    )
    return list(session.scalars(query.limit(limit)))


def _versions(column: Any, name: str, person: identity.Person) -> sqlalchemy.Select[Any]:
    """`column` of those versions of the model that the person sees."""
    query = sqlalchemy.select(column).where(_model.name == name)
    return query.where(*repository.seen_by(person, _model))


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
