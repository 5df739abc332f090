"""The tables of people."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.web_master import models as web_master_models

ACTIVE = "active"
DISABLED = "disabled"
BROWSER = "browser"
PROGRAM = "program"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Person(web_master_models.Base):
    """One account. Its name is the key that every other table and service knows it by, and never changes."""

    __tablename__ = "people"
    __table_args__ = (sa.Index("ix_people_group", "group_name", "state"),)

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    name: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    skeleton: orm.Mapped[str] = orm.mapped_column(sa.String(512), unique=True)
    """What the name looks like."""
    display_name: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    group_name: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    state: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    """active, disabled."""
    password_hash: orm.Mapped[str | None] = orm.mapped_column(sa.String(512))
    """Argon2id, with its parameters; None: nobody can sign in to this account."""
    must_change_password: orm.Mapped[bool]
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    password_changed_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)


class Session(web_master_models.Base):
    """Somebody is signed in, from a browser (by a cookie) or a program (by tokens). Ended: gone."""

    __tablename__ = "sessions"
    __table_args__ = (
        sa.Index("ix_sessions_person", "person"),
        sa.Index("ix_sessions_expires_at", "expires_at"),
    )

    id: orm.Mapped[str] = orm.mapped_column(sa.String(32), primary_key=True)
    person: orm.Mapped[str] = orm.mapped_column(sa.ForeignKey("people.name"))
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    secret_sha256: orm.Mapped[str | None] = orm.mapped_column(sa.String(64), unique=True)
    """Of the cookie; None for a program."""
    address: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    agent: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    last_used_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)


class RefreshToken(web_master_models.Base):
    """Every refresh token that a session had; those used are kept, so that a second use is noticed."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (sa.Index("ix_refresh_tokens_session", "session"),)

    secret_sha256: orm.Mapped[str] = orm.mapped_column(sa.String(64), primary_key=True)
    session: orm.Mapped[str] = orm.mapped_column(sa.ForeignKey("sessions.id", ondelete="CASCADE"))
    used_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)


class ApiToken(web_master_models.Base):
    __tablename__ = "api_tokens"
    __table_args__ = (sa.UniqueConstraint("person", "name", name="uq_api_tokens_name"),)

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    person: orm.Mapped[str] = orm.mapped_column(sa.ForeignKey("people.name"))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(100))
    scopes: orm.Mapped[list[str]] = orm.mapped_column(sa.JSON)
    secret_sha256: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    last_used_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)


class Invitation(web_master_models.Base):
    __tablename__ = "invitations"

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    secret_sha256: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    group_name: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    note: orm.Mapped[str] = orm.mapped_column(sa.String(200))
    created_by: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    used_by: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    used_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)


class Attempt(web_master_models.Base):
    """An attempt at signing in that was not (yet) a success."""

    __tablename__ = "attempts"
    __table_args__ = (
        sa.Index("ix_attempts_bucket", "bucket", "at"),
        sa.Index("ix_attempts_at", "at"),
    )

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    bucket: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    """The hash of whose or whence."""
    at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
