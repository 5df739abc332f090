"""The rules of predictions."""

from __future__ import annotations

from collections.abc import Sequence

from kolba.contracts import predictions as contracts
from kolba.kit.db import engine
from kolba.storage.predictions import documents, errors, repository

_MAX_KNOWN_SERIES = 100_000


class Predictions:
    """Thread-safe."""

    def __init__(self, *, database: engine.Database) -> None:
        self._database = database
        self._known: dict[documents.Series, int] = {}

    def add(
        self, arrived: Sequence[tuple[documents.Series, documents.Entry]]
    ) -> contracts.Accepted:
        """Keep those that are not known yet, all in one transaction."""
        if not arrived:
            return contracts.Accepted(new=0, known=0)
        known = self._known
        missing = {series for series, _ in arrived if series not in known}
        with self._database.writing() as session:
            added = repository.find_series(session, missing) if missing else {}
            numbers = {**known, **added} if added else known
            ordered = sorted(arrived, key=_id)
            rows = [(numbers[series], *entry) for series, entry in ordered]
            new = repository.add(session, rows)
        # Only now: a series of a transaction that failed does not exist.
        self._known = {} if len(numbers) > _MAX_KNOWN_SERIES else numbers
        return contracts.Accepted(new=new, known=len(arrived) - new)

    def get(self, prediction_id: str) -> tuple[documents.Series, documents.Entry]:
        """Raises `UnknownPrediction`."""
        with self._database.reading() as session:
            found = repository.get(session, bytes.fromhex(prediction_id))
        if found is None:
            raise errors.UnknownPrediction(prediction_id=prediction_id)
        return found

    def page(
        self, wanted: repository.Filter, *, limit: int
    ) -> tuple[list[tuple[documents.Series, documents.Entry]], bytes | None]:
        """The newest that pass, and the id before which to go on (None: that was all)."""
        with self._database.reading() as session:
            found = repository.page(session, wanted, limit=limit + 1)
        shown = found[:limit]
        return shown, shown[-1][1].id if len(found) > limit else None

    def count(self, wanted: repository.Filter) -> int:
        with self._database.reading() as session:
            return repository.count(session, wanted)


def _id(pair: tuple[documents.Series, documents.Entry]) -> bytes:
    return pair[1].id
