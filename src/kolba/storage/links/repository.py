"""The SQL of what depends on what."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import orm

from kolba.contracts import runs as contracts
from kolba.storage.aliases import models as alias_models
from kolba.storage.catalog import errors
from kolba.storage.datasets import models as dataset_models
from kolba.storage.files import models as file_models
from kolba.storage.images import models as image_models
from kolba.storage.models import models as model_models
from kolba.storage.runs import models as run_models

_UNFINISHED = [state.value for state in contracts.State if not state.is_final]
_NAMING_BLOBS = (
    dataset_models.DatasetRow,
    file_models.FileRow,
    image_models.ImageRow,
    run_models.CheckpointRow,
)
_model, _run, _alias = model_models.ModelRow, run_models.RunRow, alias_models.AliasRow


def of_dataset(session: orm.Session, dataset_id: int) -> list[errors.Dependent]:
    """Models made from it and unfinished runs that read it."""
    return [
        *_models(session, _model.dataset_id == dataset_id),
        *_unfinished(session, _run.dataset_id == dataset_id),
    ]


def of_model(session: orm.Session, model_id: int) -> list[errors.Dependent]:
    """Unfinished runs that use it, and aliases that point to it."""
    return [
        *_unfinished(session, _run.model_id == model_id),
        *_aliases(session, _alias.model_id == model_id),
    ]


def of_file(session: orm.Session, file_id: int) -> list[errors.Dependent]:
    """Models whose bundle it is."""
    return _models(session, _model.bundle_file_id == file_id)


def is_blob_named(session: orm.Session, sha256: str) -> bool:
    """Whether any row of the catalog names these bytes."""
    for table in _NAMING_BLOBS:
        query = sqlalchemy.select(sqlalchemy.literal(1)).where(table.sha256 == sha256).limit(1)
        if session.execute(query).first() is not None:
            return True
    return False


def _models(session: orm.Session, condition: Any) -> list[errors.Dependent]:
    query = sqlalchemy.select(
        _model.id, _model.name, _model.version, _model.owner, _model.shared_with
    )
    return [
        errors.Dependent(
            kind="model",
            id=one.id,
            name=f"{one.name} {one.version}",
            owner=one.owner,
            shared_with=one.shared_with,
        )
        for one in session.execute(query.where(condition).order_by(_model.id))
    ]


def _unfinished(session: orm.Session, condition: Any) -> list[errors.Dependent]:
    query = sqlalchemy.select(_run.id, _run.kind, _run.state, _run.owner)
    query = query.where(condition, _run.state.in_(_UNFINISHED)).order_by(_run.id)
    return [
        errors.Dependent(kind="run", id=one.id, name=f"{one.kind}, {one.state}", owner=one.owner)
        for one in session.execute(query)
    ]


def _aliases(session: orm.Session, condition: Any) -> list[errors.Dependent]:
    """An alias is seen by whoever sees the version it points to."""
    query = (
        sqlalchemy.select(_alias.id, _alias.model, _alias.alias, _model.owner, _model.shared_with)
        .join(_model, _model.id == _alias.model_id)
        .where(condition)
        .order_by(_alias.id)
    )
    return [
        errors.Dependent(
            kind="alias",
            id=one.id,
            name=f"{one.model}/{one.alias}",
            owner=one.owner,
            shared_with=one.shared_with,
        )
        for one in session.execute(query)
    ]
