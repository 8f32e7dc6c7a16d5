"""Events of Bitrix24: form-encoded, known by the application token, naming an id and no more. Pure.

bitrix24 docs, events: there is no signature; ``auth[application_token]`` is compared. A finished call is told in full, but without its
customer and its key, so it is fetched like the rest.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable

KINDS = {"CONTACT": ("contact",), "DEAL": ("deal", "call_deal")}  # an event does not tell in which funnel its deal stands


def receive(request: WebhookRequest, token: str) -> list[Hint]:
    """Hints of one event. Raises WebhookRefused where the application token is not ours."""
    try:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}
    except UnicodeDecodeError as error:
        raise WebhookUnreadable("the body is not a form") from error
    if not token or not hmac.compare_digest(form.get("auth[application_token]", "").encode(), token.encode()):
        raise WebhookRefused("the application token does not match")
    event = form.get("event", "").upper()
    if event == "ONVOXIMPLANTCALLEND":
        return [Hint("call", form["data[CALL_ID]"])] if form.get("data[CALL_ID]") else []
    ident = form.get("data[FIELDS][ID]", "")
    if not ident.isdigit():
        return []
    if event in ("ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE"):
        return [Hint("call", f"act:{ident}"), Hint("call_task", ident)]
    if event == "ONCRMACTIVITYDELETE":
        return [Hint("call_task", ident, "deleted")]  # a call that took place stays one
    kind = next((name for name in KINDS if event.startswith(f"ONCRM{name}")), "")
    happened = "deleted" if event.endswith("DELETE") else "changed"
    return [Hint(resource, ident, happened) for resource in KINDS.get(kind, ())]


def base_of(request: WebhookRequest) -> str:
    """The portal that an event comes from (bitrix24 docs, events: ``auth[member_id]``); empty where it does not tell."""
    return next(iter(parse_qs(request.body.decode(errors="replace")).get("auth[member_id]", ())), "")
