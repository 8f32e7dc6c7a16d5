"""Webhooks of flows: a marketer's template, unsigned; a long word of ours in ``Authorization`` proves it. A word that something may have changed. Pure.

A repeat bears the same ``transactionalId``. It needs no memory of its own: what is named is read anew, and hints of one object that wait are one.
"""

from __future__ import annotations

import hmac
import json

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable

NAMED = {"customer": ("customer", "mindboxId"), "segment": ("customer", "mindboxId"), "order": ("order", "orderId")}  # event before the dot


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Hints of one delivery (docs/connectors/mindbox.md says what to type). Raises WebhookRefused, WebhookUnreadable."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not secret or not hmac.compare_digest(f"Bearer {secret}".encode(), headers.get("authorization", "").encode()):
        raise WebhookRefused("the Authorization header is not ours")
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise WebhookUnreadable("the body is not JSON") from error
    if not isinstance(body, dict) or not body.get("event"):
        raise WebhookUnreadable("no event: see what to type into the template")
    resource, name = NAMED.get(str(body["event"]).partition(".")[0], ("", ""))
    if not resource:
        return []
    ident = str(body.get(name) or "").strip()
    if not ident.isdigit():
        raise WebhookUnreadable(f"no {name}: see what to type into the template")
    return [Hint(resource, ident)]
