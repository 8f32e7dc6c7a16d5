"""Keys that customers had once, as keyed digests, by which nobody is welcomed twice."""

import sqlalchemy as sa
from alembic import op

revision = "main_0008"
down_revision = "main_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "past_key",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.Double()),
        sa.PrimaryKeyConstraint("digest", "record_id", "system"),
    )
    op.create_index("past_key_record", "past_key", ["record_id"])
