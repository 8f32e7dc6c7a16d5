"""What is due is asked for by system: one whose vendor is waited for keeps no other's rows back."""

from alembic import op

revision = "intake_0007"
down_revision = "intake_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("inbox_due", "inbox")
    op.create_index("inbox_due", "inbox", ["priority", "system", "due_at", "id"])
