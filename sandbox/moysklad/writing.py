"""Create and update: required fields, partial PUT, syncId, people and goods (moysklad docs: general)."""

from __future__ import annotations

import uuid
from typing import Any

from . import subscriptions
from .addresses import both_forms
from .documents import document
from .kinds import FIELDS, READ_ONLY, REQUIRED, WITH_LINES
from .state import Store
from .values import checked, known, merged_attributes, missing
from .wire import ApiError, ref, target


def write(store: Store, kind: str, body: Any, ident: str | None = None, owner: str = "") -> tuple[dict[str, Any], str, list[str]]:
    """Create (``ident`` None) or update one object. Returns (object, "CREATE"|"UPDATE"|"", changed field names).

    A repeated syncId answers with the earlier object and changes nothing. ``owner``: the employee whose key this is.
    """
    if not isinstance(body, dict):
        raise ApiError(400, 2001, "Ошибка формата: ожидался объект")
    if ident is None and isinstance(body.get("meta"), dict):
        ident = target(body)[1]
    old = known(store, kind, ident) if ident else None
    if old is None and body.get("id"):
        raise ApiError(400, 1006, "Поле 'id' не может быть указано при создании", "id")
    if old is None and (earlier := _earlier(store, kind, body)) is not None:
        return earlier, "", []
    if old is not None and body.get("syncId") is not None:
        check_sync(str(body["syncId"]), old)
    for name in REQUIRED.get(kind, ()):
        if (old is None and not body.get(name)) or (old is not None and name in body and body[name] in (None, "")):
            raise missing(name)
    item = _taken(store, kind, body, old)
    if old is None and owner and kind in ("counterparty", *WITH_LINES):
        item.setdefault("owner", ref("employee", owner))
    if kind in WITH_LINES:
        document(store, kind, item, body, old)
    _completed(store, kind, item)
    changed = sorted(n for n in item.keys() | (old or {}).keys() if item.get(n) != (old or {}).get(n))
    return store.put(kind, item), "UPDATE" if old is not None else "CREATE", changed


def _earlier(store: Store, kind: str, body: dict[str, Any]) -> dict[str, Any] | None:
    """What an earlier create with the same syncId made."""
    if body.get("syncId") is None:
        return None
    sync = str(body["syncId"])
    check_sync(sync, None)
    earlier = store.by_sync.get((kind, sync))
    if earlier and earlier not in store.tables[kind]:
        raise ApiError(412, 12000, "Объект с указанным syncId находится в корзине", "syncId")
    return store.tables[kind][earlier] if earlier else None


def _taken(store: Store, kind: str, body: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any]:
    """The object with the fields that were sent, each looked at."""
    item = dict(old or {})
    for name, value in body.items():
        if name not in READ_ONLY and name in FIELDS.get(kind, {name}):
            item[name] = checked(store, name, value)
    if body.get("attributes") is not None:
        if not isinstance(body["attributes"], list) or not all(isinstance(one, dict) for one in body["attributes"]):
            raise ApiError(400, 2002, "Ошибка формата: attributes должно быть массивом объектов", "attributes")
        item["attributes"] = merged_attributes(store, kind, item.get("attributes", []), body["attributes"])
    both_forms(item, body)
    return item


def _completed(store: Store, kind: str, item: dict[str, Any]) -> None:
    """What the vendor adds and asks of each kind."""
    if kind == "counterparty":
        item.setdefault("companyType", "legal")
        person(item)
    if kind in ("product", "variant"):
        goods(store, kind, item)
    if kind == "webhook":
        subscriptions.check(item, store.tables["webhook"].values())
    else:
        item.setdefault("name", store.next_number())
    if kind in ("counterparty", "product", "variant", "employee"):
        item.setdefault("archived", False)


def goods(store: Store, kind: str, item: dict[str, Any]) -> None:
    """Prices of known types, barcodes of known kinds; a variant's characteristics, which no sister has, and its name from them."""
    for price in item.get("salePrices") or ():
        named = str(price["priceType"]["meta"]["href"]).rsplit("/", 1)[-1] if price.get("priceType") else store.price_types[0]["id"]
        kind_of = next((one for one in store.price_types if one["id"] == named), None)
        if kind_of is None:
            raise ApiError(412, 3005, "Ошибка сохранения объекта: неизвестный тип цены", "salePrices")
        price["priceType"] = kind_of
    for code in item.get("barcodes") or ():
        if set(code) - {"ean13", "ean8", "code128", "gtin", "upc"}:
            raise ApiError(412, 3005, "Ошибка сохранения объекта: неизвестный вид штрихкода", "barcodes")
    if kind != "variant":
        return
    known_names = {one["name"]: one for one in store.characteristics}
    for one in item["characteristics"]:
        if one.get("name") not in known_names:
            raise ApiError(412, 3005, f"Характеристика '{one.get('name')}' не найдена", "characteristics")
        one["id"] = known_names[one["name"]]["id"]
    mine = sorted((one["name"], one["value"]) for one in item["characteristics"])
    product = target(item["product"])[1]
    for other in store.tables["variant"].values():
        same = sorted((one["name"], one["value"]) for one in other["characteristics"]) == mine
        if same and target(other["product"])[1] == product and other["id"] != item.get("id"):
            raise ApiError(412, 15000, "Модификация с такими характеристиками уже существует", "characteristics")
    parent = store.tables["product"][product]
    item["name"] = f"{parent['name']} ({', '.join(str(one['value']) for one in item['characteristics'])})"
    parent["variantsCount"] = len(
        {r["id"] for r in store.tables["variant"].values() if target(r["product"])[1] == product} | {item.get("id")}
    )


def check_sync(sync: str, old: dict[str, Any] | None) -> None:
    try:
        uuid.UUID(sync)
    except ValueError:
        raise ApiError(400, 1052, "Ошибка формата: неверный UUID", "syncId") from None
    if old is not None and old.get("syncId") != sync:
        raise ApiError(400, 1047, "Изменение поля syncId запрещено", "syncId")


def person(item: dict[str, Any]) -> None:
    """What only some counterparties may have is dropped for the others (moysklad docs: counterparty)."""
    if item["companyType"] != "individual":
        for name in ("birthDate", "sex"):
            item.pop(name, None)
    if item["companyType"] == "legal":
        for name in ("legalFirstName", "legalMiddleName", "legalLastName"):
            item.pop(name, None)
    if sum(len(str(tag)) for tag in item.get("tags") or ()) > 255:
        raise ApiError(412, 3051, "Превышена суммарная длина названий групп", "tags")
