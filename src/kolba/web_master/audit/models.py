"""The table of the audit log. Its triggers, which refuse change, are in the migration."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.web_master import models as web_master_models


class AuditEntry(web_master_models.Base):
    """One entry; `chain.Entry` says what the columns mean. Moments and details are texts, hashed as they are."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        sa.Index("ix_audit_entries_at", "at"),
        sa.Index("ix_audit_entries_actor", "actor"),
        sa.Index("ix_audit_entries_begun", "begun"),
        sa.Index("ix_audit_entries_object", "object_kind", "object_id"),
    )

    seq: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    at: orm.Mapped[str] = orm.mapped_column(sa.String(27))
    actor: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    via: orm.Mapped[str] = orm.mapped_column(sa.String(32))
    action: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    object_kind: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    object_id: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    outcome: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    status: orm.Mapped[int | None] = orm.mapped_column(sa.Integer)
    begun: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    address: orm.Mapped[str] = orm.mapped_column(sa.String(64))
    request_id: orm.Mapped[str] = orm.mapped_column(sa.String(128))
    details: orm.Mapped[str] = orm.mapped_column(sa.Text)
    prev_hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
    hash: orm.Mapped[str] = orm.mapped_column(sa.String(64), unique=True)
