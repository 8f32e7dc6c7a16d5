"""Short lists that systems share (stores, employees, order states), and what each system calls their values."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, PrimaryKeyConstraint, Table, Text, true

from hub.storage.tables.columns import Json, main

directory = Table(
    "directory",
    main,
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("title_ru", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column(
        "decided_by", Text, nullable=False, default="", server_default=""
    ),  # config | hand: a person's word stands above the configuration
    Column("about", Json),  # what people said of it beside its titles: of an employee the store, the calls a day, the days away
    PrimaryKeyConstraint("name", "value"),
)

directory_twin = Table(
    "directory_twin",
    main,
    Column("name", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("remote", Text, nullable=False),  # the remote value, as JSON text
    Column("title", Text, nullable=False, default=""),
    Column("value", Text),  # None: seen, not mapped yet
    Column("preferred", Boolean, nullable=False, default=False),  # of several that mean one value, the one that is written
    Column("seen_at", Double, nullable=False),
    Column(
        "active", Boolean, nullable=False, default=True, server_default=true()
    ),  # False: it means what it meant, and is written nowhere anew
    Column("decided_by", Text, nullable=False, default="", server_default=""),  # config | hand; empty: nobody has said what it means
    Column("listed_at", Double),  # when the vendor's own list last named it; None: met in an object, or only configured
    Column("keys", Json),  # of a person: digests of e-mail addresses and phones
    PrimaryKeyConstraint("name", "system", "remote"),
)
