"""All products, page by page, each page in a transaction of its own: a file of a million goods keeps nobody waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import select

from hub.storage.engine import Store
from hub.storage.tables import record

Json = Any
PAGE = 500


def products(store: Store, page: int = PAGE) -> Iterator[Sequence[tuple[str, dict[str, Json]]]]:
    """(record id, data) of every product that is not merged into another, in the order of ids."""
    r, last = record.c, ""
    while True:
        mine = (r.entity == "product", r.merged_into.is_(None), r.id > last)
        with store.read() as at:
            rows = [(str(ident), data) for ident, data in at.execute(select(r.id, r.data).where(*mine).order_by(r.id).limit(page))]
        if not rows:
            return
        yield rows
        last = rows[-1][0]
