"""Saving clients: registered ones have an e-mail of their own, guests may be there many times."""

from __future__ import annotations

import re
from typing import Any

from .state import Shop
from .wire import invalid

Row = dict[str, Any]
TEXTS = ("name", "surname", "middlename", "email", "phone", "inn", "kpp", "juridical_address")
FLAGS = ("registered", "subscribe", "consent_to_personal_data", "client_group_id", "type")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def save(shop: Shop, body: Row, ident: int | None) -> Row:
    """Create or update one client. Raises InsalesError."""
    row = blank(shop.next("clients")) if ident is None else dict(shop.known("clients", ident))
    row |= {name: None if body[name] is None else str(body[name]).strip() for name in TEXTS if name in body}
    row |= {name: body[name] for name in FLAGS if name in body}
    if not any(row[name] for name in ("name", "email", "phone")):
        raise invalid("name", "не может быть пустым")
    if row["email"] and not EMAIL.fullmatch(row["email"]):
        raise invalid("email", "имеет неверное значение")
    if row["registered"] and row["email"] and any(other["email"] == row["email"] for other in _registered(shop, row["id"])):
        raise invalid("email", "уже существует")
    row["fields_values"] = shop.own_values("clients", row["fields_values"], body.get("fields_values_attributes") or [])
    return shop.keep("clients", row)


def _registered(shop: Shop, but: int) -> list[Row]:
    return [row for row in shop.tables["clients"].values() if row["registered"] and row["id"] != but]


def blank(number: int) -> Row:
    return {"id": number, "type": "Client::Individual", "name": None, "surname": None, "middlename": None, "email": None, "phone": None,
            "registered": False, "subscribe": True, "consent_to_personal_data": None, "client_group_id": None, "bonus_points": 0,
            "progressive_discount": None, "group_discount": None, "ip_addr": None, "inn": None, "kpp": None, "juridical_address": None,
            "fields_values": []}  # fmt: skip
