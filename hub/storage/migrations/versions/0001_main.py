"""The first schema of the main database, as it was: later changes are migrations of their own."""

import sqlalchemy as sa
from alembic import op

revision = "main_0001"
down_revision = None
branch_labels = ("main",)
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _audit()
    _audit_block()
    _audit_body()
    _conflict()
    _counter()
    _delivery()
    _directory()
    _directory_twin()
    _duplicate()
    _field_problem()
    _link()
    _lookup()
    _match_key()
    _parked()
    _record()
    _revision()
    _system_state()
    _user()
    _waiting()


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("block", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_record", "audit", ["record_id", "id"])
    op.create_index("audit_unsealed", "audit", ["id"], sqlite_where=sa.text("block IS NULL"), postgresql_where=sa.text("block IS NULL"))


def _audit_block() -> None:
    op.create_table(
        "audit_block",
        sa.Column("id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.Double(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _audit_body() -> None:
    op.create_table(
        "audit_body",
        sa.Column("audit_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.PrimaryKeyConstraint("audit_id"),
    )


def _conflict() -> None:
    op.create_table(
        "conflict",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("decided", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("record_id", "field"),
    )


def _counter() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.Double(), nullable=False),
        sa.Column("lease", sa.Text()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("left_at", sa.Double()),
        sa.Column("waits_for", sa.Text()),
        sa.Column("waits_on", sa.Text()),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error_field", sa.Text(), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("system", "record_id"),
    )
    op.create_index("delivery_changed", "delivery", ["changed_at"])
    op.create_index("delivery_counts", "delivery", ["system", "entity", "state"])
    op.create_index(
        "delivery_due",
        "delivery",
        ["system", "lane", "next_attempt_at"],
        sqlite_where=sa.text("state IN ('pending', 'retrying', 'unknown')"),
        postgresql_where=sa.text("state IN ('pending', 'retrying', 'unknown')"),
    )
    op.create_index(
        "delivery_failing",
        "delivery",
        ["system", "entity", "error_class", "error_code", "error_field"],
        sqlite_where=sa.text("state IN ('retrying', 'dead', 'unknown')"),
        postgresql_where=sa.text("state IN ('retrying', 'dead', 'unknown')"),
    )
    op.create_index(
        "delivery_leased",
        "delivery",
        ["lease_until"],
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "delivery_recheck",
        "delivery",
        ["next_attempt_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("delivery_record", "delivery", ["record_id"])
    op.create_index(
        "delivery_waits",
        "delivery",
        ["system", "waits_on"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _directory() -> None:
    op.create_table(
        "directory",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("title_ru", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", "value"),
    )


def _directory_twin() -> None:
    op.create_table(
        "directory_twin",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("value", sa.Text()),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", "system", "remote"),
    )


def _duplicate() -> None:
    op.create_table(
        "duplicate",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_a", sa.Text(), nullable=False),
        sa.Column("record_b", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("decision", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("record_a", "record_b"),
    )


def _field_problem() -> None:
    op.create_table(
        "field_problem",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ru", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("link_id", "path"),
    )
    op.create_index("field_problem_group", "field_problem", ["system", "entity", "code", "field"])


def _link() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text()),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("sent", sa.Text(), nullable=False),
        sa.Column("times", sa.Text(), nullable=False),
        sa.Column("contribution", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text()),
        sa.Column("doubt", sa.Text(), nullable=False),
        sa.Column("dropped", sa.Text(), nullable=False),
        sa.Column("flips", sa.Text(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.Column("set_aside", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.Double(), nullable=False),
        sa.Column("whole_at", sa.Double(), nullable=False),
        sa.Column("wrote_at", sa.Double(), nullable=False),
        sa.Column("write_gen", sa.Integer(), nullable=False),
        sa.Column("create_key", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("system", "resource", "external_id"),
    )
    op.create_index(
        "link_creating",
        "link",
        ["system", "create_key"],
        sqlite_where=sa.text("state = 'creating'"),
        postgresql_where=sa.text("state = 'creating'"),
    )
    op.create_index("link_record", "link", ["record_id"])


def _lookup() -> None:
    op.create_table(
        "lookup",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text()),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("system", "name", "key"),
    )
    op.create_index("lookup_remote", "lookup", ["system", "name", "remote"])


def _match_key() -> None:
    op.create_table(
        "match_key",
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entity", "kind", "value", "record_id"),
    )
    op.create_index("match_key_record", "match_key", ["record_id"])


def _parked() -> None:
    op.create_table(
        "parked",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("data", sa.Text()),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _record() -> None:
    op.create_table(
        "record",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("record_entity", "record", ["entity", "updated_at"])


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("activated_at", sa.Double(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _system_state() -> None:
    op.create_table(
        "system_state",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("paused", sa.Text(), nullable=False),
        sa.Column("breaker_until", sa.Double(), nullable=False),
        sa.Column("breaker_failures", sa.Integer(), nullable=False),
        sa.Column("breaker_reason", sa.Text(), nullable=False),
        sa.Column("breaker_by", sa.Text(), nullable=False),
        sa.Column("brake", sa.Text()),
        sa.Column("lease", sa.Text()),
        sa.Column("lease_until", sa.Double(), nullable=False),
        sa.Column("last_success", sa.Double()),
        sa.Column("clock_skew", sa.Double(), server_default="0", nullable=False),
        sa.Column("verified", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Text()),
        sa.Column("setup", sa.Text()),
        sa.PrimaryKeyConstraint("system"),
    )


def _user() -> None:
    op.create_table(
        "user",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _waiting() -> None:
    op.create_table(
        "waiting",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "value", "system", "record_id", "field"),
    )
    op.create_index("waiting_record", "waiting", ["record_id"])
