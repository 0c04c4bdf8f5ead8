"""What an answer of a batch was made from, so that the same question need not be worked out twice."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("reexamine", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("batch_items", sa.Column("made_from", sa.String(64), nullable=True))
    op.create_index("ix_batch_items_made_from", "batch_items", ["made_from"])


def downgrade() -> None:
    op.drop_index("ix_batch_items_made_from", "batch_items")
    op.drop_column("batch_items", "made_from")
    op.drop_column("batches", "reexamine")
