"""The first schema of the main database."""

from alembic import op

from hub.storage import tables

revision = "main_0001"
down_revision = None
branch_labels = ("main",)
depends_on = None


def upgrade() -> None:
    tables.main.create_all(op.get_bind())
