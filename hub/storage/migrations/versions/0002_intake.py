"""What the living shop adds to the intake database."""

from alembic import op

from hub.storage import tables
from hub.storage.migrations.missing import add_missing

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_missing(op, tables.intake)
