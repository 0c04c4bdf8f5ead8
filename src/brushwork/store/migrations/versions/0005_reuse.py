"""What an answer of a batch was made from; the newest answer to the same question without sorting all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("reexamine", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("batch_items", sa.Column("made_from", sa.String(64), nullable=True))
    op.create_index("ix_batch_items_made_from_finished_at", "batch_items", ["made_from", "finished_at"])
    question = ["owner", "sha256", "bundle_sha256", "options"]
    op.drop_index("ix_verdicts_owner_sha256_bundle_sha256_options", "verdicts")
    op.create_index("ix_verdicts_owner_sha256_bundle_sha256_options_created_at", "verdicts", [*question, "created_at"])


def downgrade() -> None:
    question = ["owner", "sha256", "bundle_sha256", "options"]
    op.drop_index("ix_verdicts_owner_sha256_bundle_sha256_options_created_at", "verdicts")
    op.create_index("ix_verdicts_owner_sha256_bundle_sha256_options", "verdicts", question)
    op.drop_index("ix_batch_items_made_from_finished_at", "batch_items")
    op.drop_column("batch_items", "made_from")
    op.drop_column("batches", "reexamine")
