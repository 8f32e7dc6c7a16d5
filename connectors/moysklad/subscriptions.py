"""Webhook subscriptions of an account: ours made, enabled again, and old ones of ours removed; those of others left alone."""

from __future__ import annotations

from typing import Any

from connectors.contract import Subscription
from connectors.errors import Missing, Rejected
from connectors.moysklad.api import Api
from connectors.moysklad.webhook import KINDS

Json = Any
ACTIONS = ("CREATE", "UPDATE", "DELETE")
EXISTS = "30003"


def hooks(api: Api) -> list[Json]:
    """Every webhook that this token sees."""
    found: list[Json] = []
    while True:
        rows = api.get("entity/webhook", {"limit": 1000, "offset": len(found)})["rows"]
        found += rows
        if len(rows) < 1000:
            return found


def subscribe(api: Api, url: str) -> Subscription:
    """One webhook for each kind and action at ``url``. A disabled one is enabled: the vendor disables after days of failures.
    Those at another secret of our own address are removed, for five addresses a kind are the limit (30007)."""
    there = hooks(api)
    held = {(w["entityType"], w["action"]): w for w in there if w.get("url") == url}
    repaired = []
    for old in there:
        if old.get("url", "") != url and old.get("url", "").startswith(url.rsplit("/", 1)[0] + "/"):
            try:
                api.send("DELETE", f"entity/webhook/{old['id']}", None, safe=True)
            except Missing:  # another process was quicker
                continue
    for kind in KINDS:
        for action in ACTIONS:
            hook = held.get((kind, action))
            if hook is None:
                _make(api, {"url": url, "action": action, "entityType": kind})
            elif hook.get("enabled") is False:
                api.send("PUT", f"entity/webhook/{hook['id']}", {"enabled": True}, safe=True)
            else:
                continue
            repaired.append(f"{kind} {action}")
    return Subscription(tuple(f"{kind} {action}" for kind in KINDS for action in ACTIONS), tuple(repaired))


def _make(api: Api, body: Json) -> None:
    try:
        api.send("POST", "entity/webhook", body)
    except Rejected as error:
        if error.code != EXISTS:  # another process was quicker
            raise
