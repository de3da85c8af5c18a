"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "active_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_active_item")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_active_item_object_owner"), "active_item", ["object", "owner"], unique=False)
    op.create_table(
        "back_off",
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("guard_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_back_off")),
    )
    op.create_table(
        "cycle",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("report_json", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cycle")),
    )
    op.create_table(
        "explanation",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
        sa.Column("journaled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_explanation")),
    )
    op.create_index(op.f("ix_explanation_journaled"), "explanation", ["journaled"], unique=False)
    op.create_table(
        "fact",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_fact")),
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
    )
    op.create_table(
        "load_sum",
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("object", "owner", name=op.f("pk_load_sum")),
    )
    op.create_table(
        "pausing",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "target", name=op.f("pk_pausing")),
    )
    op.create_table(
        "reading",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("rows_json", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_reading")),
    )
    op.create_table(
        "refusal",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "object", name=op.f("pk_refusal")),
    )
    op.create_table(
        "request",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload_json", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("answer_json", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_state"), "request", ["state"], unique=False)
    op.create_table(
        "rotation",
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("joined", sa.Boolean(), nullable=False),
        sa.Column("credit", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_name", "user_id", name=op.f("pk_rotation")),
    )
    op.create_table(
        "user_kept",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("values_json", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_kept")),
    )
    op.create_table(
        "watermark",
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("object", name=op.f("pk_watermark")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("open_item", sa.String(), nullable=True),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("seen_owner", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("owner_username", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=False),
        sa.Column("aging_since", sa.BigInteger(), nullable=False),
        sa.Column("policy_hash", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("credit_moves_json", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("score_json", sa.String(), nullable=False),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("aging_over", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("owner_now", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["explanation"], ["explanation.key"], name=op.f("fk_journal_explanation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("open_item", name=op.f("uq_journal_open_item")),
    )
    op.create_index(op.f("ix_journal_dry_run_turn"), "journal", ["dry_run", "turn"], unique=False)
    op.create_index(op.f("ix_journal_explanation"), "journal", ["explanation"], unique=False)
    op.create_index(op.f("ix_journal_group_name"), "journal", ["group_name"], unique=False)
    op.create_index(op.f("ix_journal_item_id"), "journal", ["item", "id"], unique=False)
    op.create_index(
        op.f("ix_journal_state_dry_run_decided_at_group_name_owner"),
        "journal",
        ["state", "dry_run", "decided_at", "group_name", "owner"],
        unique=False,
    )
    op.create_table(
        "line_item",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("guard_at", sa.BigInteger(), nullable=False),
        sa.Column("values_json", sa.String(), nullable=False),
        sa.Column("last_given", sa.String(), nullable=True),
        sa.Column("waiting_since", sa.BigInteger(), nullable=False),
        sa.Column("aging_since", sa.BigInteger(), nullable=False),
        sa.Column("decided", sa.String(), nullable=True),
        sa.Column("group_name", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("tally_json", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("score_json", sa.String(), nullable=True),
        sa.Column("explanation", sa.String(), nullable=True),
        sa.Column("noted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["explanation"], ["explanation.key"], name=op.f("fk_line_item_explanation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_item")),
    )
    op.create_index(op.f("ix_line_item_explanation"), "line_item", ["explanation"], unique=False)
    op.create_index(op.f("ix_line_item_object"), "line_item", ["object"], unique=False)
