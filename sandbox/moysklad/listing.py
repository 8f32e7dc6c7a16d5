"""Lists: filter, order, paging and expand (moysklad docs: general, filtering and expand)."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable
from typing import Any

from .state import Store
from .wire import BASE, ApiError, target

CONDITION = re.compile(r"^(.+?)(!=|>=|<=|~=|=~|=|~|>|<)(.*)$", re.S)
PLAIN = {
    "id",
    "syncId",
    "updated",
    "created",
    "name",
    "code",
    "externalCode",
    "phone",
    "email",
    "archived",
    "moment",
    "applicable",
    "sum",
    "discountCardNumber",
    "article",
    "description",
    "entityType",
    "action",
    "deliveryPlannedMoment",
}
REFERENCES = {"agent", "organization", "store", "state", "customerOrder", "retailStore", "retailShift", "owner"}
SEARCHED = ("name", "code", "phone", "email", "discountCardNumber", "legalTitle")
Condition = tuple[str, str, str]


def conditions(text: str) -> list[Condition]:
    found = []
    for part in re.split(r"(?<!\\);", text):
        match = CONDITION.match(part.replace("\\;", ";"))
        if not part:
            continue
        if not match:
            raise ApiError(400, 1014, f"Ошибка фильтрации: неверное условие '{part}'", "filter")
        name = match[1]
        if name not in PLAIN | REFERENCES and name != "state.name" and not name.startswith(BASE):
            raise ApiError(412, 1034, f"Ошибка фильтрации: неизвестное поле '{name}'", "filter")
        if (
            name in ("updated", "created", "moment")
            and match[3]
            and not re.match(r"^\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d{1,3})?)?)?$", match[3])
        ):
            raise ApiError(400, 1035, f"Ошибка фильтрации: неверный формат даты '{match[3]}'", "filter")
        found.append((name, match[2], match[3]))
    return found


def value_of(store: Store, item: dict[str, Any], name: str) -> str:
    if name.startswith(BASE):
        ident = name.rsplit("/", 1)[1]
        return next((str(a.get("value", "")) for a in item.get("attributes", []) if a["id"] == ident), "")
    if name == "state.name":
        chosen = target(item["state"])[1] if item.get("state") else ""
        return next((s["name"] for rows in store.states.values() for s in rows if s["id"] == chosen), "")
    value = item.get(name)
    if isinstance(value, dict):
        return str(value["meta"]["href"])
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def holds(value: str, sign: str, wanted: str) -> bool:
    low, want = value.lower(), wanted.lower()
    return {
        "=": value == wanted,
        "!=": value != wanted,
        ">": value > wanted,
        "<": value < wanted,
        ">=": value >= wanted,
        "<=": value <= wanted,
        "~": want in low,
        "~=": low.startswith(want),
        "=~": low.endswith(want),
    }[sign]


def matches(store: Store, item: dict[str, Any], wanted: list[Condition]) -> bool:
    """Equalities of one field are alternatives; everything else must hold."""
    equal: dict[str, list[str]] = {}
    for name, sign, value in wanted:
        if sign == "=":
            equal.setdefault(name, []).append(value)
        elif not holds(value_of(store, item, name), sign, value):
            return False
    if "archived" not in equal and item.get("archived"):
        return False
    return all(value_of(store, item, name) in values for name, values in equal.items())


def candidates(store: Store, kind: str, wanted: list[Condition]) -> Iterable[str]:
    """The fewest ids an index offers for the conditions, oldest change first."""
    for name, sign, value in wanted:
        if name == "externalCode" and sign == "=" and sum(w[0] == name for w in wanted) == 1:
            return sorted(store.by_code[kind, value])
        if name in ("updated",) and sign in (">=", ">"):
            rows = store.by_time[kind]
            return (ident for _, ident in rows[bisect.bisect_left(rows, (value, "")) :])
    return (ident for _, ident in store.by_time[kind])


def number(args: Any, name: str, default: int, low: int, high: int) -> int:
    try:
        value = int(args.get(name, default))
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise ApiError(400, 1041, f"Ошибка параметра '{name}': недопустимое значение", name)
    return value


def page(store: Store, kinds: list[str], args: Any, filter_text: str) -> tuple[list[dict[str, Any]], int, int, int]:
    """(rows, size, limit, offset) of one list request."""
    limit, offset = number(args, "limit", 1000, 1, 1000), number(args, "offset", 0, 0, 10**9)
    wanted, search = conditions(filter_text), args.get("search", "").lower()
    rows = [store.tables[kind][i] for kind in kinds for i in candidates(store, kind, wanted)]
    if wanted or search or "archived" not in filter_text:
        rows = [r for r in rows if matches(store, r, wanted) and (not search or any(search in str(r.get(f, "")).lower() for f in SEARCHED))]
    for part in reversed(args["order"].split(";") if args.get("order") else []):
        name, _, way = part.partition(",")
        if name not in PLAIN or way not in ("", "asc", "desc"):
            raise ApiError(412, 1063, f"Ошибка сортировки: поле '{name}'", "order")
        rows.sort(
            key=lambda r: (r.get(name) is not None, r.get(name) if isinstance(r.get(name), float) else value_of(store, r, name)),
            reverse=way == "desc",
        )
    return rows[offset : offset + limit], len(rows), limit, offset


def shown(store: Store, item: dict[str, Any], expand: list[str]) -> dict[str, Any]:
    """One object as answers carry it: empty fields omitted, positions as a MetaArray, named references opened."""
    out = {k: v for k, v in item.items() if v is not None and v != "" and k != "positions"}
    roots = {path.partition(".")[0]: [p.partition(".")[2] for p in expand if p.startswith(path.partition(".")[0] + ".")] for path in expand}
    if "positions" in item:
        kind = item["meta"]["type"]
        lines = item["positions"]
        out["positions"] = {
            "meta": {
                "href": f"{item['meta']['href']}/positions",
                "type": f"{kind}position",
                "mediaType": "application/json",
                "size": len(lines),
                "limit": 1000,
                "offset": 0,
            }
        }
        if "positions" in roots:
            out["positions"]["rows"] = [shown(store, line, roots["positions"]) for line in lines[:100]]
    for name, deeper in roots.items():
        if name != "positions" and isinstance(out.get(name), dict) and "meta" in out[name]:
            out[name] = opened(store, out[name], deeper)
    return out


def opened(store: Store, value: dict[str, Any], deeper: list[str]) -> dict[str, Any]:
    kind, ident = target(value)
    if "/metadata/states/" in value["meta"]["href"]:
        return next((s for s in store.states[kind] if s["id"] == ident), value)
    found = store.tables.get(kind, {}).get(ident)
    return shown(store, found, [d for d in deeper if d]) if found else value
