"""What all of the web master's tables belong to."""

from __future__ import annotations

from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    pass
