"""Lists of customers and orders: the vendor's filters, newest first. A filter that does not exist is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .orders import digits
from .state import Account
from .wire import ApiError, filters

Json = Any
Row = dict[str, Any]
Test = Callable[[Row, Json], bool]


def among(name: str) -> Test:
    return lambda row, asked: str(row.get(name)) in {str(one) for one in asked} if isinstance(asked, list) else False


def since(name: str) -> Test:
    return lambda row, asked: str(row.get(name) or "")[: len(asked)] >= str(asked)


def until(name: str) -> Test:
    return lambda row, asked: bool(row.get(name)) and str(row[name])[: len(asked)] <= str(asked)


def name_or_phone(row: Row, asked: Json) -> bool:
    """``filter[name]`` of customers finds names and phones alike."""
    names = " ".join(str(row.get(part) or "") for part in ("lastName", "firstName", "patronymic")).lower()
    found = digits(asked)
    return str(asked).lower() in names or (len(found) >= 4 and any(found in digits(one["number"]) for one in row.get("phones") or ()))


def own(row: Row, asked: Json) -> bool:
    return all(str(row["customFields"].get(code)) == str(value) for code, value in asked.items())


COMMON: dict[str, Test] = {
    "ids": among("id"), "externalIds": among("externalId"), "sites": among("site"), "managers": among("managerId"), "customFields": own,
    "email": lambda row, asked: str(row.get("email") or "").lower() == str(asked).lower(),
}  # fmt: skip
TESTS: dict[str, dict[str, Test]] = {
    "customers": COMMON | {
        "name": name_or_phone, "dateFrom": since("createdAt"), "dateTo": until("createdAt"),
        "discountCardNumber": lambda row, asked: str(row.get("discountCardNumber")) == str(asked),
        "isContact": lambda row, asked: row["isContact"] == (asked in ("1", "true", "True")),
        "segment": lambda row, asked: asked in {one["code"] for one in row["segments"]},
        "tags": lambda row, asked: bool(set(asked) & {one["name"] for one in row["tags"]}),
    },
    "orders": COMMON | {
        "numbers": among("number"), "extendedStatus": among("status"), "createdAtFrom": since("createdAt"), "createdAtTo": until("createdAt"),
        "statusUpdatedAtFrom": since("statusUpdatedAt"), "statusUpdatedAtTo": until("statusUpdatedAt"), "orderMethods": among("orderMethod"),
        "orderTypes": among("orderType"), "customerId": lambda row, asked: str(row["customer"]["id"]) == str(asked),
        "paymentTypes": lambda row, asked: bool(set(asked) & {one["type"] for one in row["payments"].values()}),
        "paymentStatuses": lambda row, asked: bool(set(asked) & {one["status"] for one in row["payments"].values()}),
        "customer": lambda row, asked: name_or_phone({**row, "phones": [{"number": row.get("phone", "")}]}, asked),
    },
}  # fmt: skip


def listed(account: Account, kind: str) -> list[Row]:
    """All rows that the request's filters let through, newest first. Raises ApiError."""
    asked = filters()
    unknown = asked.keys() - TESTS[kind].keys()
    if unknown:
        raise ApiError(
            400, "Errors in the input parameters", {f"filter.{name}": "This field was not expected." for name in sorted(unknown)}
        )
    table = account.tables[kind]
    if isinstance(asked.get("ids"), list):  # by id, which costs no walk through all
        rows = [table[int(one)] for one in dict.fromkeys(asked.pop("ids")) if one.isdigit() and int(one) in table]
    elif isinstance(asked.get("externalIds"), list):
        wanted = [
            account.by_external.get((kind, site, str(one))) for one in dict.fromkeys(asked.pop("externalIds")) for site in account.sites
        ]
        rows = [table[ident] for ident in wanted if ident in table]
    else:
        rows = list(table.values())
    tests = [(TESTS[kind][name], value) for name, value in asked.items()]
    return sorted((row for row in rows if all(test(row, value) for test, value in tests)), key=lambda row: -row["id"])


OFFERS: dict[str, Test] = {
    "ids": among("id"), "externalIds": among("externalId"), "xmlIds": among("xmlId"),
    "active": lambda row, asked: row["active"] == (asked in ("1", "true", "True")),
    "sinceId": lambda row, asked: row["id"] > int(asked),
    "name": lambda row, asked: str(asked).lower() in f"{row['name']} {row['article']}".lower(),
}  # fmt: skip


def offers(account: Account, more: tuple[str, ...] = ()) -> list[Row]:
    """Offers that the filters let through, by id; ``name`` finds articles, too (not documented). ``more``: what else may be asked."""
    asked = {name: value for name, value in filters().items() if name not in more}
    unknown = asked.keys() - OFFERS.keys()
    if unknown:
        raise ApiError(
            400, "Errors in the input parameters", {f"filter.{name}": "This field was not expected." for name in sorted(unknown)}
        )
    return [row for row in account.offers.values() if all(OFFERS[name](row, value) for name, value in asked.items())]
