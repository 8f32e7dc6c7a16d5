"""What somebody looks for, by whatever they have of it: a phone, a surname, a card, a number, an id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.settings import zone
from hub.language import Speech
from hub.storage import links as link_rows
from hub.storage import views
from hub.sync.aliases import ALIAS, keys_there
from hub.sync.context import BatchContext
from hub.sync.identify import match_keys
from hub.sync.questions import asked, in_store
from hub.sync.search_keys import second_keys
from mappings.phones import numbers

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


def only_there(hub: Hub, at: Connection, rows: Sequence[Mapping[str, Json]], text: str, say: Speech) -> dict[str, str]:
    """Of the ``rows`` that ``text`` found, those that do not have it themselves: record id -> which second object of theirs has it."""
    wanted, kinds = set(asked(text, numbers(text), hub.today).keys), hub.settings.identity.get("customer", ())
    people = {row["id"]: second_keys(match_keys("customer", row["data"], kinds)) for row in rows if row["entity"] == "customer"}
    contexts, told = dict[str, BatchContext](), dict[str, str]()
    for record_id, links in link_rows.by_records(at, people).items():
        for link in links:
            mapping = hub.mapping(link.system, link.resource) if link.system in hub.settings.systems else None
            if mapping is None or link.role != ALIAS:
                continue
            context = contexts.setdefault(link.system, BatchContext(at, link.system, zone(hub.settings.systems[link.system].timezone)))
            if (second_keys(keys_there(link, mapping, context, kinds)) - people[record_id]) & wanted:
                told[record_id] = say("“%(text)s” stands only in %(system)s, in the second object %(id)s: the record itself does not have it.",
                                      text=text, system=link.system, id=link.external_id)  # fmt: skip
    return told
