"""Orders: saved by their ids, priced on the way, split by line statuses; each line has a status of its own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from . import customers
from .state import CATEGORIES, Customer, Order, Project
from .wire import CLEAR, Invalid, ProtocolError, camel, moment, stamp

Json = Any
Row = dict[str, Any]
LAG = timedelta(minutes=5)  # what is younger is in no list (mindbox docs: get-orders-list)
MOST = 1000
SAID = ("totalPrice", "deliveryCost", "email", "mobilePhone", "area", "customFields", "payments", "coupons", "bonusPoints", "cashdesk")
LINE = ("lineId", "product", "quantity", "quantityType", "basePricePerItem", "discountedPricePerLine", "requestedPromotions", "discounts", "customFields")  # fmt: skip


def asked(body: Row) -> Row:
    found = body.get("order")
    if not isinstance(found, dict):
        raise ProtocolError("/order: required block is missing")
    return found


def known(project: Project, given: Row) -> Order | None:
    """The order that any of the ids leads to."""
    for name, value in (given.get("ids") or {}).items():
        ident = int(value) if name.lower() == "mindboxid" else project.order_by_id.get((name.lower(), str(value)), -1)
        if ident in project.orders:
            return project.orders[ident]
    return None


def create(project: Project, body: Row, point: str) -> Row:
    """Without processing: an order that is there is refused."""
    if known(project, asked(body)) is not None:
        raise ProtocolError("/order/ids: order already exists")
    return save(project, body, point)


def save(project: Project, body: Row, point: str) -> Row:
    """The order as a whole: replaced where it is there, else made. Raises ProtocolError, Invalid."""
    given = asked(body)
    if not given.get("ids"):
        raise ProtocolError("/order/ids: required field is missing")
    buyer, lines = _buyer(project, body), [_line(number, one) for number, one in enumerate(given.get("lines") or (), start=1)]
    order = known(project, given)
    status = "Updated" if order else "Created"
    if order is None:
        at = moment(body["executionDateTimeUtc"], "/executionDateTimeUtc") if body.get("executionDateTimeUtc") else project.now()
        order = Order(project.next("order"), None, at, project.now(), str(body.get("pointOfContact") or point))
        project.orders[order.id] = order
    for name, value in given["ids"].items():
        if name.lower() != "mindboxid":
            order.ids[name] = str(value)
            project.order_by_id[name.lower(), str(value)] = order.id
    order.customer = buyer.id if buyer else order.customer
    order.said = {name: given[name] for name in SAID if given.get(name) not in (None, CLEAR)}
    order.lines, order.changed = lines, project.now()
    project.effects["mail: flow"] += status == "Created"
    _told(project, order)
    return {"order": picture(order, status)} if project.habits.echo else {}


def process(project: Project, body: Row, point: str) -> Row:
    """With processing: a total that is not what comes out here is refused, with HTTP 200 and a root ``Success``."""
    given = asked(body)
    total = sum((_price(one) for one in given.get("lines") or ()), Decimal(0)) + _money(given.get("deliveryCost"))
    total -= sum((_money(one.get("amount")) for one in given.get("bonusPoints") or ()), Decimal(0))
    if total != _money(given.get("totalPrice")):
        return {"order": {"processingStatus": "PriceHasBeenChanged", "statusDescription": f"Стоимость заказа изменилась: {total}"}}
    return save(project, body, point)


def change_status(project: Project, body: Row) -> Row:
    """One status for all lines, or one for each; a part of a line becomes a line of its own. Raises ProtocolError."""
    given = asked(body)
    order = known(project, given)
    if order is None:
        raise ProtocolError("/order/ids: order was not found")
    if body.get("orderLinesStatus"):
        for each in order.lines:
            each["status"] = _status(body["orderLinesStatus"])
    for one in given.get("lines") or ():
        if (line := _meant(order, one)) is None:
            raise ProtocolError("/order/lines: line was not found")
        part = Decimal(str(one.get("quantity") or line["quantity"]))
        if part < Decimal(str(line["quantity"])):
            rest = {**line, "quantity": Decimal(str(line["quantity"])) - part, "lineNumber": len(order.lines) + 1}
            order.lines.append(rest)
            line["quantity"] = part
        line["status"] = _status(one.get("status"))
    if given.get("totalPrice") is not None:
        order.said["totalPrice"] = given["totalPrice"]
    order.changed = project.now()
    project.effects["mail: flow"] += 1
    _told(project, order)
    return {"order": {"processingStatus": "Updated", "ids": ids(order)}} if project.habits.echo else {}


def _meant(order: Order, given: Row) -> Row | None:
    """The line that a status operation speaks of, by its number or by the caller's id."""
    for line in order.lines:
        if line["lineNumber"] == given.get("lineNumber") or (given.get("lineId") and line.get("lineId") == given["lineId"]):
            return line
    return None


def get(project: Project, body: Row) -> Row:
    order = known(project, asked(body))
    if order is None:
        return {"order": {"processingStatus": "NotFound"}}
    return {"order": picture(order, "Found"), "customer": _customer(project, order)}


def of_customer(project: Project, body: Row) -> Row:
    """The orders of a customer, page by page; what is younger than five minutes is not there. Raises ProtocolError."""
    found, page = customers.matching(project, customers.asked(body)), body.get("page") or {}
    number, most = int(page.get("pageNumber") or 1), int(page.get("itemsPerPage") or 100)
    if not 1 <= most <= MOST:
        raise ProtocolError("/page/itemsPerPage: value is out of range")
    settled = project.now() - LAG
    mine = [o for o in project.orders.values() if found and o.customer == found[0].id and o.changed <= settled]
    return {"orders": [picture(o, "") for o in mine[(number - 1) * most : number * most]], "totalCount": len(mine)}


def _buyer(project: Project, body: Row) -> Customer | None:
    """Who buys: found by any key, made where only contacts are given. Raises ProtocolError."""
    given = body.get("customer")
    if not given:
        return None
    found = customers.matching(project, given, contacts=False) or customers.matching(project, given)
    if found:
        return found[0]
    if given.get("mobilePhone") or given.get("email"):
        return customers.made(project, given)
    raise ProtocolError(f"/customer/ids/{next(iter(given.get('ids') or {'mindboxId': 0}))}: customer was not found")


def _line(number: int, given: Row) -> Row:
    if not (given.get("product") or {}).get("ids") or given.get("basePricePerItem") is None:
        raise ProtocolError(f"/order/lines/{number - 1}: product and basePricePerItem are required")
    quantity = Decimal(str(given.get("quantity") or 0))
    if quantity <= 0 or quantity != quantity.quantize(Decimal("0.001")):
        raise Invalid("Количество указано неверно", f"/order/lines/{number - 1}/quantity")
    row = {name: given[name] for name in LINE if given.get(name) is not None}
    return row | {"lineNumber": int(given.get("lineNumber") or number), "status": _status(given.get("status") or "NEW")}


def _status(said: Json) -> str:
    """A status of the project's dictionary, as text or as a reference. Raises ProtocolError."""
    text = str((said.get("ids") or {}).get("externalId") if isinstance(said, dict) else said)
    if text not in CATEGORIES:
        raise ProtocolError(f"/order/lines/status/ids/externalId: order line status {text} was not found")
    return text


def _price(line: Row) -> Decimal:
    """What a line comes to: what the caller counted, else price less the discounts asked for."""
    if line.get("discountedPricePerLine") is not None:
        return _money(line["discountedPricePerLine"])
    whole = _money(line.get("basePricePerItem")) * Decimal(str(line.get("quantity") or 0))
    return whole - sum((_money(one.get("amount")) for one in line.get("requestedPromotions") or ()), Decimal(0))


def _money(value: Json) -> Decimal:
    return Decimal(str(value or 0)).quantize(Decimal("0.01"))


def _told(project: Project, order: Order) -> None:
    if order.customer is not None and (one := project.alive(order.customer)) is not None:
        project.happened("order.changed", one, {"orderId": order.id})


def ids(order: Order) -> Row:
    return {"mindboxId": order.id} | {camel(name): value for name, value in order.ids.items()}


def _customer(project: Project, order: Order) -> Row:
    one = project.alive(order.customer) if order.customer is not None else None
    return {"ids": customers.ids(one)} if one else {}


def picture(order: Order, status: str) -> Row:
    """An order as operations answer with it: a line's price is ``priceOfLine`` here, and its status has a category."""
    lines = [
        {k: v for k, v in line.items() if k not in ("discountedPricePerLine", "requestedPromotions", "discounts")}
        | {"priceOfLine": _price(line), "status": {"ids": {"externalId": line["status"]}, "category": CATEGORIES[line["status"]]}}
        for line in order.lines
    ]
    row = {"ids": ids(order), **order.said, "createdDateTimeUtc": stamp(order.created), "firstPointOfContact": order.point, "lines": lines}
    return row | ({"processingStatus": status} if status else {})


def exported(project: Project, order: Order) -> Row:
    """An order as an export has it: lines are called otherwise, and the customer stands inside."""
    lines = [
        {"number": line["lineNumber"], "id": line.get("lineId"), "product": line["product"], "quantity": line["quantity"],
         "basePricePerItem": line["basePricePerItem"], "priceOfLine": _price(line), "status": {"ids": {"externalId": line["status"]}}}
        for line in order.lines
    ]  # fmt: skip
    first = {"dateTimeUtc": stamp(order.created), "channel": {"ids": {"externalId": order.point}}}
    shown: Row = {name: order.said[name] for name in ("deliveryCost", "totalPrice", "customFields") if name in order.said}
    return {"ids": ids(order), **shown, "firstAction": first, "customer": _customer(project, order), "lines": lines}
