"""Whom the org's records name for a waiting item, looked up once while it waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("line_item", sa.Column("preferred_json", sa.String(), nullable=True))
