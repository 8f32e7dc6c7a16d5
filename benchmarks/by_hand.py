"""What a programmer would write instead of the mappings of MoySklad's customer and order: the same fields both ways, no language between.

Free text (phones, addresses, consents, payments, words) is parsed by the same functions as the mappings use; nobody would write those twice.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from mappings.codec import Context
from mappings.contacts import addresses, read_emails, read_phones
from mappings.moysklad.texts import Payments, Words
from mappings.phones import numbers, rewrite
from mappings.worded import ConsentLines

Json = Any
Found = tuple[str, datetime | None, str | None, dict[str, Json], dict[str, Json]]  # id, modified, hub key, remote values, canonical

MOSCOW = timezone(timedelta(hours=3))
CENT = Decimal("0.01")


class Attributes(dict[str, str]):
    """Name of an additional field -> its remote path."""

    def __missing__(self, name: str) -> str:
        self[name] = found = f"attributes[name='{name}'].value"
        return found


AT = Attributes()
SEXES = {"MALE": "male", "FEMALE": "female"}
SEXES_BACK = {"male": "MALE", "female": "FEMALE"}
CONSENTS, PAYMENTS, WORDS = ConsentLines(), Payments(), Words()
ADDRESS = {
    "address.postcode": ("postalCode", 6),
    "address.city": ("city", 255),
    "address.street": ("street", 255),
    "address.text": ("addInfo", 255),
}
POINTS = {"points_active": "Бонусы", "points_pending": "Бонусы ожидают", "points_spent": "Бонусы потрачены"}
NAMES = {"last_name": "legalLastName", "first_name": "legalFirstName", "middle_name": "legalMiddleName"}
ORDER_TEXTS = {
    "number": "Номер на сайте", "contact.name": "Контакт", "card": "Карта", "receipt.number": "Номер чека", "receipt.sign": "Фискальный признак",
    "receipt.drive": "Фискальный накопитель", "delivery.track": "Трек-номер", "source": "Источник", "utm.source": "utm_source",
    "utm.medium": "utm_medium", "utm.campaign": "utm_campaign", "utm.term": "utm_term", "utm.content": "utm_content",
    "cancel_reason": "Причина отмены",
}  # fmt: skip
ORDER_MONEY = {
    "rounding": "Округление",
    "bonus_spent": "Бонусы списано",
    "bonus_accrued": "Бонусы начислено",
    "delivery.price": "Стоимость доставки",
}
ORDER_TOLD_TEXTS, ORDER_TOLD_MONEY = {"delivery.status": "Статус доставки"}, {"returned_total": "Возвращено"}  # only written
ORDER_TIMES = {"receipt.time": "Время чека", "paid": "Оплачен", "closed": "Закрыт"}
ORDER_NAMED = {"channel": ("salesChannel", "channel"), "store": ("store", "store"), "responsible": ("owner", "employee"),
               "organisation": ("organization", "organisation"), "status": ("state", "order_status")}  # fmt: skip


def utc(text: str | None) -> str | None:
    """Moscow's clock as the canonical moment."""
    if not text:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(text: str | None, held: str | None) -> str | None:
    """A canonical moment on Moscow's clock, to the minute; the held one where it says the same minute."""
    if not text:
        return None
    said = utc(held)
    if said and said[:16] == text[:16]:
        return held
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return moment.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:00.000")


def text(value: Json) -> str | None:
    return str(value).strip() or None if value is not None else None


def cut(value: str | None, held: Json, size: int) -> Json:
    """Text for a field of ``size`` characters; the held one where it says the same."""
    if value is None:
        return held if held in (None, "") else ""
    wanted = value[:size].rstrip()
    return held if held is not None and str(held).strip() == wanted else wanted


def roubles(value: Json) -> str | None:
    return None if value in (None, "") else str(Decimal(str(value)).quantize(CENT))


def number(value: str | None, held: Json) -> Json:
    """Canonical money as a JSON number; the held one where it says the same."""
    if value is None:
        return held if held in (None, "") else ""
    wanted = Decimal(value)
    if held not in (None, "") and Decimal(str(held)) == wanted:
        return held
    return int(wanted) if wanted == int(wanted) else float(wanted)


def named(value: Json, name: str, ctx: Context) -> str | None:
    return ctx.directory(name, value) if value else None


def named_back(value: str | None, held: Json, name: str, ctx: Context) -> Json:
    if value is None:
        return "" if held else held
    return held if held and ctx.directory(name, held) == value else ctx.directory_back(name, value)


def customer_in(o: dict[str, Json], ctx: Context) -> Found:
    address = o.get("actualAddressFull") or {}
    attributes = {item["name"]: item.get("value") for item in o.get("attributes") or ()}
    owner = (o.get("owner") or {}).get("name")
    store = (attributes.get("Магазин") or {}).get("name")
    values: dict[str, Json] = {path: o.get(path) for path in NAMES.values()}
    values |= {path: o.get(path) for path in ("phone", "email", "discountCardNumber", "sex", "birthDate", "tags", "description", "name")}
    values |= {f"actualAddressFull.{key}": address.get(key) for key, _ in ADDRESS.values()}
    for name in ("Согласия", *POINTS.values(), "Сгорание бонусов", "Первая покупка", "Последняя покупка"):
        values[AT[name]] = attributes.get(name)
    values["attributes[name='Магазин'].value.name"], values["owner.name"] = store, owner
    card = text(o.get("discountCardNumber"))
    data: dict[str, Json] = {name: text(o.get(path)) for name, path in NAMES.items()}
    data |= {name: text(address.get(key)) for name, (key, _) in ADDRESS.items()}
    data["phones"] = [{"number": n, "invalid": False} for n in read_phones(o.get("phone") or "")] or None
    data["emails"] = [{"address": a, "invalid": False} for a in read_emails(o.get("email") or "")[:1]] or None
    data["cards"] = [{"number": card, "type": None}] if card else None
    data["sex"] = SEXES[o["sex"]] if o.get("sex") else None
    data["birthday"] = o["birthDate"][:10] if o.get("birthDate") else None
    data["tags"] = list(dict.fromkeys(tag.strip().lower() for tag in o.get("tags") or ())) or None
    data["consents"] = CONSENTS.decode(attributes.get("Согласия"), ctx)
    data["store"], data["responsible"] = named(store, "store", ctx), named(owner, "employee", ctx)
    data["first_purchase"], data["last_purchase"] = utc(attributes.get("Первая покупка")), utc(attributes.get("Последняя покупка"))
    data["comment"] = text(o.get("description"))
    return str(o["id"]), changed(o), o.get("externalCode"), values, data


def changed(o: dict[str, Json]) -> datetime | None:
    if not o.get("updated"):
        return None
    return datetime.fromisoformat(o["updated"]).replace(tzinfo=MOSCOW, microsecond=0).astimezone(UTC)


def customer_out(record: dict[str, Json], held: dict[str, Json], ctx: Context) -> dict[str, Json]:
    values = {path: cut(record[name], held.get(path), 255) for name, path in NAMES.items() if name in record}
    for name, (key, size) in ADDRESS.items():
        if name in record:
            path = f"actualAddressFull.{key}"
            values[path] = cut(record[name], held.get(path), size)
    if "phones" in record:
        wanted, was = [item["number"] for item in record["phones"] or ()], held.get("phone")
        values["phone"] = was if numbers(was or "") == wanted else rewrite(was or "", wanted)
    if "emails" in record:
        wanted, was = [item["address"] for item in record["emails"] or ()], held.get("email")
        found = addresses(was or "")
        values["email"] = was if (found and found[0] in wanted) or not wanted and not found else wanted[0] if wanted else ""
    if "cards" in record:
        wanted, was = [item["number"] for item in record["cards"] or ()], held.get("discountCardNumber")
        values["discountCardNumber"] = was if (was or "").strip() in wanted or not was and not wanted else wanted[0] if wanted else ""
    if "sex" in record:
        values["sex"] = SEXES_BACK[record["sex"]] if record["sex"] else held.get("sex")
    if "birthday" in record:
        was = held.get("birthDate")
        values["birthDate"] = was if (was or "")[:10] == (record["birthday"] or "") else f"{record['birthday']} 00:00:00"
    if "tags" in record:
        was = held.get("tags")
        same = {tag.strip().lower() for tag in was or ()} == set(record["tags"] or ())
        values["tags"] = was if same else record["tags"]
    _customer_more(record, held, values, ctx)
    return values


def _customer_more(record: dict[str, Json], held: dict[str, Json], values: dict[str, Json], ctx: Context) -> None:
    for name, attribute in POINTS.items():
        if name in record:
            path = AT[attribute]
            values[path] = number(record[name], held.get(path))
    for name, attribute in (("first_purchase", "Первая покупка"), ("last_purchase", "Последняя покупка")):
        if name in record:
            path = AT[attribute]
            values[path] = minute(record[name], held.get(path))
    if "points_next_burn" in record:
        path = "attributes[name='Сгорание бонусов'].value"
        values[path] = cut(record["points_next_burn"], held.get(path), 255)
    if "consents" in record:
        path = "attributes[name='Согласия'].value"
        values[path] = CONSENTS.encode(record["consents"], held.get(path), ctx)
    for name, path, directory in (("store", "attributes[name='Магазин'].value.name", "store"), ("responsible", "owner.name", "employee")):
        if name in record:
            values[path] = named_back(record[name], held.get(path), directory, ctx)
    if "comment" in record:
        values["description"] = cut(record["comment"], held.get("description"), 4096)
    last, first, middle = (record.get(name) for name in ("last_name", "first_name", "middle_name"))
    name = f"{last} {first or ''} {middle or ''}" if last else f"{first or 'Без имени'} {middle or ''}"
    values["name"] = cut(" ".join(name.split()), held.get("name"), 255)


def order_in(o: dict[str, Json], ctx: Context) -> Found:
    attributes = {item["name"]: item.get("value") for item in o.get("attributes") or ()}
    agent = ((o.get("agent") or {}).get("meta") or {}).get("href")
    seller = (attributes.get("Продавец") or {}).get("name")
    rows = (o.get("positions") or {}).get("rows")
    values: dict[str, Json] = {"agent.meta.href": agent, "moment": o.get("moment"), "description": o.get("description")}
    values |= {"shipmentAddress": o.get("shipmentAddress"), "sum": o.get("sum"), "name": o.get("name")}
    for name in (
        *ORDER_TEXTS.values(),
        *ORDER_MONEY.values(),
        *ORDER_TIMES.values(),
        *ORDER_TOLD_TEXTS.values(),
        *ORDER_TOLD_MONEY.values(),
        "Телефон",
        "Почта",
        "Промокоды",
        "Оплаты",
        "Доставка",
    ):
        values[AT[name]] = attributes.get(name)
    values["attributes[name='Продавец'].value.name"] = seller
    values["positions.rows"] = [kept_row(row) for row in rows] if rows else rows
    data: dict[str, Json] = {name: text(attributes.get(attribute)) for name, attribute in ORDER_TEXTS.items()}
    data |= {name: roubles(attributes.get(attribute)) for name, attribute in ORDER_MONEY.items()}
    data |= {name: utc(attributes.get(attribute)) for name, attribute in ORDER_TIMES.items()}
    for name, (key, directory) in ORDER_NAMED.items():
        values[f"{key}.name"] = said = (o.get(key) or {}).get("name")
        data[name] = named(said, directory, ctx)
    data["customer"] = ctx.ref("customer", agent.rsplit("/", 1)[-1]) if agent else None
    data["contact.phone"] = next(iter(read_phones(attributes.get("Телефон") or "")), None)
    data["contact.email"] = next(iter(read_emails(attributes.get("Почта") or "")), None)
    data["seller"] = named(seller, "employee", ctx)
    data["delivery.kind"] = named(attributes.get("Доставка"), "delivery_kind", ctx)
    data["promo_codes"] = WORDS.decode(attributes.get("Промокоды"), ctx)
    data["payments"] = PAYMENTS.decode(attributes.get("Оплаты"), ctx)
    data["delivery.address"], data["comment"] = text(o.get("shipmentAddress")), text(o.get("description"))
    data["total"] = None if o.get("sum") is None else str((Decimal(str(o["sum"])) / 100).quantize(CENT))
    data["created"] = utc(o.get("moment"))
    data["lines"] = [line_in(row, ctx) for row in rows or ()] or None
    return str(o["id"]), changed(o), o.get("externalCode"), values, data


def kept_row(row: dict[str, Json]) -> dict[str, Json]:
    """What the base keeps of a position."""
    kept = {key: row[key] for key in ("id", "quantity", "price", "discount") if key in row}
    kept["assortment"] = {"meta": {"href": row["assortment"]["meta"]["href"]}}
    return kept


def line_in(row: dict[str, Json], ctx: Context) -> dict[str, Json]:
    href = row["assortment"]["meta"]["href"]
    sku = ctx.lookup("goods_by_sku", href)
    price, quantity = (Decimal(str(row.get("price") or 0)) / 100).quantize(CENT), Decimal(str(row.get("quantity", 1)))
    total = price * quantity
    discount = (total * Decimal(str(row.get("discount") or 0)) / 100).quantize(CENT)
    kind = {"DELIVERY": "delivery", "SERVICE": "service"}.get(sku or "")
    return {
        "sku": None if kind else sku,
        "name": None,
        "quantity": format(quantity.normalize(), "f"),
        "price": str(price),
        "discount": str(discount),
        "sum": str((total - discount).quantize(CENT)),
        "kind": kind or ("service" if "/service/" in href else "product"),
    }


def short(value: str | None, held: str | None) -> str | None:
    return cut(value, held, 255)


def order_out(record: dict[str, Json], held: dict[str, Json], ctx: Context) -> dict[str, Json]:
    values: dict[str, Json] = {}
    for names, say in (
        (ORDER_TEXTS, short),
        (ORDER_TOLD_TEXTS, short),
        (ORDER_MONEY, number),
        (ORDER_TOLD_MONEY, number),
        (ORDER_TIMES, minute),
    ):
        for name, attribute in names.items():
            if name in record:
                path = AT[attribute]
                values[path] = say(record[name], held.get(path))
    for name, (key, directory) in ORDER_NAMED.items():
        if name in record:
            values[f"{key}.name"] = named_back(record[name], held.get(f"{key}.name"), directory, ctx)
    for name, path, directory in (("seller", "attributes[name='Продавец'].value.name", "employee"),
                                  ("delivery.kind", "attributes[name='Доставка'].value", "delivery_kind")):  # fmt: skip
        if name in record:
            values[path] = named_back(record[name], held.get(path), directory, ctx)
    if "customer" in record:
        values["agent.meta.href"] = agent_out(record["customer"], held.get("agent.meta.href"), ctx)
    for name, path, codec in (
        ("promo_codes", "attributes[name='Промокоды'].value", WORDS),
        ("payments", "attributes[name='Оплаты'].value", PAYMENTS),
    ):
        if name in record:
            values[path] = codec.encode(record[name], held.get(path), ctx)
    _order_contact(record, held, values)
    if "delivery.address" in record:
        values["shipmentAddress"] = cut(record["delivery.address"], held.get("shipmentAddress"), 255)
    if "comment" in record:
        values["description"] = cut(record["comment"], held.get("description"), 4096)
    if "created" in record:
        values["moment"] = minute(record["created"], held.get("moment"))
    if "lines" in record:
        values["positions.rows"] = lines_out(record["lines"] or [], held.get("positions.rows") or [], ctx)
    return values


def agent_out(customer: str | None, held: str | None, ctx: Context) -> str | None:
    if customer is None or (held and ctx.ref("customer", held.rsplit("/", 1)[-1]) == customer):
        return held
    return f"https://api.moysklad.ru/api/remap/1.2/entity/counterparty/{ctx.ref_back('customer', customer)}"


def _order_contact(record: dict[str, Json], held: dict[str, Json], values: dict[str, Json]) -> None:
    if "contact.phone" in record:
        wanted, was = record["contact.phone"], held.get("attributes[name='Телефон'].value")
        values["attributes[name='Телефон'].value"] = was if numbers(was or "")[:1] == ([wanted] if wanted else []) else wanted or ""
    if "contact.email" in record:
        wanted, was = record["contact.email"], held.get("attributes[name='Почта'].value")
        values["attributes[name='Почта'].value"] = was if addresses(was or "")[:1] == ([wanted] if wanted else []) else wanted or ""


def lines_out(wanted: list[Json], held: list[Json], ctx: Context) -> list[Json]:
    """Held positions for lines that are as they were; changed ones under their ids, by SKU and price, then by SKU; others new."""
    free = [(row, line_in(row, ctx)) for row in held]
    result: list[Json] = [None] * len(wanted)
    for same in (
        lambda a, b: a == b,
        lambda a, b: (a["kind"], a["sku"], a["price"]) == (b["kind"], b["sku"], b["price"]),
        lambda a, b: (a["kind"], a["sku"]) == (b["kind"], b["sku"]),
    ):
        for index, line in enumerate(wanted):
            if result[index] is None:
                hit = next((i for i, (_, was) in enumerate(free) if same(line, was)), None)
                if hit is not None:
                    row, was = free.pop(hit)
                    result[index] = row if was == line else {"id": row["id"], **line_out(line, row, ctx)}
    return [found or line_out(line, {}, ctx) for line, found in zip(wanted, result, strict=True)]


def line_out(line: dict[str, Json], held: dict[str, Json], ctx: Context) -> dict[str, Json]:
    price, quantity, discount = Decimal(line["price"]), Decimal(line["quantity"]), Decimal(line["discount"])
    was = held.get("discount")
    if was is None or (price * quantity * Decimal(str(was)) / 100).quantize(CENT) != discount:
        was = number(str((discount * 100 / (price * quantity)).quantize(CENT)) if discount else "0", None)
    sku = line["sku"] or {"delivery": "DELIVERY", "service": "SERVICE"}[line["kind"]]
    return {
        "assortment": {"meta": {"href": ctx.lookup_back("goods_by_sku", sku)}},
        "quantity": number(line["quantity"], held.get("quantity")),
        "price": number(str(price * 100), held.get("price")),
        "discount": was,
    }
