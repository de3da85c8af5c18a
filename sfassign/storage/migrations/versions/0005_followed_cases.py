"""Cases whose open milestones are followed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "followed_case",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("open_json", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_followed_case")),
    )
