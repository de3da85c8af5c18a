"""What an undo needs: the record's own date of our change, and how far back an undo went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("journal", sa.Column("landed_at", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("undoes", sa.BigInteger(), nullable=True))
