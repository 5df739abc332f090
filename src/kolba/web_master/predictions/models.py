"""The outbox: predictions that were answered and have not yet reached storage."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.web_master import models as web_master_models


class OutboxBatch(web_master_models.Base):
    """The predictions of one trip, as the JSON array that storage will be sent."""

    __tablename__ = "prediction_outbox"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
    )
    predictions: orm.Mapped[bytes] = orm.mapped_column(sa.LargeBinary)
    count: orm.Mapped[int] = orm.mapped_column(sa.Integer)
    refused: orm.Mapped[bool] = orm.mapped_column(sa.Boolean, server_default=sa.false())
    """Storage will not take it as it is: a defect, kept for whoever mends it, out of the others' way."""
