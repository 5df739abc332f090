"""The ledger: accounts, transfers, holds, prices."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    _create_accounts()
    _create_transfers()
    _create_holds()
    op.create_table(
        "ledger_prices",
        sa.Column("subject", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(256), primary_key=True),
        sa.Column("price", sa.BigInteger, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", sa.String(256), nullable=False),
        sa.CheckConstraint("price > 0", name="ck_ledger_prices_price"),
    )


def _create_accounts() -> None:
    accounts = op.create_table(
        "ledger_accounts",
        _id(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(256), nullable=False),
        sa.Column("balance", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("held", sa.BigInteger, nullable=False, server_default="0"),
        sa.UniqueConstraint("kind", "name", name="uq_ledger_accounts_name"),
        sa.CheckConstraint(
            "balance >= 0 AND held >= 0 AND held <= balance", name="ck_ledger_accounts_balance"
        ),
    )
    system = [{"kind": "system", "name": name} for name in ("issuance", "income")]
    op.bulk_insert(accounts, system)  # numbers 1 and 2, which the indexes below leave out


def _create_transfers() -> None:
    op.create_table(
        "ledger_transfers",
        _id(),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column(
            "from_account", sa.BigInteger, sa.ForeignKey("ledger_accounts.id"), nullable=False
        ),
        sa.Column("to_account", sa.BigInteger, sa.ForeignKey("ledger_accounts.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("reference", sa.String(128), nullable=False),
        sa.Column("memo", sa.String(500), nullable=False),
        sa.Column("by", sa.String(256)),
        sa.CheckConstraint("amount > 0 AND count > 0", name="ck_ledger_transfers_amount"),
        sa.CheckConstraint("from_account <> to_account", name="ck_ledger_transfers_accounts"),
    )
    for side in ("from", "to"):
        op.create_index(
            f"ix_ledger_transfers_{side}",
            "ledger_transfers",
            [f"{side}_account", "id"],
            **_where(f"{side}_account > 2"),
        )


def _create_holds() -> None:
    op.create_table(
        "ledger_holds",
        _id(),
        sa.Column("account", sa.BigInteger, sa.ForeignKey("ledger_accounts.id"), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(128), nullable=False),
        sa.Column("memo", sa.String(500), nullable=False),
        sa.Column("run_id", sa.BigInteger),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("settled_at", _MOMENT),
        sa.CheckConstraint("amount > 0", name="ck_ledger_holds_amount"),
        sa.UniqueConstraint("reference", name="uq_ledger_holds_reference"),
    )
    op.create_index("ix_ledger_holds_open", "ledger_holds", ["id"], **_where("state = 'open'"))
    op.create_index("ix_ledger_holds_account", "ledger_holds", ["account", "id"])


def downgrade() -> None:
    for table in ("ledger_prices", "ledger_holds", "ledger_transfers", "ledger_accounts"):
        op.drop_table(table)
