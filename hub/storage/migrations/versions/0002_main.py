"""What the living shop adds to the main database."""

from alembic import op

from hub.storage import tables
from hub.storage.migrations.missing import add_missing

revision = "main_0002"
down_revision = "main_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("link_record", table_name="link")  # link_of_record takes its place: with the system, or SQLite would walk all links of it
    op.drop_index("delivery_counts", table_name="delivery")  # delivery_cells takes its place: with the time, for the last one of a cell
    add_missing(op, tables.main)
