"""What is known of a value of a directory beside its titles: of an employee the store, the calls a day, the days away."""

import sqlalchemy as sa
from alembic import op

revision = "main_0006"
down_revision = "main_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("directory", sa.Column("about", sa.Text()))
