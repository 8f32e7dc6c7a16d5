"""Lists: filter, order, paging and expand (moysklad docs: general, filtering and expand)."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Request

from .state import DICTIONARIES, INDEXED, Store
from .wire import BASE, ApiError, target

CONDITION = re.compile(r"^(.+?)(!=|>=|<=|~=|=~|=|~|>|<)(.*)$", re.S)
DATE = re.compile(r"^\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d{1,3})?)?)?$")
NUMBER = re.compile(r"^-?\d+(\.\d+)?$")
PLAIN = frozenset(
    [*INDEXED, "id", "syncId", "updated", "created", "archived", "moment", "applicable", "sum", "description", "entityType", "action",
     "deliveryPlannedMoment", "companyType", "legalTitle", "inn", "kpp", "tags", "isDeleted", "deleted", "checkNumber", "sex", "birthDate",
     "legalFirstName", "legalMiddleName", "legalLastName", "actualAddress", "legalAddress", "shipmentAddress", "fax", "bonusPoints",
     "salesAmount", "updatedBy", "uid", "assortment"]
)  # fmt: skip
REFERENCES = frozenset(
    ["agent", "organization", "store", "state", "customerOrder", "demand", "retailStore", "retailShift", "owner", "salesChannel", "project"]
)
SEARCHED = ("name", "code", "phone", "email", "discountCardNumber", "legalTitle")
Condition = tuple[str, str, str]
Row = dict[str, Any]


def conditions(text: str) -> list[Condition]:
    """The conditions of a filter. Raises ApiError 1014, 1034, 1035."""
    found = []
    for part in re.split(r"(?<!\\);", text):
        if not part:
            continue
        match = CONDITION.match(part.replace("\\;", ";"))
        if not match:
            raise ApiError(400, 1014, f"Ошибка фильтрации: неверное условие '{part}'", "filter")
        name = match[1]
        if name not in PLAIN | REFERENCES and name != "state.name" and not name.startswith(BASE):
            raise ApiError(412, 1034, f"Ошибка фильтрации: неизвестное поле '{name}'", "filter")
        if name in ("updated", "created", "moment", "deleted") and match[3] and not DATE.match(match[3]):
            raise ApiError(400, 1035, f"Ошибка фильтрации: неверный формат даты '{match[3]}'", "filter")
        found.append((name, match[2], match[3]))
    return found


def value_of(store: Store, item: Row, name: str) -> str:
    """What a condition compares with, as text."""
    if name.startswith(BASE):
        ident = name.rsplit("/", 1)[1]
        return next((str(a.get("value", "")) for a in item.get("attributes", []) if a["id"] == ident), "")
    if name == "state.name":
        chosen = target(item["state"])[1] if item.get("state") else ""
        return next((s["name"] for rows in store.states.values() for s in rows if s["id"] == chosen), "")
    if name == "updatedBy":
        return store.authors.get(item["id"], "")
    if name == "isDeleted":
        return "true" if item.get("deleted") else "false"
    value = item.get(name)
    if isinstance(value, dict):
        return str(value["meta"]["href"])
    if isinstance(value, bool) or name == "archived":
        return str(bool(value)).lower()
    return "" if value is None else str(value)


def holds(value: Any, sign: str, wanted: Any) -> bool:
    low, want = value.lower(), wanted.lower()
    if sign in ("=", "!="):
        return (value == wanted) == (sign == "=")
    if sign in (">", "<", ">=", "<="):
        if NUMBER.match(value) and NUMBER.match(wanted):
            value, wanted = float(value), float(wanted)
        return {">": value > wanted, "<": value < wanted, ">=": value >= wanted, "<=": value <= wanted}[sign]
    return {"~": want in low, "~=": low.startswith(want), "=~": low.endswith(want)}[sign]


def matches(store: Store, item: Row, wanted: list[Condition]) -> bool:
    """Equalities of one field are alternatives; everything else must hold. Archived rows come only when asked for."""
    equal: dict[str, list[str]] = {}
    for name, sign, value in wanted:
        if name == "assortment":
            if (value in {p["assortment"]["meta"]["href"] for p in item.get("positions", [])}) != (sign == "="):
                return False
        elif sign == "=":
            equal.setdefault(name, []).append(value)
        elif not holds(value_of(store, item, name), sign, value):
            return False
    if "archived" not in equal and item.get("archived"):
        return False
    return all(value_of(store, item, name) in values for name, values in equal.items())


def candidates(store: Store, kind: str, wanted: list[Condition]) -> list[Row]:
    """The fewest rows an index offers for the conditions, oldest change first."""
    table = store.tables[kind]
    for name in ("id", "syncId", *INDEXED):
        values = [value for field, sign, value in wanted if field == name and sign == "="]
        if values:
            found: set[str] = set()
            for value in values:
                if name == "id":
                    found.add(value)
                elif name == "syncId":
                    found.add(store.by_sync.get((kind, value), ""))
                else:
                    found |= store.by_value.get((kind, name, value), set())
            return sorted((table[i] for i in found if i in table), key=lambda r: (r["updated"], r["id"]))
    start = 0
    for name, sign, value in wanted:
        if name == "updated" and sign in (">=", ">"):
            start = max(start, bisect.bisect_left(store.by_time[kind], (value, "")))
    rows = store.by_time[kind]
    return [table[i] for _, i in (rows[start:] if start else rows)]


def straight(store: Store, kind: str, wanted: list[Condition], order: str) -> int | None:
    """Where a list in order of change begins, when the index alone answers it; else None. What incremental readers ask is O(page)."""
    if order not in ("updated,asc", "updated,asc;id,asc", "updated;id"):
        return None
    rest = [c for c in wanted if c[0] != "archived"]
    both = {value for name, sign, value in wanted if name == "archived" and sign == "="} == {"true", "false"}
    if store.archived[kind] and not both:
        return None
    if not rest:
        return 0
    if len(rest) == 1 and rest[0][0] == "updated" and rest[0][1] == ">=":
        return bisect.bisect_left(store.by_time[kind], (rest[0][2], ""))
    return None


def number(args: Any, name: str, default: int, low: int, high: int) -> int:
    try:
        value = int(args.get(name, default))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise ApiError(400, 1041, f"Ошибка параметра '{name}': недопустимое значение", name)
    return value


def envelope(request: Request, kind: str, size: int, limit: int, offset: int) -> Row:
    """The ``meta`` of a list, with ``nextHref`` where more rows follow: the same request, further on."""
    about: Row = {"href": request.url, "type": kind, "mediaType": "application/json", "size": size, "limit": limit, "offset": offset}
    if offset + limit < size:
        kept = [(name, value) for name, value in request.args.items(multi=True) if name not in ("limit", "offset")]
        about["nextHref"] = f"{request.base_url}?{urlencode([*kept, ('limit', limit), ('offset', offset + limit)])}"
    return about


def expanded(args: Any, limit: int = 1) -> list[str]:
    """The paths to open: none, without an error, above 100 rows (moysklad docs: expand)."""
    return [p for p in args.get("expand", "").split(",") if p] if limit <= 100 else []


def page(store: Store, kinds: Sequence[str], args: Any, filter_text: str) -> tuple[list[Row], int, int, int]:
    """(rows, size, limit, offset) of one list request."""
    limit, offset = number(args, "limit", 1000, 1, 1000), number(args, "offset", 0, 0, 10**9)
    wanted, search, order = conditions(filter_text), args.get("search", "").lower(), args.get("order", "")
    if len(kinds) == 1 and not search and (start := straight(store, kinds[0], wanted, order)) is not None:
        index, table = store.by_time[kinds[0]], store.tables[kinds[0]]
        rows = [table[i] for _, i in index[start + offset : start + offset + limit]]
        return rows, len(index) - start, limit, offset
    rows = [row for kind in kinds for row in candidates(store, kind, wanted)]
    if any(name == "isDeleted" for name, _, _ in wanted):
        rows += [row for kind in kinds for row in store.trash.get(kind, {}).values()]
    if wanted or search or any(store.archived[kind] for kind in kinds):
        rows = [r for r in rows if matches(store, r, wanted) and (not search or any(search in str(r.get(f, "")).lower() for f in SEARCHED))]
    return _sorted(store, rows, order)[offset : offset + limit], len(rows), limit, offset


def _sorted(store: Store, rows: list[Row], order: str) -> list[Row]:
    for part in reversed(order.split(";") if order else []):
        name, _, way = part.partition(",")
        if name not in PLAIN or way not in ("", "asc", "desc"):
            raise ApiError(412, 1063, f"Ошибка сортировки: поле '{name}'", "order")
        rows.sort(
            key=lambda r: (r.get(name) is not None, r.get(name) if isinstance(r.get(name), float) else value_of(store, r, name)),
            reverse=way == "desc",
        )
    return rows


def shown(store: Store, item: Row, expand: list[str]) -> Row:
    """One object as answers carry it: empty fields omitted, positions as a MetaArray, named references opened."""
    out = {k: v for k, v in item.items() if v is not None and v != "" and v != [] and k != "positions"}
    roots = {path.partition(".")[0]: [p.partition(".")[2] for p in expand if p.startswith(path.partition(".")[0] + ".")] for path in expand}
    if "attributes" in out:
        out["attributes"] = [_with_name(store, one) for one in out["attributes"]]
    kind = item["meta"]["type"]
    if kind == "counterparty":
        for name in ("notes", "accounts", "contactpersons"):
            size = len(store.notes.get(item["id"], ())) if name == "notes" else 0
            out[name] = {"meta": _array(f"{item['meta']['href']}/{name}", name.rstrip("s"), size)}
    if "positions" in item:
        lines = item["positions"]
        out["positions"] = {"meta": _array(f"{item['meta']['href']}/positions", f"{kind}position", len(lines))}
        if "positions" in roots:
            out["positions"]["rows"] = [shown(store, line, roots["positions"]) for line in lines[:100]]
    for name, deeper in roots.items():
        if name != "positions" and isinstance(out.get(name), dict) and "meta" in out[name]:
            out[name] = opened(store, out[name], deeper)
    return out


def _array(href: str, kind: str, size: int) -> Row:
    return {"href": href, "type": kind, "mediaType": "application/json", "size": size, "limit": 1000, "offset": 0}


def _with_name(store: Store, attribute: Row) -> Row:
    """An additional field that holds a reference tells the name of what it refers to."""
    value = attribute.get("value")
    if not isinstance(value, dict):
        return attribute
    kind, ident = target(value)
    return attribute | {"value": value | {"name": store.tables.get(kind, {}).get(ident, {}).get("name", "")}}


def opened(store: Store, value: Row, deeper: list[str]) -> Row:
    kind, ident = target(value)
    if "/metadata/states/" in value["meta"]["href"]:
        return next((s for s in store.states[kind] if s["id"] == ident), value)
    found = store.tables.get(kind, {}).get(ident)
    return shown(store, found, [d for d in deeper if d]) if found else value


__all__ = ["DICTIONARIES", "conditions", "envelope", "expanded", "page", "shown"]
