"""Who changed an owner right after our write, by name: the report sums them up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("journal", sa.Column("overridden_by", sa.String(), nullable=True))
