"""An order between what operations show and what they take: saved as a whole, each line with a status of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.contract import Write
from connectors.mindbox.shape import CLEAR, Names, id_of

Json = Any
Row = dict[str, Json]
DELIVERY = "delivery"
OFF = frozenset({"cancelled", "canceled", "cancel", "returned", "return"})  # categories of lines that are not bought any more
PLAIN = ("email", "payments")


def amount(value: Json) -> Decimal:
    return Decimal(str(value or 0))


def number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def shown(row: Mapping[str, Json], customer: Mapping[str, Json], names: Names) -> Row:
    """An order as mappings see it: lines that were cancelled or returned are left out while others are not."""
    made: Row = {
        name: row[name] for name in (*PLAIN, "totalPrice", "customFields", "createdDateTimeUtc", "firstPointOfContact") if name in row
    }
    ids = row.get("ids") or {}
    made |= {
        "id": str(ids["mindboxId"]),
        "ids": {name: str(value) for name, value in ids.items()},
        "hub_key": id_of(ids, names.order_id_system),
    }
    if row.get("mobilePhone"):
        made["mobilePhone"] = str(row["mobilePhone"])
    if buyer := (customer.get("ids") or {}).get("mindboxId"):
        made["customer"] = {"ids": {"mindboxId": buyer}}
    lines = list(row.get("lines") or ())
    bought = [line for line in lines if not off(line)] or lines
    made["lines"] = [_line(line, names) for line in bought]
    if cost := amount(row.get("deliveryCost")):
        made["lines"].append({"type": DELIVERY, "id": DELIVERY, "quantity": 1, "price": number(cost), "sum": number(cost)})
    made["status"] = next((status_of(line) for line in bought), "")
    return made


def off(line: Mapping[str, Json]) -> bool:
    """Whether a line is not bought any more."""
    said = line.get("status")
    return isinstance(said, Mapping) and str(said.get("category") or "").lower() in OFF


def status_of(line: Mapping[str, Json]) -> str:
    said = line.get("status")
    return str((said.get("ids") or {}).get("externalId") or "") if isinstance(said, Mapping) else str(said or "")


def _line(line: Mapping[str, Json], names: Names) -> Row:
    """``sum``: of the whole line after discounts; calculations and reads call it by two names."""
    quantity, price = amount(line.get("quantity")), amount(line.get("basePricePerItem"))
    total = line.get("priceOfLine", line.get("discountedPriceOfLine"))
    product = line.get("product") or {}
    known = id_of(product.get("ids"), names.products) or id_of((product.get("sku") or {}).get("ids"), names.products)
    return {"type": "item", "id": mark(line), "product": known, "quantity": number(quantity), "price": number(price),
            "sum": number(price * quantity if total is None else amount(total))}  # fmt: skip


def mark(line: Mapping[str, Json]) -> str:
    """A line's own mark: several share the caller's id after a split, and differ by their number."""
    return f"{line.get('lineId') or ''}/{line.get('lineNumber')}"


def saved(write: Write, raw: Mapping[str, Json], buyer: Mapping[str, Json], names: Names) -> Row:
    """The whole body of a save. ``raw``: the order as it is there, ``buyer``: its customer; empty for a create."""
    data = write.data
    lines = list(data["lines"] or ()) if "lines" in data else [_line(line, names) for line in _bought(raw)] + _cost(raw)
    goods = [line for line in lines if line.get("type") != DELIVERY]
    cost = sum((amount(line.get("sum")) for line in lines if line.get("type") == DELIVERY), Decimal(0))
    status = str(data.get("status") or "")
    order: Row = {"ids": {names.order_id_system: write.key} if write.id is None else {"mindboxId": int(write.id)}}
    total = data.get("totalPrice", raw.get("totalPrice"))
    order["totalPrice"] = (
        number(amount(total)) if total is not None else number(sum((amount(line.get("sum")) for line in lines), Decimal(0)))
    )
    order |= {"deliveryCost": number(cost)} if cost else {}
    order |= {name: value for name in (*PLAIN, "mobilePhone") if (value := data.get(name, raw.get(name))) not in (None, "", [])}
    fields = {**(raw.get("customFields") or {}), **(data.get("customFields") or {})}
    if fields := {name: CLEAR if value in (None, "") else value for name, value in fields.items() if write.id or value not in (None, "")}:
        order["customFields"] = fields
    order["lines"] = _lines(goods, raw, status, names)
    body: Row = {"order": order}
    who = ((data.get("customer") or {}).get("ids") or {}).get("mindboxId") or (buyer.get("ids") or {}).get("mindboxId")
    body |= {"customer": {"ids": {"mindboxId": int(who)}}} if who else {}
    if write.id is None:
        body |= {"executionDateTimeUtc": data["createdDateTimeUtc"]} if data.get("createdDateTimeUtc") else {}
        body |= {"pointOfContact": names.point} if names.point else {}
    return body


def statuses(write: Write, raw: Mapping[str, Json]) -> Row:
    """The body of a change of the status alone: of all lines, or of those that are bought where others are not any more."""
    status, bought = str(write.data["status"]), _bought(raw)
    order: Row = {"ids": {"mindboxId": int(write.id or 0)}}
    if len(bought) == len(raw.get("lines") or ()):
        return {"order": order, "orderLinesStatus": status}
    return {"order": order | {"lines": [{"lineNumber": line["lineNumber"], "status": {"ids": {"externalId": status}}} for line in bought]}}


def status_alone(write: Write) -> bool:
    return write.id is not None and set(write.data) == {"status"} and bool(write.data["status"])


def _bought(raw: Mapping[str, Json]) -> list[Row]:
    lines = list(raw.get("lines") or ())
    return [line for line in lines if not off(line)] or lines


def _cost(raw: Mapping[str, Json]) -> list[Row]:
    return [{"type": DELIVERY, "sum": raw["deliveryCost"]}] if raw.get("deliveryCost") else []


def _lines(goods: Sequence[Mapping[str, Json]], raw: Mapping[str, Json], status: str, names: Names) -> list[Row]:
    """The composition: what is wanted, under the ids that it has there; what went stays as cancelled where the project has a word for it, and
    what was cancelled or returned before stays as it is."""
    held = {mark(line): line for line in raw.get("lines") or ()}
    wanted = [held.get(str(line.get("id") or "")) for line in goods]
    taken = {mark(line) for line in wanted if line}
    made = [_item(line, there, status, names) for line, there in zip(goods, wanted, strict=True)]
    bought = {mark(line) for line in _bought(raw)}
    for key, line in held.items():
        if key not in taken and (key not in bought or names.cancelled):
            made.append(_kept(line, names.cancelled if key in bought else status_of(line)))
    return _numbered(made, max([int(line["lineNumber"]) for line in held.values()], default=0))


def _item(line: Mapping[str, Json], there: Mapping[str, Json] | None, status: str, names: Names) -> Row:
    quantity = amount(line.get("quantity"))
    row: Row = {"lineNumber": (there or {}).get("lineNumber"), "lineId": (there or {}).get("lineId"), "quantity": number(quantity)}
    row |= {"quantityType": "double"} if quantity != quantity.to_integral_value() else {}
    row |= {"basePricePerItem": number(amount(line.get("price"))), "discountedPricePerLine": number(amount(line.get("sum")))}
    row["product"] = {"ids": {names.products: str(line.get("product") or "")}}
    said = status or (status_of(there) if there else "")
    return row | ({"status": said} if said else {})


def _kept(line: Mapping[str, Json], status: str) -> Row:
    """A line that is not bought any more, as it is there."""
    row = {name: line[name] for name in ("lineNumber", "lineId", "product", "quantity", "basePricePerItem") if line.get(name) is not None}
    total = line.get("priceOfLine", line.get("discountedPriceOfLine"))
    return row | ({"discountedPricePerLine": total} if total is not None else {}) | {"status": status}


def _numbered(lines: list[Row], last: int) -> list[Row]:
    """Numbers and ids for new lines, behind the ``last`` that was ever taken; numbers ascend."""
    for line in lines:
        if not line.get("lineNumber"):
            last += 1
            line["lineNumber"] = last
        line["lineId"] = str(line.get("lineId") or line["lineNumber"])
    return sorted(lines, key=lambda line: int(line["lineNumber"]))
