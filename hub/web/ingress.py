"""Webhooks: check, insert, answer. Nothing else happens before the answer (I1); it works while Redis is down."""

from __future__ import annotations

import hmac

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from connectors.contract import Receives, WebhookRefused, WebhookRequest
from hub.app import Hub

log = structlog.get_logger()
ingress = Blueprint("ingress", __name__)
LARGEST = 5 * 1024 * 1024


@ingress.post("/webhooks/<system>/<secret>")
def receive(system: str, secret: str) -> Response:
    """401: not what it claims to be; 413: too large; 503: not stored, send again; 200: stored."""
    hub: Hub = current_app.config["HUB"]
    chosen = hub.settings.systems.get(system)
    expected = chosen.webhook_secret if chosen else ""
    if chosen is None or not expected or not hmac.compare_digest(secret.encode(), expected.encode()):
        return Response("unknown address\n", 401)
    if (request.content_length or 0) > LARGEST:
        return Response("too large\n", 413)
    connector = hub.connectors[system]
    if not isinstance(connector, Receives):
        return Response("this system sends no webhooks\n", 404)
    body = request.get_data(cache=False)
    if len(body) > LARGEST:
        return Response("too large\n", 413)
    try:
        hints = connector.receive(WebhookRequest(dict(request.headers), body, request.args.to_dict(), secret))
    except WebhookRefused as refusal:
        log.warning("webhook.refused", system=system, reason=str(refusal))
        return Response(f"{refusal}\n", 401)
    now = hub.clock()
    rows = [
        {
            "system": system,
            "resource": hint.resource,
            "external_id": hint.id,
            "kind": "fact" if hint.fact else "hint",
            "data": hint.fact,
            "representation": "webhook" if hint.fact else "",
            "looked_at": now,
            "received_at": now,
            "due_at": now,
        }  # fmt: skip
        for hint in hints
    ]
    try:
        current_app.config["ACCEPTANCE"].put(rows)
    except (SQLAlchemyError, OSError) as error:
        log.error("webhook.not_stored", system=system, error=type(error).__name__)
        return Response("not stored, send again\n", 503)
    return Response("ok\n", 200)
