"""Webhooks of InSales: unsigned, so that the secret in the address is all the proof there is, and what they bring is only a hint. Pure."""

from __future__ import annotations

import json
from typing import Any

from connectors.contract import Hint, WebhookRequest, WebhookUnreadable
from connectors.proof import at_our_address

Json = Any
KINDS = {"orders": "orders", "client": "clients", "clients": "clients"}  # the vendor's topics say client in the singular


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Hints of one delivery; its topic stands in the address, where the subscription put it. Raises WebhookRefused."""
    at_our_address(request, secret)
    kind, _, event = request.query.get("topic", "").partition("/")
    if kind not in KINDS:
        return []
    ident = _read(request.body).get("id")
    if not isinstance(ident, int) or isinstance(ident, bool):
        raise WebhookUnreadable("no id of an object")
    return [Hint(KINDS[kind], str(ident), "deleted" if event == "destroy" else "changed")]


def base_of(request: WebhookRequest) -> str:
    """The shop's own number, which an order bears; a client does not tell."""
    try:
        return str(_read(request.body).get("account_id") or "")
    except WebhookUnreadable:
        return ""


def _read(body: bytes) -> dict[str, Json]:
    """The object of a delivery. Raises WebhookUnreadable for XML, which a webhook made by hand may send, and for lists of goods."""
    try:
        found = json.loads(body)
    except ValueError as error:
        raise WebhookUnreadable("the body is not JSON: the webhook's format_type must be json") from error
    if not isinstance(found, dict):
        raise WebhookUnreadable("the body is no object")
    return found
