"""Orders: create and edit in part, with what the vendor checks; every changed field is a record of the history."""

from __future__ import annotations

from typing import Any

from . import customers
from .fields import custom, length
from .keys import Caller
from .lines import lines, sums
from .payments import paid, payment
from .state import Account
from .wire import ApiError, invalid

Json = Any
Row = dict[str, Any]
HISTORY = {  # field of the entity -> name in the history
    "status": "status", "managerId": "manager", "firstName": "first_name", "lastName": "last_name", "patronymic": "patronymic", "phone": "phone",
    "additionalPhone": "additional_phone", "email": "email", "customerComment": "customer_comment", "managerComment": "manager_comment",
    "number": "number", "externalId": "external_id", "countryIso": "country", "createdAt": "created_at", "orderType": "order_type",
    "orderMethod": "order_method", "shipmentStore": "shipment_store", "shipmentDate": "shipment_date", "shipped": "shipped",
    "discountManualAmount": "discount_manual_amount", "discountManualPercent": "discount_manual_percent", "statusComment": "status_comment",
    "fullPaidAt": "full_paid_at",
}  # fmt: skip
CODED = ("status", "orderType", "orderMethod", "shipmentStore")  # dictionary values: {"code": ...} in the history
REFERENCES = {"status": "statuses", "orderType": "order-types", "orderMethod": "order-methods", "shipmentStore": "stores"}
READ_ONLY = frozenset({"fullPaidAt"})
DELIVERY = {
    "code": "delivery_type",
    "date": "delivery_date",
    "time": "delivery_time",
    "cost": "delivery_cost",
    "netCost": "delivery_net_cost",
}


def save(account: Account, given: Row, site: str, caller: Caller, ident: int | None = None) -> Row:
    """Create, or edit in part. Raises ApiError, and changes nothing then."""
    old = account.tables["orders"][ident] if ident is not None else None
    check(account, given, old["site"] if old else site, ident)
    row = dict(old) if old else blank(account, site, given)
    for name in HISTORY.keys() - READ_ONLY:
        if name in given:
            customers.put(row, name, given[name])
    row.setdefault("status", "new")
    if "items" in given or old is None:
        row["items"] = lines(account, row["items"], given.get("items") or [], row)
    if "delivery" in given:
        row["delivery"] = delivery(account, row.get("delivery") or {}, given["delivery"] or {})
    if given.get("source"):
        row["source"] = dict(row.get("source") or {}) | {k: v for k, v in given["source"].items() if v not in (None, "")}
    row["customFields"] = custom(account.field_types("order"), row["customFields"], given.get("customFields") or {})
    if old is None:
        row["customer"] = buyer(account, given, row["site"], caller)
        for one in given.get("payments") or ():  # those of an edit are not applied
            made = payment(account, one, row, None)
            row["payments"] = row["payments"] | {made["id"]: made}
    sums(row)
    paid(account, row)
    if old is not None and old["status"] != row["status"]:
        row["statusUpdatedAt"] = account.stamp()
    account.keep("orders", row)
    tell(account, old, row, caller)
    follow(account, old, row)
    return row


def blank(account: Account, site: str, given: Row) -> Row:
    ident, now = account.next("orders"), account.stamp()
    return {
        "id": ident, "slug": ident, "number": str(given.get("number") or f"{ident}A"), "orderType": "eshop-individual", "privilegeType": "none",
        "orderMethod": "phone", "site": site, "createdAt": now, "statusUpdatedAt": now, "countryIso": "RU", "bonusesCreditTotal": 0,
        "bonusesChargeTotal": 0, "currency": "RUB", "items": [], "payments": {}, "customFields": {}, "shipped": False, "fromApi": True,
        "discountManualAmount": 0, "discountManualPercent": 0, "personalDiscountPercent": 0,
    }  # fmt: skip


def check(account: Account, given: Row, site: str, ident: int | None) -> None:
    external, number = str(given.get("externalId") or ""), str(given.get("number") or "")
    if external and account.by_external.get(("orders", site, external), ident) != ident:
        raise ApiError(400, f"Order with externalId={external} already exists.")
    if number and account.numbers.get(number, ident) != ident:
        raise invalid("number", f"Order with number {number} already exists.")
    length(given, ("firstName", "lastName", "patronymic", "phone", "email", "externalId", "number"))
    if given.get("email") and not customers.EMAIL.fullmatch(str(given["email"])):
        raise invalid("email", "This value is not a valid email address.")
    if "status" in given and not given["status"]:
        raise invalid("status", "This value should not be blank.")
    for name, reference in REFERENCES.items():
        if given.get(name) and given[name] not in account.references[reference]:
            raise invalid(name, f"{name} with code {given[name]} does not exist.")
    if given.get("managerId") and given["managerId"] not in {user["id"] for user in account.users}:
        raise invalid("managerId", f"User with id {given['managerId']} not found.")


def delivery(account: Account, held: Row, given: Row) -> Row:
    """The parts that are given change; addresses and the carrier's data are merged, too."""
    if given.get("code") and given["code"] not in account.references["delivery-types"]:
        raise invalid("delivery.code", f"Delivery type with code {given['code']} does not exist.")
    found = dict(held)
    for name, value in given.items():
        found[name] = dict(held.get(name) or {}) | value if isinstance(value, dict) and name in ("address", "data") else value
    found["address"] = {k: v for k, v in (found.get("address") or {}).items() if v not in (None, "")}
    found["data"] = {k: v for k, v in (found.get("data") or {}).items() if v not in (None, "")}
    found["cost"] = round(float(found.get("cost") or 0), 2)
    return {"netCost": 0, **{name: value for name, value in found.items() if value not in (None, "")}}


def buyer(account: Account, given: Row, site: str, caller: Caller) -> Row:
    """The customer that is named, else one of this shop with the same e-mail or phone, else a new one made of the contact."""
    named = given.get("customer") or {}
    if named.get("id") or named.get("externalId"):
        ident = named.get("id") or account.by_external.get(("customers", named.get("site") or site, str(named["externalId"])))
        if ident not in account.tables["customers"]:
            raise invalid(
                "customer", f"Customer with {'id' if named.get('id') else 'externalId'} {named.get('id') or named['externalId']} not found."
            )
        return {"id": ident}
    email, phone = str(given.get("email") or "").lower(), digits(given.get("phone"))
    for row in account.tables["customers"].values():
        numbers = {digits(one["number"]) for one in row.get("phones") or ()}
        if row["site"] == site and ((email and str(row.get("email") or "").lower() == email) or (phone and phone in numbers)):
            return {"id": row["id"]}
    contact = {name: given[name] for name in ("firstName", "lastName", "patronymic", "email") if given.get(name)}
    if given.get("phone"):
        contact["phones"] = [{"number": given["phone"]}]
    return {"id": customers.save(account, contact, site, caller)["id"]}


def digits(text: Json) -> str:
    return "".join(c for c in str(text or "") if c.isdigit())[-10:]


def shown(account: Account, row: Row) -> Row:
    """An order as answers show it: its customer whole, its payments as a map by their ids."""
    customer = account.tables["customers"].get(row["customer"]["id"], row["customer"])
    return row | {"customer": customer, "payments": {str(ident): one for ident, one in row["payments"].items()}}


def tell(account: Account, old: Row | None, row: Row, caller: Caller) -> None:
    history = account.history["orders"]
    if old is None:
        history.add(shown(account, row), caller, "status", None, {"code": row["status"]}, created=True)
        return
    for name, field in HISTORY.items():
        if old.get(name) != row.get(name):
            key = "code" if name in CODED else "id" if name == "managerId" else ""
            before, after = ({key: v} if key and v else v for v in (old.get(name), row.get(name)))
            history.add(row, caller, field, before, after)
    was, now = old.get("delivery") or {}, row.get("delivery") or {}
    for name, field in DELIVERY.items():
        if was.get(name) != now.get(name):
            before, after = ({"code": v} if name == "code" and v else v for v in (was.get(name), now.get(name)))
            history.add(row, caller, field, before, after)
    for part in sorted({*(was.get("address") or {}), *(now.get("address") or {})}):
        if (was.get("address") or {}).get(part) != (now.get("address") or {}).get(part):
            history.add(row, caller, f"delivery_address.{part}", (was.get("address") or {}).get(part), (now.get("address") or {}).get(part))
    if (was.get("data") or {}).get("trackNumber") != (now.get("data") or {}).get("trackNumber"):
        history.add(row, caller, "integration_delivery_data.track_number", None, (now.get("data") or {}).get("trackNumber"))
    tell_lines(account, old, row, caller)
    for code in sorted(old["customFields"].keys() | row["customFields"].keys()):
        if old["customFields"].get(code) != row["customFields"].get(code):
            history.add(row, caller, f"custom_{code}", old["customFields"].get(code), row["customFields"].get(code))


def tell_lines(account: Account, old: Row, row: Row, caller: Caller) -> None:
    history = account.history["orders"]
    was, now = ({line["id"]: line for line in one["items"]} for one in (old, row))
    for ident in now.keys() - was.keys():
        history.add(row, caller, "order_product", None, {"id": ident}, item=now[ident])
    for ident in was.keys() - now.keys():
        history.add(row, caller, "order_product", {"id": ident}, None, item=was[ident])
    for ident in was.keys() & now.keys():
        for name, field in (
            ("quantity", "quantity"),
            ("initialPrice", "initial_price"),
            ("discountTotal", "discount_total"),
            ("status", "status"),
        ):
            if was[ident].get(name) != now[ident].get(name):
                history.add(row, caller, f"order_product.{field}", was[ident].get(name), now[ident].get(name), item=now[ident])


def follow(account: Account, old: Row | None, row: Row) -> None:
    """The account's triggers write to the buyer, whoever changed the order; sums of the customer are counted anew."""
    account.effects["mail: order created"] += old is None
    account.effects["sms: order status"] += old is not None and old["status"] != row["status"]
    if (old is None or old["totalSumm"] != row["totalSumm"]) and row["customer"]["id"] in account.tables["customers"]:
        customers.bought(account, row["customer"]["id"])
