"""Webhooks of WooCommerce: HMAC-SHA256 of the raw body, then hints. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable

RESOURCES = {"customer": "customers", "order": "orders"}


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Hints of one delivery. The unsigned ping that follows a creation (``webhook_id=33``) is accepted and means nothing."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if "x-wc-webhook-topic" not in headers and request.body.startswith(b"webhook_id="):
        return []
    wanted = base64.b64encode(hmac.new(secret.encode(), request.body, hashlib.sha256).digest()).decode()
    if not secret or not hmac.compare_digest(wanted, headers.get("x-wc-webhook-signature", "")):
        raise WebhookRefused("the signature does not match")
    kind, _, event = headers.get("x-wc-webhook-topic", "").partition(".")
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise WebhookUnreadable("the body is not JSON") from error
    if kind not in RESOURCES or not isinstance(body, dict) or not body.get("id"):
        return []
    hint = Hint(RESOURCES[kind], str(body["id"]), "deleted" if event == "deleted" else "changed")
    return [hint, *(Hint("refunds", f"{body['id']}/{one['id']}") for one in _refunds(kind, body))]


def _refunds(kind: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The refunds that an order names: none of them has a webhook of its own (woocommerce docs: webhooks, topics)."""
    named = body.get("refunds") if kind == "order" else None
    return [one for one in named if isinstance(one, dict) and one.get("id")] if isinstance(named, list) else []
