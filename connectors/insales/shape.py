"""Between what InSales shows and what it takes: goods and delivery in one list, discounts told apart from bonuses, own fields by handle. Pure.

Reads name nested objects plainly (``order_lines``), writes with a suffix (``order_lines_attributes``): what lacks it is silently ignored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connectors.contract import Write
from connectors.errors import Rejected
from connectors.insales.discounts import amount, bonuses, is_bonus, number, off_lines
from connectors.insales.manifest import HUB_FIELDS, NO_FIELD

Json = Any
Row = Mapping[str, Json]
LINE, DELIVERY = "line", "delivery"
COMPUTED = ("items", "payments", "bonus_discount", "contact_name", "contact_phone", "contact_email")
PARTS = ("surname", "name", "middlename")
PAID = "paid"


def shown(resource: str, row: dict[str, Json]) -> dict[str, Json]:
    """An order with its goods and delivery in one list, its payment, and its contact: whom the parcel is addressed to, else the client."""
    if resource != "orders":
        return row
    lines = row.get("order_lines") or []
    shares = bonuses(row)
    row["items"] = [_line(line, amount(shares.get(line.get("id")))) for line in lines]
    if price := amount(row.get("delivery_price")):
        paid = price if row.get("full_delivery_price") in (None, "") else amount(row["full_delivery_price"])
        title = row.get("delivery_title")
        row["items"].append(
            {"type": DELIVERY, "id": DELIVERY, "title": title, "quantity": 1, "sale_price": number(price), "sum": number(paid)}
        )
    spent = sum((amount(one.get("amount")) for one in row.get("discounts") or () if is_bonus(one)), amount(0))
    row["bonus_discount"] = number(spent) if spent else None
    row["payments"] = []
    if row.get("financial_status") == PAID and row.get("payment_gateway_id"):
        row["payments"] = [{"kind": row["payment_gateway_id"], "amount": row.get("total_price"), "time": row.get("paid_at")}]
    return row | _contact(row.get("shipping_address") or {}, row.get("client") or {})


def _line(line: Row, spent: Json) -> dict[str, Json]:
    """``sum``: of the whole line after discounts and before bonuses, which stand beside the lines."""
    kept = {name: line.get(name) for name in ("id", "variant_id", "sku", "title", "quantity", "sale_price")}
    return {"type": LINE, **kept, "sum": number(amount(line.get("full_total_price", line.get("total_price"))) + spent)}


def _contact(address: Row, client: Row) -> dict[str, Json]:
    named = next((who for who in (address, client) if any(who.get(part) for part in PARTS)), {})
    name = " ".join(filter(None, (str(named.get(part) or "").strip() for part in ("name", "middlename", "surname"))))
    return {
        "contact_name": name or address.get("full_name") or None,
        "contact_phone": address.get("phone") or client.get("phone"),
        "contact_email": client.get("email"),
    }


def hub_key(resource: str, row: Row) -> str:
    """The hub key inside an object's own fields, or empty."""
    return next((str(one.get("value") or "") for one in row.get("fields_values") or () if one.get("handle") == HUB_FIELDS[resource]), "")


def created(resource: str, write: Write, known: Collection[str], options: Row) -> dict[str, Json]:
    """The body of a create. ``known``: handles of the shop's own fields; ``options``: of the system. Raises Rejected where the shop has no field
    for the hub key: a create whose answer is lost could never be found again."""
    if HUB_FIELDS[resource] not in known:
        raise Rejected(f"the shop has no own field with the handle {HUB_FIELDS[resource]}", code=NO_FIELD)
    body = {name: value for name, value in _plain(write.data, known).items() if value not in (None, "", [], {})}
    body.setdefault("fields_values_attributes", []).append({"handle": HUB_FIELDS[resource], "value": write.key})
    if resource != "orders":
        return body
    data = write.data
    address = _addressed(data) | dict(data.get("shipping_address") or {})
    lines = [one for one in data.get("items") or () if one.get("type") != DELIVERY]
    body["order_lines_attributes"] = [_new(one) for one in lines]
    body["client"] = body.get("client") or _guest(data)
    body |= {"shipping_address_attributes": address} if address else {}
    for name, option in (("delivery_variant_id", "delivery_variant"), ("payment_gateway_id", "payment_gateway")):
        if option in options:
            body.setdefault(name, options[option])
    if _delivery(data) or "delivery_variant_id" in body:  # else the shop adds what this way of delivery costs by itself
        body["delivery_price"] = number(_delivery(data))
    return body


def updated(resource: str, write: Write, known: Collection[str], raw: Row) -> dict[str, Json]:
    """The body of an update without discounts, {} where there is nothing to say. ``raw``: the order as it is, where :func:`needs_raw` asks for it.
    Lines that go are named with ``_destroy``; one that is wanted without an id and is there already is not added again."""
    body = _plain(write.data, known)
    if resource != "orders":
        return body
    data = write.data
    if "client" in data:
        raise Rejected("an order keeps the client who placed it", code="client", field="client.id")
    if "items" in data:
        if lines := _changed(data["items"] or (), raw.get("order_lines") or ()):
            body["order_lines_attributes"] = lines
        if _delivery(data) != amount(raw.get("delivery_price")):
            body["delivery_price"] = number(_delivery(data))
    address = _addressed(data) | dict(data.get("shipping_address") or {})
    if address:
        known_as = (raw.get("shipping_address") or {}).get("id")
        body["shipping_address_attributes"] = address | ({"id": known_as} if known_as else {})
    return body


def needs_raw(resource: str, write: Write) -> bool:
    """Whether the order must be read before this update: ids of its lines, discounts and address."""
    named = ("items", "bonus_discount", "contact_name", "contact_phone", "shipping_address")
    return resource == "orders" and any(name in write.data for name in named)


def _plain(data: Row, known: Collection[str]) -> dict[str, Json]:
    """What goes as it is, under the names of writes. Own fields that the shop does not have are left out: it would refuse the whole."""
    nested = ("custom_status", "fields_values", "shipping_address", *COMPUTED)
    body = {name: value for name, value in data.items() if name not in nested}
    if status := (data.get("custom_status") or {}).get("permalink"):
        body["custom_status_permalink"] = status
    fields = [{"handle": one["handle"], "value": one.get("value")} for one in data.get("fields_values") or () if one.get("handle") in known]
    return body | ({"fields_values_attributes": fields} if fields else {})


def _changed(wanted: Sequence[Row], there: Sequence[Row]) -> list[dict[str, Json]]:
    pairs = matched(wanted, there)
    said: list[dict[str, Json]] = []
    for one, held in pairs:
        if held is None:
            said.append(_new(one))
            continue
        differs = {name: one[name] for name in ("quantity", "sale_price") if amount(one.get(name)) != amount(held.get(name))}
        said += [{"id": held["id"], **differs}] if differs else []
    kept = {held["id"] for _, held in pairs if held is not None}
    return said + [{"id": line["id"], "_destroy": True} for line in there if line["id"] not in kept]


def matched(wanted: Sequence[Row], there: Sequence[Row]) -> list[tuple[Row, Row | None]]:
    """Each wanted line of goods with the line of the order that it is: by id, else by its goods, first come first served."""
    lines = [one for one in wanted if one.get("type") != DELIVERY]
    free = {line["id"]: line for line in there}
    found: dict[int, Row] = {}
    for place, one in enumerate(lines):
        held = free.get(one.get("id"))
        if held is not None and str(held.get("variant_id")) == str(one.get("variant_id")):
            found[place] = free.pop(held["id"])
    for place, one in enumerate(lines):
        if place not in found and (
            twin := next((x for x in free.values() if str(x.get("variant_id")) == str(one.get("variant_id"))), None)
        ):
            found[place] = free.pop(twin["id"])
    return [(one, found.get(place)) for place, one in enumerate(lines)]


def discounted(data: Row, order: Row) -> list[dict[str, Json]]:
    """``discounts_attributes`` that make the order, as it is now, have the wanted discounts of lines and bonuses; [] where it has them.
    They cannot be said when an order is created (insales docs: partial discounts)."""
    pairs = [(one, held) for one, held in matched(data.get("items") or (), order.get("order_lines") or ()) if held is not None]
    said = off_lines(
        [(amount(one.get("sale_price")) * amount(one.get("quantity")) - amount(one.get("sum")), held) for one, held in pairs], order
    )
    if "bonus_discount" in data:
        held_now = [one for one in order.get("discounts") or () if is_bonus(one)]
        wanted = amount(data["bonus_discount"])
        if wanted != sum((amount(one.get("amount")) for one in held_now), amount(0)):
            said += [{"id": one["id"], "_destroy": 1} for one in held_now]
            said += [{"discount": number(wanted), "type_id": 2, "description": "Бонусы"}] if wanted else []
    return said


def _new(line: Row) -> dict[str, Json]:
    return {name: line.get(name) for name in ("variant_id", "quantity", "sale_price")}


def _delivery(data: Row) -> Json:
    return sum((amount(one.get("sum")) for one in data.get("items") or () if one.get("type") == DELIVERY), amount(0))


def _addressed(data: Row) -> dict[str, Json]:
    """The contact in the address: the first word of a name is the first name, the rest the last one."""
    said: dict[str, Json] = {"phone": data["contact_phone"] or ""} if "contact_phone" in data else {}
    if "contact_name" in data:
        first, _, last = str(data["contact_name"] or "").strip().partition(" ")
        said |= {"name": first, "surname": last.strip(), "middlename": ""}
    return said


def _guest(data: Row) -> dict[str, Json]:
    """The client of an order of nobody who is known: the shop makes one."""
    said = {name: value for name, value in _addressed(data).items() if value}
    return said | ({"email": data["contact_email"]} if data.get("contact_email") else {})
