"""Webhooks of WooCommerce: HMAC-SHA256 of the raw body, then hints. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from connectors.contract import Hint, WebhookRefused, WebhookRequest

KINDS = {"customer": "customers", "order": "orders"}


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Hints of one delivery. The unsigned ping that follows a creation (``webhook_id=33``) is accepted and means nothing."""
    topic = request.header("X-WC-Webhook-Topic")
    if not topic and request.body.startswith(b"webhook_id="):
        return []
    wanted = base64.b64encode(hmac.new(secret.encode(), request.body, hashlib.sha256).digest()).decode()
    if not secret or not hmac.compare_digest(wanted.encode(), request.header("X-WC-Webhook-Signature").encode()):
        raise WebhookRefused("the signature does not match")
    kind, _, event = topic.partition(".")
    body = request.json()
    if not isinstance(body, dict) or not body.get("id"):
        return []
    if kind == "product":
        return [Hint("products", ident, "deleted" if event == "deleted" else "changed") for ident in _goods(body)]
    if kind not in KINDS:
        return []
    hint = Hint(KINDS[kind], str(body["id"]), "deleted" if event == "deleted" else "changed")
    return [hint, *(Hint("refunds", f"{body['id']}/{one['id']}") for one in _refunds(kind, body))]


def base_of(request: WebhookRequest) -> str:
    """The shop's home address (woocommerce docs: X-WC-Webhook-Source)."""
    return request.header("X-WC-Webhook-Source").rstrip("/")


def _goods(body: dict[str, Any]) -> list[str]:
    """What of a product is sold: a variation under its product, the variations of one that has some, or itself. Of a deleted one the number alone
    is told: a variation's says nothing, and its loss is found by comparing all."""
    if body.get("parent_id"):
        return [f"{body['parent_id']}:{body['id']}"]
    variations = body.get("variations")
    return [f"{body['id']}:{one}" for one in variations] if isinstance(variations, list) and variations else [str(body["id"])]


def _refunds(kind: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The refunds that an order names: none of them has a webhook of its own (woocommerce docs: webhooks, topics)."""
    named = body.get("refunds") if kind == "order" else None
    return [one for one in named if isinstance(one, dict) and one.get("id")] if isinstance(named, list) else []
