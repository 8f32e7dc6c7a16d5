"""Webhooks of MoySklad: unsigned, so the address itself is the secret; the body only names what changed. Pure."""

from __future__ import annotations

import json

from connectors.contract import Hint, WebhookRequest, WebhookUnreadable
from connectors.proof import at_our_address

KINDS = (
    "counterparty",
    "customerorder",
    "retaildemand",
    "retailsalesreturn",
    "salesreturn",
)  # notes have no webhooks (moysklad docs: entity types)


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Hints of one delivery. Raises WebhookRefused; WebhookUnreadable for a body of another shape or without the vendor's request id."""
    at_our_address(request, secret)
    if not request.query.get("requestId"):
        raise WebhookUnreadable("no requestId")
    try:
        events = json.loads(request.body)["events"]
        found = [(e["meta"]["type"], e["meta"]["href"].rstrip("/").rsplit("/", 1)[-1], e["action"]) for e in events]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WebhookUnreadable("not a list of events") from error
    return [Hint(kind, ident, "deleted" if action == "DELETE" else "changed") for kind, ident, action in found if kind in KINDS]


def base_of(request: WebhookRequest) -> str:
    """The account whose objects the events are of (moysklad docs, webhooks: ``accountId`` of each event); empty where there are none."""
    try:
        return str(json.loads(request.body)["events"][0].get("accountId") or "")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ""
