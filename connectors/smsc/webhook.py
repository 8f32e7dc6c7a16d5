"""Reports of delivery: one address of the account, a form by GET or POST, signed where the cabinet has a secret word. It only names a message, which is then
asked for: neither the detail nor the time of a report is covered by its signature (SMSC.ru docs: callback). Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable
from connectors.gateways import MESSAGE, digits, said
from connectors.proof import at_our_address
from connectors.smsc.shape import NO_MESSAGE, ident, parts


def signatures(fields: Mapping[str, str], secret: str) -> dict[str, str]:
    """The signatures that a report may bear, by the name of their field: of ``id:phone:status:secret``."""
    signed = ":".join((*(fields.get(name, "") for name in ("id", "phone", "status")), secret)).encode()
    return {"md5": hashlib.md5(signed, usedforsecurity=False).hexdigest(), "sha1": hashlib.sha1(signed, usedforsecurity=False).hexdigest()}


def receive(request: WebhookRequest, address: str, secret: str) -> list[Hint]:
    """The message that a report is of. ``address``: the secret part of the hub's address; ``secret``: the word in the cabinet, where there is one. Raises
    WebhookRefused, WebhookUnreadable."""
    at_our_address(request, address)
    fields = {name: str(value).strip() for name, value in request.query.items()} | said(request.body)
    if secret and not any(
        hmac.compare_digest(good.encode(), fields.get(name, "").lower().encode()) for name, good in signatures(fields, secret).items()
    ):
        raise WebhookRefused("the signature is not that of the secret word in the cabinet")
    if fields.get("type") in NO_MESSAGE:
        return []
    key = ident(fields.get("id", ""), digits(fields.get("phone")))
    if parts(key) is None:
        raise WebhookUnreadable("a report names no message")
    return [Hint(MESSAGE, key)]
