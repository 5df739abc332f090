"""What data sets, models and files have in common: they are seen, listed, changed and deleted by the same rules."""

from __future__ import annotations

import abc
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from kolba.kit import clock, context, errors
from kolba.kit.db import engine
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.catalog import models, ownership, repository, shelf
from kolba.storage.links import repository as links

Row = TypeVar("Row", bound=models.Shared)
Shown = TypeVar("Shown")
Filter = TypeVar("Filter")


class Things(abc.ABC, Generic[Row, Shown, Filter]):
    """`groups` are those that things can be shared with. Who asks is in the context."""

    row_type: ClassVar[type[models.Shared]]
    sortable: ClassVar[Mapping[str, Any]]
    whole: ClassVar[tuple[Any, ...]] = ()
    """The loader options with which `get` reads a row."""

    def __init__(
        self,
        *,
        database: engine.Database,
        shelf: shelf.Shelf,
        watch: clock.Clock,
        groups: Collection[str],
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = watch
        self._groups = groups

    @abc.abstractmethod
    def _unknown(self, number: int) -> errors.NotFound:
        """What is said of a thing that is not there, and of one that the person may not see."""

    @abc.abstractmethod
    def _shown(self, row: Row) -> Shown: ...

    @abc.abstractmethod
    def _dependents(self, session: Any, number: int) -> Sequence[catalog_errors.Dependent]: ...

    @abc.abstractmethod
    def _forget(self, session: Any, row: Row) -> list[str]:
        """Delete the row; answers the hashes of the blobs it named."""

    def get(self, number: int) -> Shown:
        """Raises what `_unknown` answers."""
        with self._database.reading() as session:
            return self._shown(self._seen(session, number, *self.whole))

    def page(self, wanted: Filter, *, sort: str, limit: int, offset: int) -> tuple[list[Any], int]:
        """Of what the person sees. Raises `InvalidInput` for an unknown sort key."""
        with self._database.reading() as session:
            rows, total = repository.page(
                session,
                self.row_type,
                wanted,
                context.current().person,
                sortable=self.sortable,
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return [self._listed(row) for row in rows], total

    def delete(self, number: int) -> None:
        """Raises what `_unknown` answers, `NotYours`, `InUse`."""
        self._shelf.remove(lambda: self._delete_row(number), self._is_blob_named)

    def _listed(self, row: Any) -> Any:
        """As a list shows it."""
        return self._shown(row)

    def _seen(self, session: Any, number: int, *options: Any) -> Row:
        person = context.current().person
        row: Any = repository.find(session, self.row_type, number, person, options=options)
        if row is None:
            raise self._unknown(number)
        return row  # type: ignore[no-any-return]

    def _changeable(self, session: Any, number: int) -> Row:
        """Locked. Raises what `_unknown` answers, and `NotYours`."""
        person = context.current().person
        row: Any = repository.find(session, self.row_type, number, person, lock=True)
        if row is None:
            raise self._unknown(number)
        ownership.check_change(person, row.owner)
        return row  # type: ignore[no-any-return]

    def _share(self, row: Row, change: Any) -> None:
        """As `change`, a contract's change of a thing, says. Raises `UnknownGroup`."""
        if "shared_with" in change.model_fields_set:
            ownership.share(row, change.shared_with, self._groups)

    def _delete_row(self, number: int) -> list[str]:
        with self._database.writing() as session:
            row = self._changeable(session, number)
            dependents = self._dependents(session, number)
            if dependents:
                raise catalog_errors.InUse(dependents, context.current().person)
            return self._forget(session, row)

    def _is_blob_named(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return links.is_blob_named(session, sha256)
