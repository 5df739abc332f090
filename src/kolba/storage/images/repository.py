"""The SQL of images."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from kolba.kit import identity
from kolba.storage.catalog import repository
from kolba.storage.images import headers, models

SORTABLE = {
    "id": models.ImageRow.id,
    "created_at": models.ImageRow.created_at,
    "size_bytes": models.ImageRow.size_bytes,
    "width": models.ImageRow.width,
    "height": models.ImageRow.height,
    "owner": models.ImageRow.owner,
}
_AT_ONCE = 500
"""Hashes in one statement."""
_image, _content, _thumbnail = models.ImageRow, models.ContentRow, models.ThumbnailRow
_link = models.PredictionImageRow
Owned = tuple[str, str]
"""An owner and a hash."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What must be equal; None: anything."""

    sha256: str | None = None
    owner: str | None = None
    media_type: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An image that somebody has sent."""

    owner: str
    sha256: str
    header: headers.Header
    size_bytes: int
    content: bytes | None
    """None: it is a blob."""


class Kept(NamedTuple):
    """How much there is."""

    images: int
    size_bytes: int


def hold(session: orm.Session, owner: str) -> None:
    """Until the transaction ends whoever else holds this owner waits; SQLite has one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        key = int(hashlib.sha256(f"images of {owner}".encode()).hexdigest()[:15], 16)
        session.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(key)))


def kept(session: orm.Session, owner: str) -> Kept:
    """Of one person, what their predictions show included."""
    size = sqlalchemy.func.coalesce(sqlalchemy.func.sum(_image.size_bytes), 0)
    query = sqlalchemy.select(sqlalchemy.func.count(), size).where(_image.owner == owner)
    number, size_bytes = session.execute(query).one()
    return Kept(images=number, size_bytes=int(size_bytes))


def find(
    session: orm.Session,
    sha256: str,
    person: identity.Person,
    *,
    owner: str | None = None,
    lock: bool = False,
) -> models.ImageRow | None:
    """The image as this owner has it; where none is named the person's own, else the first that they see."""
    query = sqlalchemy.select(_image).where(
        _image.sha256 == sha256, *repository.seen_by(person, _image)
    )
    if owner is not None:
        query = query.where(_image.owner == owner)
    query = query.order_by((_image.owner == person.name).desc(), _image.id).limit(1)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def keep(session: orm.Session, wanted: Sequence[New], now: dt.datetime) -> dict[Owned, int]:
    """The numbers of these images; those that are new get one. The shelf must be held."""
    distinct = {(one.owner, one.sha256): one for one in wanted}
    known = numbers(session, distinct)
    new = [one for owned, one in distinct.items() if owned not in known]
    if not new:
        return known
    insert = _insert(session)
    contents = {one.sha256: one.content for one in new if one.content is not None}
    if contents:
        rows = [{"sha256": one, "content": content} for one, content in contents.items()]
        session.execute(insert(_content.__table__).on_conflict_do_nothing(), rows)
    images = [
        {
            "owner": one.owner,
            "sha256": one.sha256,
            **dataclasses.asdict(one.header),
            "size_bytes": one.size_bytes,
            "created_at": now,
        }
        for one in new
    ]
    session.execute(insert(_image.__table__).on_conflict_do_nothing(), images)
    return numbers(session, distinct)


def numbers(session: orm.Session, wanted: Iterable[Owned]) -> dict[Owned, int]:
    """Of those that there are."""
    distinct = set(wanted)
    found: dict[Owned, int] = {}
    for part in _parts(sorted({sha256 for _, sha256 in distinct})):
        query = sqlalchemy.select(_image.owner, _image.sha256, _image.id)
        for owner, sha256, number in session.execute(query.where(_image.sha256.in_(part))):
            if (owner, sha256) in distinct:
                found[owner, sha256] = number
    return found


def content(session: orm.Session, sha256: str) -> bytes | None:
    """None where it is a blob."""
    return session.scalar(sqlalchemy.select(_content.content).where(_content.sha256 == sha256))


def thumbnail(session: orm.Session, sha256: str, side: int) -> bytes | None:
    query = sqlalchemy.select(_thumbnail.content)
    return session.scalar(query.where(_thumbnail.sha256 == sha256, _thumbnail.side == side))


def keep_thumbnail(session: orm.Session, sha256: str, side: int, content: bytes) -> None:
    """As long as somebody has the image. The shelf must be held."""
    if is_named(session, sha256):
        values = {"sha256": sha256, "side": side, "content": content}
        session.execute(_insert(session)(_thumbnail).values(values).on_conflict_do_nothing())


def is_named(session: orm.Session, sha256: str) -> bool:
    query = sqlalchemy.select(_image.id).where(_image.sha256 == sha256).limit(1)
    return session.execute(query).first() is not None


def count_predictions(session: orm.Session, image_id: int) -> int:
    query = sqlalchemy.select(sqlalchemy.func.count(_link.prediction_id.distinct()))
    return session.scalar(query.where(_link.image_id == image_id)) or 0


def link(session: orm.Session, links: Sequence[tuple[bytes, int, int]]) -> None:
    """Predictions, the places in them and the numbers of the images that stand there."""
    if links:
        names = ("prediction_id", "position", "image_id")
        rows = [dict(zip(names, one, strict=True)) for one in links]
        session.execute(_insert(session)(_link.__table__).on_conflict_do_nothing(), rows)


def of_predictions(session: orm.Session, wanted: Sequence[bytes]) -> dict[bytes, list[str]]:
    """The hashes of the images of each prediction, in their order; those without any are left out."""
    found: dict[bytes, list[str]] = {}
    for part in _parts(list(wanted)):
        query = (
            sqlalchemy.select(_link.prediction_id, _image.sha256)
            .join(_image, _image.id == _link.image_id)
            .where(_link.prediction_id.in_(part))
            .order_by(_link.prediction_id, _link.position)
        )
        for prediction_id, sha256 in session.execute(query):
            found.setdefault(prediction_id, []).append(sha256)
    return found


def delete(session: orm.Session, row: models.ImageRow) -> None:
    """Out of the predictions that show it, too; with its bytes and thumbnails, when nobody else has it."""
    session.execute(sqlalchemy.delete(_link).where(_link.image_id == row.id))
    session.delete(row)
    session.flush()
    if not is_named(session, row.sha256):
        for table in (_content, _thumbnail):
            session.execute(sqlalchemy.delete(table).where(table.sha256 == row.sha256))


def _insert(session: orm.Session) -> Any:
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert if is_postgresql else sqlite.insert


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
