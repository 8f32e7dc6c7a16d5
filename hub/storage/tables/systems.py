"""The systems as they stand, and the people who mind them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Integer, PrimaryKeyConstraint, Table, Text

from hub.storage.tables.columns import Json, main

system_state = Table(
    "system_state",
    main,
    Column("system", Text, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("paused", Text, nullable=False, default=""),  # the reason, empty: not paused
    Column("breaker_until", Double, nullable=False, default=0.0),
    Column("breaker_failures", Integer, nullable=False, default=0),
    Column("breaker_reason", Text, nullable=False, default=""),
    Column("breaker_by", Text, nullable=False, default=""),  # what failed last: read | write
    Column("brake", Json),
    Column("pilot", Json),  # {"stores", "phones"} as a person chose them; null: those of the configuration
    Column("fingerprint", Json),  # what tells this base from a copy, and marks that never go back
    Column("alarm", Json),  # why the hub itself put the system into observe: {"code", "ru", "en", "at"}
    Column("hushed", Text, nullable=False, default="", server_default=""),  # who said that the side effects are switched off there by hand
    Column("lease", Text),
    Column("lease_until", Double, nullable=False, default=0.0),
    Column("last_success", Double),
    Column("clock_skew", Double, nullable=False, default=0.0, server_default="0"),  # seconds that the vendor's clock is ahead
    Column("verified", Json, nullable=False),
    Column("tokens", Json),
    Column("webhooks", Json),  # what came of subscribing last: {} or the vendor's error and its code
    Column("checked", Json),  # what the last check found
    Column("setup", Json),  # connector, time zone and trust as last configured: contributions outlive their system
)

audience = Table(  # what became of a segment in an advertising system; of the people in it nothing is kept here
    "audience",
    main,
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("place", Json, nullable=False),  # the connector's own: ids, the version that is there, what was begun
    Column("state", Text, nullable=False),
    Column("figures", Json, nullable=False),  # of the last list: members, people uploaded, left out by reason
    Column("size", Integer),  # rows and people, as the system counts them
    Column("matched", Integer),
    Column("error", Text),
    Column("uploaded_at", Double),  # when the list was sent that is there in full
    Column("due_at", Double, nullable=False),  # when a list is made again
    Column("next_at", Double, nullable=False),  # when it is looked at again
    PrimaryKeyConstraint("name", "system"),
)

user = Table(
    "user",
    main,
    Column("name", Text, primary_key=True),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),  # viewer | support | admin
    Column("language", Text, nullable=False, default="ru"),
    Column("active", Boolean, nullable=False, default=True),
)
