"""Feeds of goods at their secret addresses: RetailCRM and marketplaces fetch them by a plain address, so that the address is the key."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from hub.feeds import written
from hub.storage.catalogue import products
from hub.web.here import hub

feeds = Blueprint("feeds", __name__)


@feeds.get("/feeds/<name>/<secret>")
def feed(name: str, secret: str) -> Response:
    """The file, streamed. 404 for a wrong secret and for an unknown feed alike: neither tells of the other."""
    chosen = hub().settings.catalogue.feeds.get(name)
    right = hmac.compare_digest(secret.encode(), (chosen.secret if chosen else "").encode())
    if chosen is None or not right:
        return Response("unknown address\n", 404, mimetype="text/plain")
    date = datetime.fromtimestamp(hub().clock(), UTC).astimezone(ZoneInfo(hub().settings.timezone)).strftime("%Y-%m-%d %H:%M")
    return Response(written(chosen, partial(products, hub().store), date), mimetype="application/xml")
