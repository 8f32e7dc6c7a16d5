"""Customers: create and edit in part, with what the vendor checks; every changed field is a record of the history."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from .fields import custom, length
from .keys import Caller
from .state import Account
from .wire import ApiError, invalid

Json = Any
Row = dict[str, Any]
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
HISTORY = {  # field of the entity -> name in the history
    "firstName": "first_name", "lastName": "last_name", "patronymic": "patronymic", "email": "email", "birthday": "birthday", "sex": "sex",
    "managerId": "manager", "externalId": "external_id", "personalDiscount": "personal_discount", "cumulativeDiscount": "cumulative_discount",
    "discountCardNumber": "discount_card_number", "vip": "vip", "bad": "bad", "isContact": "is_contact",
}  # fmt: skip
ADDRESS = ("index", "countryIso", "region", "city", "street", "building", "flat", "house", "block", "floor", "metro", "notes", "text")
SEGMENT = {"id": 1, "code": "buyers", "name": "Покупатели", "isDynamic": True, "active": True}


def save(account: Account, given: Row, site: str, caller: Caller, ident: int | None = None) -> Row:
    """Create, or edit in part. Raises ApiError, and changes nothing then."""
    old = account.tables["customers"][ident] if ident is not None else None
    check(account, given, old["site"] if old else site, ident)
    row = dict(old) if old else blank(account, site, given)
    for name in HISTORY:
        if name in given:
            put(row, name, given[name])
    if "phones" in given:  # the list as a whole (merge or replace is not documented)
        row["phones"] = [{"number": str(phone["number"])} for phone in given["phones"] or () if str(phone.get("number") or "").strip()]
    if "address" in given:
        row["address"] = merged(row.get("address") or {}, given["address"] or {})
    row["customFields"] = custom(account.field_types("customer"), row["customFields"], given.get("customFields") or {})
    row["tags"] = tags(row["tags"], given)
    for name in ("phones", "address"):
        if not row.get(name):
            row.pop(name, None)
    account.keep("customers", row)
    tell(account, old, row, caller)
    account.effects["mail: welcome"] += old is None and bool(row.get("email"))
    return row


def blank(account: Account, site: str, given: Row) -> Row:
    return {
        "type": "customer", "id": account.next("customers"), "isContact": False, "createdAt": str(given.get("createdAt") or account.stamp()),
        "vip": False, "bad": False, "site": site, "contragent": {"contragentType": "individual"}, "tags": [], "customFields": {},
        "personalDiscount": 0, "cumulativeDiscount": 0, "segments": [], "ordersCount": 0, "totalSumm": 0, "averageSumm": 0, "marginSumm": 0,
    }  # fmt: skip


def check(account: Account, given: Row, site: str, ident: int | None) -> None:
    external = str(given.get("externalId") or "")
    if external and account.by_external.get(("customers", site, external), ident) != ident:
        raise ApiError(400, f"Customer with externalId={external} already exists.")
    length(given, ("firstName", "lastName", "patronymic", "email", "externalId", "discountCardNumber"))
    if given.get("email") and not EMAIL.fullmatch(str(given["email"])):
        raise invalid("email", "This value is not a valid email address.")
    if given.get("sex") not in (None, "", "male", "female"):
        raise invalid("sex", "The value you selected is not a valid choice.")
    if given.get("managerId") and given["managerId"] not in {user["id"] for user in account.users}:
        raise invalid("managerId", f"User with id {given['managerId']} not found.")
    try:
        date.fromisoformat(str(given.get("birthday") or "2000-01-01"))
    except ValueError:
        raise invalid("birthday", "This value is not valid.") from None


def put(row: Row, name: str, value: Json) -> None:
    """Set a field; an empty one is absent in answers."""
    if value in (None, ""):
        row.pop(name, None)
    else:
        row[name] = value


def merged(held: Row, given: Row) -> Row:
    """An address: the parts that are given change, the others stay."""
    found = held | {key: value for key, value in given.items() if key in ADDRESS}
    return {key: value for key, value in found.items() if value not in (None, "")}


def tags(held: list[Row], given: Row) -> list[Row]:
    """``tags`` is only read: words are added and taken away by name."""
    gone = {str(name).lower() for name in given.get("removeTags") or ()}
    found = {tag["name"].lower(): tag for tag in held if tag["name"].lower() not in gone}
    for name in given.get("addTags") or ():
        found.setdefault(str(name).lower(), {"name": str(name), "color": "#2c5eaf", "attached": False})
    return list(found.values())


def tell(account: Account, old: Row | None, row: Row, caller: Caller) -> None:
    history = account.history["customers"]
    if old is None:
        history.add(row, caller, "id", None, row["id"], created=True)
        return
    for name, field in HISTORY.items():
        if old.get(name) != row.get(name):
            before, after = ({"id": v} if name == "managerId" and v else v for v in (old.get(name), row.get(name)))
            history.add(row, caller, field, before, after)
    if old.get("phones") != row.get("phones"):
        history.add(row, caller, "phones", _joined(old), _joined(row))
    for part in ADDRESS:
        if (was := (old.get("address") or {}).get(part)) != (now := (row.get("address") or {}).get(part)):
            history.add(row, caller, f"address.{part}", was, now)
    if old["tags"] != row["tags"]:
        history.add(row, caller, "tags", [t["name"] for t in old["tags"]], [t["name"] for t in row["tags"]])
    for code in sorted(old["customFields"].keys() | row["customFields"].keys()):
        if (was := old["customFields"].get(code)) != (now := row["customFields"].get(code)):
            history.add(row, caller, f"custom_{code}", was, now)


def _joined(row: Row) -> str | None:
    return ", ".join(phone["number"] for phone in row.get("phones") or ()) or None


def put_into(account: Account, code: str, ident: int, inside: bool) -> None:
    """Into a segment or out of it, as a marketer's rule does it (``code``)."""
    row = dict(account.tables["customers"][ident])
    others = [one for one in row["segments"] if one["code"] != code]
    row["segments"] = [*others, SEGMENT | {"code": code, "name": code}] if inside else others
    account.keep("customers", row)
    account.history["customers"].add(row, "code", "segments", None, {"code": code} if inside else None)


def bought(account: Account, ident: int) -> None:
    """Sums and segments of a customer counted anew: the system's own doing (``code``), which fills the feed."""
    row = dict(account.tables["customers"][ident])
    orders = [account.tables["orders"][order] for order in account.orders_of[ident]]
    row["ordersCount"], row["totalSumm"] = len(orders), round(sum(order["totalSumm"] for order in orders), 2)
    row["averageSumm"] = round(row["totalSumm"] / len(orders), 2) if orders else 0
    news = bool(orders) and not row["segments"]
    if news:
        row["segments"] = [SEGMENT]
    account.keep("customers", row)
    if news:
        account.history["customers"].add(row, "code", "segments", None, {"code": SEGMENT["code"]})
