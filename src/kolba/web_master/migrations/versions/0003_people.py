"""People: accounts, their sessions and API tokens, invitations, attempts at signing in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_TABLES = (
    "attempts",
    "invitations",
    "api_tokens",
    "refresh_tokens",
    "sessions",
    "people",
)


def upgrade() -> None:
    _people()
    _sessions()
    _api_tokens()
    _invitations()
    op.create_table(
        "attempts",
        _id(),
        sa.Column("bucket", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )
    op.create_index("ix_attempts_bucket", "attempts", ["bucket", "at"])
    op.create_index("ix_attempts_at", "attempts", ["at"])


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def _person(name: str = "person") -> sa.Column[str]:
    return sa.Column(name, sa.String(64), sa.ForeignKey("people.name"), nullable=False)


def _people() -> None:
    op.create_table(
        "people",
        _id(),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("skeleton", sa.String(512), nullable=False, unique=True),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("group_name", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(512), nullable=True),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("password_changed_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_people_group", "people", ["group_name", "state"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        _person(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=True, unique=True),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(200), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_sessions_person", "sessions", ["person"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("secret_sha256", sa.String(64), primary_key=True),
        sa.Column(
            "session",
            sa.String(32),
            sa.ForeignKey("sessions.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("used_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_refresh_tokens_session", "refresh_tokens", ["session"])


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        _id(),
        _person(),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("person", "name", name="uq_api_tokens_name"),
    )


def _invitations() -> None:
    op.create_table(
        "invitations",
        _id(),
        sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
        sa.Column("group_name", sa.String(64), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("created_by", sa.String(256), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_by", sa.String(64), nullable=True),
        sa.Column("used_at", _MOMENT, nullable=True),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
