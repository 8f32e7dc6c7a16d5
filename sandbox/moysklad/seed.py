"""The shop that a new account starts with: goods, people, stores, a till with an open shift, states and additional fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from .wire import BASE, ref

if TYPE_CHECKING:
    from .state import Store

ADMIN, ROBOT = "admin@sandbox", "sverka@sandbox"
STRANGER = "till2@sandbox"  # whose login somebody else's program uses
SHOP = [
    ("Рубашка льняная", 349000),
    ("Платье летнее", 499000),
    ("Пальто шерстяное", 799000),
    ("Шарф вязаный", 129000),
    ("Носки хлопковые", 49000),
    ("Плед", 279000),
    ("Полотенце махровое", 89000),
    ("Скатерть льняная", 199000),
    ("Комплект белья", 459000),
    ("Фартук", 99000),
    ("Свитер", 389000),
    ("Подушка", 149000),
]
SERVICES = [("Доставка", "DELIVERY", 30000), ("Услуга", "SERVICE", 10000), ("Подарочная упаковка", "GIFT", 15000)]
PEOPLE = [("Анна Ильина", ADMIN), ("Руслан Хабибуллин", "till1@sandbox"), ("Мария Соколова", "till2@sandbox"), ("Обмен данными", ROBOT)]
STORES = ("Уфа, Ленина 10", "Уфа, Мега")
CHANNELS = [("Интернет-магазин", "ECOMMERCE"), ("Розница", "DIRECT_SALES")]
STATES = [
    ("Новый", "Regular"),
    ("Подтверждён", "Regular"),
    ("Собран", "Regular"),
    ("Доставлен", "Successful"),
    ("Отменён", "Unsuccessful"),
    ("Возвращён", "Unsuccessful"),
]
BONUSES = [("Бонусы списано", "double"), ("Бонусы начислено", "double"), ("Округление", "double"), ("Карта", "string")]
ATTRIBUTES = {
    "counterparty": [
        ("Номер на сайте", "string"),
        ("Бонусы", "double"),
        ("Бонусы ожидают", "double"),
        ("Бонусы потрачены", "double"),
        ("Сгорание бонусов", "string"),
        ("Согласия", "text"),
        ("Магазин", "store"),
        ("Первая покупка", "time"),
        ("Последняя покупка", "time"),
    ],
    "customerorder": [
        ("Номер на сайте", "string"),
        ("Контакт", "string"),
        ("Телефон", "string"),
        ("Почта", "string"),
        ("Продавец", "employee"),
        *BONUSES,
        ("Промокоды", "string"),
        ("Оплаты", "text"),
        ("Номер чека", "string"),
        ("Фискальный признак", "string"),
        ("Фискальный накопитель", "string"),
        ("Время чека", "time"),
        ("Доставка", "string"),
        ("Стоимость доставки", "double"),
        ("Трек-номер", "string"),
        ("Источник", "string"),
        *((f"utm_{name}", "string") for name in ("source", "medium", "campaign", "term", "content")),
        ("Причина отмены", "string"),
        ("Возвращено", "double"),
        ("Оплачен", "time"),
        ("Закрыт", "time"),
    ],
    "retaildemand": [*BONUSES, ("Телефон", "string")],
    "retailsalesreturn": [("Причина возврата", "string")],
    "salesreturn": [("Причина возврата", "string")],
}


def fill(store: Store) -> None:
    """Put the shop into an empty account."""
    rouble = {
        "name": "руб",
        "fullName": "Российский рубль",
        "code": "643",
        "isoCode": "RUB",
        "rate": 1.0,
        "multiplicity": 1,
        "default": True,
    }
    store.currency = ref("currency", store.put("currency", rouble | {"indirect": False, "archived": False, "system": True})["id"])
    for number, (name, price) in enumerate(SHOP, 1):
        code = f"SV-{number:03d}"
        store.put("product", {"name": name, "code": code, "article": code, "archived": False, "salePrices": _price(store, price)})
    for name, code, price in SERVICES:
        store.put("service", {"name": name, "code": code, "archived": False, "salePrices": _price(store, price)})
    for name, uid in PEOPLE:
        store.put("employee", {"name": name, "lastName": name.split()[-1], "uid": uid, "archived": False})
    stores = [store.put("store", {"name": name, "archived": False}) for name in STORES]
    for name, kind in CHANNELS:
        store.put("saleschannel", {"name": name, "type": kind, "archived": False})
    firm = store.put("organization", {"name": "ООО Лавка", "archived": False})
    _till(store, ref("organization", firm["id"]), ref("store", stores[0]["id"]))
    for name, sort in STATES:
        store.add_state("customerorder", name, sort, 15106326)
    for kind, fields in ATTRIBUTES.items():
        for name, sort in fields:
            store.attributes[kind].append(
                definition(store, kind, "attributes", "attributemetadata", name, type=sort, required=False, show=True)
            )


def _price(store: Store, kopecks: int) -> list[dict[str, Any]]:
    return [{"value": float(kopecks), "currency": store.currency, "priceType": store.price_types[0]}]


def price_type(name: str) -> dict[str, Any]:
    """A kind of price: it stands under the company's settings, not among the entities (moysklad docs: price types)."""
    number = fixed(name)
    meta = {"href": f"{BASE}/context/companysettings/pricetype/{number}", "type": "pricetype", "mediaType": "application/json"}
    return {"meta": meta, "id": number, "name": name, "externalCode": fixed(f"{name} code")}


def fixed(name: str) -> str:
    """The id of something that every account has, the same in each."""
    return str(uuid5(NAMESPACE_URL, f"{BASE}/{name}"))


def _till(store: Store, owner: dict[str, Any], place: dict[str, Any]) -> None:
    till = store.put("retailstore", {"name": "Касса Ленина 10", "organization": owner, "store": place, "archived": False})
    shift = {"moment": store.stamp(), "retailStore": ref("retailstore", till["id"]), "organization": owner, "store": place}
    store.put("retailshift", {"name": "00001", **shift})


def definition(store: Store, kind: str, family: str, sort: str, name: str, **more: Any) -> dict[str, Any]:
    ident = store.new_id()
    href = f"{BASE}/entity/{kind}/metadata/{family}/{ident}"
    return {"meta": {"href": href, "type": sort, "mediaType": "application/json"}, "id": ident, "name": name, **more}
