"""What a new account starts with: shops, references, people, additional fields and goods."""

from __future__ import annotations

from typing import Any

Json = Any
SITE = "shop"
GOODS = [
    ("Рубашка льняная", 3490), ("Платье летнее", 4990), ("Пальто шерстяное", 7990), ("Шарф вязаный", 1290),
    ("Носки хлопковые", 490), ("Плед", 2790), ("Полотенце махровое", 890), ("Скатерть льняная", 1990),
    ("Комплект белья", 4590), ("Фартук", 990), ("Свитер", 3890), ("Подушка", 1490),
]  # fmt: skip
STATUSES = [  # code, name, group
    ("new", "Новый", "new"), ("client-confirmed", "Согласовано с клиентом", "approval"), ("assembling", "Комплектуется", "assembling"),
    ("send-to-delivery", "Передан в доставку", "delivery"), ("complete", "Выполнен", "complete"), ("no-call", "Недозвон", "cancel"),
    ("cancel-other", "Отменён", "cancel"),
]  # fmt: skip
GROUPS = [("new", "Новый"), ("approval", "Согласование"), ("assembling", "Комплектация"), ("delivery", "Доставка"),
          ("complete", "Выполнен"), ("cancel", "Отменён")]  # fmt: skip
PAYMENT_STATUSES = [
    ("not-paid", "Не оплачен", False),
    ("payment-start", "Платёж проведён", False),
    ("paid", "Оплачен", True),
    ("fail", "Ошибка", False),
]
NAMED: dict[str, list[tuple[str, str]]] = {
    "payment-types": [("bank-card", "Банковская карта"), ("cash", "Наличные"), ("bank-transfer", "Банковский перевод"), ("sbp", "СБП")],
    "delivery-types": [("courier", "Доставка курьером"), ("self-delivery", "Самовывоз"), ("free", "Бесплатная доставка")],
    "delivery-services": [],
    "order-types": [("eshop-individual", "Заказ физ. лица"), ("eshop-legal", "Заказ юр. лица")],
    "order-methods": [("shopping-cart", "Через корзину"), ("phone", "По телефону"), ("one-click", "В один клик"), ("offline", "Офлайн")],
    "product-statuses": [("new", "Новый"), ("canceled", "Отменён"), ("returned", "Возврат")],
    "price-types": [("base", "Базовая"), ("vip", "Для своих")],
    "stores": [("lenina", "Уфа, Ленина 10"), ("mega", "Уфа, Мега")],
    "legal-entities": [("lavka", "ООО Лавка")],
}
UNCOUNTED = ("canceled", "returned")  # statuses of lines (cancelStatus) that take a line out of the order's sums
USERS = [  # id, first name, last name, e-mail
    (1, "Анна", "Ильина", "anna@lavka.example.ru"), (2, "Руслан", "Хабибуллин", "ruslan@lavka.example.ru"),
    (3, "Мария", "Соколова", "maria@lavka.example.ru"),
]  # fmt: skip
FIELDS = {  # entity -> code: type
    "customer": {
        "consents": "text", "store": "string", "card_type": "string", "comment": "text", "points_active": "numeric", "points_pending": "numeric",
        "points_spent": "numeric", "points_next_burn": "string", "first_purchase": "datetime", "last_purchase": "datetime",
    },
    "order": {
        "seller": "integer", "organisation": "string", "rounding": "numeric", "bonus_spent": "numeric", "bonus_accrued": "numeric",
        "card": "string", "promo_codes": "string", "receipt_number": "string", "receipt_sign": "string", "receipt_drive": "string",
        "receipt_time": "datetime", "order_source": "string", "cancel_reason": "text", "closed": "datetime",
        "returned": "numeric",
    },
}  # fmt: skip


def references(sites: list[str]) -> dict[str, dict[str, Json]]:
    """Reference -> code -> row, each as the vendor's answer keys it."""
    found = {name: {code: row(code, title, n) for n, (code, title) in enumerate(rows, 1)} for name, rows in NAMED.items()}
    found["statuses"] = {code: row(code, title, n) | {"group": group} for n, (code, title, group) in enumerate(STATUSES, 1)}
    found["status-groups"] = {
        code: row(code, title, n) | {"process": code not in ("complete", "cancel"), "statuses": [s[0] for s in STATUSES if s[2] == code]}
        for n, (code, title) in enumerate(GROUPS, 1)
    }
    found["payment-statuses"] = {
        code: row(code, title, n) | {"paymentComplete": whole, "paymentTypes": [t for t, _ in NAMED["payment-types"]]}
        for n, (code, title, whole) in enumerate(PAYMENT_STATUSES, 1)
    }
    found["product-statuses"] = {code: one | {"cancelStatus": code in UNCOUNTED} for code, one in found["product-statuses"].items()}
    found["sites"] = {
        code: {"code": code, "name": f"Лавка {code}", "url": f"https://{code}.example.ru", "ordering": n, "defaultForCrm": n == 1}
        for n, code in enumerate(sites, 1)
    }
    return found


def row(code: str, name: str, ordering: int) -> dict[str, Json]:
    return {"code": code, "name": name, "active": True, "ordering": ordering * 10}


def users() -> list[dict[str, Json]]:
    return [{"id": i, "firstName": first, "lastName": last, "email": email, "phone": "", "active": True, "status": "free",
             "isAdmin": i == 1, "isManager": True, "groups": []} for i, first, last, email in USERS]  # fmt: skip


def custom_fields() -> list[dict[str, Json]]:
    return [{"name": code, "code": code, "required": False, "inFilter": True, "inList": True, "type": kind, "entity": entity, "ordering": 50,
             "displayArea": "customer", "viewMode": "editable"} for entity, codes in FIELDS.items() for code, kind in codes.items()]  # fmt: skip


def offers() -> dict[int, dict[str, Json]]:
    """Goods by the id of their one offer. ``externalId`` is the shop's number of the goods, as an ICML file gives it."""
    found = {}
    for n, (name, price) in enumerate(GOODS, 1):
        found[30 + n] = {"id": 30 + n, "externalId": str(40 + n), "xmlId": f"1c-{n}", "name": name, "article": f"SV-{n:03d}", "price": price,
                         "prices": [{"priceType": "base", "price": price, "ordering": 10}], "quantity": 100, "vatRate": "none",
                         "properties": {}, "unit": {"code": "pc", "name": "Штука", "sym": "шт."}, "active": True}  # fmt: skip
    return found
