"""Values as the vendor stores or refuses them: texts, references, additional fields (moysklad docs: general; errors)."""

from __future__ import annotations

import re
from typing import Any

from .state import Store
from .wire import ApiError, target

MINUTES = frozenset({"moment", "deliveryPlannedMoment"})  # kept to the minute
TEXTS = frozenset(
    {"name", "externalCode", "code", "phone", "email", "description", "discountCardNumber", "legalFirstName", "legalLastName"}
)


def missing(name: str) -> ApiError:
    return ApiError(412, 3000, f"Ошибка сохранения объекта: поле '{name}' не может быть пустым или отсутствовать", name)


def known(store: Store, kind: str, ident: str) -> dict[str, Any]:
    found = store.tables[kind].get(ident)
    if found is None:
        raise ApiError(404, 1021, f"Объект с идентификатором '{ident}' не найден")
    return found


def checked(store: Store, name: str, value: Any) -> Any:
    """The value as stored; Raises ApiError for references to nothing, null names, long texts, wrong e-mails."""
    if isinstance(value, dict) and "meta" in value:
        kind, ident = target(value)
        if name == "state":
            if ident not in {s["id"] for s in store.states[kind]}:
                raise ApiError(412, 11002, "Статус с указанным идентификатором не найден", "state")
        elif kind in store.tables:
            known(store, kind, ident)
        return {"meta": {**value["meta"], "mediaType": "application/json"}}
    if value is None and name in ("name", "externalCode", "code"):
        raise ApiError(400, 2016, f"Ошибка формата: поле '{name}' не может быть null", name)
    if name in TEXTS and value is not None and not isinstance(value, str):
        raise ApiError(400, 2005, f"Ошибка формата: поле '{name}' должно быть строкой", name)
    if name == "email" and value and not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", str(value)):
        raise ApiError(412, 3015, "Ошибка сохранения объекта: неверный формат email", "email")
    if name == "sex" and value not in (None, "MALE", "FEMALE"):
        raise ApiError(412, 3005, "Ошибка сохранения объекта: неверное значение поля 'sex'", "sex")
    if name in MINUTES and value:
        return str(value)[:16] + ":00.000"
    if isinstance(value, str) and name != "url" and len(value) > (4096 if name == "description" else 255):
        raise ApiError(412, 3005, f"Превышена длина поля '{name}'", name)
    return value


def merged_attributes(store: Store, kind: str, old: list[Any], new: list[Any]) -> list[dict[str, Any]]:
    values = {a["id"]: a for a in old}
    for given in new:
        ident = given.get("id") or str(given.get("meta", {}).get("href", "")).rsplit("/", 1)[-1]
        definition = next((d for d in store.attributes[kind] if d["id"] == ident), None)
        if definition is None:
            raise ApiError(412, 14000, "Дополнительное поле с указанным идентификатором не найдено", "attributes")
        if given.get("value") is None:
            values.pop(ident, None)
        else:
            value = attribute_value(store, definition, given["value"])
            values[ident] = {k: definition[k] for k in ("meta", "id", "name", "type")} | {"value": value}
    return list(values.values())


TYPES: dict[str, Any] = {"string": str, "text": str, "link": str, "time": str, "long": int, "double": (int, float), "boolean": bool}


def attribute_value(store: Store, definition: dict[str, Any], value: Any) -> Any:
    """The value of an additional field as stored. Raises ApiError 14003 for another type."""
    kind = definition["type"]
    wrong = ApiError(412, 14003, f"Неверный тип значения дополнительного поля '{definition['name']}'", "attributes")
    if kind not in TYPES:
        if not isinstance(value, dict) or "meta" not in value:
            raise wrong
        known(store, *target(value))
        return {"meta": {**value["meta"], "mediaType": "application/json"}}
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise wrong
    if kind == "string" and len(value) > 255:
        raise ApiError(412, 3005, f"Превышена длина дополнительного поля '{definition['name']}'", "attributes")
    if kind == "time":
        if not re.match(r"^\d{4}-\d\d-\d\d \d\d:\d\d", value):
            raise wrong
        return value[:16] + ":00.000"  # kept to the minute
    return float(value) if kind == "double" else value
