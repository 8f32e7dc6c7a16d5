"""Phones, e-mails and the like: one list of records in an item, written in two dialects, with the vendor's silent failures.

Documented and reproduced (bitrix24 docs: crm multifields, b24-rest-docs issue 265): a list sent on update appends, a missing
typeId is answered with success and does nothing, an unknown record id makes a new record, a string instead of a structure
is ignored, records not mentioned stay.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.bitrix24.params import as_mapping, to_int

LEGACY_TYPES = ("PHONE", "EMAIL", "WEB", "IM", "LINK")
Entry = dict[str, Any]


def write_item(entries: list[Entry], sent: Any, number: Callable[[], int]) -> list[Entry]:
    """The records after an Item write of ``fm``: an object keyed by record id or ``n0``, or a list of new ones."""
    if not isinstance(sent, dict | list):
        return entries
    after = [dict(entry) for entry in entries]
    for key, given in as_mapping(sent).items():
        if not isinstance(given, dict) or not given.get("typeId"):
            continue
        known = None if isinstance(sent, list) else next((entry for entry in after if entry["ID"] == to_int(key)), None)
        value = str(given.get("value") or "")
        if known is not None and not value:
            after.remove(known)
        elif known is not None:
            known.update(VALUE=value, VALUE_TYPE=str(given.get("valueType") or known["VALUE_TYPE"]))
        elif value:
            after.append(_new(number(), str(given["typeId"]), value, given.get("valueType")))
    return after


def write_legacy(entries: list[Entry], kind: str, sent: Any, number: Callable[[], int]) -> list[Entry]:
    """The records after a Legacy write of one kind, for example ``PHONE: [{"ID": 7, "DELETE": "Y"}, {"VALUE": "+7..."}]``."""
    if not isinstance(sent, dict | list):
        return entries
    after = [dict(entry) for entry in entries]
    for given in as_mapping(sent).values():
        if not isinstance(given, dict):
            continue
        value = str(given.get("VALUE") or "")
        record = to_int(given.get("ID"))
        known = next((entry for entry in after if entry["ID"] == record and entry["TYPE_ID"] == kind), None) if record else None
        if known is not None and (given.get("DELETE") == "Y" or not value):
            after.remove(known)
        elif known is not None:
            known.update(VALUE=value, VALUE_TYPE=str(given.get("VALUE_TYPE") or known["VALUE_TYPE"]))
        elif value:
            after.append(_new(number(), kind, value, given.get("VALUE_TYPE")))
    return after


def _new(number: int, kind: str, value: str, value_type: Any) -> Entry:
    return {"ID": number, "TYPE_ID": kind, "VALUE_TYPE": str(value_type or "WORK"), "VALUE": value}


def show_item(entries: list[Entry]) -> list[dict[str, Any]]:
    return [{"id": e["ID"], "valueType": e["VALUE_TYPE"], "value": e["VALUE"], "typeId": e["TYPE_ID"]} for e in entries]


def show_legacy(entries: list[Entry], kind: str) -> list[dict[str, str]]:
    return [
        {"ID": str(e["ID"]), "VALUE_TYPE": e["VALUE_TYPE"], "VALUE": e["VALUE"], "TYPE_ID": kind} for e in entries if e["TYPE_ID"] == kind
    ]


def aliases(entries: list[Entry]) -> dict[str, str]:
    """The flat read-only fields of an item: the first value of each kind, alone and with its value type."""
    flat: dict[str, str] = {}
    for entry in entries:
        kind = str(entry["TYPE_ID"]).lower()
        if kind in ("phone", "email"):
            flat.setdefault(kind, entry["VALUE"])
            flat.setdefault(kind + str(entry["VALUE_TYPE"]).capitalize(), entry["VALUE"])
    return flat
