"""What was written on items without a new owner, where an overflow put them, whose children are still to follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    given = ["state", "dry_run", "decided_at", "group_name", "owner"]
    op.drop_index(op.f("ix_journal_state_dry_run_decided_at_group_name_owner"), "journal")
    op.create_index(
        op.f("ix_journal_state_dry_run_decided_at_group_name_owner_method"), "journal", [*given, "method"], unique=False
    )
    op.add_column("line_item", sa.Column("overflow_home", sa.String(), nullable=True))
    op.add_column("line_item", sa.Column("overflow_group", sa.String(), nullable=True))
    op.create_table(
        "field_note",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("values_json", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("item", "kind", name=op.f("pk_field_note")),
    )
    op.create_table(
        "child_moving",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("children_json", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_child_moving")),
    )
