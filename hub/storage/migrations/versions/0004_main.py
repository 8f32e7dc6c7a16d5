"""Documents that a vendor fetches by itself, what it showed of them last, and the names of goods that it brought."""

import sqlalchemy as sa
from alembic import op

revision = "main_0004"
down_revision = "main_0003"
branch_labels = None
depends_on = None

OWED = "taken < revision"


def upgrade() -> None:
    op.create_table(
        "offer",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text()),
        sa.Column("document", sa.Text()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("session", sa.Text(), server_default="", nullable=False),
        sa.Column("laid_at", sa.Double(), nullable=False),
        sa.Column("given_at", sa.Double()),
        sa.Column("taken_at", sa.Double()),
        sa.Column("seen", sa.Text()),
        sa.Column("seen_at", sa.Double()),
        sa.PrimaryKeyConstraint("system", "resource", "number"),
    )
    op.create_index("offer_record", "offer", ["system", "resource", "record_id"], unique=True)
    op.create_index("offer_owed", "offer", ["system", "tries", "laid_at"], sqlite_where=sa.text(OWED), postgresql_where=sa.text(OWED))
    op.create_table(
        "goods_name",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("goods", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("system", "goods", "name"),
    )
    op.create_index("goods_by_name", "goods_name", ["system", "name"])
