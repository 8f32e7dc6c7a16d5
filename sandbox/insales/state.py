"""A shop: its clients, orders, products and short lists, its bin, and the own fields that its people declared."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.frame.effects import Effects

from .wire import invalid, missing

Row = dict[str, Any]
OFFSET = timezone(timedelta(hours=3))
KINDS = ("clients", "orders", "products", "webhooks")
DESTINIES = {"clients": 1, "orders": 2}
GOODS = [
    ("Рубашка льняная", 3490), ("Платье летнее", 4990), ("Пальто шерстяное", 7990), ("Шарф вязаный", 1290), ("Носки хлопковые", 490),
    ("Плед", 2790), ("Полотенце махровое", 890), ("Скатерть льняная", 1990), ("Комплект белья", 4590), ("Фартук", 990), ("Свитер", 3890),
    ("Подушка", 1490),
]  # fmt: skip
STATUSES = [
    ("novyy", "Новый", "new"), ("v-rabote", "В работе", "accepted"), ("soglasovan", "Согласован", "approved"), ("otgruzhen", "Отгружен", "dispatched"),
    ("dostavlen", "Доставлен", "delivered"), ("otmenen", "Отменён", "declined"), ("vozvrat", "Возврат", "returned"),
]  # fmt: skip
OWN_FIELDS = [
    ("clients", "sverka_client_id", "Сверка"), ("clients", "birthday", "День рождения"), ("clients", "card", "Карта"), ("clients", "city", "Город"),
    ("clients", "note", "Заметка"), ("orders", "sverka_id", "Сверка"), ("orders", "track", "Трек-номер"), ("orders", "store", "Магазин"),
    ("orders", "cancel_reason", "Причина отмены"),
]  # fmt: skip


class Shop:
    """All state. Callers hold ``lock``. ``now`` gives aware UTC. ``effects``: what people were sent, and goods that moved, by kind."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.lock, self.random, self.now = threading.RLock(), random.Random(seed), now
        self.tables: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}
        self.bin: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}
        self.numbers = {
            "clients": 5510020,
            "orders": 71200340,
            "products": 4400,
            "webhooks": 300,
            "lines": 90100,
            "variants": 7700,
            "other": 900,
        }
        self.order_number = 1840
        self.effects = Effects()
        self.statuses = [{"permalink": p, "title": t, "system_status": s, "is_default": True} for p, t, s in STATUSES]
        self.fields: list[Row] = []
        for kind, handle, title in OWN_FIELDS:
            self.declare(kind, handle, title)
        self.lists: dict[str, list[Row]] = {
            "payment_gateways": [{"id": 31, "title": "Картой на сайте", "type": "PaymentGateway::External"}, {"id": 32, "title": "Наличными", "type": "PaymentGateway::Cod"}],
            "delivery_variants": [{"id": 21, "title": "Курьер", "type": "DeliveryVariant::Fixed", "price": 300.0}, {"id": 22, "title": "Самовывоз", "type": "DeliveryVariant::PickUp", "price": 0.0}],
            "users": [{"id": 11, "name": "Анна Ильина", "email": "anna@shop.example.ru", "phone": "+79030000001"}, {"id": 12, "name": "Руслан Хабибуллин", "email": "ruslan@shop.example.ru", "phone": None}],
            "warehouses": [{"id": 41, "title": "Основной", "array_index": 0}],
            "client_groups": [],
        }  # fmt: skip
        from . import products

        for number, (title, price) in enumerate(GOODS, 1):
            products.save(
                self, {"title": title, "variants_attributes": [{"sku": f"SV-{number:03d}", "price": price, "quantity": 10}]}, None
            )

    def next(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]

    def stamp(self) -> str:
        """Now, on the shop's clock: whole seconds, shown with zeros for their parts."""
        return self.now().astimezone(OFFSET).replace(microsecond=0).isoformat(timespec="milliseconds")

    def declare(self, kind: str, handle: str, title: str) -> Row:
        """Somebody makes an own field of clients or orders."""
        row = {"id": self.next("other"), "destiny": DESTINIES[kind], "office_title": title, "type": "Field::TextField", "handle": handle}
        self.fields.append(row)
        return row

    def keep(self, kind: str, row: Row) -> Row:
        """Store a row as changed now."""
        row["updated_at"] = self.stamp()
        row.setdefault("created_at", row["updated_at"])
        self.tables[kind][row["id"]] = row
        return row

    def known(self, kind: str, ident: int) -> Row:
        found = self.tables[kind].get(ident)
        if found is None:
            raise missing()
        return found

    def throw_away(self, kind: str, ident: int) -> Row | None:
        """Into the bin, where the time of change tells when; None for what was not there."""
        row = self.tables[kind].pop(ident, None)
        if row is not None and kind in ("orders", "products"):
            self.bin[kind][ident] = row | {"updated_at": self.stamp(), "archived": True}
        return row

    def own_values(self, kind: str, there: list[Row], given: list[Row]) -> list[Row]:
        """Values of own fields by handle, by the field's number, or by their own; what the shop does not have is refused."""
        found = [dict(one) for one in there]
        for one in given:
            mine = next((x for x in found if x["id"] == one.get("id")), None) if one.get("id") else None
            field = next(
                (
                    f
                    for f in self.fields
                    if f["destiny"] == DESTINIES[kind] and (f["handle"] == one.get("handle") or f["id"] == one.get("field_id"))
                ),
                None,
            )
            if mine is None and field is None:
                raise invalid("fields_values.field", "не может быть пустым")
            mine = mine or next((x for x in found if field and x["field_id"] == field["id"]), None)
            if mine is None and field is not None:
                mine = {
                    "id": self.next("other"),
                    "field_id": field["id"],
                    "name": field["office_title"],
                    "type": field["type"],
                    "handle": field["handle"],
                }
                found.append(mine)
            if mine is not None:
                mine["value"] = None if one.get("value") is None else str(one["value"])
        return found
