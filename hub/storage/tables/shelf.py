"""What is kept for vendors that call by themselves and cannot be asked."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from hub.storage.tables.columns import Json, main

offer = Table(  # documents that a vendor fetches by itself, and what it showed of them last
    "offer",
    main,
    Column("system", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("record_id", Text),  # null: made by the vendor
    Column("document", Json),
    Column("revision", Integer, nullable=False, default=0),  # of the document; the two below: which was given last, and which was taken
    Column("given", Integer, nullable=False, default=0),
    Column("taken", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),  # how often this revision was given and not taken
    Column("session", Text, nullable=False, default="", server_default=""),  # in which it was given last
    Column("laid_at", Double, nullable=False, default=0.0),
    Column("given_at", Double),
    Column("taken_at", Double),
    Column("seen", Json),
    Column("seen_at", Double),
    PrimaryKeyConstraint("system", "resource", "number"),
    Index("offer_record", "system", "resource", "record_id", unique=True),
    Index("offer_owed", "system", "tries", "laid_at", sqlite_where=text("taken < revision"), postgresql_where=text("taken < revision")),
)

goods_name = Table(  # by what lines name the goods that a vendor brings by itself and cannot be asked for
    "goods_name",
    main,
    Column("system", Text, nullable=False),
    Column("goods", Text, nullable=False),  # the vendor's id
    Column("name", Text, nullable=False),  # an article or a barcode
    Column("place", Integer, nullable=False),  # the first is what the goods are called
    PrimaryKeyConstraint("system", "goods", "name"),
    Index("goods_by_name", "system", "name"),
)
