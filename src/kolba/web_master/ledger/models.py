"""The tables of the ledger."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm

from kolba.kit.db import types
from kolba.web_master import models as web_master_models

PERSON = "person"
SYSTEM = "system"
ISSUANCE = 1
"""The account that top-ups come from: what it gave is what people were given."""
INCOME = 2
"""The account that predictions and runs are paid into."""
SYSTEM_ACCOUNTS = {"issuance": ISSUANCE, "income": INCOME}
"""Made with the tables. Nobody waits for their rows: they are never written to, their balances are sums."""

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class Account(web_master_models.Base):
    """One person's credits, or one of the system's two ends of every transfer."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        sa.UniqueConstraint("kind", "name", name="uq_ledger_accounts_name"),
        sa.CheckConstraint(
            "balance >= 0 AND held >= 0 AND held <= balance", name="ck_ledger_accounts_balance"
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    name: orm.Mapped[str] = orm.mapped_column(sa.String(256))
    balance: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    """A person's: always the sum of the transfers. A system account's row stays at 0."""
    held: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, server_default="0")
    """What of the balance open holds have set aside."""


class Transfer(web_master_models.Base):
    """Credits that went from one account to another. Never changed, never removed."""

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        sa.CheckConstraint("amount > 0 AND count > 0", name="ck_ledger_transfers_amount"),
        sa.CheckConstraint("from_account <> to_account", name="ck_ledger_transfers_accounts"),
        # Only people's side is looked for; a charge does not pay for an index of what all of them share.
        sa.Index(
            "ix_ledger_transfers_from",
            "from_account",
            "id",
            sqlite_where=sa.text(f"from_account > {INCOME}"),
            postgresql_where=sa.text(f"from_account > {INCOME}"),
        ),
        sa.Index(
            "ix_ledger_transfers_to",
            "to_account",
            "id",
            sqlite_where=sa.text(f"to_account > {INCOME}"),
            postgresql_where=sa.text(f"to_account > {INCOME}"),
        ),
    )

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    """top-up, prediction, run, refund, adjustment."""
    from_account: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("ledger_accounts.id")
    )
    to_account: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.ForeignKey("ledger_accounts.id")
    )
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    count: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    """How many things it pays for, such as predictions of one trip."""
    reference: orm.Mapped[str] = orm.mapped_column(sa.String(128))
    """What it belongs to: a trip, a hold."""
    memo: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    by: orm.Mapped[str | None] = orm.mapped_column(sa.String(256))
    """Who did it; None: the person whose account it is."""


class Hold(web_master_models.Base):
    """Credits set aside for a run until it ends: then they are paid (captured) or given back (released), once."""

    __tablename__ = "ledger_holds"
    __table_args__ = (
        sa.CheckConstraint("amount > 0", name="ck_ledger_holds_amount"),
        sa.UniqueConstraint("reference", name="uq_ledger_holds_reference"),
        sa.Index(
            "ix_ledger_holds_open",
            "id",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        sa.Index("ix_ledger_holds_account", "account", "id"),
    )

    id: orm.Mapped[int] = orm.mapped_column(_ID, primary_key=True)
    account: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.ForeignKey("ledger_accounts.id"))
    amount: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    state: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    """open, captured, released."""
    kind: orm.Mapped[str] = orm.mapped_column(sa.String(16))
    """What the run is: train, fine-tune, predict-batch, infer, predict."""
    reference: orm.Mapped[str] = orm.mapped_column(sa.String(128))
    """Also given to the run, so that it is found when the answer that named it was lost."""
    memo: orm.Mapped[str] = orm.mapped_column(sa.String(500))
    run_id: orm.Mapped[int | None] = orm.mapped_column(sa.BigInteger)
    created_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    settled_at: orm.Mapped[dt.datetime | None] = orm.mapped_column(types.UtcDateTime)


class Price(web_master_models.Base):
    """What something costs. What has no row is free."""

    __tablename__ = "ledger_prices"
    __table_args__ = (sa.CheckConstraint("price > 0", name="ck_ledger_prices_price"),)

    subject: orm.Mapped[str] = orm.mapped_column(sa.String(16), primary_key=True)
    """`model` (each row that it answers) or `run` (each run of a kind)."""
    name: orm.Mapped[str] = orm.mapped_column(sa.String(256), primary_key=True)
    """The model's name, or the kind of run."""
    price: orm.Mapped[int] = orm.mapped_column(sa.BigInteger)
    set_at: orm.Mapped[dt.datetime] = orm.mapped_column(types.UtcDateTime)
    set_by: orm.Mapped[str] = orm.mapped_column(sa.String(256))
