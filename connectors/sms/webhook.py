"""Reports of delivery: unsigned, so the address itself is the secret, and the body only names a message, which is then asked for. Pure.

Whoever sends names the hub's address as ``callbackUrl``. A report is a form unless JSON was asked for (SMS Aero docs: sms/send).
"""

from __future__ import annotations

import hmac
import json
from urllib.parse import parse_qs

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """The message that a report is of. Raises WebhookRefused, WebhookUnreadable."""
    if not secret or not hmac.compare_digest(secret.encode(), request.secret_part.encode()):
        raise WebhookRefused("not at our address")
    ident = _ident(request.body)
    if not ident.isdigit():
        raise WebhookUnreadable("a report names no message")
    return [Hint("message", ident)]


def _ident(body: bytes) -> str:
    """``id`` of a form or of JSON; empty where there is none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return ""
    if not text.lstrip().startswith(("{", "[")):
        return (parse_qs(text).get("id") or [""])[0].strip()
    try:
        said = json.loads(text)
    except ValueError:
        return ""
    return str(said.get("id") or "") if isinstance(said, dict) else ""
