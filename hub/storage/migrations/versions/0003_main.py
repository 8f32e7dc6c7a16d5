"""What stands beside a row of the audit log has a salt of its own, so that the row is proven after its values were erased."""

import sqlalchemy as sa
from alembic import op

revision = "main_0003"
down_revision = "main_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("values_digest", sa.Text()))
    op.add_column("audit_body", sa.Column("salt", sa.Text()))
