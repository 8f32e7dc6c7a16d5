"""Webhooks: check, insert, answer. Nothing else happens before the answer (I1); it works while Redis is down."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from connectors.contract import Acknowledges, Hint, Identifies, Receives, WebhookRefused, WebhookRequest, WebhookUnreadable
from hub.app import Hub
from hub.systems.fingerprints import called
from hub.web.health import count_webhook

log = structlog.get_logger()
ingress = Blueprint("ingress", __name__)
LARGEST = 5 * 1024 * 1024
LONGEST_ID = 500


@ingress.post("/webhooks/<system>/<secret>")
@ingress.post("/webhooks/<system>/<secret>/<path:topic>")
def receive(system: str, secret: str, topic: str = "") -> Response:
    """200: stored. 400: not readable; 401: not what it claims to be; 404: sends no webhooks; 413: too large: sending these again would not
    help. 503: not stored, send again. ``topic``: what a vendor puts behind an address that was typed once for all its events; the body tells it."""
    answer = _receive(system, secret)
    count_webhook(system, answer.status_code)
    return answer


def _receive(system: str, secret: str) -> Response:
    hub: Hub = current_app.config["HUB"]
    chosen = hub.settings.systems.get(system)
    expected = chosen.webhook_secret if chosen else ""
    if chosen is None or not expected or not hmac.compare_digest(secret.encode(), expected.encode()):
        return Response("unknown address\n", 401)
    connector = hub.connectors[system]
    if not isinstance(connector, Receives):
        return Response("this system sends no webhooks\n", 404)
    body = _body()
    if body is None:
        return Response("too large\n", 413)
    asked = WebhookRequest(dict(request.headers), body, request.args.to_dict(), secret)
    try:
        hints = connector.receive(asked)
    except WebhookRefused as refusal:
        log.warning("webhook.refused", system=system, reason=str(refusal))
        return Response(f"{refusal}\n", 400 if isinstance(refusal, WebhookUnreadable) else 401)
    except Exception:  # a shape that nobody thought of: the vendor's next webhook must not suffer, nor this one come for ever
        log.exception("webhook.unreadable", system=system)
        return Response("not readable\n", 400)
    if isinstance(connector, Identifies) and not _of_its_base(hub, system, connector.base_of(asked)):
        return Response("not of this base\n", 200)  # a copy of it calls: not to be asked to call again
    if any(not 0 < len(hint.id) <= LONGEST_ID or "\0" in hint.id for hint in hints):
        return Response("an id of no object\n", 400)
    answer = _stored(hub, system, hints)
    if answer.status_code == 200 and isinstance(connector, Acknowledges):
        return Response(connector.acknowledgement, 200, mimetype="application/json")
    return answer


def _of_its_base(hub: Hub, system: str, base: str) -> bool:
    """Whether a webhook comes from the base that the hub knows. What cannot be asked now does not keep it from being accepted."""
    try:
        return called(hub, system, base)
    except (SQLAlchemyError, OSError) as error:
        log.warning("fingerprint.unknown", system=system, error=type(error).__name__)
        return True


def _body() -> bytes | None:
    """The body as it came, or None where it is larger than any webhook: told by its length, or, sent in chunks, by reading no further."""
    request.max_content_length = (
        LARGEST + 1
    )  # a body in chunks is read up to here and silently cut: one byte more tells that there was more
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None
    return body if len(body) <= LARGEST else None


def _stored(hub: Hub, system: str, hints: Sequence[Hint]) -> Response:
    now, wanted = hub.clock(), hub.resources(system)  # what takes part; a vendor may tell of more
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
        if hint.resource in wanted
    ]
    try:
        current_app.config["ACCEPTANCE"].put(rows)
    except (SQLAlchemyError, OSError) as error:
        log.error("webhook.not_stored", system=system, error=type(error).__name__)
        return Response("not stored, send again\n", 503)
    return Response("ok\n", 200)
