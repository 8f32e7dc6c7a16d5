"""Activities of the timeline: their fields, and the creating, changing and deleting that all their methods share."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.crm import Writer
from sandbox.bitrix24.fields import CONTACT, DEAL
from sandbox.bitrix24.params import as_list, as_mapping, to_int
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.values import show_legacy, store

MEETING, CALL, EMAIL, PROVIDER = 1, 2, 4, 6
INCOMING, OUTGOING = 1, 2
WAITING, DONE = 1, 2

# Field -> kind; the wire shows strings, as all of this family does.
KINDS = {
    **dict.fromkeys(("ID", "OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "ASSOCIATED_ENTITY_ID", "STATUS", "RESPONSIBLE_ID"), "integer"),
    **dict.fromkeys(("PROVIDER_ID", "PROVIDER_TYPE_ID", "PROVIDER_GROUP_ID", "SUBJECT"), "string"),
    **dict.fromkeys(("CREATED", "LAST_UPDATED", "START_TIME", "END_TIME", "DEADLINE"), "datetime"),
    **dict.fromkeys(("COMPLETED", "IS_INCOMING_CHANNEL"), "boolean"),
    **dict.fromkeys(("PRIORITY", "NOTIFY_TYPE", "NOTIFY_VALUE", "DESCRIPTION_TYPE", "DIRECTION", "AUTHOR_ID", "EDITOR_ID"), "integer"),
    **dict.fromkeys(("DESCRIPTION", "LOCATION", "ORIGINATOR_ID", "ORIGIN_ID", "ORIGIN_VERSION", "PROVIDER_DATA"), "string"),
    **dict.fromkeys(("SETTINGS", "PROVIDER_PARAMS"), "object"),
    **dict.fromkeys(("RESULT_MARK", "RESULT_STATUS", "RESULT_STREAM", "AUTOCOMPLETE_RULE"), "integer"),
    **dict.fromkeys(("RESULT_VALUE", "RESULT_SUM"), "double"),
    **dict.fromkeys(("RESULT_CURRENCY_ID", "RESULT_SOURCE_ID"), "string"),
}
READ_ONLY = frozenset({"ID", "CREATED", "LAST_UPDATED", "DEADLINE", "AUTHOR_ID", "EDITOR_ID"})
IMMUTABLE = frozenset({"OWNER_ID", "OWNER_TYPE_ID", "TYPE_ID", "PROVIDER_ID", "PROVIDER_TYPE_ID"})
_PROVIDERS = {MEETING: ("CRM_MEETING", "MEETING"), CALL: ("VOXIMPLANT_CALL", "CALL"), EMAIL: ("CRM_EMAIL", "EMAIL")}


def given(sent: dict[str, Any]) -> Row:
    """Stored values of the writable fields sent; others are ignored."""
    values: Row = {}
    for name, value in sent.items():
        key = name.upper()
        if key == "COMMUNICATIONS":
            values[key] = [communication(one) for one in as_list(value) if as_mapping(one)]
        elif KINDS.get(key) == "object":
            values[key] = as_mapping(value)
        elif key in KINDS and key not in READ_ONLY:
            values[key] = store(KINDS[key], value)
    return values


def communication(sent: Any) -> Row:
    one = as_mapping(sent)
    return {
        "TYPE": str(one.get("TYPE") or "PHONE"), "VALUE": str(one.get("VALUE") or ""),
        "ENTITY_ID": to_int(one.get("ENTITY_ID")), "ENTITY_TYPE_ID": to_int(one.get("ENTITY_TYPE_ID")),
    }  # fmt: skip


def create(who: Writer, values: Row) -> Row:
    """Store an activity and fire its event. The owner, and who is communicated with, are bound to it."""
    portal, now = who.portal, who.portal.moment()
    row: Row = dict.fromkeys(KINDS)
    row |= {"ASSOCIATED_ENTITY_ID": 0, "PRIORITY": 2, "NOTIFY_TYPE": 0, "NOTIFY_VALUE": 0, "DESCRIPTION": "", "DESCRIPTION_TYPE": 1}
    row |= {"DIRECTION": 0, "LOCATION": "", "SETTINGS": {}, "PROVIDER_PARAMS": {}, "COMPLETED": "N", "IS_INCOMING_CHANNEL": "N"}
    row |= {"RESULT_MARK": 0, "RESULT_STATUS": 0, "RESULT_STREAM": 0, "AUTOCOMPLETE_RULE": 0, "COMMUNICATIONS": [], "START_TIME": now}
    row |= {"CREATED": now, "AUTHOR_ID": who.user_id, "RESPONSIBLE_ID": who.user_id}
    if values["TYPE_ID"] in _PROVIDERS:
        row["PROVIDER_ID"], row["PROVIDER_TYPE_ID"] = _PROVIDERS[values["TYPE_ID"]]
    row |= values
    row["ID"] = portal.activities.next_id()
    for entry in row["COMMUNICATIONS"]:
        entry["ID"] = portal.number("communication")
    row["BINDINGS"] = _bindings(row)
    _save(who, row, "ADD")
    if (row["TYPE_ID"], row["DIRECTION"], row["COMPLETED"]) == (EMAIL, OUTGOING, "Y"):
        portal.side_effect("mails")
    return row


def change(who: Writer, row: Row, values: Row) -> None:
    row |= {name: value for name, value in values.items() if name not in IMMUTABLE}
    _save(who, row, "UPDATE")


def remove(who: Writer, number: int) -> None:
    who.portal.activities.drop(number)
    who.emit("ONCRMACTIVITYDELETE", number)


def owner(portal: Portal, kind: int, number: int) -> Row | None:
    """The contact or deal; None when there is none."""
    return portal.crm[kind].rows.get(number) if kind in portal.crm else None


def _save(who: Writer, row: Row, what: str) -> None:
    """Derived fields, index, event; the owner's timeline moves, its time of change does not."""
    now = who.portal.moment()
    row |= {"LAST_UPDATED": now, "EDITOR_ID": who.user_id, "STATUS": DONE if row["COMPLETED"] == "Y" else WAITING}
    row["END_TIME"] = row["END_TIME"] or row["START_TIME"]
    row["DEADLINE"] = row["END_TIME"] if row["TYPE_ID"] == PROVIDER else row["START_TIME"]
    who.portal.activities.put(row)
    for binding in row["BINDINGS"]:
        held = owner(who.portal, binding["OWNER_TYPE_ID"], binding["OWNER_ID"])
        if held is not None:
            held |= {"LAST_ACTIVITY_TIME": now, "LAST_ACTIVITY_BY": who.user_id}
    who.emit(f"ONCRMACTIVITY{what}", row["ID"])


def _bindings(row: Row) -> list[Row]:
    pairs = [(row["OWNER_TYPE_ID"], row["OWNER_ID"]), *((one["ENTITY_TYPE_ID"], one["ENTITY_ID"]) for one in row["COMMUNICATIONS"])]
    return [{"OWNER_TYPE_ID": kind, "OWNER_ID": number} for kind, number in dict.fromkeys(pairs) if kind in (CONTACT, DEAL) and number]


def show(row: Row, names: list[str]) -> dict[str, Any]:
    """Strings; an empty object is ``[]``; communications and files only when named."""
    everything = not names or "*" in names
    shown = {name: _wire(kind, row[name]) for name, kind in KINDS.items() if everything or name in names}
    if "COMMUNICATIONS" in names:
        shown["COMMUNICATIONS"] = [{name: str(value) for name, value in one.items()} for one in row["COMMUNICATIONS"]]
    if "BINDINGS" in names:
        shown["BINDINGS"] = [{name: str(value) for name, value in one.items()} for one in row["BINDINGS"]]
    return shown


def _wire(kind: str, value: Any) -> Any:
    if kind == "object":
        return value or []
    return show_legacy(kind, value)
