"""The base of storage's tables."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import orm

BigId = sqlalchemy.BigInteger().with_variant(sqlalchemy.Integer(), "sqlite")
"""A number that the database gives out; SQLite does so for plain integers only."""


class Base(orm.DeclarativeBase):
    """The metadata of storage's one migration history."""
