"""The subscription to changes of balances. The vendor lists none: which one is ours is kept with the credentials."""

from __future__ import annotations

import hashlib
from typing import Any

from connectors.bonusplus.api import Api
from connectors.bonusplus.webhook import BALANCE, authorization
from connectors.contract import Subscription, TokenStore
from connectors.errors import Missing, Rejected

Json = Any
KEPT = "subscription"


def subscribe(api: Api, tokens: TokenStore, url: str, secret: str) -> Subscription:
    """One subscription at ``url`` with our secret; one at a former address or secret goes. Whether the vendor dropped ours cannot be seen.
    Digests are kept alone: the secret is part of the address."""
    wanted = {name: hashlib.sha256(value.encode()).hexdigest() for name, value in (("url", url), ("secret", secret))}
    with tokens.exclusive():
        kept = tokens.load()
        held = kept.get(KEPT) or {}
        if {name: held.get(name) for name in wanted} == wanted and held.get("id"):
            return Subscription((BALANCE,))
        if held.get("id"):
            unsubscribe(api, str(held["id"]))
        body = {"eventId": BALANCE, "url": url, "httpMethod": "POST", "contentType": "application/json"}
        made = api.send("POST", "webhook/subscription", body | {"authorization": authorization(secret)})
        tokens.save({**kept, KEPT: wanted | {"id": str(made["id"])}})
    return Subscription((BALANCE,), (BALANCE,))


def unsubscribe(api: Api, ident: str) -> None:
    """Remove a subscription, if it is still there."""
    try:
        api.send("DELETE", f"webhook/subscription/{ident}", None)
    except (Missing, Rejected):
        pass
