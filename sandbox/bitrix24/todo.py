"""Universal to-dos, ``crm.activity.todo.*``: what a seller has still to do, a call back for example."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox.bitrix24 import activities, crm
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.values import parse_time


@method("crm.activity.todo.add", "crm", cost=0.3)
def add(call: Call) -> Any:
    kind, number = _owner(call)
    deadline, params = _moment(call, "deadline"), call.params
    values: Row = {
        "OWNER_TYPE_ID": kind, "OWNER_ID": number, "TYPE_ID": activities.PROVIDER, "PROVIDER_ID": "CRM_TODO", "PROVIDER_TYPE_ID": "TODO",
        "SUBJECT": params.text("title"), "DESCRIPTION": params.text("description"), "START_TIME": deadline, "END_TIME": deadline,
        "RESPONSIBLE_ID": params.integer("responsibleId") or call.identity.user_id, "SETTINGS": _settings(call),
        "ASSOCIATED_ENTITY_ID": params.integer("parentActivityId"),
    }  # fmt: skip
    return {"id": activities.create(crm.writer(call), values)["ID"]}


@method("crm.activity.todo.update", "crm", cost=0.25)
def update(call: Call) -> Any:
    values: Row = {"SETTINGS": _settings(call)}
    for name, stored in (("title", "SUBJECT"), ("description", "DESCRIPTION")):
        if call.params.get(name) is not None:
            values[stored] = call.params.text(name)
    if call.params.integer("responsibleId"):
        values["RESPONSIBLE_ID"] = call.params.integer("responsibleId")
    return _changed(call, values | _due(_moment(call, "deadline")))


def _settings(call: Call) -> dict[str, Any]:
    return {"COLOR": call.params.text("colorId")} if call.params.text("colorId") else {}


def _owner(call: Call) -> tuple[int, int]:
    missing = next((name for name in ("ownerTypeId", "ownerId") if call.params.get(name) in (None, "")), None)
    if missing:
        raise RestError("100", f"Could not find value for parameter {{{missing}}}")
    kind, number = call.params.integer("ownerTypeId"), call.params.integer("ownerId")
    if activities.owner(call.portal, kind, number) is None:
        raise RestError("OWNER_NOT_FOUND", "Владелец элемента не найден")
    return kind, number


def _moment(call: Call, name: str) -> datetime:
    """A required time; without an offset it is the portal's own."""
    try:
        moment = parse_time(call.params.get(name))
    except RestError:
        raise RestError("WRONG_DATETIME_FORMAT", "Некорректный формат даты") from None
    if moment is None:
        raise RestError("100", f"Could not find value for parameter {{{name}}}")
    return moment


def _due(deadline: datetime) -> Row:
    return {"START_TIME": deadline, "END_TIME": deadline}


def _changed(call: Call, values: Row) -> Any:
    kind, number = _owner(call)
    row = call.portal.activities.rows.get(call.params.integer("id"))
    if row is None or row["PROVIDER_ID"] != "CRM_TODO" or (row["OWNER_TYPE_ID"], row["OWNER_ID"]) != (kind, number):
        raise RestError("NOT_FOUND", "Not found.")
    if row["COMPLETED"] == "Y":
        raise RestError("CAN_NOT_UPDATE_COMPLETED_TODO", "Закрытое дело нельзя изменять")
    activities.change(crm.writer(call), row, values)
    return {"id": row["ID"]}


_SINGLE: dict[str, Callable[[Call], Row]] = {
    "updateDeadline": lambda call: _due(_moment(call, "value")),
    "updateDescription": lambda call: {"DESCRIPTION": call.params.text("value")},
    "updateResponsibleUser": lambda call: {"RESPONSIBLE_ID": call.params.integer("value")},
    "updateColor": lambda call: {"SETTINGS": {"COLOR": call.params.text("value")}},
}


def _register(action: str, values: Callable[[Call], Row]) -> None:
    method(f"crm.activity.todo.{action}", "crm", cost=0.2)(lambda call: _changed(call, values(call)))


for _action, _values in _SINGLE.items():
    _register(_action, _values)
