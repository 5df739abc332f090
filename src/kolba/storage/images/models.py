"""The tables of images.

What people draw comes by the thousand and is small: its bytes are kept here, in the transaction that names them. Larger
files are blobs.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.storage.catalog import models


class ImageRow(models.Owned, models.Base):
    """That a person has an image. Others may have the same."""

    __tablename__ = "images"
    __table_args__ = (
        sqlalchemy.UniqueConstraint("owner", "sha256", name="uq_images_owner"),
        sqlalchemy.Index("ix_images_owner_size", "owner", "size_bytes"),
        *models.seen_indexes("images", shared=False),
    )

    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), index=True)
    media_type: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(32))
    width: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer())
    height: orm.Mapped[int] = orm.mapped_column(sqlalchemy.Integer())
    size_bytes: orm.Mapped[int] = orm.mapped_column(sqlalchemy.BigInteger())
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime(), index=True)


class ContentRow(models.Base):
    """The bytes of a small image, once, whoever has it."""

    __tablename__ = "image_contents"

    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), primary_key=True)
    content: orm.Mapped[bytes] = orm.mapped_column(sqlalchemy.LargeBinary())


class ThumbnailRow(models.Base):
    __tablename__ = "image_thumbnails"

    sha256: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(64), primary_key=True)
    """Of the image."""
    side: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.Integer(), primary_key=True, autoincrement=False
    )
    """The longest it may have, in pixels."""
    content: orm.Mapped[bytes] = orm.mapped_column(sqlalchemy.LargeBinary())


class PredictionImageRow(models.Base):
    """That a prediction was made about an image of its person's."""

    __tablename__ = "prediction_images"

    prediction_id: orm.Mapped[bytes] = orm.mapped_column(
        sqlalchemy.LargeBinary(16), primary_key=True
    )
    """Not a foreign key: predictions are never deleted, and their numbers are not known when they are written."""
    position: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.Integer(), primary_key=True, autoincrement=False
    )
    image_id: orm.Mapped[int] = orm.mapped_column(
        sqlalchemy.ForeignKey("images.id", ondelete="CASCADE"), index=True
    )
