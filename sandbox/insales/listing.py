"""Lists: pages that lose rows, and the reading of changes that does not (insales docs: changed data)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .state import Shop
from .wire import InsalesError

Row = dict[str, Any]
DEFAULT, MOST, LEAST = 25, 250, {"products": 10}


def listed(shop: Shop, kind: str, args: Any) -> list[Row]:
    """One page. With ``updated_since``: by time of change, then by id; otherwise by id."""
    rows = chosen(shop, kind, args)
    size = max(LEAST.get(kind, 1), min(MOST, number(args, "per_page", DEFAULT)))
    start = (max(1, number(args, "page", 1)) - 1) * size
    return rows[start : start + size]


def chosen(shop: Shop, kind: str, args: Any) -> list[Row]:
    """The rows that the filters leave, in order; unknown filters count as none."""
    rows = list(shop.tables[kind].values())
    if args.get("with_deleted"):
        rows += shop.bin[kind].values()
    elif args.get("deleted"):
        rows = list(shop.bin[kind].values())
    for name in ("fulfillment_status", "financial_status"):
        wanted = args.getlist(f"{name}[]") or args.getlist(name)
        rows = [row for row in rows if not wanted or row.get(name) in wanted]
    if not args.get("updated_since"):
        return sorted(rows, key=lambda row: row["id"])
    since = moment(args["updated_since"])
    after = number(args, "from_id", 0)
    rows = [row for row in rows if (at := moment(row["updated_at"])) > since or (at == since and row["id"] > after)]
    return sorted(rows, key=lambda row: (moment(row["updated_at"]), row["id"]))


def number(args: Any, name: str, default: int) -> int:
    text = args.get(name) or ""
    return int(text) if text.isdigit() else default


def moment(text: str) -> datetime:
    """A time with its offset, or of Greenwich. Raises InsalesError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InsalesError(500, {"message": "internal error"}) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
