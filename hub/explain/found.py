"""What somebody looks for, by whatever they have of it: a phone, a surname, a card, a number, an id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import views
from hub.sync.questions import asked, in_store

Json = Any


def find(hub: Hub, at: Connection, text: str, phones: Sequence[str], *, limit: int = 50) -> list[dict[str, Json]]:
    """Records by any business key: a phone in any spelling or its last four digits, a surname, an e-mail address, a card, the number of an
    order, a receipt with its store and day, or the id of a record, a remote object or a delivery."""
    places = {system: hub.resources(system) for system in hub.settings.systems}
    question = asked(text, phones, hub.today)
    rows = views.search(at, question.ident or text, question.keys, entities=list(hub.settings.routes), places=places, limit=limit)
    if question.store:
        titles = views.titles(at)
        rows = [
            r
            for r in rows
            if in_store(question.store, str(r["data"].get("store")), *titles.get(("store", str(r["data"].get("store"))), ()))
        ]
    if not rows and (delivery := views.queue(at, id=text.strip(), limit=1) if text.strip() else []):
        rows = views.search(at, delivery[0]["record_id"], (), entities=(), places={}, limit=1)
    return rows
