"""Saved verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("phash", sa.String(16), nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("options", sa.String(200), nullable=False),
        sa.Column("answer", sa.String(32), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verdicts"),
    )
    op.create_index("ix_verdicts_created_at_id", "verdicts", ["created_at", "id"])
    op.create_index("ix_verdicts_answer_created_at_id", "verdicts", ["answer", "created_at", "id"])
    op.create_index("ix_verdicts_sha256_bundle_sha256_options", "verdicts", ["sha256", "bundle_sha256", "options"])


def downgrade() -> None:
    op.drop_index("ix_verdicts_sha256_bundle_sha256_options", table_name="verdicts")
    op.drop_index("ix_verdicts_answer_created_at_id", table_name="verdicts")
    op.drop_index("ix_verdicts_created_at_id", table_name="verdicts")
    op.drop_table("verdicts")
