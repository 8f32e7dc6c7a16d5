"""What proves a webhook that its vendor does not sign: the secret in the address to which it came. Pure."""

from __future__ import annotations

import hmac

from connectors.contract import WebhookRefused, WebhookRequest


def at_our_address(request: WebhookRequest, secret: str) -> None:
    """Raises WebhookRefused for any other address, and where no secret was agreed on."""
    if not secret or not hmac.compare_digest(secret.encode(), request.secret_part.encode()):
        raise WebhookRefused("the address does not bear our secret")
