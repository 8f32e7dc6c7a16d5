"""The deprecated but living families ``crm.contact.*`` and ``crm.deal.*``: upper-case names, strings, empty error codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.bitrix24 import crm, multifields
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import legacy_not_found
from sandbox.bitrix24.fields import CONTACT, DEAL, NAMES
from sandbox.bitrix24.filters import Column, Page, page_of
from sandbox.bitrix24.items import describe
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.params import is_yes, to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.values import parse_time, show_legacy, store

# Read-only in this family although the Item family writes them; CONTACT_IDS of a deal can be written but not listed.
_LOCKED = {"LEAD_ID", "QUOTE_ID"}
_IMPORTED = {"DATE_CREATE": "datetime", "DATE_MODIFY": "datetime", "CREATED_BY_ID": "user", "MODIFY_BY_ID": "user"}
# An unpaged default: without a select the list gives plain fields, without user fields and multifields.
_DEFAULT = ("*",)


def given_fields(portal: Portal, kind: int, sent: dict[str, Any], entries: list[Row], importing: bool) -> Row:
    """Stored values of the writable fields sent; the rest is ignored silently."""
    table = portal.tables[kind]
    given: Row = {}
    for name, value in sent.items():
        field = table.by_name.get(name.upper())
        if field is None or not field.legacy and field.name != "CONTACT_IDS" or field.name in _LOCKED:
            continue
        if not field.readonly:
            given[field.name] = store(field.kind, value, field.multiple)
        elif importing and field.name in _IMPORTED:
            given[field.name] = parse_time(value) if _IMPORTED[field.name] == "datetime" else to_int(value)
    if kind == CONTACT:
        for name in multifields.LEGACY_TYPES:
            if name in sent:
                given["FM"] = multifields.write_legacy(given.get("FM", entries), name, sent[name], lambda: portal.number("fm"))
    return given


def show(portal: Portal, kind: int, row: Row, select: list[str]) -> dict[str, Any]:
    """A record as strings. Masks: ``*`` plain fields, ``UF_*`` user fields; phones and the like only when named."""
    everything = not select
    names = set(select)
    item: dict[str, Any] = {"ID": str(row["ID"])}
    for field in portal.tables[kind].fields:
        mask = "UF_*" if field.dynamic else "*"
        if not field.legacy or field.name == "CONTACT_IDS":
            continue
        if everything or mask in names or field.name in names:
            item[field.name] = show_legacy(field.kind, row.get(field.name))
    if kind == CONTACT:
        for name in multifields.LEGACY_TYPES:
            shown = multifields.show_legacy(row["FM"], name)
            if (everything or name in names) and shown:
                item[name] = shown
    return item


def column(portal: Portal, kind: int, name: str) -> Column | None:
    if kind == CONTACT and name in multifields.LEGACY_TYPES:
        return Column(lambda row: [entry["VALUE"] for entry in row["FM"] if entry["TYPE_ID"] == name], name=name)
    field = portal.tables[kind].by_name.get(name)
    if field is None or not field.legacy or name == "CONTACT_IDS":
        return None
    return Column(lambda row: row.get(name), field.kind, name)


def _find_row(call: Call, kind: int) -> Row:
    row = call.portal.crm[kind].rows.get(call.params.integer("id"))
    if row is None:
        raise legacy_not_found()
    return row


def _add(call: Call, kind: int) -> Any:
    importing = is_yes(call.params.mapping("params").get("IMPORT"))
    given = given_fields(call.portal, kind, call.params.mapping("fields"), [], importing)
    return crm.create(crm.writer(call, robots=not importing), kind, given, strict=False)["ID"]


def _update(call: Call, kind: int) -> Any:
    row = _find_row(call, kind)
    given = given_fields(call.portal, kind, call.params.mapping("fields"), row["FM"], importing=False)
    given.pop("CATEGORY_ID", None)  # immutable here; deals change funnels through crm.item.update
    crm.change(crm.writer(call), kind, row, given, strict=False)
    return True


def _get(call: Call, kind: int) -> Any:
    return show(call.portal, kind, _find_row(call, kind), [])


def _list(call: Call, kind: int) -> Page:
    portal = call.portal

    def find(name: str) -> Column | None:
        return column(portal, kind, name.upper())

    rows = select(portal.crm[kind], call.params, find, strict=False, default={"ID": "ASC"})
    names = [str(name).upper() for name in call.params.items_of("select")] or list(_DEFAULT)
    return page_of(call.params, rows, lambda row: show(portal, kind, row, names), list)


def _delete(call: Call, kind: int) -> Any:
    crm.remove(crm.writer(call), kind, _find_row(call, kind)["ID"])
    return True


def _fields(call: Call, kind: int) -> Any:
    return {field.name: describe(field) for field in call.portal.tables[kind].fields if field.legacy}


_ACTIONS: dict[str, tuple[Callable[[Call, int], Any], float]] = {
    "add": (_add, 0.35), "update": (_update, 0.3), "get": (_get, 0.05), "list": (_list, 0.15), "delete": (_delete, 0.5),
    "fields": (_fields, 0.05),
}  # fmt: skip


def _register(kind: int, action: str, handler: Callable[[Call, int], Any], cost: float) -> None:
    method(f"crm.{NAMES[kind].lower()}.{action}", "crm", cost)(lambda call: handler(call, kind))


for _kind in (CONTACT, DEAL):
    for _action, (_handler, _cost) in _ACTIONS.items():
        _register(_kind, _action, _handler, _cost)
