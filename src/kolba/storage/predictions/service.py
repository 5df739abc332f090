"""The rules of predictions."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from kolba.contracts import predictions as contracts
from kolba.kit import clock, context
from kolba.kit.db import engine
from kolba.storage.catalog import shelf
from kolba.storage.images import repository as images
from kolba.storage.predictions import documents, errors, pictures, repository

_log = structlog.get_logger("kolba.storage.predictions")
_MAX_KNOWN_SERIES = 100_000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A part of the history."""

    predictions: Sequence[tuple[documents.Series, documents.Entry]]
    images: Mapping[bytes, Sequence[str]]
    """The hashes of the pictures that some of them were made about, by the prediction's id."""
    following: bytes | None = None
    """The id before which to go on; None: that was all."""


class Predictions:
    """Thread-safe."""

    def __init__(
        self, *, database: engine.Database, shelf: shelf.Shelf, watch: clock.Clock
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = watch
        self._known: dict[documents.Series, int] = {}

    def add(self, batch: documents.Batch) -> contracts.Accepted:
        """Keep those that are not known yet, with their pictures, all in one transaction."""
        arrived = batch.predictions
        if batch.dropped:
            _log.warning("pictures were left out", count=len(batch.dropped), why=batch.dropped[:10])
        if not arrived:
            return contracts.Accepted(new=0, known=0)
        known = self._known
        missing = {series for series, _ in arrived if series not in known}
        with self._holding_pictures(batch), self._database.writing() as session:
            self._keep_pictures(session, batch)
            added = repository.find_series(session, missing) if missing else {}
            numbers = {**known, **added} if added else known
            ordered = sorted(arrived, key=_id)
            rows = [(numbers[series], *entry) for series, entry in ordered]
            new = repository.add(session, rows)
        # Only now: a series of a transaction that failed does not exist.
        self._known = {} if len(numbers) > _MAX_KNOWN_SERIES else numbers
        return contracts.Accepted(new=new, known=len(arrived) - new)

    def _holding_pictures(self, batch: documents.Batch) -> contextlib.AbstractContextManager[None]:
        return self._shelf.naming() if batch.pictures else contextlib.nullcontext()

    def _keep_pictures(self, session: Any, batch: documents.Batch) -> None:
        """As images of whoever asked, linked to the predictions that are new.

        A known one may have lost a picture meanwhile; it does not come back.
        """
        if not batch.pictures:
            return
        known = repository.known(session, list(batch.pictures))
        owners = {entry.id: series.person for series, entry in batch.predictions}
        shown = [
            (prediction_id, position, owners[prediction_id], picture)
            for prediction_id, of_it in batch.pictures.items()
            if prediction_id not in known
            for position, picture in enumerate(of_it)
        ]
        images.keep(session, pictures.new(shown), self._clock.now())
        numbers = images.numbers(session, [(owner, one.sha256) for *_, owner, one in shown])
        links = [
            (prediction_id, position, numbers[owner, picture.sha256])
            for prediction_id, position, owner, picture in shown
            if (owner, picture.sha256) in numbers
        ]
        images.link(session, links)

    def get(self, prediction_id: str) -> Found:
        """That one. Raises `UnknownPrediction`."""
        person = _only()
        with self._database.reading() as session:
            found = repository.get(session, bytes.fromhex(prediction_id))
            if found is None or person not in (None, found[0].person):
                raise errors.UnknownPrediction(prediction_id=prediction_id)
            return Found(predictions=[found], images=_images(session, [found]))

    def page(self, wanted: repository.Filter, *, limit: int) -> Found:
        """The newest that pass. Of the person's own."""
        if not _may_pass(wanted):
            return Found(predictions=[], images={})
        wanted = dataclasses.replace(wanted, person=wanted.person or _only())
        with self._database.reading() as session:
            found = repository.page(session, wanted, limit=limit + 1)
            shown = found[:limit]
            return Found(
                predictions=shown,
                images=_images(session, shown),
                following=shown[-1][1].id if len(found) > limit else None,
            )

    def count(self, wanted: repository.Filter) -> int:
        if not _may_pass(wanted):
            return 0
        wanted = dataclasses.replace(wanted, person=wanted.person or _only())
        with self._database.reading() as session:
            return repository.count(session, wanted)


def _images(
    session: Any, found: Sequence[tuple[documents.Series, documents.Entry]]
) -> dict[bytes, list[str]]:
    return images.of_predictions(session, [one.id for series, one in found if series.has_images])


def _only() -> str | None:
    """Whose predictions the person may see; None: everybody's."""
    person = context.current().person
    return None if person.sees_all else person.name


def _may_pass(wanted: repository.Filter) -> bool:
    return _only() is None or wanted.person in (None, _only())


def _id(pair: tuple[documents.Series, documents.Entry]) -> bytes:
    return pair[1].id
