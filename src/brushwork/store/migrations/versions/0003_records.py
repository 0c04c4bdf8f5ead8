"""Owners of verdicts, shares, kept pictures, feedback, decisions. What was there before belongs to "local"."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_AT_ONCE = 500
_ADDED = ("owner", "band0", "band1", "band2", "band3", "for_review", "note", "words")
_OWN_INDEXES: tuple[tuple[str, ...], ...] = (
    ("owner", "created_at", "id"),
    ("owner", "answer", "created_at", "id"),
    ("owner", "sha256", "bundle_sha256", "options"),
    ("for_review", "created_at", "id"),
    *(("owner", f"band{i}") for i in range(4)),
)
_FORMER_INDEXES: tuple[tuple[str, ...], ...] = (("answer", "created_at", "id"), ("sha256", "bundle_sha256", "options"))
_REFUSE_SQLITE = (
    "CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions "
    "BEGIN SELECT RAISE(ABORT, 'decisions are only added'); END"
)
_REFUSE_POSTGRES = (
    "CREATE FUNCTION decisions_are_only_added() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'decisions are only added'; END $$",
    "CREATE TRIGGER decisions_stay BEFORE UPDATE ON decisions "
    "FOR EACH STATEMENT EXECUTE FUNCTION decisions_are_only_added()",
)


def upgrade() -> None:
    _widen_verdicts()
    op.create_table(
        "shares",
        sa.Column("id", sa.String(32), nullable=False),
        _verdict_id(),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        _of_verdict("shares"),
    )
    op.create_index("ix_shares_verdict_id", "shares", ["verdict_id"])
    op.create_index("ix_shares_token_sha256", "shares", ["token_sha256"], unique=True)
    op.create_index("ix_shares_expires_at", "shares", ["expires_at"])
    _pictures()
    _feedback()
    _decisions()
    op.create_table(
        "chores",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("holder", sa.String(32), nullable=True),
        sa.Column("lease_until", _MOMENT, nullable=True),
        sa.Column("looked_at", _MOMENT, nullable=True),
        sa.Column("done_at", _MOMENT, nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_chores"),
    )


def _verdict_id() -> sa.Column[str]:
    return sa.Column("verdict_id", sa.String(32), nullable=False)


def _of_verdict(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_verdict_id_verdicts"
    return sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=name, ondelete="CASCADE")


def _widen_verdicts() -> None:
    """The columns are added with a value for every row that is there; no later row gets one unasked."""
    for columns in _FORMER_INDEXES:
        op.drop_index(f"ix_verdicts_{'_'.join(columns)}", table_name="verdicts")
    sqlite = op.get_bind().dialect.name == "sqlite"
    place = "body" if sqlite else None  # SQLite reads a row from its start: what is searched stands before the body
    with op.batch_alter_table("verdicts", recreate="always" if sqlite else "never") as batch:
        added: tuple[sa.Column[Any], ...] = (
            sa.Column("owner", sa.String(64), nullable=False, server_default="local"),
            *(sa.Column(f"band{i}", sa.Integer(), nullable=False, server_default="0") for i in range(4)),
            sa.Column("for_review", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("note", sa.Text(), nullable=True),
            sa.Column("words", sa.Text(), nullable=False, server_default=""),
        )
        for column in added:
            batch.add_column(column, insert_before=place)
    _fill()
    with op.batch_alter_table("verdicts") as batch:
        for name in _ADDED:
            if name != "note":
                batch.alter_column(name, server_default=None)
    for columns in _OWN_INDEXES:
        op.create_index(f"ix_verdicts_{'_'.join(columns)}", "verdicts", list(columns))


def _fill() -> None:
    """Bands and words of the rows that are there, a few at a time."""
    verdicts = sa.table(
        "verdicts", sa.column("id", sa.String), sa.column("phash", sa.String), sa.column("body", sa.JSON),
        sa.column("words", sa.Text), *(sa.column(f"band{i}", sa.Integer) for i in range(4)),
    )  # fmt: skip
    connection, last = op.get_bind(), ""
    while True:
        asked = sa.select(verdicts.c.id, verdicts.c.phash, verdicts.c.body).where(verdicts.c.id > last)
        rows = connection.execute(asked.order_by(verdicts.c.id).limit(_AT_ONCE)).all()
        for row in rows:
            bands = {f"band{i}": int(row.phash[4 * i : 4 * i + 4] or "0", 16) for i in range(4)}
            words = (row.body.get("external_id") or "").casefold()
            connection.execute(verdicts.update().where(verdicts.c.id == row.id).values(words=words, **bands))
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id


def _pictures() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.create_table(
        "kept_pictures",
        _verdict_id(),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("verdict_id", "purpose", name="pk_kept_pictures"),
        _of_verdict("kept_pictures"),
    )
    op.create_index("ix_kept_pictures_sha256", "kept_pictures", ["sha256"])
    op.create_index("ix_kept_pictures_purpose_created_at", "kept_pictures", ["purpose", "created_at"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        _verdict_id(),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("label", sa.String(16), nullable=False),
        sa.Column("basis", sa.String(32), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("agrees", sa.Boolean(), nullable=True),
        sa.Column("consent_store_image", sa.Boolean(), nullable=False),
        sa.Column("consent_training", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=True),
        sa.Column("reviewed_at", _MOMENT, nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        _of_verdict("feedback"),
    )
    op.create_index("ix_feedback_verdict_id", "feedback", ["verdict_id"], unique=True)
    op.create_index("ix_feedback_owner_created_at_id", "feedback", ["owner", "created_at", "id"])
    op.create_index("ix_feedback_state_created_at_id", "feedback", ["state", "created_at", "id"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("reviewer", sa.String(64), nullable=False),
        sa.Column("reviewer_name", sa.String(80), nullable=False),
        sa.Column("decision", sa.String(24), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    keys = ["subject", "subject_id", "created_at", "id"]
    op.create_index("ix_decisions_subject_subject_id_created_at_id", "decisions", keys)
    op.create_index("ix_decisions_owner_created_at_id", "decisions", ["owner", "created_at", "id"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_REFUSE_SQLITE,) if sqlite else _REFUSE_POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    for table in ("chores", "decisions", "feedback", "kept_pictures", "blobs", "shares"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION decisions_are_only_added")
    for columns in _OWN_INDEXES:
        op.drop_index(f"ix_verdicts_{'_'.join(columns)}", table_name="verdicts")
    with op.batch_alter_table("verdicts") as batch:
        for name in _ADDED:
            batch.drop_column(name)
    for columns in _FORMER_INDEXES:
        op.create_index(f"ix_verdicts_{'_'.join(columns)}", "verdicts", list(columns))
