"""The clocks of neglect, what they run by, when they stood still, what they came to, and who is taken for absent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("journal", sa.Column("terms", sa.String(), nullable=True))
    op.add_column("pausing", sa.Column("since", sa.BigInteger(), nullable=True))
    op.add_column("pausing", sa.Column("omni", sa.String(), nullable=True))
    op.create_table(
        "clock",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("watched_from", sa.BigInteger(), nullable=False),
        sa.Column("status_then", sa.String(), nullable=True),
        sa.Column("touched_at", sa.BigInteger(), nullable=True),
        sa.Column("reminded_at", sa.BigInteger(), nullable=True),
        sa.Column("neglected_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_clock")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_clock_due_at_item"), "clock", ["due_at", "item"], unique=False)
    op.create_table(
        "clock_terms",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("terms_json", sa.String(), nullable=False),
        sa.Column("org_hours", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_clock_terms")),
    )
    op.create_table(
        "standstill",
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("group_name", "since", name=op.f("pk_standstill")),
    )
    op.create_table(
        "neglect_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_neglect_event")),
    )
    op.create_index(op.f("ix_neglect_event_at"), "neglect_event", ["at"], unique=False)
    op.create_index(op.f("ix_neglect_event_item"), "neglect_event", ["item"], unique=False)
