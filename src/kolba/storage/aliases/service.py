"""The rules of aliases: every move is one transaction with its line in the history."""

from __future__ import annotations

from typing import Any

from kolba.contracts import aliases as contracts
from kolba.kit import clock, context
from kolba.kit.db import engine
from kolba.storage.aliases import errors, models, repository
from kolba.storage.catalog import ownership
from kolba.storage.catalog import repository as catalog_repository
from kolba.storage.models import errors as model_errors
from kolba.storage.models import models as model_models
from kolba.storage.models import repository as model_repository

_SHOWN = 10
"""How many names or versions an error lists."""


class Aliases:
    def __init__(self, *, database: engine.Database, watch: clock.Clock) -> None:
        self._database = database
        self._clock = watch

    def page(
        self, *, model: str | None, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.Alias], int]:
        with self._database.reading() as session:
            rows, total = repository.page(
                session,
                context.current().person,
                model=model,
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return [_alias(row) for row in rows], total

    def get(self, model: str, alias: str) -> contracts.Alias:
        """Raises `UnknownAlias`."""
        with self._database.reading() as session:
            row = repository.get(session, model, alias)
            if row is None or not _is_seen(row):
                raise errors.UnknownAlias(model=model, alias=alias)
            return _alias(row)

    def move(self, model: str, alias: str, wanted: contracts.AliasMove) -> contracts.Alias:
        """Point the alias to a version; where it points there already, nothing is written.

        Raises `UnknownModelName`, `NameTaken`, `UnfitTarget`, `OwnerGiven`, and `AliasMoved` where it points to another
        than the expected version.
        """
        now, person = self._clock.now(), context.current().person
        whose = ownership.owner_asked_for(wanted.by, field="by")
        with self._database.writing() as session:
            versions = model_repository.newest_versions(session, model, person, limit=_SHOWN)
            if not versions:
                known = model_repository.some_names(session, person, limit=_SHOWN)
                raise model_errors.UnknownModelName(model=model, known=known)
            ownership.check_name(session, model_models.ModelNameRow, model, person)
            named = None
            if wanted.version is not None:
                named = model_repository.version_id(session, model, wanted.version, person)
                if named is None:
                    raise errors.not_of_this_model("version", model, versions)
            model_id = _chosen(wanted, named)
            row = repository.get_or_make(session, model, alias, now=now, person=whose)
            target = _target(session, model_id)
            if target is None or target.name != model:
                raise errors.not_of_this_model("model_id", model, versions)
            if row.model_id != target.id:
                _check_expected(row, wanted.expected_model_id)
                repository.move(session, row, target, now=now, person=whose, reason=wanted.reason)
            return _alias(row)

    def take_away(self, model: str, alias: str) -> None:
        """Its history stays, and a rollback brings it back. Raises `UnknownAlias`, `NameTaken`."""
        now, person = self._clock.now(), context.current().person
        with self._database.writing() as session:
            row = repository.get(session, model, alias, lock=True)
            if row is None or not _is_seen(row):
                raise errors.UnknownAlias(model=model, alias=alias)
            ownership.check_name(session, model_models.ModelNameRow, model, person)
            repository.move(session, row, None, now=now, person=person.name)

    def history(
        self, model: str, alias: str, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.AliasChange], int]:
        """Also of an alias that was taken away, for whoever may move it. Raises `UnknownAlias`."""
        person = context.current().person
        with self._database.reading() as session:
            row = repository.get(session, model, alias)
            is_theirs = ownership.is_name_theirs(session, model_models.ModelNameRow, model, person)
            if row is None or not (is_theirs or _is_seen(row)):
                raise errors.UnknownAlias(model=model, alias=alias)
            changes, total = repository.history(
                session,
                row,
                None if is_theirs else person,
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return [_change(one) for one in changes], total

    def roll_back(self, model: str, alias: str) -> contracts.Alias:
        """Back to where it pointed before the last move that stands; versions deleted since are passed over.

        Raises `UnknownAlias`, `NameTaken`, `NothingToGoBackTo`.
        """
        now, person = self._clock.now(), context.current().person
        with self._database.writing() as session:
            row = repository.get(session, model, alias, lock=True)
            is_theirs = ownership.is_name_theirs(session, model_models.ModelNameRow, model, person)
            if row is None or not (is_theirs or _is_seen(row)):
                raise errors.UnknownAlias(model=model, alias=alias)
            ownership.check_name(session, model_models.ModelNameRow, model, person)
            while (last := repository.last_standing_move(session, row)) is not None:
                last.undone = True
                target = (
                    None if last.from_model_id is None else _target(session, last.from_model_id)
                )
                if target is not None and target.id != row.model_id:
                    repository.move(
                        session, row, target, now=now, person=person.name, rollback=True
                    )
                    return _alias(row)
            raise errors.NothingToGoBackTo(model=model, alias=alias)


def _is_seen(row: models.AliasRow) -> bool:
    """Whether it points to a version that the person sees."""
    target, person = row.target, context.current().person
    return target is not None and person.may_see(target.owner, target.shared_with)


def _target(session: Any, model_id: int) -> model_models.ModelRow | None:
    """The version, locked, if the person sees it."""
    person = context.current().person
    return catalog_repository.find(session, model_models.ModelRow, model_id, person, lock=True)


def _chosen(wanted: contracts.AliasMove, named: int | None) -> int:
    """The one version that the move's two ways of naming it mean."""
    if named is None:
        if wanted.model_id is None:
            raise errors.neither()
        return wanted.model_id
    if wanted.model_id not in (None, named):
        raise errors.disagreeing()
    return named


def _check_expected(row: models.AliasRow, expected: int | None) -> None:
    """Of a locked alias. Raises `AliasMoved`."""
    if expected is not None and expected != (row.model_id or 0):
        found = "—" if row.target is None else f"`{row.target.version}`"
        raise errors.AliasMoved(model=row.model, alias=row.alias, found=found)


def _alias(row: models.AliasRow) -> contracts.Alias:
    """Of a row that points somewhere."""
    assert row.target is not None
    return contracts.Alias(
        model=row.model,
        alias=row.alias,
        model_id=row.target.id,
        version=row.target.version,
        moved_at=row.moved_at,
        moved_by=row.moved_by,
    )


def _change(row: models.AliasChangeRow) -> contracts.AliasChange:
    return contracts.AliasChange(
        id=row.id,
        at=row.at,
        person=row.person,
        from_model_id=row.from_model_id,
        from_version=row.from_version,
        to_model_id=row.to_model_id,
        to_version=row.to_version,
        rollback=row.rollback,
        reason=row.reason,
    )
