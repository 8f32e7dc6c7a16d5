"""The first schema of the intake database, as it was: later changes are migrations of their own."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0001"
down_revision = None
branch_labels = ("intake",)
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _cursor()
    _inbox()


def _cursor() -> None:
    op.create_table(
        "cursor",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.Double()),
        sa.Column("began_at", sa.Double()),
        sa.Column("swept_at", sa.Double()),
        sa.Column("polled_at", sa.Double()),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("system", "resource"),
    )


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("representation", sa.Text(), nullable=False),
        sa.Column("data", sa.Text()),
        sa.Column("looked_at", sa.Double(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Text()),
        sa.Column("claim_until", sa.Double()),
        sa.Column("dedup_key", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "inbox_dedup", "inbox", ["dedup_key"], unique=True, sqlite_where=sa.text("claim IS NULL"), postgresql_where=sa.text("claim IS NULL")
    )
    op.create_index("inbox_due", "inbox", ["priority", "due_at", "id"])
