"""First loads that collect before they identify, and brakes that hold rows back: what they need in the intake database."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cursor", sa.Column("moved_at", sa.Double()))
    op.add_column("cursor", sa.Column("wave", sa.Double()))
    op.add_column("cursor", sa.Column("identified_at", sa.Double()))
    op.add_column("inbox", sa.Column("run", sa.Text(), server_default="", nullable=False))
    op.add_column("inbox", sa.Column("held", sa.Text()))
    _partial("inbox_held", ["held"], "held IS NOT NULL")
    _partial("inbox_load", ["priority", "system", "resource", "external_id"], "priority > 0")


def _partial(name: str, columns: list[str], rows: str) -> None:
    op.create_index(name, "inbox", columns, sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))
