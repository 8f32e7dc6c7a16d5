"""What other records point to: people, statuses and stages, funnels, and the history of stages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.bitrix24.errors import RestError, legacy_not_found
from sandbox.bitrix24.fields import DEAL
from sandbox.bitrix24.filters import Column, Page, compile_filter, page_of, sort_rows
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.values import show_item

_HISTORY = dict.fromkeys(("ID", "TYPE_ID", "OWNER_ID", "CATEGORY_ID"), "integer") | {
    "CREATED_TIME": "datetime",
    "STAGE_SEMANTIC_ID": "string",
    "STAGE_ID": "string",
}


@method("user.get", "user")
def users(call: Call) -> Page:
    """People of the portal. Filter keys may stand at the top level too, as in the vendor's samples."""
    rows = [{**row, "ID": int(row["ID"])} for row in call.portal.users.values()]
    wanted = call.params.mapping("filter") or {key.upper(): value for key, value in call.params.items() if key.upper() in rows[0]}

    def find(name: str) -> Column | None:
        if name.upper() == "ACTIVE":
            return Column(lambda row: "Y" if row["ACTIVE"] else "N", "boolean")
        return Column(lambda row: row.get(name.upper()), "integer" if name.upper() == "ID" else "string")

    test = compile_filter(wanted, find, strict=False)
    found = sort_rows(filter(test, rows), {call.params.text("sort", "ID"): call.params.text("order", "ASC")}, find, strict=False)
    return page_of(call.params, found, lambda row: {**row, "ID": str(row["ID"])}, list)


@method("user.current", "user")
def current(call: Call) -> Any:
    return call.portal.users[call.identity.user_id]


@method("crm.status.list", "crm")
def statuses(call: Call) -> Page:
    return Page(_rows(call, call.portal.statuses), total=len(_rows(call, call.portal.statuses)))


@method("crm.status.get", "crm")
def status(call: Call) -> Any:
    found = next((row for row in call.portal.statuses if row["ID"] == call.params.text("id")), None)
    if found is None:
        raise legacy_not_found()
    return found


def _rows(call: Call, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    def find(name: str) -> Column | None:
        return Column(lambda row: row.get(name.upper()))

    test = compile_filter(call.params.mapping("filter"), find, strict=False)
    return sort_rows(filter(test, rows), call.params.mapping("order"), _by_number, strict=False)


def _by_number(name: str) -> Column | None:
    key = name.upper()
    return Column(lambda row: int(row[key]) if str(row.get(key, "")).isdigit() else row.get(key))


@method("crm.category.list", "crm")
def categories(call: Call) -> Page:
    if call.params.integer("entityTypeId") != DEAL:
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "Направления есть только у сделок")
    return Page({"categories": call.portal.categories}, total=len(call.portal.categories))


@method("crm.stagehistory.list", "crm", cost=0.1)
def stage_history(call: Call) -> Page:
    if call.params.integer("entityTypeId") != DEAL:
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "История стадий есть только у сделок")

    def find(name: str) -> Column | None:
        return Column(lambda row: row.get(name), _HISTORY[name], name) if name in _HISTORY else None

    rows = select(call.portal.history, call.params, find, strict=True, default={"ID": "ASC"})
    names = [str(name) for name in call.params.items_of("select")]

    def show(row: dict[str, Any]) -> dict[str, Any]:
        return {name: show_item(kind, row[name]) for name, kind in _HISTORY.items() if not names or "*" in names or name in names}

    return page_of(call.params, rows, show, lambda piece: {"items": piece})
