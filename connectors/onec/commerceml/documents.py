"""Orders as 1C shows them to the site -> the look of an order: everything that is there, nothing that is not. Pure.

УТ and УНФ say different things in the same places, and other programs leave out what both say; what is missing is no observation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.onec.commerceml.markup import Node
from connectors.onec.commerceml.values import moment, number, plain, requisites, truth

Json = Any
Row = dict[str, Json]
ORDER = "заказ товара"
LINES = "Товары"
CANCELLED, SHIPPED = "Отменен", "Отгружен"
DELIVERY = "ORDER_DELIVERY"  # how the vendor's own module of a shop calls its line of delivery
OWN = ("status", LINES)  # paths that the hub writes and 1C may show in an older form


class Unusable(Exception):
    """A document that stands in a readable file and cannot be taken for an order; in words for a person."""


def is_order(node: Node) -> bool:
    return node.word("ХозОперация").casefold() in ("", ORDER)


def order(node: Node) -> Row:
    """The look of an order. Raises Unusable."""
    name = node.word("Номер") or node.word("Ид")
    if not name:
        raise Unusable("у документа нет ни номера, ни идентификатора")
    said = requisites(node)
    found: Row = {"Номер": name, "number": name, "Ид": node.word("Ид")}
    found |= _filled(
        {
            "created": moment(node.word("Дата"), node.word("Время")),
            "status": CANCELLED if truth(node.word("ПометкаУдаления")) else status(said),
            "buyer": buyer(node),
            "Сумма": _sum(node.word("Сумма")),
            "comment": node.word("Комментарий"),
            "track": said.get("идентификатор отправления") or said.get("трек-номер") or "",
            "delivery": _filled({"address": said.get("адрес доставки", "")}),
            "paid": _paid(said),
            "payments": payments(node),
            "number_there": said.get("номер по 1с", ""),
        }
    )
    if node.one(LINES) is not None:
        found[LINES] = [line(one) for one in node.all(LINES, "Товар")]
    return found


def _filled(values: Row) -> Row:
    return {name: value for name, value in values.items() if value not in ("", None, {}, [])}


def _sum(text: str) -> str:
    found = number(text)
    return "" if found is None else f"{found:.2f}"


def status(said: Mapping[str, str]) -> str:
    """The word for where an order stands: cancelled before anything, then the status that УНФ names, then that it was shipped, which is all
    that УТ tells. Empty where nothing is said: then the status is not known, and not empty."""
    if truth(said.get("отменен", "")) or truth(said.get("пометкаудаления", "")):
        return CANCELLED
    if said.get("статус заказа"):
        return said["статус заказа"]
    shipped = said.get("отгружен")
    return SHIPPED if truth(shipped or "") or (shipped is None and "номер отгрузки по 1с" in said) else ""


def _paid(said: Mapping[str, str]) -> str:
    """When it was paid, by УТ's pair of number and date; УНФ says beside that whether it was paid."""
    if "оплачен" in said and not truth(said["оплачен"]):
        return ""
    return moment(said.get("дата оплаты по 1с", "")) or moment(said.get("дата оплаты", ""))


def payments(node: Node) -> list[Row]:
    """Payments among the documents that depend on the order (УНФ 2.10)."""
    papers = (payment(one) for one in node.all("ПодчиненныеДокументы", "ПодчиненныйДокумент"))
    return [one for one in papers if one is not None]


def payment(node: Node) -> Row | None:
    """A payment; one that was taken back counts with a minus. None for other documents, and for one that is marked for deletion."""
    kind, value, said = node.word("ХозОперация"), number(node.word("Сумма")), requisites(node)
    low = kind.casefold()
    back = low.startswith("возврат") and "денег" in low
    if value is None or not (back or "выплата" in low or "эквайринг" in low) or _void(said):
        return None
    time = moment(said.get("дата оплаты по 1с", "") or node.word("Дата1С") or node.word("Дата"), node.word("Время"))
    name = said.get("номер оплаты по 1с") or node.word("Номер1С") or node.word("Номер") or node.word("Ид")
    return {"kind": said.get("метод оплаты") or kind, "sum": f"{-value if back else value:.2f}", "time": time, "id": name}


def _void(said: Mapping[str, str]) -> bool:
    return truth(said.get("пометкаудаления", "")) or truth(said.get("отменен", ""))


def paper(node: Node) -> Row:
    """What a payment or a shipment of its own adds to the order that it is of; nothing once it is void. Raises Unusable for other kinds."""
    kind, said = node.word("ХозОперация"), requisites(node)
    if kind.casefold() == "отпуск товара":
        return {} if _void(said) else _filled({"shipped": True, "track": said.get("идентификатор отправления", "")})
    found = payment(node)
    if found is None and not _void(said):
        raise Unusable(f"документы вида «{kind}» не читаются")
    return {"payment": found} if found else {}


def united(number_: str, seen: Mapping[str, Json]) -> Row:
    """The look of an order and of the documents that stand apart from it. ``seen``: {order: [look], documents: {id: [what it adds]}}."""
    found = dict(next(iter(seen.get("order") or ()), {"Номер": number_}))
    added = [one for rows in (seen.get("documents") or {}).values() for one in rows]
    paid = list(found.get("payments") or ())
    paid += [one["payment"] for one in added if one.get("payment") and one["payment"]["id"] not in {p["id"] for p in paid}]
    shipped = [one for one in added if one.get("shipped")]
    track = next((one["track"] for one in shipped if one.get("track")), "")
    more = {"payments": paid, "track": found.get("track") or track, "status": found.get("status") or (SHIPPED if shipped else "")}
    return found | _filled(more)


def buyer(node: Node) -> Row:
    """Who buys: named, and reached where the file tells how."""
    people = node.all("Контрагенты", "Контрагент")
    role = ("покупатель", "плательщик", "получатель")
    one = next((p for p in people if p.word("Роль").casefold() in role), next(iter(people), None))
    if one is None:
        return {}
    parts = " ".join(filter(None, (one.word("Фамилия"), one.word("Имя"), one.word("Отчество"))))
    found = {"name": parts or one.word("ПолноеНаименование") or one.word("Наименование"), "Ид": one.word("Ид")}
    found |= {"phone": one.word("Телефон"), "email": one.word("Email")}
    for contact in one.all("Контакты", "Контакт"):
        kind, value = contact.word("Тип").casefold(), contact.word("Значение")
        if ("телефон" in kind or "phone" in kind) and not found["phone"]:
            found["phone"] = value
        elif ("почта" in kind or "mail" in kind) and not found["email"]:
            found["email"] = value
    return _filled(found)


def line(node: Node) -> Row:
    """A line with its sum after all discounts. What it lacks it lacks here too: the mapping says which line cannot be read."""
    said = requisites(node)
    amount, price = number(node.word("Количество")), number(node.word("ЦенаЗаЕдиницу") or node.word("Цена"))
    total = number(node.word("Сумма"))
    if total is None and amount is not None and price is not None:
        total = amount * price
    off = [one for one in node.all("Скидки", "Скидка") if one.word("УчтеноВСумме") and not truth(one.word("УчтеноВСумме"))]
    if total is not None:
        total -= sum((number(one.word("Сумма")) or Decimal(0) for one in off), Decimal(0))
    if price is None and total is not None and amount:
        price = total / amount
    goods, name = node.word("Ид"), node.word("Наименование")
    service = said.get("типноменклатуры", "").casefold() == "услуга" or goods == DELIVERY
    kind = "product" if not service else "delivery" if goods == DELIVERY or "доставк" in name.casefold() else "service"
    found = {"goods": goods, "Артикул": node.word("Артикул"), "Наименование": name, "kind": kind}
    numbers = {"Количество": amount, "Цена": price, "Сумма": total}
    return _filled(found) | {name: None if value is None else plain(value) for name, value in numbers.items()}


def recognised(look: Row, key: str, sent: Sequence[Mapping[str, Json]], given: Mapping[str, Json], settled: bool) -> Row:
    """The look of an order that the hub gave: known by its key, its own number and buyer and words left alone, its lines as they were given
    where 1C shows the same goods, amounts and sums. ``sent``: the lines as they went. ``settled``: 1C has fetched the newest state; else
    what the hub has changed meanwhile is not observed."""
    found = {name: value for name, value in look.items() if name not in ("number", "buyer", "comment", "created", "delivery")}
    found["hub_key"] = key
    if not settled:
        found = {name: value for name, value in found.items() if name not in OWN}
    elif LINES in found and _alike(found[LINES], sent):
        found[LINES] = list(given.get(LINES) or ())
    return found


def _alike(shown: Sequence[Mapping[str, Json]], sent: Sequence[Mapping[str, Json]]) -> bool:
    """Whether the lines say the same goods, amounts and sums, in whatever order."""
    return sorted(map(_told, shown)) == sorted(map(_told, sent))


def _told(one: Mapping[str, Json]) -> tuple[str, str, str]:
    amount, total = number(str(one.get("Количество") or 0)), number(str(one.get("Сумма") or 0))
    return str(one.get("goods") or ""), plain(amount or Decimal(0)), f"{total or 0:.2f}"
