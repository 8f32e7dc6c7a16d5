"""Writing of dictionaries and funnels: ``crm.status.add``, ``update``, ``delete``, ``crm.category.add``; an administrator's right (bitrix24 docs:
crm.status, crm.category)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError, legacy_not_found
from sandbox.bitrix24.fields import DEAL
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.seed import NEW_FUNNEL, make_stages, make_status

_STAGES = re.compile(r"DEAL_STAGE(?:_(\d+))?")
_SEMANTICS = {None: "process", "P": "process", "S": "success", "F": "failure"}


@method("crm.status.add", "crm")
def add(call: Call) -> Any:
    """The id of the new value; the code of a stage gets its funnel's prefix."""
    _administrator(call)
    sent, rows = _sent(call), call.portal.statuses
    entity, code, name = (str(sent.get(key) or "") for key in ("ENTITY_ID", "STATUS_ID", "NAME"))
    if not entity or not name:
        raise RestError("", "Не заполнено обязательное поле")
    if not any(row["ENTITY_ID"] == entity for row in rows):
        raise RestError("", f"Справочник {entity} не найден")
    number = max(int(row["ID"]) for row in rows) + 1
    stage = _STAGES.fullmatch(entity)
    code = code or f"UC_{number:06X}"
    if stage and stage[1] and not code.startswith(f"C{stage[1]}:"):
        code = f"C{stage[1]}:{code}"
    if any(row["ENTITY_ID"] == entity and row["STATUS_ID"] == code for row in rows):
        raise RestError("", "Элемент с таким кодом уже существует")
    row = make_status(number, entity, code, name, int(sent.get("SORT") or 10 * number)) | {
        "SYSTEM": "N",
        "COLOR": str(sent.get("COLOR") or ""),
    }
    if stage:
        row |= {"CATEGORY_ID": stage[1] or "0", **_semantics(sent.get("SEMANTICS"), row["COLOR"])}
    rows.append(row)
    return number


@method("crm.category.add", "crm")
def add_funnel(call: Call) -> Any:
    """A funnel of deals, with the stages that each new one has."""
    if call.params.integer("entityTypeId") != DEAL:
        raise RestError("ENTITY_TYPE_NOT_SUPPORTED", "Направления есть только у сделок")
    _administrator(call)
    sent, portal = call.params.mapping("fields"), call.portal
    if not str(sent.get("name") or "").strip():
        raise RestError("0", "Field 'NAME' is required")
    number = max(row["id"] for row in portal.categories) + 1
    more = {"isDefault": "N", "originId": "", "originatorId": ""}
    made = {"id": number, "name": str(sent["name"]), "sort": max(0, int(sent.get("sort") or 500)), "entityTypeId": DEAL, **more}
    portal.categories.append(made)
    portal.statuses += make_stages(number, max(int(row["ID"]) for row in portal.statuses) + 1, NEW_FUNNEL)
    return {"category": made}


@method("crm.status.update", "crm")
def update(call: Call) -> Any:
    _administrator(call)
    row, sent = _known(call), _sent(call)
    row |= {key: str(sent[key]) for key in ("NAME", "SORT", "COLOR") if sent.get(key) not in (None, "")}
    if "SEMANTICS" in sent and _STAGES.fullmatch(row["ENTITY_ID"]):
        row |= _semantics(sent["SEMANTICS"], row["COLOR"])
    return True


@method("crm.status.delete", "crm")
def delete(call: Call) -> Any:
    """Neither a value of the system's own nor a stage in which deals stand."""
    _administrator(call)
    row = _known(call)
    if row["SYSTEM"] == "Y":
        raise RestError("", "Системный элемент удалить нельзя")
    if _STAGES.fullmatch(row["ENTITY_ID"]) and any(deal["STAGE_ID"] == row["STATUS_ID"] for deal in call.portal.crm[DEAL].rows.values()):
        raise RestError("", "Элемент используется")
    call.portal.statuses.remove(row)
    return True


def _administrator(call: Call) -> None:
    if call.portal.users[call.identity.user_id]["WORK_POSITION"] != "Администратор":
        raise RestError("", "Access denied")


def _sent(call: Call) -> Row:
    return {key.upper(): value for key, value in call.params.mapping("fields").items()}


def _semantics(said: Any, color: str) -> Row:
    code = said if said in ("S", "F") else None
    return {"SEMANTICS": code, "EXTRA": {"SEMANTICS": _SEMANTICS[code], "COLOR": color or "#39A8EF"}}


def _known(call: Call) -> Row:
    found = next((row for row in call.portal.statuses if row["ID"] == call.params.text("id")), None)
    if found is None:
        raise legacy_not_found()
    return found
