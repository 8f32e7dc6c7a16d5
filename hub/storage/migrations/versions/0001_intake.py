"""The first schema of the intake database."""

from alembic import op

from hub.storage import tables

revision = "intake_0001"
down_revision = None
branch_labels = ("intake",)
depends_on = None


def upgrade() -> None:
    tables.intake.create_all(op.get_bind())
