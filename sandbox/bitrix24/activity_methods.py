"""``crm.activity.*``: calls, meetings and letters. Errors have an empty code and their reason in the text, as the vendor's."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24 import activities, crm
from sandbox.bitrix24.activities import CALL, KINDS, PROVIDER
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.filters import Column, Page, page_of
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.params import Params, as_list, as_mapping, to_int
from sandbox.bitrix24.registry import Call, method

_TASK = 3


def known(call: Call) -> Row:
    row = call.portal.activities.rows.get(call.params.integer("id"))
    if row is None:
        raise RestError("", "Activity is not found")
    return row


@method("crm.activity.add", "crm", cost=0.3)
def add(call: Call) -> Any:
    values = activities.given(call.params.mapping("fields"))
    _check(call, values)
    return activities.create(crm.writer(call), values)["ID"]


def _check(call: Call, values: Row) -> None:
    if not values.get("SUBJECT"):
        raise RestError("", "The field SUBJECT is not defined or empty")
    if values.get("RESPONSIBLE_ID") not in call.portal.users:
        raise RestError("", "The field RESPONSIBLE_ID is not defined or invalid")
    if values.get("TYPE_ID") not in (activities.MEETING, CALL, activities.EMAIL, PROVIDER):
        text = "Use tasks.task.add" if values.get("TYPE_ID") == _TASK else "The field TYPE_ID is not defined or invalid"
        raise RestError("", text)
    if values["TYPE_ID"] == PROVIDER and not values.get("PROVIDER_ID"):
        raise RestError("", "The custom activity without provider is not supported in current context")
    entries = values.get("COMMUNICATIONS") or []
    if values["TYPE_ID"] != PROVIDER and not entries:
        raise RestError("", "The field COMMUNICATIONS is not defined or invalid")
    if values["TYPE_ID"] == CALL and len(entries) > 1:
        raise RestError("", "The only one communication is allowed for activity of specified type")
    if activities.owner(call.portal, values.get("OWNER_TYPE_ID", 0), values.get("OWNER_ID", 0)) is None:
        raise RestError("", "Could not build binding. Please ensure that owner info and communications are defined correctly")


@method("crm.activity.update", "crm", cost=0.25)
def update(call: Call) -> Any:
    values = activities.given(call.params.mapping("fields"))
    if "RESPONSIBLE_ID" in values and values["RESPONSIBLE_ID"] not in call.portal.users:
        raise RestError("", "The field RESPONSIBLE_ID is not defined or invalid")
    activities.change(crm.writer(call), known(call), values)
    return True


@method("crm.activity.get", "crm")
def get(call: Call) -> Any:
    return activities.show(known(call), [])


@method("crm.activity.delete", "crm", cost=0.2)
def delete(call: Call) -> Any:
    activities.remove(crm.writer(call), known(call)["ID"])
    return True


@method("crm.activity.fields", "crm")
def fields(call: Call) -> Any:
    named = KINDS | {"COMMUNICATIONS": "crm_activity_communication", "FILES": "diskfile", "BINDINGS": "crm_activity_binding"}
    return {
        name: {
            "type": kind, "isRequired": False, "isReadOnly": name in activities.READ_ONLY, "isImmutable": name in activities.IMMUTABLE,
            "isMultiple": name in ("COMMUNICATIONS", "FILES", "BINDINGS"), "isDynamic": False, "title": name,
        }
        for name, kind in named.items()
    }  # fmt: skip


@method("crm.activity.list", "crm", cost=0.15)
def list_activities(call: Call) -> Page:
    """Ordered by START_TIME unless asked otherwise. ``BINDINGS`` in the filter: any of the pairs, one of whose keys may be absent."""

    def find(name: str) -> Column | None:
        key = name.upper()
        return Column(lambda row: row.get(key), KINDS[key], key) if KINDS.get(key, "object") != "object" else None

    wanted = call.params.mapping("filter")
    pairs = as_list(wanted.pop("BINDINGS", None))
    rows = select(call.portal.activities, _uncounted_too(call.params, wanted, bool(pairs)), find, False, {"START_TIME": "ASC"})
    if pairs:
        rows = [row for row in rows if any(_bound(row, as_mapping(pair)) for pair in pairs)]
    names = [str(name).upper() for name in call.params.items_of("select")]
    return page_of(call.params, rows, lambda row: activities.show(row, names), list)


def _uncounted_too(params: Params, wanted: dict[str, Any], bound: bool) -> Params:
    """The caller's parameters without BINDINGS; with them no page may be cut before they are tested."""
    changed = Params({**params, "filter": wanted})
    if bound:
        changed["start"] = 0
    return changed


def _bound(row: Row, pair: dict[str, Any]) -> bool:
    wanted = {name: to_int(value) for name, value in pair.items() if name in ("OWNER_TYPE_ID", "OWNER_ID")}
    return any(all(binding[name] == value for name, value in wanted.items()) for binding in row["BINDINGS"])
