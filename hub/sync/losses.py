"""Objects that are not in their system any more: few are marked so, many at once are a question to a person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import links as link_rows
from hub.storage import views
from hub.storage.links import Link
from hub.sync.scale import IN, LOST, Example, Scale


def lose(hub: Hub, at: Connection, links: Sequence[Link], *, asked: float, weigh: bool = True) -> list[Link]:
    """Mark live links whose objects are gone, and save them: contributions kept, no writes, no second create. Returns those that were marked.
    ``asked``: when the system was asked for them; an older look does not bring them back. Raises Braked, with nothing marked, where one
    system and entity loses too many within an hour."""
    lost, scale = [x for x in links if x.state == "live"], Scale(hub, IN)
    for link in lost:
        scale.put(link.system, link.entity, hub.clock(), LOST, "", Example(link.record_id, link.external_id or ""))
    if weigh:
        scale.weigh(at)
    scale.keep(at)
    for link in lost:
        link.state, link.intent, link.looked_at = "gone", None, max(link.looked_at, asked)
    link_rows.save(at, lost)
    _think_again(hub, at, lost)
    return lost


def _think_again(hub: Hub, at: Connection, lost: Sequence[Link]) -> None:
    """What names a customer who is gone owes that system her no more: deliveries that failed for want of her are thought through anew."""
    for link in lost:
        if link.entity == "customer":
            hub.outbox.replay(at, views.failed_naming(at, link.system, link.record_id), now=hub.clock())
