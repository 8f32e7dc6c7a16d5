"""The subscription to statuses. An account has one address for each type: a second wish replaces the first, so that of another program stays."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from connectors.cdek.api import Api
from connectors.cdek.webhook import STATUS
from connectors.contract import Subscription

Json = Any


def held(api: Api) -> dict[str, Json] | None:
    """The account's subscription to statuses, or None."""
    return next((one for one in api.get("webhooks") or () if one.get("type") == STATUS), None)


def subscribe(api: Api, url: str) -> Subscription:
    """Ours where there is none, or ours at a former secret; another program's address is left alone, and polls do without."""
    there = held(api)
    if there is not None and (there.get("url") == url or not _ours(str(there.get("url")), url)):
        return Subscription((STATUS,) if there.get("url") == url else ())
    api.send("POST", "webhooks", {"url": url, "type": STATUS})
    return Subscription((STATUS,), (STATUS,))


def _ours(there: str, url: str) -> bool:
    """The same host and system: an address of ours whose secret has changed."""
    a, b = urlsplit(there), urlsplit(url)
    return (a.netloc, a.path.rpartition("/")[0]) == (b.netloc, b.path.rpartition("/")[0])
