"""HTTP triggers of RetailCRM: typed by an admin, unsigned, so the address itself is the secret; the body only names what changed. Pure."""

from __future__ import annotations

from urllib.parse import parse_qs

from connectors.contract import Hint, WebhookRequest, WebhookUnreadable
from connectors.proof import at_our_address
from connectors.retailcrm.returned import RETURNS

RESOURCES = {"customer": "customers", "order": "orders"}


def receive(request: WebhookRequest, secret: str) -> list[Hint]:
    """Hints of one call: form fields ``entity`` and ``id`` (docs/connectors/retailcrm.md says what to type). Raises WebhookRefused, WebhookUnreadable."""
    at_our_address(request, secret)
    try:
        form = {name: values[-1].strip() for name, values in parse_qs(request.body.decode()).items()}
    except ValueError as error:
        raise WebhookUnreadable("not form fields") from error
    fields = {**request.query, **form}
    entity, ident = fields.get("entity", ""), fields.get("id", "")
    if not entity or not ident.isdigit():
        raise WebhookUnreadable("no entity and id: see what to type into the trigger")
    if entity not in RESOURCES:
        return []
    if fields.get("event") == "deleted":
        return [Hint(RESOURCES[entity], ident, "deleted")]
    back = [Hint(RETURNS, ident)] if entity == "order" else []  # what came back stands in the order's lines, which a trigger does not name
    return [Hint(RESOURCES[entity], ident), *back]
