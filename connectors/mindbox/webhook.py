"""Webhooks of flows: a marketer's template, unsigned; a long word of ours in ``Authorization`` proves it. A word that something may have changed,
or a fact: a message that was sent, or somebody who is to be called. Pure.

A repeat bears the same ``transactionalId``, which is the fact's id: told twice it is one. What else is named is read anew, and hints of one object that
wait are one.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable

Json = Any
NAMED = {"customer": ("customer", "mindboxId"), "segment": ("customer", "mindboxId"), "order": ("order", "orderId")}  # event before the dot

MESSAGE, SEGMENT, CALL = "message.", "segment", "call.wanted"
AFTERWARDS = ("opened", "clicked")  # of a message that was told when it was sent


def receive(request: WebhookRequest, secret: str, segments: Sequence[str] = ()) -> list[Hint]:
    """Hints of one delivery (docs/connectors/mindbox.md says what to type). ``segments``: those that the hub keeps up with. Raises WebhookRefused, WebhookUnreadable."""
    if not secret or not hmac.compare_digest(f"Bearer {secret}".encode(), request.header("Authorization").encode()):
        raise WebhookRefused("the Authorization header is not ours")
    body = request.json()
    if not isinstance(body, dict) or not body.get("event"):
        raise WebhookUnreadable("no event: see what to type into the template")
    if str(body["event"]).startswith(MESSAGE):
        return _message(body)
    if body["event"] == CALL:
        return [_request(body)]
    resource, name = NAMED.get(str(body["event"]).partition(".")[0], ("", ""))
    if not resource:
        return []
    ident = str(body.get(name) or "").strip()
    if not ident.isdigit():
        raise WebhookUnreadable(f"no {name}: see what to type into the template")
    entered = str(body.get(SEGMENT) or "") if str(body["event"]).startswith(SEGMENT) else ""
    return [Hint(resource, ident), *([Hint(SEGMENT, f"{entered}:{ident}")] if entered in segments else [])]


def _message(body: Mapping[str, Json]) -> list[Hint]:
    """What Mindbox sent to a customer, known by ``messageId`` where the template names one, else by its delivery. What became of a message that is not
    named is no second message. Raises WebhookUnreadable where it bears no id to tell it from its repeat."""
    delivery, person = str(body.get("transactionalId") or "").strip(), str(body.get("mindboxId") or "").strip()
    named = str(body.get("messageId") or "").strip()
    if not (named or delivery) or not person.isdigit():
        raise WebhookUnreadable("no transactionalId or mindboxId: see what to type into the template")
    state = str(body["event"]).removeprefix(MESSAGE)
    if not named and state in AFTERWARDS:
        return []
    said = {
        "messageState": state,
        "messageChannel": body.get("channel"),
        "campaign": body.get("campaign"),
        "messageSubject": body.get("subject"),
    }
    fields = {name: value for name, value in said.items() if value not in (None, "")}
    ident = named or delivery
    fact = {"id": ident, "customer": {"ids": {"mindboxId": int(person)}}, "at": body.get("at"), "customFields": fields}
    return [Hint("message", ident, fact=fact)]


def _request(body: Mapping[str, Json]) -> Hint:
    """Somebody whom a campaign wants called. Raises WebhookUnreadable where it bears no id to tell it from its repeat, or no campaign."""
    ident, person = str(body.get("transactionalId") or "").strip(), str(body.get("mindboxId") or "").strip()
    said = {name: str(body[name]).strip() for name in ("campaign", "reason", "store", "comment") if body.get(name)}
    if not ident or not person.isdigit() or not said.get("campaign"):
        raise WebhookUnreadable("no transactionalId, mindboxId or campaign: see what to type into the template")
    return Hint("call_request", ident, fact={"id": ident, "customer": {"ids": {"mindboxId": int(person)}}, "at": body.get("at"), **said})
