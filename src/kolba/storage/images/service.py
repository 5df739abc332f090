"""The rules of images."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from typing import Any

from kolba.contracts import images as contracts
from kolba.inference import images
from kolba.kit import clock, context
from kolba.kit import errors as kit_errors
from kolba.kit.db import engine
from kolba.storage import settings
from kolba.storage.catalog import ownership, shelf
from kolba.storage.catalog import repository as catalog_repository
from kolba.storage.images import errors, headers, models, repository, thumbnails
from kolba.storage.links import repository as links

INLINE_BYTES = 64 << 10
"""Up to here an image is kept beside its row, beyond it is a blob."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Bytes for a browser to show."""

    content: bytes
    media_type: contracts.MediaType


class Images:
    """Thread-safe; calls block. Who asks is in the context.

    A small file can unpack to 16 million pixels: `create` and `make_thumbnail`, which decode, are called where only one
    of them runs at a time.
    """

    def __init__(
        self,
        *,
        database: engine.Database,
        shelf: shelf.Shelf,
        watch: clock.Clock,
        limits: settings.ImageSettings,
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = watch
        self._limits = limits

    def create(self, content: bytes) -> tuple[contracts.Image, bool]:
        """The person's image, and whether it is a new one of theirs.

        Raises `InvalidImage`, `ImageTooLarge`, `ImagesFull`, `StorageFull`.
        """
        owner = context.current().person.name
        header = _checked(content)
        sha256 = hashlib.sha256(content).hexdigest()
        is_small = len(content) <= INLINE_BYTES
        new = repository.New(
            owner=owner,
            sha256=sha256,
            header=header,
            size_bytes=len(content),
            content=content if is_small else None,
        )
        with (
            self._shelf.naming(),
            self._database.writing() as session,
        ):
            repository.hold(session, owner)
            is_new = not repository.numbers(session, [(owner, sha256)])
            if is_new:
                self._check_limits(session, new)
            if not is_small:
                self._shelf.put(content)
            repository.keep(session, [new], self._clock.now())
        return self.get(sha256, owner=owner), is_new

    def get(self, image_id: str, *, owner: str | None = None) -> contracts.Image:
        """Raises `UnknownImage`."""
        with self._database.reading() as session:
            return _shown(_seen(session, image_id, owner))

    def page(
        self, wanted: repository.Filter, *, sort: str, limit: int, offset: int
    ) -> tuple[list[contracts.Image], int]:
        """The person's own; an administrator's: everybody's. Raises `InvalidInput` for an unknown sort key."""
        with self._database.reading() as session:
            rows, total = catalog_repository.page(
                session,
                models.ImageRow,
                wanted,
                context.current().person,
                sortable=repository.SORTABLE,
                sort=sort,
                limit=limit,
                offset=offset,
            )
            return [_shown(row) for row in rows], total

    def content(self, image_id: str, *, owner: str | None = None) -> File:
        """The file as it came. Raises `UnknownImage`, `CorruptBlob`."""
        with self._database.reading() as session:
            row = _seen(session, image_id, owner)
            inline = repository.content(session, row.sha256)
        content = b"".join(self._shelf.read(row.sha256)) if inline is None else inline
        return _file(content)

    def thumbnail(self, image_id: str, size: int, *, owner: str | None = None) -> File | None:
        """Not larger than the next of `thumbnails.SIDES` above `size`; None: it is still to be made.

        Raises `UnknownImage`, `CorruptBlob`.
        """
        side = thumbnails.side_for(size)
        image = self.get(image_id, owner=owner)
        if max(image.width, image.height) <= side and image.size_bytes <= INLINE_BYTES:
            return self.content(image_id, owner=owner)
        with self._database.reading() as session:
            kept = repository.thumbnail(session, image_id, side)
        return None if kept is None else _file(kept)

    def make_thumbnail(self, image_id: str, size: int, *, owner: str | None = None) -> File:
        """Make it and keep it. Raises `UnknownImage`, `CorruptBlob`, `InvalidImage`, `ImageTooLarge`."""
        # Whoever waited for their turn may find that it was made meanwhile.
        known = self.thumbnail(image_id, size, owner=owner)
        if known is not None:
            return known
        side = thumbnails.side_for(size)
        made = thumbnails.make(self.content(image_id, owner=owner).content, side)
        # Where it cannot be kept, it is made again.
        with (
            contextlib.suppress(kit_errors.StorageFull, kit_errors.ServiceUnavailable),
            self._shelf.naming(),
            self._database.writing() as session,
        ):
            repository.keep_thumbnail(session, image_id, side, made)
        return _file(made)

    def delete(self, image_id: str, *, owner: str | None = None, unlink: bool = False) -> None:
        """With `unlink` also out of the predictions that show it. Raises `UnknownImage`, `ImageInHistory`."""

        def delete_row() -> list[str]:
            with self._database.writing() as session:
                row = _seen(session, image_id, owner, lock=True)
                ownership.check_change(context.current().person, row.owner)
                count = repository.count_predictions(session, row.id)
                if count and not unlink:
                    raise errors.ImageInHistory(count=count)
                repository.delete(session, row)
                return [row.sha256]

        self._shelf.remove(delete_row, self._is_blob_named)

    def _check_limits(self, session: Any, new: repository.New) -> None:
        own = repository.kept(session, new.owner)
        if own.images >= self._limits.max_per_person:
            raise errors.too_many(self._limits.max_per_person)
        if own.size_bytes + new.size_bytes > self._limits.max_bytes_per_person:
            raise errors.too_much(self._limits.max_bytes_per_person)

    def _is_blob_named(self, sha256: str) -> bool:
        with self._database.reading() as session:
            return links.is_blob_named(session, sha256)


def _checked(content: bytes) -> headers.Header:
    images.read(content)
    header = headers.look(content)
    if header is None:
        raise images.InvalidImage(
            field="image", en="does not say its size", ru="не содержит размера"
        )
    return header


def _seen(session: Any, image_id: str, owner: str | None, *, lock: bool = False) -> models.ImageRow:
    person = context.current().person
    row = repository.find(session, image_id, person, owner=owner, lock=lock)
    if row is None:
        raise errors.UnknownImage(image_id=image_id)
    return row


def _shown(row: models.ImageRow) -> contracts.Image:
    return contracts.Image.model_validate(
        {
            "id": row.sha256,
            "media_type": row.media_type,
            "width": row.width,
            "height": row.height,
            "size_bytes": row.size_bytes,
            "owner": row.owner,
            "created_at": row.created_at,
        }
    )


def _file(content: bytes) -> File:
    kind = headers.media_type(content)
    assert kind is not None
    return File(content=content, media_type=kind)
