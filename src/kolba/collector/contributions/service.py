"""The rules of contributions: what is taken, what one file contributed twice is, and who may see it."""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Iterator

from kolba.collector import settings
from kolba.collector.contributions import errors, pictures, repository, writing
from kolba.collector.journal import service as journal
from kolba.contracts import contributions as contracts
from kolba.kit import clock, context
from kolba.kit.blobs import base
from kolba.kit.db import engine


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of an image."""

    label: int
    predicted: int | None = None
    prediction_id: str | None = None
    was_wrong: bool | None = None

    def checked(self) -> Told:
        """With `was_wrong` found out. Raises `InvalidInput`."""
        for field, value in (("label", self.label), ("predicted", self.predicted)):
            if value is not None and value not in contracts.LABELS:
                raise errors.wrong_digit(field)
        if self.predicted is None:
            return self
        was_wrong = self.predicted != self.label
        if self.was_wrong not in (None, was_wrong):
            raise errors.contradiction()
        return dataclasses.replace(self, was_wrong=was_wrong)


class Contributions:
    """Thread-safe; calls block."""

    def __init__(
        self,
        *,
        database: engine.Database,
        blobs: base.BlobStore,
        book: journal.Journal,
        limits: settings.ContributionSettings,
        watch: clock.Clock | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._book = book
        self._limits = limits
        self._clock = watch or clock.SystemClock()

    def add(self, sent: pictures.Sent, told: Told) -> tuple[contracts.Contribution, bool]:
        """The contribution, and whether it is a new one.

        The same file again gets the new label. Raises `InvalidInput`, `InvalidImage`, `ImageTooLarge`,
        `NothingDrawn`, `ContributionsFull`, `StorageFull`.
        """
        started = time.perf_counter()
        with self._book.noting_failures("contribute", contracts.SOURCE, started):
            told = told.checked()
            picture = pictures.look(sent, self._limits.max_image_bytes)
            return self._keep(picture, told, started)

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.Contribution], int]:
        """One's own; administrators and services see everybody's."""
        person = context.current().person
        only = None if person.sees_all else person.name
        with self._database.reading() as session:
            rows, total = repository.page(
                session, wanted, only, sort=sort, limit=limit, offset=offset
            )
            return [_shown(row) for row in rows], total

    def get(self, number: int) -> contracts.Contribution:
        """Raises `UnknownContribution`, also for somebody else's."""
        with self._database.reading() as session:
            return _shown(_mine(session, number))

    def content(self, contribution: contracts.Contribution) -> Iterator[bytes]:
        """The file as it was sent, in pieces. Raises `UnknownBlob`, `CorruptBlob`."""
        return self._blobs.read(contribution.sha256)

    def delete(self, number: int) -> None:
        """Raises `UnknownContribution`."""
        started = time.perf_counter()
        with self._book.noting_failures("withdraw", contracts.SOURCE, started):
            with self._database.writing() as session:
                repository.count_change(session)
                row = _mine(session, number)
                repository.delete(session, row)
                entry = _noted("withdraw", started, row)
                self._book.add(session, entry)
            journal.announce(entry)
            self._forget(row.sha256)

    def revision(self) -> str:
        """See `Contributed`."""
        with self._database.reading() as session:
            return str(repository.changes(session))

    def write(self, path: pathlib.Path) -> None:
        """See `Contributed`. The digits as a network reads them, so nothing that a photograph says of its place."""
        with self._database.reading() as session:
            writing.write(path, repository.digits(session))

    def _keep(
        self, picture: pictures.Picture, told: Told, started: float
    ) -> tuple[contracts.Contribution, bool]:
        person, now = context.current().person.name, self._clock.now()
        with self._database.writing() as session:
            repository.count_change(session)
            row = repository.find(session, person, picture.sha256)
            is_new = row is None
            if row is None:
                self._check_limits(session, person, picture)
                row = repository.Row(person=person, created_at=now, **picture.described())
            for name, value in dataclasses.asdict(told).items():
                setattr(row, name, value)
            row.changed_at = now
            repository.add(session, row)
            # Within the lock: whoever removes this file's last row removes the file after us, or not at all.
            self._blobs.put(picture.content)
            entry = _noted("contribute", started, row)
            self._book.add(session, entry)
        journal.announce(entry)
        return _shown(row), is_new

    def _check_limits(
        self, session: repository.Session, person: str, picture: pictures.Picture
    ) -> None:
        limits, size = self._limits, picture.size_bytes
        own = repository.kept(session, person)
        if own.images >= limits.max_per_person:
            raise errors.too_many(limits.max_per_person)
        if own.size_bytes + size > limits.max_bytes_per_person:
            raise errors.too_much_of_one(limits.max_bytes_per_person)
        if repository.kept(session).size_bytes + size > limits.max_bytes:
            raise errors.too_much_of_all(limits.max_bytes)

    def _forget(self, sha256: str) -> None:
        """The file, unless somebody else has contributed it too. After the commit, so that no row is without one."""
        with self._database.writing() as session:
            repository.lock(session)
            if not repository.is_named(session, sha256):
                self._blobs.delete(sha256)


def _mine(session: repository.Session, number: int) -> repository.Row:
    row = repository.get(session, number)
    if row is None or not context.current().person.may_change(row.person):
        raise errors.UnknownContribution(contribution_id=number)
    return row


def _shown(row: repository.Row) -> contracts.Contribution:
    return contracts.Contribution.model_validate(row, from_attributes=True)


def _noted(action: journal.Action, started: float, row: repository.Row) -> journal.Entry:
    return journal.succeeded(
        action,
        contracts.SOURCE,
        started,
        rows=1,
        size_bytes=row.size_bytes,
        detail=f"contribution {row.id}: label {row.label}",
    )
