"""Webhooks of a shop: ours made and mended, old ones of ours removed. Others' are not seen: each application is shown its own alone."""

from __future__ import annotations

from typing import Any

from connectors.contract import Subscription
from connectors.errors import Missing
from connectors.insales.api import Api

Json = Any
TOPICS = ("orders/create", "orders/update", "orders/destroy", "client/create", "client/update")


def hooks(api: Api) -> list[Json]:
    return list(api.get("webhooks"))


def address(url: str, topic: str) -> str:
    """Where a topic is sent: no header and no field of the body names it."""
    return f"{url}?topic={topic}"


def subscribe(api: Api, url: str) -> Subscription:
    """Every topic, as JSON, at ``url``. Idempotent: the shop refuses the same address and topic twice."""
    there = hooks(api)
    held = {hook["topic"]: hook for hook in there if hook.get("address") == address(url, str(hook.get("topic")))}
    stem = f"{url.rsplit('/', 1)[0]}/"
    for old in there:
        if str(old.get("address", "")).startswith(stem) and held.get(old.get("topic")) is not old:
            try:
                api.send("DELETE", f"webhooks/{old['id']}", {}, safe=True)
            except Missing:
                continue
    repaired = []
    for topic in TOPICS:
        wanted = {"address": address(url, topic), "topic": topic, "format_type": "json"}
        if topic not in held:
            api.send("POST", "webhooks", {"webhook": wanted}, safe=False)
        elif held[topic].get("format_type") != "json" or held[topic].get("warehouse_id"):
            api.send("PUT", f"webhooks/{held[topic]['id']}", {"webhook": wanted | {"warehouse_id": None}}, safe=True)
        else:
            continue
        repaired.append(topic)
    return Subscription(TOPICS, tuple(repaired))
