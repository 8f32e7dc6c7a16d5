"""Events of the PBX: form fields ``vpbx_api_key``, ``sign`` and ``json``, signed like our requests. Pure.

One event is a fact, and taken from the body: the summary of a call that has ended. Legs of calls that go on, recordings, key presses and results of
commands say nothing that is kept. Which event it is tells the body: some editions of the reference head a summary as a leg.
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from connectors.contract import Hint, WebhookRefused, WebhookRequest, WebhookUnreadable
from connectors.mango import shape
from connectors.mango.sendable import identifier
from connectors.mango.signature import holds

CALL = "call"


def receive(request: WebhookRequest, key: str, salt: str) -> list[Hint]:
    """The call that one event tells of, if it does. Raises WebhookRefused, WebhookUnreadable."""
    try:
        form = {name: values[-1] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()}
    except ValueError as error:
        raise WebhookUnreadable("the body is not a form") from error
    text = form.get("json", "")
    if not holds(key, text, salt, form.get("vpbx_api_key", ""), form.get("sign", "")):
        raise WebhookRefused("the signature is not of this PBX")
    try:
        event = json.loads(text)
    except ValueError as error:
        raise WebhookUnreadable("the field json is not JSON") from error
    if not isinstance(event, dict) or "entry_result" not in event or "call_state" in event:
        return []
    if not identifier(event.get("entry_id")):
        raise WebhookUnreadable("a summary without entry_id")
    row = shape.of_summary(event)
    return [Hint(CALL, row["entry_id"], fact=row)] if row is not None else []
