"""One sentence for each system about a record: agrees, differs, waits, failed, or is not passed on, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.app import Hub
from hub.storage.links import COLUMNS, Link
from hub.sync.draft import Drafter
from hub.web.texts import word
from retry_queue.contract import Skip, Wait
from retry_queue.outbox import as_delivery

Json = Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """``state``: the word that colours it; ``text``: why; ``paths``: field values that differ."""

    system: str
    state: str
    text: str
    external_id: str


def sentences(hub: Hub, page: Mapping[str, Json], language: str) -> list[Sentence]:
    """What to say of each routed system."""
    entity = page["record"]["entity"]
    found = []
    for route in hub.settings.routes.get(entity, ()):
        links = [Link(**{name: x[name] for name in COLUMNS}) for x in page["links"] if x["system"] == route.system]
        link = next((x for x in links if x.role == "primary"), links[0] if links else None)
        found.append(_one(hub, route.system, link, page["deliveries"].get(route.system), language))
    return found


def _one(hub: Hub, system: str, link: Link | None, row: Mapping[str, Json] | None, language: str) -> Sentence:
    ident = (link.external_id or "") if link else ""
    if row is None:
        return Sentence(system, "read_only" if link else "never_sent", "", ident)
    state, text = row["state"], row["reason"]
    if state in ("dead", "retrying", "unknown"):
        field = f" ({row['error_field']})" if row["error_field"] else ""
        return Sentence(system, state, f"{row['error_text']}{field}. {word(row['error_class'], language)}", ident)
    if state in ("done", "pending", "waiting"):
        with hub.store.read() as at:
            draft = Drafter(hub, at, system, hub.clock()).drafts([as_delivery(dict(row))])[0]
        if isinstance(draft.ending, Skip):
            return Sentence(system, "skipped", draft.ending.reason, ident)
        if isinstance(draft.ending, Wait):
            return Sentence(system, "waiting", f"{draft.ending.on.get('field', '')} → {draft.ending.on.get('ref', '')}", ident)
        if draft.writes:
            return Sentence(system, "differs", ", ".join(draft.writes), ident)
        return Sentence(system, "agrees", text, ident)
    return Sentence(system, state, text, ident)
