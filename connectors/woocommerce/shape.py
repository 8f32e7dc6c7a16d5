"""Between what WooCommerce shows and what it takes: one list of items, amounts kept as fees, a contact in two fields. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.contract import Write

Json = Any
KEY = "sverka_id"
BONUS, ROUNDING = "Оплата бонусами", "Округление"  # names of the fees that the hub makes
LISTS = {"line_item": "line_items", "shipping": "shipping_lines", "fee": "fee_lines"}
GONE: dict[str, dict[str, Json]] = {
    "line_item": {"quantity": 0},
    "shipping": {"method_id": None},
    "fee": {"name": None},
}  # how a line is removed
PAID = "paid"  # key of the meta entry with the money that came otherwise than by a gateway of the shop
# The shop dates the payment of every order that comes into these statuses (woocommerce: WC_Order::maybe_set_date_paid), also of one that the hub
# moves there and nobody paid: such an order is marked, and its date says nothing unless a gateway left its transaction.
PAID_STATUSES, MOVED = ("processing", "completed"), "sverka_moved"
OURS = ("items", "bonus_fee", "rounding_fee", "payments", "paid_total", "contact_name")


def hub_key(row: Mapping[str, Json]) -> str:
    """The hub key inside an object's meta_data, or empty."""
    return next((str(m.get("value")) for m in row.get("meta_data") or () if m.get("key") == KEY), "")


def amount(value: Json) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def is_rounding(fee: Mapping[str, Json]) -> bool:
    return str(fee.get("name", "")).strip().casefold() == ROUNDING.casefold()


def is_bonus(fee: Mapping[str, Json]) -> bool:
    """A negative fee is how shops take off what was paid with points (woocommerce docs: fee lines)."""
    return not is_rounding(fee) and amount(fee.get("total")) < 0


def shown(resource: str, row: dict[str, Json]) -> dict[str, Json]:
    """An order with its items in one list (each with its ``type``), its payment, and the fees that are no services by their meaning."""
    if resource != "orders":
        return row
    fees = row.get("fee_lines") or []
    kept = {"line_item": row.get("line_items") or [], "shipping": row.get("shipping_lines") or []}
    kept["fee"] = [fee for fee in fees if not is_rounding(fee) and not is_bonus(fee)]
    row["items"] = [{"type": kind, **line} for kind, lines in kept.items() for line in lines]
    for name, chosen in (("bonus_fee", is_bonus), ("rounding_fee", is_rounding)):
        found = [fee for fee in fees if chosen(fee)]
        if found:
            row[name] = f"{sum((amount(fee.get('total')) for fee in found), Decimal(0)):.2f}"
    billing = row.get("billing") or {}
    row["contact_name"] = " ".join(filter(None, (str(billing.get(k) or "").strip() for k in ("first_name", "last_name"))))
    row["payments"] = []
    if not row.get("transaction_id") and any(m.get("key") == MOVED for m in row.get("meta_data") or ()):
        row["date_paid_gmt"] = None
    if row.get("date_paid_gmt") and row.get("payment_method"):
        row["payments"] = [
            {
                "kind": row["payment_method"],
                "amount": row.get("total"),
                "time": row["date_paid_gmt"],
                "transaction": row.get("transaction_id"),
            }
        ]
    told = next((str(m.get("value")) for m in row.get("meta_data") or () if m.get("key") == PAID and m.get("value")), "")
    row["paid_total"] = told or next((str(one["amount"]) for one in row["payments"]), None)
    return row


def created(resource: str, write: Write) -> dict[str, Json]:
    """The body of a create: what is written plus the hub key."""
    body = {k: v for k, v in write.data.items() if v is not None and k not in OURS}
    meta = [
        m for m in [*(body.get("meta_data") or ()), *_paid(write.data), *_moved(resource, write)] if m.get("value") not in (None, "", [])
    ]
    body["meta_data"] = [*meta, {"key": KEY, "value": write.key}]
    if resource == "orders":
        _contact(body, write.data)
        for line in write.data.get("items") or ():
            body.setdefault(LISTS[line.get("type") or "line_item"], []).append(_line({k: v for k, v in line.items() if k != "id"}, None))
        _fees(body, write.data, [])
    return body


def updated(resource: str, write: Write, raw: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """The body of an update. Lines are named by their ids: one without an id would be added again by each repeat. ``raw``: the
    order as it is, where :func:`needs_raw` asks for it."""
    body = {k: v for k, v in write.data.items() if k not in OURS} | {"id": int(write.id or 0)}
    if resource != "orders":
        return body
    _contact(body, write.data)
    if more := [*_paid(write.data), *_moved(resource, write)]:
        body["meta_data"] = [*(body.get("meta_data") or ()), *more]
    if "items" in write.data:
        held = {line["id"]: line for line in (write.held or {}).get("items") or () if line.get("id")}
        for line in write.data["items"]:
            body.setdefault(LISTS[line.get("type") or "line_item"], []).append(_line(line, held.pop(line.get("id"), None)))
        for line in held.values():
            kind = line.get("type") or "line_item"
            body.setdefault(LISTS[kind], []).append({"id": line["id"]} | GONE[kind])
    _fees(body, write.data, (raw or {}).get("fee_lines") or [])
    return body


def needs_raw(write: Write) -> bool:
    """Whether the order must be read before this update: the ids of fees that carry amounts."""
    return write.id is not None and ("bonus_fee" in write.data or "rounding_fee" in write.data)


def _line(line: Mapping[str, Json], held: Mapping[str, Json] | None) -> dict[str, Json]:
    """A line as the vendor takes it. Goods that stay are not named again: naming a product would take away its variation."""
    made = {k: v for k, v in line.items() if k not in ("type", "subtotal_tax", "total_tax", "price")}
    if held is not None and held.get("product_id") == line.get("product_id") and held.get("sku") == line.get("sku"):
        made.pop("product_id", None)
        made.pop("sku", None)
    elif made.get("sku"):
        made.pop("product_id", None)  # the shop finds a variation by its SKU; by its number it would not
    return made


def _paid(data: Mapping[str, Json]) -> list[dict[str, Json]]:
    return [{"key": PAID, "value": data["paid_total"] or ""}] if "paid_total" in data else []


def _moved(resource: str, write: Write) -> list[dict[str, Json]]:
    """The mark of an order that the hub moves to where the shop dates a payment, and that none was dated for."""
    held = write.held or {}
    paid = held.get("date_paid_gmt") or held.get("payments")
    moves = resource == "orders" and write.data.get("status") in PAID_STATUSES
    return [{"key": MOVED, "value": "1"}] if moves and not paid else []


def _contact(body: dict[str, Json], data: Mapping[str, Json]) -> None:
    """The first word of a name is the first name, the rest the last one."""
    if "contact_name" in data:
        first, _, last = str(data["contact_name"] or "").strip().partition(" ")
        body["billing"] = {**body.get("billing", {}), "first_name": first, "last_name": last.strip()}


def _fees(body: dict[str, Json], data: Mapping[str, Json], there: Sequence[Mapping[str, Json]]) -> None:
    """Amounts as fees: the first such fee takes the whole amount, others of its kind go."""
    for name, title, chosen in (("bonus_fee", BONUS, is_bonus), ("rounding_fee", ROUNDING, is_rounding)):
        if name not in data:
            continue
        total = amount(data[name])
        found = [fee for fee in there if chosen(fee)]
        lines = body.setdefault("fee_lines", [])
        if total and found:
            lines.append({"id": found[0]["id"], "total": f"{total:.2f}"})
        elif total:
            lines.append({"name": title, "total": f"{total:.2f}", "tax_status": "none"})
        lines += [{"id": fee["id"], "name": None} for fee in (found[1:] if total else found)]
        if not lines:
            del body["fee_lines"]
