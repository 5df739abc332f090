"""What the collector's tables have in common."""

from __future__ import annotations

from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    """The metadata of the collector's one migration history."""
