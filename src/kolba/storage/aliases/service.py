"""The rules of aliases: every move is one transaction with its line in the history."""

from __future__ import annotations

from kolba.contracts import aliases as contracts
from kolba.kit import clock, context
from kolba.kit.db import engine
from kolba.storage.aliases import errors, models, repository
from kolba.storage.models import errors as model_errors
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
                session, model=model, sort=sort, limit=limit, offset=offset
            )
            return [_alias(row) for row in rows], total

    def get(self, model: str, alias: str) -> contracts.Alias:
        """Raises `UnknownAlias`."""
        with self._database.reading() as session:
            row = repository.get(session, model, alias)
            if row is None or row.model_id is None:
                raise errors.UnknownAlias(model=model, alias=alias)
            return _alias(row)

    def move(self, model: str, alias: str, wanted: contracts.AliasMove) -> contracts.Alias:
        """Point the alias to a version; where it points there already, nothing is written.

        Raises `UnknownModelName`, `UnfitTarget`.
        """
        now, person = self._clock.now(), context.current().person.name
        with self._database.writing() as session:
            versions = model_repository.newest_versions(session, model, limit=_SHOWN)
            if not versions:
                known = model_repository.some_names(session, limit=_SHOWN)
                raise model_errors.UnknownModelName(model=model, known=known)
            named = None
            if wanted.version is not None:
                named = model_repository.version_id(session, model, wanted.version)
                if named is None:
                    raise errors.not_of_this_model("version", model, versions)
            model_id = _chosen(wanted, named)
            row = repository.get_or_make(session, model, alias, now=now, person=person)
            target = model_repository.get(session, model_id, lock=True)
            if target is None or target.name != model:
                raise errors.not_of_this_model("model_id", model, versions)
            if row.model_id != target.id:
                repository.move(session, row, target, now=now, person=person)
            return _alias(row)

    def take_away(self, model: str, alias: str) -> None:
        """Its history stays, and a rollback brings it back. Raises `UnknownAlias`."""
        now, person = self._clock.now(), context.current().person.name
        with self._database.writing() as session:
            row = repository.get(session, model, alias, lock=True)
            if row is None or row.model_id is None:
                raise errors.UnknownAlias(model=model, alias=alias)
            repository.move(session, row, None, now=now, person=person)

    def history(
        self, model: str, alias: str, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.AliasChange], int]:
        """Also of an alias that was taken away. Raises `UnknownAlias`."""
        with self._database.reading() as session:
            row = repository.get(session, model, alias)
            if row is None:
                raise errors.UnknownAlias(model=model, alias=alias)
            changes, total = repository.history(session, row, sort=sort, limit=limit, offset=offset)
            return [_change(one) for one in changes], total

    def roll_back(self, model: str, alias: str) -> contracts.Alias:
        """Back to where it pointed before the last move that stands; versions deleted since are passed over.

        Raises `UnknownAlias`, `NothingToGoBackTo`.
        """
        now, person = self._clock.now(), context.current().person.name
        with self._database.writing() as session:
            row = repository.get(session, model, alias, lock=True)
            if row is None:
                raise errors.UnknownAlias(model=model, alias=alias)
            while (last := repository.last_standing_move(session, row)) is not None:
                last.undone = True
                target = (
                    model_repository.get(session, last.from_model_id, lock=True)
                    if last.from_model_id is not None
                    else None
                )
                if target is not None and target.id != row.model_id:
                    repository.move(session, row, target, now=now, person=person, rollback=True)
                    return _alias(row)
            raise errors.NothingToGoBackTo(model=model, alias=alias)


def _chosen(wanted: contracts.AliasMove, named: int | None) -> int:
    """The one version that the move's two ways of naming it mean."""
    if named is None:
        if wanted.model_id is None:
            raise errors.neither()
        return wanted.model_id
    if wanted.model_id not in (None, named):
        raise errors.disagreeing()
    return named


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
    )
