"""Create and update: required fields, partial PUT, attributes, positions, sums, syncId (moysklad docs: general; documents)."""

from __future__ import annotations

import re
import uuid
from typing import Any

from . import subscriptions
from .addresses import both_forms
from .state import Store
from .wire import BASE, ApiError, ref, target

REQUIRED = {
    "counterparty": ("name",),
    "customerorder": ("organization", "agent"),
    "demand": ("organization", "agent", "store"),
    "salesreturn": ("organization", "agent", "store"),
    "retaildemand": ("retailShift",),
    "retailsalesreturn": ("retailShift",),
    "product": ("name",),
    "variant": ("product", "characteristics"),
    "service": ("name",),
    "saleschannel": ("name", "type"),
    "employee": ("lastName",),
    "webhook": ("url", "action", "entityType"),
}
READ_ONLY = {
    "id",
    "accountId",
    "created",
    "updated",
    "meta",
    "sum",
    "payedSum",
    "shippedSum",
    "bonusPoints",
    "salesAmount",
    "deleted",
    "invoicedSum",
    "reservedSum",
    "vatSum",
    "printed",
    "published",
    "positions",
    "attributes",
    "notes",
    "accounts",
    "contactpersons",
    "cheque",
}
_EVERY = frozenset({"name", "externalCode", "code", "syncId", "description", "owner", "group", "shared", "state"})
_PERSON = ["archived", "companyType", "phone", "email", "fax", "discountCardNumber", "bonusProgram", "discounts", "tags", "priceType",
           "actualAddress", "actualAddressFull", "legalAddress", "legalAddressFull", "legalFirstName", "legalMiddleName", "legalLastName",
           "birthDate", "sex", "legalTitle", "inn", "kpp", "ogrn", "ogrnip", "okpo", "certificateNumber", "certificateDate"]  # fmt: skip
_DOCUMENT = ["agent", "organization", "store", "moment", "applicable", "project", "contract", "salesChannel", "rate", "vatEnabled",
             "vatIncluded", "taxSystem", "organizationAccount", "agentAccount"]  # fmt: skip
PAYMENTS = ("cashSum", "noCashSum", "qrSum", "advancePaymentSum", "prepaymentCashSum", "prepaymentNoCashSum", "prepaymentQrSum")
FIELDS = {  # what each of these kinds has; an unknown field is ignored
    "counterparty": _EVERY | {*_PERSON},
    "customerorder": _EVERY | {*_DOCUMENT, "deliveryPlannedMoment", "shipmentAddress", "shipmentAddressFull"},
    "demand": _EVERY | {*_DOCUMENT, "customerOrder", "overhead"},
    "salesreturn": _EVERY | {*_DOCUMENT, "demand"},
    "retailsalesreturn": _EVERY | {*_DOCUMENT, *PAYMENTS, "retailShift", "retailStore", "demand"},
    "retaildemand": _EVERY | {*_DOCUMENT, *PAYMENTS, "retailShift", "retailStore", "customerOrder", "checkNumber", "documentNumber",
                              "sessionNumber", "checkSum", "giftCards", "fiscal", "ofdCode"},
}  # fmt: skip
LINE = frozenset({"assortment", "quantity", "price", "discount", "vat", "vatEnabled", "reserve", "pack", "things", "trackingCodes",
                  "trackingCodes_1162", "cost", "overhead", "tnved"})  # fmt: skip
WITH_LINES = ("customerorder", "demand", "salesreturn", "retaildemand", "retailsalesreturn")
AT_TILL = ("retaildemand", "retailsalesreturn")
MINUTES = frozenset({"moment", "deliveryPlannedMoment"})  # kept to the minute
TEXTS = frozenset(
    {"name", "externalCode", "code", "phone", "email", "description", "discountCardNumber", "legalFirstName", "legalLastName"}
)


def missing(name: str) -> ApiError:
    return ApiError(412, 3000, f"Ошибка сохранения объекта: поле '{name}' не может быть пустым или отсутствовать", name)


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
    sync = body.get("syncId")
    if sync is not None:
        check_sync(str(sync), old)
        earlier = store.by_sync.get((kind, str(sync)))
        if old is None and earlier and earlier not in store.tables[kind]:
            raise ApiError(412, 12000, "Объект с указанным syncId находится в корзине", "syncId")
        if old is None and earlier:
            return store.tables[kind][earlier], "", []
    for name in REQUIRED.get(kind, ()):
        if (old is None and not body.get(name)) or (old is not None and name in body and body[name] in (None, "")):
            raise missing(name)
    item = dict(old or {})
    for name, value in body.items():
        if name not in READ_ONLY and name in FIELDS.get(kind, {name}):
            item[name] = checked(store, name, value)
    if body.get("attributes") is not None:
        if not isinstance(body["attributes"], list) or not all(isinstance(one, dict) for one in body["attributes"]):
            raise ApiError(400, 2002, "Ошибка формата: attributes должно быть массивом объектов", "attributes")
        item["attributes"] = merged_attributes(store, kind, item.get("attributes", []), body["attributes"])
    both_forms(item, body)
    if old is None and owner and kind in ("counterparty", *WITH_LINES):
        item.setdefault("owner", ref("employee", owner))
    if kind in WITH_LINES:
        document(store, kind, item, body, old)
    elif kind == "counterparty":
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
    changed = sorted(n for n in item.keys() | (old or {}).keys() if item.get(n) != (old or {}).get(n))
    return store.put(kind, item), "UPDATE" if old is not None else "CREATE", changed


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


def known(store: Store, kind: str, ident: str) -> dict[str, Any]:
    found = store.tables[kind].get(ident)
    if found is None:
        raise ApiError(404, 1021, f"Объект с идентификатором '{ident}' не найден")
    return found


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


def document(store: Store, kind: str, item: dict[str, Any], body: dict[str, Any], old: dict[str, Any] | None) -> None:
    """Fill what a document derives: number, date, lines, sum; a receipt also checks its shift and payments."""
    item.setdefault("moment", store.stamp()[:16] + ":00.000")
    item.setdefault("applicable", True)
    lines = body.get("positions")
    if lines is None and old is None:
        lines = []
    if isinstance(lines, dict) and "rows" in lines:  # as the vendor's own client sends them; without rows they are refused
        lines = lines["rows"]
    if lines is not None:
        if not isinstance(lines, list):
            raise ApiError(400, 2002, "Ошибка формата: positions должно быть массивом", "positions")
        item["positions"] = [line(store, kind, item, given) for given in lines]
    if old is None:
        item.update(shared=False, printed=False, published=False, vatSum=0.0, payedSum=0.0)
        item.setdefault("vatEnabled", False)
        item.setdefault("vatIncluded", False)
        item.setdefault("rate", {"currency": store.currency})
        item.update({"shippedSum": 0.0, "invoicedSum": 0.0, "reservedSum": 0.0} if kind == "customerorder" else {})
    total(item)
    if kind == "customerorder":
        if old is None:
            item.setdefault("state", {"meta": store.states[kind][0]["meta"]})
        return
    if kind not in AT_TILL:
        if kind == "salesreturn" and item.get("demand") and (sale := known(store, *target(item["demand"])))["agent"] != item["agent"]:
            raise ApiError(412, 17010, f"Контрагент возврата не тот, что в отгрузке {sale['name']}", "agent")
        return
    at_till(store, kind, item)
    if old is None:
        cheque(store, item)


def at_till(store: Store, kind: str, item: dict[str, Any]) -> None:
    """What a till's document takes from its shift, and how it was paid."""
    shift = known(store, "retailshift", target(item["retailShift"])[1])
    if shift.get("closeDate"):
        raise ApiError(412, 18001 if kind == "retaildemand" else 19000, "Смена закрыта", "retailShift")
    for name in ("organization", "store", "retailStore"):
        item.setdefault(name, shift[name])
    if kind == "retailsalesreturn":
        money_back(store, item)
        return
    if not any(item.get(name) for name in PAYMENTS):
        item["cashSum"] = item["sum"]
    if abs(sum(item.get(name) or 0 for name in PAYMENTS) - item["sum"]) > 0.5:
        raise ApiError(412, 18000, "Сумма оплат не совпадает с суммой документа", "sum")
    if item.get("qrSum") and any(item.get(name) for name in ("cashSum", "noCashSum")):
        raise ApiError(412, 18005, "Оплата по QR-коду не сочетается с другими", "qrSum")
    if item.get("advancePaymentSum") and any(item.get(name) for name in PAYMENTS[4:]):
        raise ApiError(412, 18007, "Аванс не сочетается с предоплатой", "advancePaymentSum")


def money_back(store: Store, item: dict[str, Any]) -> None:
    """The sums of a return at a till (moysklad docs: retail sales return). With a sale, goods and money are those of the sale."""
    sale = known(store, *target(item["demand"])) if item.get("demand") else None
    if sale is not None:
        item.setdefault("agent", sale.get("agent"))
        if item["agent"] != sale.get("agent"):
            raise ApiError(412, 17010, "Контрагент возврата не тот, что в продаже", "agent")
        if bool(sale.get("qrSum")) != bool(item.get("qrSum")) and item["sum"]:
            raise ApiError(412, 19003, "Продажу по QR-коду возвращают по QR-коду", "qrSum")
    elif item.get("cashSum") is None or item.get("noCashSum") is None:
        raise ApiError(412, 19001, "Без основания нужны суммы наличными и безналично", "cashSum")
    if not any(item.get(name) for name in PAYMENTS):
        item["cashSum"] = item["sum"]
    if abs(sum(item.get(name) or 0 for name in PAYMENTS) - item["sum"]) > 1:
        raise ApiError(412, 19002, "Сумма оплат не совпадает с суммой возврата", "sum")


def cheque(store: Store, item: dict[str, Any]) -> None:
    """What the cash register printed."""
    number = store.numbers + 1
    item["documentNumber"] = item["checkNumber"] = number
    item["cheque"] = {
        "fnNumber": "9960440300000001",
        "fiscalDocSign": f"{3_800_000_000 + number * 7919 % 99_999_999}",
        "fiscalDocNumber": str(number),
        "kktRegNumber": "0000000001012345",
        "time": store.stamp(),
    }


def total(item: dict[str, Any]) -> None:
    lines = item.get("positions", [])
    item["sum"] = float(round(sum(p["quantity"] * p["price"] * (1 - p["discount"] / 100) for p in lines)))
    if "reservedSum" in item:
        item["reservedSum"] = float(round(sum((p.get("reserve") or 0) * p["price"] * (1 - p["discount"] / 100) for p in lines)))


def figure(value: Any, name: str) -> float:
    """A number of a line. Raises ApiError 2005."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ApiError(400, 2005, f"Ошибка формата: поле '{name}' должно быть числом", name)
    return float(value)


def line(store: Store, kind: str, parent: dict[str, Any], given: Any) -> dict[str, Any]:
    """One line; a known ``id`` keeps the fields not sent."""
    if not isinstance(given, dict):
        raise ApiError(400, 2001, "Ошибка формата: позиция должна быть объектом", "positions")
    earlier = next((p for p in parent.get("positions", []) if p["id"] == given.get("id")), None)
    row = {
        "quantity": 0.0,
        "price": 0.0,
        "discount": 0.0,
        "vat": 0,
        "vatEnabled": False,
        **({"reserve": 0.0, "shipped": 0.0} if kind == "customerorder" else {}),
        **(earlier or {}),
        **{k: v for k, v in given.items() if k in LINE},
    }
    if not row.get("assortment"):
        raise missing("assortment")
    checked(store, "assortment", row["assortment"])
    for name in ("quantity", "price", "discount"):
        row[name] = figure(row[name], name)
    if row["quantity"] <= 0:
        raise ApiError(412, 3005, "Количество должно быть больше нуля", "quantity")
    if row["discount"] > 100:
        raise ApiError(412, 17008, "Скидка не может быть больше 100%", "discount")
    if figure(row.get("reserve") or 0, "reserve") > row["quantity"]:
        raise ApiError(412, 17003, "Резерв не может быть больше количества", "reserve")
    row["id"] = earlier["id"] if earlier else store.new_id()
    row["accountId"] = store.account
    parent["id"] = parent.get("id") or store.new_id()
    href = f"{BASE}/entity/{kind}/{parent['id']}/positions/{row['id']}"
    row["meta"] = {"href": href, "type": f"{kind}position", "mediaType": "application/json"}
    return row
