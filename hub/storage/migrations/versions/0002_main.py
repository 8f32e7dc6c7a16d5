"""What the living shop adds to the main database."""

from alembic import op

from hub.storage import tables
from hub.storage.migrations.missing import add_missing

revision = "main_0002"
down_revision = "main_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_missing(op, tables.main)
