"""Items that left the line for a user without our doing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "picked",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=True),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("owner_before", sa.String(), nullable=False),
        sa.Column("waited_at", sa.BigInteger(), nullable=False),
        sa.Column("guard_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=False),
        sa.Column("aging_since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("how", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("returnable", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_picked")),
    )
    op.create_index(op.f("ix_picked_state_seen_at"), "picked", ["state", "seen_at"], unique=False)
    op.create_index(op.f("ix_picked_item_state"), "picked", ["item", "state"], unique=False)
