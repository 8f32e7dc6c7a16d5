"""A customer between what operations show and what they take: contacts, cards, balances and consents each in one place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connectors.contract import SystemSettings, Write

Json = Any
Row = dict[str, Json]
CLEAR = "%CLEAR%"  # erases; null and empty text do what nobody documented (mindbox docs: json)
CALL = "Call"  # no channel of the vendor's: a yes or no to calls stands in a field of the project
CALLS_ALLOWED = "callsAllowed"
PLAIN = ("lastName", "firstName", "middleName", "birthDate", "sex")


@dataclass(frozen=True, slots=True)
class Names:
    """How a project calls things. ``id_system``, ``order_id_system``: where the hub's own ids stand; ``ids``: system of the hub -> system of
    external ids; ``products``: of goods, by SKU; ``balance``: which one counts, empty: the first; ``cancelled``: the status of a line that went."""

    id_system: str = "sverka"
    order_id_system: str = "sverka"
    products: str = "website"
    brand: str = ""
    balance: str = ""
    point: str = ""
    cancelled: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: SystemSettings) -> Names:
        said = settings.options
        texts = {
            name: str(said[name])
            for name in ("id_system", "order_id_system", "products", "brand", "balance", "point", "cancelled")
            if said.get(name)
        }
        return cls(**texts, ids={str(system): str(name) for system, name in (said.get("ids") or {}).items()})


def id_of(ids: Mapping[str, Json] | None, system: str) -> str:
    """The id of a system, however the answer spells its name: in any case, with ``Id`` behind it or without."""
    wanted = _bare(system)
    return next((str(value) for name, value in (ids or {}).items() if _bare(name) == wanted and value not in (None, "")), "")


def _bare(system: str) -> str:
    return system.lower().removesuffix("id")


def shown(row: Mapping[str, Json], beside: Mapping[str, Json], names: Names) -> Row:
    """A customer as mappings see it. ``beside``: the answer's other blocks; an export has them inside the customer."""
    made: Row = {name: row[name] for name in (*PLAIN, "area", "customFields", "changeDateTimeUtc") if name in row}
    ids = row.get("ids") or {}
    made |= {"id": str(ids["mindboxId"]), "ids": {name: str(value) for name, value in ids.items()}, "hub_key": id_of(ids, names.id_system)}
    for path, name in (("phone", "mobilePhone"), ("mail", "email")):
        if row.get(name):
            flag = f"is{name[:1].upper()}{name[1:]}Invalid"
            made[path] = {"value": str(row[name]), "invalid": bool(row.get(flag))}
    blocks = {**beside, **{name: row[name] for name in ("discountCards", "balances", "segmentations") if name in row}}
    if cards := [one for one in blocks.get("discountCards") or () if (one.get("ids") or {}).get("number")]:
        made["card"] = str(cards[0]["ids"]["number"])
    if (balance := balance_of(blocks.get("balances") or (), names.balance)) is not None:
        made["balance"] = balance
    subscriptions = [_subscription(one, names.brand) for one in row.get("subscriptions") or ()]
    allowed = (row.get("customFields") or {}).get(CALLS_ALLOWED)
    made["subscriptions"] = subscriptions + ([{"pointOfContact": CALL, "isSubscribed": bool(allowed)}] if allowed is not None else [])
    return made


def _subscription(one: Mapping[str, Json], brand: str) -> Row:
    kept = {name: one[name] for name in ("brand", "pointOfContact", "topic", "isSubscribed") if one.get(name) not in (None, "")}
    return {name: value for name, value in kept.items() if (name, value) != ("brand", brand)}


def balance_of(rows: Any, system: str) -> Row | None:
    """The balance that counts: ``available``, ``blocked``, ``next_burn``. Two spellings of the amounts are about (mindbox docs: balances)."""
    for row in rows:
        name = row.get("systemName") or ((row.get("balanceType") or {}).get("ids") or {}).get("systemName")
        if not system or name == system:
            made = {part: row.get(part, row.get(f"{part}Value")) for part in ("available", "blocked", "total")}
            burning = row.get("nearestExpiration") or {}
            day, points = str(burning.get("date") or "")[:10], Decimal(str(burning.get("total") or 0))
            return made | {"next_burn": f"{day}: {points:.2f}" if day else None}
    return None


def sent(write: Write, names: Names, *, others: bool = True) -> Row:
    """The block of a create or an edit: what is named, what was emptied as ``%CLEAR%``. ``others``: with the ids of other systems, by which the
    vendor knows profiles for one person's."""
    data, creates = write.data, write.id is None
    body: Row = {"ids": {names.id_system: write.key} if creates else {"mindboxId": int(write.id or 0)}}
    if others:
        body["ids"] |= {names.ids[system]: ident for system, ident in write.others.items() if system in names.ids}
    body |= {name: _value(data[name], creates) for name in PLAIN if name in data}
    for path, name in (("phone", "mobilePhone"), ("mail", "email")):
        if path in data:
            text = str((data[path] or {}).get("value") or "")
            body[name] = _value(re.sub(r"\D", "", text) if path == "phone" else text.lower(), creates)
    if data.get("card"):
        body["discountCard"] = {"ids": {"number": str(data["card"])}}
    fields = {name: _value(value, creates) for name, value in (data.get("customFields") or {}).items()}
    rows = _new_words(data.get("subscriptions") or (), (write.held or {}).get("subscriptions") or ())
    for one in rows:
        if one.get("pointOfContact") == CALL:
            fields[CALLS_ALLOWED] = bool(one["isSubscribed"])
    brand = {"brand": names.brand} if names.brand else {}
    if subscriptions := [{**brand, **one} for one in rows if one.get("pointOfContact") != CALL]:
        body["subscriptions"] = subscriptions
    if fields := {name: value for name, value in fields.items() if value is not None}:
        body["customFields"] = fields
    return {name: value for name, value in body.items() if value is not None}


def _new_words(wanted: Any, held: Any) -> list[Row]:
    """Of the subscriptions those that differ from what is held."""
    return [dict(one) for one in wanted if one not in held]


def _value(value: Json, creates: bool) -> Json:
    """What was emptied is erased; of a create it is left out."""
    if value in (None, "", []):
        return None if creates else CLEAR
    return value
