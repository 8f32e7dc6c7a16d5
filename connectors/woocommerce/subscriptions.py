"""Webhooks of a shop: ours made, revived, and old ones of ours removed; those of others left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.contract import Subscription
from connectors.errors import Missing
from connectors.woocommerce.api import Api

Json = Any
TOPICS = tuple(f"{kind}.{event}" for kind in ("customer", "order") for event in ("created", "updated", "deleted")) + ("order.restored",)
GOODS = tuple(f"product.{event}" for event in ("created", "updated", "deleted", "restored"))


def hooks(api: Api) -> list[Json]:
    """Every webhook of the shop."""
    found: list[Json] = []
    while True:
        rows = api.get("webhooks", {"per_page": 100, "page": len(found) // 100 + 1})[0]
        found += rows
        if len(rows) < 100:
            return found


def subscribe(api: Api, url: str, secret: str, topics: Sequence[str] = TOPICS) -> Subscription:
    """Every needed topic active at ``url``. The shop disables a webhook after some failures in a row, so that it is revived here, with
    our secret: one that the shop made up could never be checked."""
    there = hooks(api)
    held = {hook["topic"]: hook for hook in there if hook.get("delivery_url") == url}
    repaired = []
    for old in there:
        address = str(old.get("delivery_url", ""))
        if address != url and address.startswith(url.rsplit("/", 1)[0] + "/"):
            try:
                api.send("DELETE", f"webhooks/{old['id']}?force=true", None, safe=True)
            except Missing:
                continue
    for topic in topics:
        if topic not in held:
            body = {"name": f"Sverka {topic}", "topic": topic, "delivery_url": url, "secret": secret, "status": "active"}
            api.send("POST", "webhooks", body, safe=False)
        elif held[topic].get("status") != "active":
            api.send("PUT", f"webhooks/{held[topic]['id']}", {"status": "active", "secret": secret}, safe=True)
        else:
            continue
        repaired.append(topic)
    return Subscription(tuple(topics), tuple(repaired))
