"""What a reading of an object in portions has not brought yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "unread_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unread_item")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_unread_item_object"), "unread_item", ["object"], unique=False)
