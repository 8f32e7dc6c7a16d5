"""Reports of delivery: unsigned, so the address itself is the secret, and the body only names a message, which is then asked for. Pure.

Whoever sends names the hub's address as ``callbackUrl``. A report is a form unless JSON was asked for (SMS Aero docs: sms/send).
"""

from __future__ import annotations

from connectors.contract import Hint, WebhookRequest, WebhookUnreadable
from connectors.gateways import MESSAGE, said
from connectors.proof import at_our_address


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """The message that a report is of. Raises WebhookRefused, WebhookUnreadable."""
    at_our_address(request, secret)
    ident = said(request.body).get("id", "")
    if not ident.isdigit():
        raise WebhookUnreadable("a report names no message")
    return [Hint(MESSAGE, ident)]
