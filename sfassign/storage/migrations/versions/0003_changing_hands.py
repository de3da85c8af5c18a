"""Why an item that had an owner went to another, and who owned it before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("journal", sa.Column("why", sa.String(), nullable=True))
    op.add_column("line_item", sa.Column("previous_json", sa.String(), nullable=False, server_default="[]"))
