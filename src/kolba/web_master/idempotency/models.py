"""The table of idempotency keys."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.web_master import models as web_master_models

RUNNING, DONE, FAILED = "running", "done", "failed"


class Claim(web_master_models.Base):
    """One key of one person: what was asked under it, who works on it, and what was answered."""

    __tablename__ = "idempotency_claims"
    __table_args__ = (
        sa.UniqueConstraint("person", "key", name="uq_idempotency_claims_key"),
        sa.Index("ix_idempotency_claims_expires_at", "expires_at"),
        sa.Index("ix_idempotency_claims_mark", "mark_owner"),
    )

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
    )
    person: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    key: orm.Mapped[str] = orm.mapped_column(sa.String(255))
    state: orm.Mapped[str] = orm.mapped_column(sa.String(8))
    """running, done, failed (may be tried again)."""
    target_sha256: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    """Of method, path and query."""
    body_sha256: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    """None until the body has come."""
    body_bytes: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    reference: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    """What the first attempt and every further one call what they make, so that it is made once."""
    attempt: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    """Who was given up for dead cannot answer for the attempt that came after."""
    owner: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    """The web master that works on it."""
    lease_until: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    expires_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    status: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    headers: orm.Mapped[dict[str, str] | None] = orm.mapped_column(types.JsonDocument)
    content: orm.Mapped[bytes | None] = orm.mapped_column(sa.LargeBinary)
    """None where it was not kept."""
    mark_owner: orm.Mapped[str | None] = orm.mapped_column(sa.String(64))
    mark_serial: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    """The charge of a kept answer (`predictions.delivery`): what can be had again counts as given."""
