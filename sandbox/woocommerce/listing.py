"""Lists: filters, order and paging of the shop's collections (woocommerce docs: lists). Unknown parameters are silently ignored."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from .params import yes
from .state import SITE, Shop, WooError, invalid

Row = dict[str, Any]
Args = Any
NARROWING = ("email", "include", "exclude", "search")
DATES = ("modified_after", "modified_before", "after", "before")


def listed(shop: Shop, kind: str, args: Args) -> tuple[list[Row], int, int, int]:
    """(rows of the page, rows in all, page size, page number)."""
    page, size = number(args, "page", 1, 10**6), number(args, "per_page", 10, 100)
    offset = number(args, "offset", 0, 10**9, low=0) if args.get("offset") else (page - 1) * size
    rows = ordered(shop, kind, args)
    return rows[offset : offset + size], len(rows), size, offset // size + 1


def number(args: Args, name: str, default: int, high: int, low: int = 1) -> int:
    try:
        value = int(args.get(name, default))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise invalid(name, f"{name} must be between {low} (inclusive) and {high} (inclusive)", "rest_out_of_bounds")
    return value


def ordered(shop: Shop, kind: str, args: Args) -> list[Row]:
    """The rows that match, in the order asked for. Rows are kept in order of id and indexed by change, so what readers page through
    costs no sort."""
    by = args.get("orderby", "name" if kind == "customers" else "date")
    allowed = (
        {"id", "include", "name", "registered_date"} if kind == "customers" else {"id", "include", "date", "modified", "title", "slug"}
    )
    if by not in allowed and kind in ("customers", "orders"):
        raise invalid("orderby", f"orderby is not one of {', '.join(sorted(allowed))}.")
    if kind == "customers" and by == "id" and args.get("role") == "all" and not any(args.get(name) for name in NARROWING):
        rows = list(shop.tables[kind].values())  # a sweep: everybody
    elif by == "modified":
        rows = [row for row in changed(shop, kind, args) if matches(kind, row, args)]
    else:
        rows = [row for row in candidates(shop, kind, args) if matches(kind, row, args)]
        if by == "name" and kind == "customers":
            rows.sort(key=lambda r: (r.get("first_name", ""), r["id"]))
        elif by in ("date", "registered_date"):
            rows.sort(key=lambda r: (r["date_created_gmt"], r["id"]))
        elif by == "include":
            place = {number: n for n, number in enumerate(numbers(args.get("include")))}
            return sorted(rows, key=lambda r: place.get(r["id"], 0))
        elif by in ("title", "slug"):
            rows.sort(key=lambda r: (str(r.get("name", "")), r["id"]))
    descending = args.get("order", "asc" if kind == "customers" else "desc") == "desc"
    return rows[::-1] if descending else rows


def changed(shop: Shop, kind: str, args: Args) -> list[Row]:
    """Rows in order of change, from ``modified_after`` on where it is said in GMT."""
    index, table, start = shop.by_change[kind], shop.tables[kind], 0
    if args.get("modified_after") and yes(args.get("dates_are_gmt")):
        start = bisect.bisect_right(index, (moment(args["modified_after"]), 1 << 60))
    return [table[ident] for _, ident in (index[start:] if start else index)]


def candidates(shop: Shop, kind: str, args: Args) -> list[Row]:
    """The fewest rows an index offers, in order of id."""
    table = shop.tables[kind]
    if args.get("include"):
        return [table[i] for i in sorted(set(numbers(args["include"]))) if i in table]
    if kind == "customers" and args.get("email"):
        found = shop.emails.get(args["email"].lower())
        return [table[found]] if found in table else []
    return list(table.values())


def numbers(text: str | None) -> list[int]:
    return [int(one) for one in (text or "").split(",") if one.strip().isdigit()]


def neighbours(url: str, args: Any, page: int, pages: int) -> str:
    """The ``Link`` header: the pages before and after this one, asked for in the same way."""
    kept = [(name, value) for name, value in args.items(multi=True) if name != "page"]
    near = [("prev", min(page - 1, pages)), ("next", page + 1)]
    return ", ".join(f'<{url}?{urlencode([*kept, ("page", n)])}>; rel="{rel}"' for rel, n in near if 1 <= n <= pages)


SEARCHED = {"customers": ("email", "username", "first_name", "last_name"), "products": ("name", "sku", "description"),
            "orders": ("id", "number", "billing", "shipping")}  # fmt: skip


def matches(kind: str, row: Row, args: Args) -> bool:
    """Whether a row of a list passes all filters of a request."""
    if args.get("include") and row["id"] not in numbers(args["include"]):
        return False
    if args.get("exclude") and row["id"] in numbers(args["exclude"]):
        return False
    if args.get("search") and not found(kind, row, args["search"].lower()):
        return False
    if kind == "customers":
        return _is_role(row, args.get("role", "customer")) and (not args.get("email") or row["email"].lower() == args["email"].lower())
    if kind not in FILTERS:
        return True
    given = {name: passes for name, passes in FILTERS[kind].items() if args.get(name)}
    status = _has_status(kind, row, args.get("status", "any"))
    return status and all(passes(row, args[name]) for name, passes in given.items()) and _is_dated(row, args)


FILTERS: dict[str, dict[str, Callable[[Row, str], bool]]] = {
    "products": {
        "sku": lambda row, said: row["sku"] in said.split(","),
        "type": lambda row, said: row["type"] == said,
    },
    "orders": {
        "created_via": lambda row, said: row["created_via"] in said.split(","),
        "customer": lambda row, said: str(row["customer_id"]) == said,
        "parent": lambda row, said: row["parent_id"] in numbers(said),
        "product": lambda row, said: int(said) in {line["product_id"] for line in row["line_items"]},
    },
}
HIDDEN = {"products": ("trash",), "orders": ("trash", "checkout-draft")}  # statuses that `any` leaves out


def _is_role(row: Row, role: str) -> bool:
    return role in ("all", row["role"])


def _has_status(kind: str, row: Row, wanted: str) -> bool:
    """Orders may be asked for by several statuses, products by one."""
    if wanted == "any":
        return row["status"] not in HIDDEN[kind]
    return row["status"] in (wanted.split(",") if kind == "orders" else (wanted,))


def _is_dated(row: Row, args: Args) -> bool:
    return all(dated(row, name, args) for name in DATES if args.get(name))


def found(kind: str, row: Row, text: str) -> bool:
    """Whether a search meets the row; of a customer in the fields of the user alone, not in ``billing``."""
    return any(
        text in str(list(row[name].values()) if isinstance(row[name], dict) else row[name]).lower() for name in SEARCHED.get(kind, ())
    )


def moment(text: str) -> str:
    """A date parameter as the columns are written; one with an offset is moved to the site's time first, whatever it is compared with
    (so that with ``dates_are_gmt`` it is off by the site's offset, as in the real plugin)."""
    return _moment(text)


@lru_cache(maxsize=256)
def _moment(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise WooError("rest_invalid_param", "Invalid parameter(s): date", params={"date": "Invalid date."}) from None
    return (found.astimezone(SITE).replace(tzinfo=None) if found.tzinfo else found).isoformat()


def dated(row: Row, name: str, args: Args) -> bool:
    """Strict, to the second; without ``dates_are_gmt`` the value is the site's own time."""
    column = ("date_modified" if name.startswith("modified") else "date_created") + ("_gmt" if yes(args.get("dates_are_gmt")) else "")
    value = moment(args[name])
    return row[column] < value if name.endswith("before") else row[column] > value
