"""Mappings of MoySklad's customer and order against hand-written Python (``by_hand``), reading and writing; both must give the same."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import mappings
from benchmarks import by_hand
from benchmarks.figures import Figure, repeat
from hub.config.declared import SHIPPED

Json = Any
COUNT = 2_000
UNITS = {"mapping": "us/object", "by hand": "us/object", "share": "of the speed by hand"}
NONE: frozenset[str] = frozenset()


class Known:
    """A context whose answers are ready in memory, as the hub's are after the first object of a batch."""

    timezone = None

    def directory(self, name: str, remote: Json) -> str | None:
        return str(remote)

    def directory_back(self, name: str, value: str) -> Json | None:
        return value

    lookup = directory
    lookup_back = directory_back

    def ref(self, entity: str, remote: Json) -> str | None:
        return str(remote).rsplit("/", 1)[-1]

    def ref_back(self, entity: str, record_id: str) -> Json | None:
        return record_id


def people(count: int) -> list[dict[str, Json]]:
    """Counterparties as MoySklad shows them, each with its own phone and address."""
    return [
        {
            "id": f"5c1f0000-0000-4000-8000-{n:012d}",
            "companyType": "individual",
            "updated": "2026-08-03 12:40:11.507",
            "externalCode": f"own{n}",
            "name": f"Орлова Анна {n} Петровна",
            "legalLastName": "Орлова",
            "legalFirstName": f"Анна {n}",
            "legalMiddleName": "Петровна",
            "phone": f"8 (903) {n // 10000 % 1000:03d}-{n // 100 % 100:02d}-{n % 100:02d}",
            "email": f"anna{n}@example.ru",
            "sex": "FEMALE",
            "birthDate": "1990-06-05 00:00:00.000",
            "discountCardNumber": f"000{n}",
            "tags": ["опт", "vip"],
            "description": "по пятницам",
            "owner": {"name": "Анна Ильина"},
            "actualAddressFull": {"postalCode": "450000", "city": "Уфа", "street": f"Ленина {n}"},
            "attributes": [
                {"name": "Магазин", "value": {"name": "Уфа, Мега"}},
                {"name": "Последняя покупка", "value": "2026-07-01 15:00:00.000"},
            ],
        }
        for n in range(count)
    ]


def orders(count: int) -> list[dict[str, Json]]:
    """Orders of three lines, one of them delivery, with the additional fields of a site's order."""
    goods = "https://api.moysklad.ru/api/remap/1.2/entity/product"
    return [
        {
            "id": f"7d1f0000-0000-4000-8000-{n:012d}",
            "updated": "2026-08-03 12:40:11.507",
            "externalCode": f"own{n}",
            "moment": "2026-08-03 12:40:00.000",
            "agent": {"meta": {"href": f"https://api.moysklad.ru/api/remap/1.2/entity/counterparty/c{n}"}},
            "state": {"name": "Подтверждён"},
            "store": {"name": "Уфа, Мега"},
            "owner": {"name": "Анна Ильина"},
            "organization": {"name": "ООО Лавка"},
            "shipmentAddress": f"Уфа, Ленина {n}",
            "description": "Позвонить заранее",
            "sum": 174000.0,
            "attributes": [
                {"name": "Номер на сайте", "value": str(5000 + n)},
                {"name": "Контакт", "value": "Анна Орлова"},
                {"name": "Телефон", "value": f"8 903 {n // 10000 % 1000:03d}-{n // 100 % 100:02d}-{n % 100:02d}"},
                {"name": "Почта", "value": f"anna{n}@example.ru"},
                {"name": "Бонусы списано", "value": 100.0},
                {"name": "Доставка", "value": "СДЭК"},
                {"name": "utm_source", "value": "yandex"},
                {"name": "Оплачен", "value": "2026-08-03 12:41:00.000"},
            ],
            "positions": {
                "rows": [
                    {
                        "id": f"p{n}-{k}",
                        "quantity": 2.0,
                        "price": 79500.0,
                        "discount": 10.0,
                        "assortment": {"meta": {"href": f"{goods}/{k}"}},
                    }
                    for k in range(2)
                ]
                + [{"id": f"p{n}-2", "quantity": 1.0, "price": 25000.0, "discount": 0.0, "assortment": {"meta": {"href": "DELIVERY"}}}]
            },
        }
        for n in range(count)
    ]


ORDER_EDIT: dict[str, Json] = {"status": "Собран", "comment": "Не звонить", "delivery.status": "В пути", "returned_total": "350.00"}
KINDS = (
    ("customer", "counterparty", people, by_hand.customer_in, by_hand.customer_out, {"first_name": "Мария", "comment": None}),
    ("order", "customerorder", orders, by_hand.order_in, by_hand.order_out, ORDER_EDIT),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record both ways: what both read, and what both write of it once somebody has edited it."""

    name: str
    objects: list[Json]
    read: Callable[[Json], Any]
    read_by_hand: Callable[[Json], Any]
    held: list[tuple[Json, Json]]
    write: Callable[[tuple[Json, Json]], Json]
    write_by_hand: Callable[[tuple[Json, Json]], Json]


def kinds(count: int) -> Iterator[Kind]:
    """The kinds of record with ``count`` objects of each. Raises AssertionError where hand and mapping do not do the same work."""
    compiled, ctx = mappings.load([SHIPPED]), Known()
    for name, resource, made, hand_in, hand_out, edit in KINDS:
        mapping = compiled.by("moysklad", resource)
        assert mapping is not None
        objects, by_mapping = made(count), reading(mapping, ctx)
        read = [by_mapping(one) for one in objects]
        assert read == [hand_in(one, ctx) for one in objects], f"by hand and by mapping the {name} is read differently"
        held = [(data | edit, values) for _, _, _, values, data in read]
        written = [mapping.project(record, values, ctx)[0] for record, values in held]
        assert written == [hand_out(record, values, ctx) for record, values in held], f"the {name} is written differently"
        yield Kind(
            name,
            objects,
            by_mapping,
            lambda one, f=hand_in: f(one, ctx),
            held,
            lambda pair, m=mapping: m.project(*pair, ctx),
            lambda pair, f=hand_out: f(*pair, ctx),
        )


def run(runs: int, scale: float) -> list[Figure]:
    figures: list[Figure] = []
    for kind in kinds(max(100, int(COUNT * scale))):
        into, out = timed(kind.objects, kind.read, kind.read_by_hand), timed(kind.held, kind.write, kind.write_by_hand)
        figures += repeat("mapping", f"{kind.name} in", into, runs=max(runs, 5), units=UNITS)
        figures += repeat("mapping", f"{kind.name} out", out, runs=max(runs, 5), units=UNITS)
    return figures


def reading(mapping: mappings.Mapping, ctx: Any) -> Callable[[dict[str, Json]], tuple[Any, ...]]:
    """All that the hub takes from one object, in the shape that ``by_hand`` gives."""

    def read(one: dict[str, Json]) -> tuple[Any, ...]:
        found = mapping.read(one, None, NONE, True, ctx)
        return found.id, found.modified, found.hub_key, found.values, mapping.decode_all(found.values, ctx)[0]

    return read


def timed(items: list[Any], by_mapping: Callable[[Any], Any], by_hand: Callable[[Any], Any]) -> Callable[[], dict[str, float]]:
    """A run: both ways over the same objects in turns, so that a busy moment of the machine meets both."""

    def once() -> dict[str, float]:
        spent = {"mapping": 0.0, "by hand": 0.0}
        gc.disable()
        for start in range(0, len(items), 100):
            for name, work in (("mapping", by_mapping), ("by hand", by_hand)):
                began = time.perf_counter()
                for item in items[start : start + 100]:
                    work(item)
                spent[name] += time.perf_counter() - began
        gc.enable()
        each = {name: seconds / len(items) * 1e6 for name, seconds in spent.items()}
        return each | {"share": each["by hand"] / each["mapping"]}

    return once
