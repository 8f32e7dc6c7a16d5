"""Calls as custom actions: queued once under a transaction that is the fact's own key; what the queue fails at is in the log alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.contract import Outcome, Refusal, Remote, Write
from connectors.errors import ConnectorError, Rejected
from connectors.mindbox.api import Api
from connectors.mindbox.shape import Names

Json = Any
DONE_BEFORE = re.compile(r"already\W?(has\W|been\W)*processed|уже\W(была\W)?обработан", re.I)  # of a repeat (mindbox docs: idempotency)


def write(api: Api, what: str, write: Write, names: Names) -> Outcome:
    """Tell of one fact. Its key is the transaction: however often it is told, it is kept once."""
    if not api.operations[what].queued:
        error = Rejected(f"the operation of {what} must be async: a repeat is not told from the first otherwise", code="mode")
        return Outcome(error=error)
    try:
        api.write(what, body_of(write.data, names), transaction=write.key)
    except ConnectorError as error:
        return Outcome(error=error)
    return Outcome(Remote(write.key, {**write.data, "id": write.key}, "answer"))


def body_of(data: Mapping[str, Json], names: Names) -> dict[str, Json]:
    """What is empty is not sent: what it would mean is documented nowhere."""
    fields = {name: value for name, value in (data.get("customFields") or {}).items() if value not in (None, "")}
    body: dict[str, Json] = {
        "customer": {"ids": {"mindboxId": int(data["customer"]["ids"]["mindboxId"])}},
        "customerAction": {"customFields": fields},
    }
    body |= {"executionDateTimeUtc": data["at"]} if data.get("at") else {}
    return body | ({"pointOfContact": names.point} if names.point else {})


def refusal(row: Mapping[str, Json]) -> Refusal | None:
    """A row of the log of operations; None for one that tells no transaction, or only that a repeat of ours was one: what it repeats was done."""
    key = str(row.get("transactionId") or "").lower()
    if not key or DONE_BEFORE.search(f"{row.get('status')} {row.get('errorMessage')}"):
        return None
    text = str(row.get("errorMessage") or row.get("status") or "refused after it was queued")
    bare = key.replace("-", "")
    dashed = "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:])) if len(bare) == 32 else key
    return Refusal(dashed, Rejected(text, code=str(row.get("status") or "refused later")))


def sent(row: Mapping[str, Json], channels: Mapping[str, Json]) -> Remote:
    """A row of the export of actions as a message; without an id where it is none. ``channels``: the project's action template -> channel."""
    channel = channels.get(str(((row.get("actionTemplate") or {}).get("ids") or {}).get("systemName") or ""))
    person = ((row.get("customer") or {}).get("ids") or {}).get("mindboxId")
    if not channel or person is None:
        return Remote("", {}, "list")
    mailing = row.get("mailing") or {}
    said = {
        "messageState": "sent",
        "messageChannel": channel,
        "campaign": mailing.get("name") or (mailing.get("ids") or {}).get("externalId"),
    }
    fields = {name: value for name, value in said.items() if value not in (None, "")}
    ident = str(row["ids"]["mindboxId"])
    return Remote(
        ident, {"id": ident, "customer": {"ids": {"mindboxId": int(person)}}, "at": row.get("dateTimeUtc"), "customFields": fields}, "list"
    )
