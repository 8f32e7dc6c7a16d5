"""Between what RetailCRM shows and what it takes: goods and delivery in one list, payments as a list, tags by words, a contact in one name. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.contract import Write
from connectors.retailcrm.returned import RETURNED, amount, came_back, counted, folded, marked, number

Json = Any
CENT = Decimal("0.01")
MAPS = ("customFields", "address", "delivery", "customer", "source")  # PHP prints an empty map as []
OURS = ("lines", "payments", "contact_name", "tags", "bonus_spent", "bonus_accrued", RETURNED)
BONUSES = {"bonus_spent": "bonusesChargeTotal", "bonus_accrued": "bonusesCreditTotal"}  # read only: the account's own loyalty programme
NAMES = ("firstName", "patronymic", "lastName")
DELIVERY = "delivery"


def shown(resource: str, row: dict[str, Json], complete: Collection[str] = (), back: Collection[str] = ()) -> dict[str, Json]:
    """An object as mappings see it. ``complete``: payment statuses that mean that the money came: others are no payments yet. ``back``: statuses of
    lines that mean that they came back: the order stays as it was sold, with its sum, whatever the account counts of such lines."""
    row |= {name: {} for name in MAPS if row.get(name) == []}
    if resource == "customers":
        row["tags"] = [tag.get("name") for tag in row.get("tags") or ()]
        return row
    row["contact_name"] = " ".join(filter(None, (str(row.get(part) or "").strip() for part in NAMES)))
    items = row.get("items") or []
    row["lines"] = [sold(item, parts) for item, parts in folded(items, back)]
    row[RETURNED] = counted(items, back)
    left_out = [sold(one) for one in items if one.get("isCanceled") and came_back(one, back)]
    if left_out and row.get("totalSumm") is not None:
        row["totalSumm"] = number(amount(row["totalSumm"]) + sum((_paid(one) for one in left_out), Decimal(0)))
    if cost := amount((row.get("delivery") or {}).get("cost")):
        row["lines"].append({"type": DELIVERY, "id": DELIVERY, "quantity": 1, "initialPrice": number(cost), "discount": 0})
    extra = row.get("customFields") or {}
    row |= {name: row.get(counted) or extra.get(name) for name, counted in BONUSES.items()}
    there = row.get("payments") or {}  # a map by id, or []
    row["payments"] = [one for one in there.values() if one.get("status") in complete]
    return row


def _paid(line: Mapping[str, Json]) -> Decimal:
    return (amount(line["initialPrice"]) * amount(line["quantity"])).quantize(CENT) - amount(line["discount"])


def sold(item: Mapping[str, Json], parts: Sequence[Mapping[str, Json]] = ()) -> dict[str, Json]:
    """A line with the pieces that were split off it."""
    row = _line(item)
    for part in map(_line, parts):
        row |= {name: number(amount(row[name]) + amount(part[name])) for name in ("quantity", "discount")}
    return row


def _line(item: Mapping[str, Json]) -> dict[str, Json]:
    """A line with the discount of the whole of it: the price is split in ``prices`` where it does not divide."""
    quantity, price = amount(item.get("quantity")), amount(item.get("initialPrice"))
    parts = item.get("prices") or [{"price": price - amount(item.get("discountTotal")), "quantity": quantity}]
    paid = sum((amount(part.get("price")) * amount(part.get("quantity")) for part in parts), Decimal(0)).quantize(CENT)
    row = {"type": "item", "id": item.get("id"), "quantity": item.get("quantity"), "initialPrice": number(price)}
    row["discount"] = number((price * quantity).quantize(CENT) - paid)
    if offer := item.get("offer"):
        return row | {"offer": {"id": offer.get("id"), "article": offer.get("article") or offer.get("externalId")}}
    return row | {"name": item.get("productName")}


def created(resource: str, write: Write, known: Collection[str], paid: str = "") -> dict[str, Json]:
    """The body of a create. ``known``: additional fields that the account has; ``paid``: the payment status of money that came."""
    body = {key: value for key, value in _body(write, known, {}).items() if value not in (None, "", [], {})}
    if resource == "orders":
        body |= {"payments": [payment(one, paid) for one in write.data.get("payments") or ()]} if write.data.get("payments") else {}
    elif write.data.get("tags"):
        body["addTags"] = list(write.data["tags"])
    return body | {"externalId": write.key}


def updated(
    resource: str, write: Write, known: Collection[str], raw: Mapping[str, Json] | None = None, back: Sequence[str] = ()
) -> dict[str, Json]:
    """The body of an edit, without payments: an edit does not apply them. ``raw``: the order as the vendor has it, where
    :func:`needs_raw` asks for it. ``back``: statuses of lines that came back."""
    body = _body(write, known, raw or {}, back)
    if RETURNED in write.data and back and raw:
        there = raw.get("items") or []
        body["items"] = marked(body.get("items") or [{"id": one["id"]} for one in there], there, write.data[RETURNED] or (), back)
    if resource == "customers" and "tags" in write.data:
        wanted, held = ({str(tag).lower(): tag for tag in tags or ()} for tags in (write.data["tags"], (write.held or {}).get("tags")))
        body["addTags"] = [tag for word, tag in wanted.items() if word not in held]
        body["removeTags"] = [tag for word, tag in held.items() if word not in wanted]
    return body


def needs_raw(write: Write) -> bool:
    """Whether the order must be read before this edit: ids and discounts of its lines, parts of a name, payments that wait."""
    return write.id is not None and any(name in write.data for name in ("lines", "contact_name", "payments", RETURNED))


def _body(write: Write, known: Collection[str], raw: Mapping[str, Json], back: Collection[str] = ()) -> dict[str, Json]:
    body = {key: _sent(key, value) for key, value in write.data.items() if key not in OURS}
    extra = (body.get("customFields") or {}) | {name: write.data[name] for name in BONUSES if name in write.data}
    if extra := {code: value for code, value in extra.items() if code in known}:
        body["customFields"] = extra
    else:
        body.pop("customFields", None)
    if "contact_name" in write.data:
        first, _, last = str(write.data["contact_name"] or "").strip().partition(" ")
        body |= {"firstName": first, "lastName": last.strip()} | ({"patronymic": ""} if raw.get("patronymic") else {})
    if "lines" in write.data:
        there = {one["id"]: (one, parts) for one, parts in folded(raw.get("items") or [], back)}
        rows = write.data["lines"] or ()
        body["items"] = [made for row in rows if row.get("type") != DELIVERY for made in items(row, *there.get(row.get("id"), (None, [])))]
        cost = sum((amount(row.get("initialPrice")) for row in rows if row.get("type") == DELIVERY), Decimal(0))
        if cost != amount((raw.get("delivery") or {}).get("cost")):
            body["delivery"] = {**(body.get("delivery") or {}), "cost": number(cost)}
    return body


def _sent(key: str, value: Json) -> Json:
    """A reference to nobody is null; all else goes as it is."""
    return None if key == "managerId" and value == "" else value


def items(row: Mapping[str, Json], held: Mapping[str, Json] | None, parts: Sequence[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """A line with the parts that were split off it, which stay: what was sold beyond them is the line."""
    made, off = item(row, held, parts), sum((amount(part.get("quantity")) for part in parts), Decimal(0))
    if off and "quantity" in made:
        made["quantity"] = number(amount(made["quantity"]) - off)
    stays = [made] if amount(made.get("quantity", 1)) > 0 else []
    return [*stays, *({"id": part["id"]} for part in parts)]


def item(row: Mapping[str, Json], held: Mapping[str, Json] | None, parts: Sequence[Mapping[str, Json]] = ()) -> dict[str, Json]:
    """A line as the vendor takes it: what a held one says already is not said again. The manual discount is of one unit, and what other
    discounts (loyalty, the order's own) take off stays theirs."""
    quantity = amount(row.get("quantity"))
    made: dict[str, Json] = {"id": row["id"]} if held else {}
    before = sold(held, parts) if held else {}
    for name in ("quantity", "initialPrice"):
        if not held or amount(before[name]) != amount(row.get(name)):
            made[name] = row.get(name)
    if row.get("offer"):
        if (before.get("offer") or {}).get("id") != row["offer"].get("id"):
            made["offer"] = {"id": row["offer"].get("id")}
    elif before.get("name") != row.get("name"):
        made["productName"] = row.get("name")
    if not held or amount(before["discount"]) != amount(row.get("discount")) or "quantity" in made:
        unit = (amount(row.get("discount")) / quantity).quantize(CENT, ROUND_HALF_UP) if quantity else Decimal(0)
        others = sum(
            (amount(one.get("amount")) for one in (held or {}).get("discounts") or () if one.get("type") != "manual_product"), Decimal(0)
        )
        made["discountManualAmount"] = number(max(Decimal(0), unit - others))
        made["discountManualPercent"] = 0
    return made


def payment(row: Mapping[str, Json], paid: str) -> dict[str, Json]:
    """A payment of money that came."""
    named = {key: row[key] for key in ("type", "amount", "paidAt", "externalId") if row.get(key) not in (None, "")}
    return named | ({"status": paid} if paid else {})


def path_named(data: Mapping[str, Json], field: str) -> str:
    """The written path that the vendor's field speaks of (``items[0].offer.id`` -> ``lines``), or that field."""
    head = field.partition("[")[0].partition(".")[0]
    if head in ("items", "payment", "payments"):
        return "lines" if head == "items" else "payments"
    if head in NAMES and "contact_name" in data:
        return "contact_name"
    if head in ("addTags", "removeTags", "phones"):
        return "phones" if head == "phones" else "tags"
    return "customer.id" if head == "customer" else field
