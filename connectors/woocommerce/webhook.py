"""Webhooks of WooCommerce: HMAC-SHA256 of the raw body, then hints. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

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
    return [Hint(RESOURCES[kind], str(body["id"]), "deleted" if event == "deleted" else "changed")]
