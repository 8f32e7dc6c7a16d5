"""Files that vendors bring in pieces, and what is to be done with them."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0004"
down_revision = "intake_0002"
branch_labels = None
depends_on = None

READY = "state = 'ready'"


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.BigInteger()),
        sa.Column("inner", sa.Text(), server_default="", nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("touched_at", sa.Double(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("troubles", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Text()),
        sa.Column("claim_until", sa.Double()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("upload_of_session", "upload", ["system", "session", "name"])
    op.create_index("upload_ready", "upload", ["system", "id"], sqlite_where=sa.text(READY), postgresql_where=sa.text(READY))
    op.create_table(
        "upload_piece",
        sa.Column("upload_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "number"),
    )
