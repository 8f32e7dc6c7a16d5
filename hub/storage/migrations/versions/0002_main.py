"""What the living shop adds to the main database: runs and brakes, people's decisions, alerts, comparisons, and the way back from a backup."""

import sqlalchemy as sa
from alembic import op

revision = "main_0002"
down_revision = "main_0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _links()
    _deliveries()
    _directories()
    _duplicates()
    _system_states()
    _index("audit_operator", "audit", ["id"], rows="action >= 'operator.' AND action < 'operator/'")
    _index("conflict_open", "conflict", ["opened_at"], rows="decided IS NULL")
    _index("field_problem_record", "field_problem", ["record_id"])
    _runs()
    _brakes()
    _alerts()
    _restorations()
    _comparisons()


def _index(name: str, table: str, columns: list[str], *, rows: str = "", unique: bool = False) -> None:
    """``rows``: the condition of a partial index."""
    only = {f"{database}_where": sa.text(rows) for database in ("sqlite", "postgresql")} if rows else {}
    op.create_index(name, table, columns, unique=unique, **only)


def _links() -> None:
    op.add_column("link", sa.Column("replaced", sa.Text()))
    op.add_column("link", sa.Column("modified", sa.Double()))
    op.add_column("link", sa.Column("refs", sa.Text()))
    op.drop_index("link_record", table_name="link")  # link_of_record takes its place: with the system, or SQLite would walk all links of it
    _index("link_of_record", "link", ["record_id", "system"])
    _index("link_entity", "link", ["system", "entity", "external_id"])
    _index("link_stand_in", "link", ["system", "entity"], rows="state = 'stand_in'")


def _deliveries() -> None:
    op.add_column("delivery", sa.Column("run", sa.Text(), server_default="", nullable=False))
    op.drop_index("delivery_counts", table_name="delivery")  # delivery_cells takes its place: with the time, for the last one of a cell
    _index("delivery_cells", "delivery", ["system", "entity", "state", "changed_at"])
    unfinished = "'pending', 'retrying', 'unknown', 'waiting', 'leased'"
    _index("delivery_run", "delivery", ["system", "run", "entity", "id"], rows=f"state IN ({unfinished})")
    _index("delivery_unfinished", "delivery", ["changed_at"], rows=f"state IN ({unfinished}, 'dead')")


def _directories() -> None:
    op.add_column("directory", sa.Column("decided_by", sa.Text(), server_default="", nullable=False))
    op.add_column("directory_twin", sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("directory_twin", sa.Column("decided_by", sa.Text(), server_default="", nullable=False))
    op.add_column("directory_twin", sa.Column("listed_at", sa.Double()))
    op.add_column("directory_twin", sa.Column("keys", sa.Text()))
    op.create_table(
        "stand_in",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("receipts", sa.Integer(), nullable=False),
        sa.Column("found_at", sa.Double(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Double()),
        sa.PrimaryKeyConstraint("system", "external_id"),
    )


def _duplicates() -> None:
    op.add_column("duplicate", sa.Column("decided_at", sa.Double()))
    op.add_column("duplicate", sa.Column("decided_by", sa.Text()))
    _index("duplicate_open", "duplicate", ["opened_at"], rows="decision IS NULL")
    op.create_table(
        "union_step",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("pairs", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.Double()),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("union_step_at", "union_step", ["at"])


def _system_states() -> None:
    for name in ("pilot", "fingerprint", "alarm", "webhooks", "checked"):
        op.add_column("system_state", sa.Column(name, sa.Text()))
    op.add_column("system_state", sa.Column("hushed", sa.Text(), server_default="", nullable=False))


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("run_state", "run", ["state", "started_at"])
    op.create_table(
        "weighed",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run", "system", "entity"),
    )


def _brakes() -> None:
    op.create_table(
        "brake",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("decided_at", sa.Double()),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("brake_open", "brake", ["system", "decision"])
    _index("brake_when", "brake", ["opened_at"])
    op.create_table(
        "tally",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("system", "entity", "way", "hour", "kind", "field"),
    )
    _index("tally_hour", "tally", ["hour"])


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double()),
        sa.Column("acknowledged_at", sa.Double()),
        sa.Column("acknowledged_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("alert_open", "alert", ["key"], rows="closed_at IS NULL", unique=True)
    _index("alert_closed", "alert", ["closed_at"])
    op.create_table(
        "alert_message",
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("claimed_at", sa.Double()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "event", "receiver"),
    )
    _index("alert_message_due", "alert_message", ["state", "due_at"])
    op.create_table(
        "store_seen",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("store"),
    )


def _restorations() -> None:
    op.create_table(
        "restoration",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("restored_at", sa.Double(), nullable=False),
        sa.Column("taken_at", sa.Double(), nullable=False),
        sa.Column("made_after", sa.Double(), nullable=False),
        sa.Column("made_before", sa.Double(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("held", sa.Text(), nullable=False),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("restoration_open", "restoration", ["restored_at"], rows="stage <> 'over'")
    op.create_table(
        "tombstone",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "certificate"),
    )
    _index("tombstone_certificate", "tombstone", ["certificate"])


def _comparisons() -> None:
    op.create_table(
        "verification",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text()),
        sa.Column("began_at", sa.Double()),
        sa.Column("next_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("system", "resource"),
    )
    op.create_table(
        "seen",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("system", "resource", "external_id"),
    )
    op.create_table(
        "drift",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("audit_id", sa.BigInteger()),
        sa.Column("said", sa.Text()),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _index("drift_found", "drift", ["found_at"])
    _index("drift_record", "drift", ["record_id"])
