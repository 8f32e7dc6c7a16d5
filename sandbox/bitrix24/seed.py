"""What the portal holds at the start: people, goods, dictionaries, funnels and user fields."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.bitrix24.fields import CONTACT, DEAL, Field, camel_uf

IBLOCK_ID = 23

# Sellers of the shop; the fourth is the user of the installed application, so that its writes can be told from people's.
USERS = (("Анна", "Ильина"), ("Руслан", "Хабибуллин"), ("Мария", "Соколова"), ("Интеграция", "Сверка"))

# The goods of all three stand-ins: same SKUs, here as xmlId of the catalogue.
GOODS = (
    ("SV-001", "Рубашка льняная", 3490),
    ("SV-002", "Платье летнее", 4990),
    ("SV-003", "Пальто шерстяное", 7990),
    ("SV-004", "Шарф вязаный", 1290),
    ("SV-005", "Носки хлопковые", 490),
    ("SV-006", "Плед", 2790),
    ("SV-007", "Полотенце махровое", 890),
    ("SV-008", "Скатерть льняная", 1990),
    ("SV-009", "Комплект белья", 4590),
    ("SV-010", "Фартук", 990),
    ("SV-011", "Свитер", 3890),
    ("SV-012", "Подушка", 1490),
)

CATEGORIES = (
    {"id": 0, "name": "Общая", "sort": 300, "entityTypeId": DEAL, "isDefault": "Y", "originId": "", "originatorId": ""},
    {"id": 1, "name": "Предзаказы", "sort": 400, "entityTypeId": DEAL, "isDefault": "N", "originId": "", "originatorId": ""},
)

# The order statuses of the example: new, confirmed, packed, done, cancelled, returned; FINAL_INVOICE and APOLOGY stand in no directory.
STAGES = (
    ("NEW", "Новый", None, "process"),
    ("PREPARATION", "Подтверждён", None, "process"),
    ("EXECUTING", "Собран", None, "process"),
    ("FINAL_INVOICE", "Финальный счёт", None, "process"),
    ("WON", "Доставлен", "S", "success"),
    ("LOSE", "Отменён", "F", "failure"),
    ("RETURNED", "Возвращён", "F", "failure"),
    ("APOLOGY", "Анализ причины провала", "F", "apology"),
)

# Stages that a funnel has when it is made, until somebody makes others (a choice of the stand-in: the vendor's pages do not list them)
NEW_FUNNEL = (
    ("NEW", "Новая", None, "process"),
    ("PREPARATION", "Подготовка документов", None, "process"),
    ("EXECUTING", "В работе", None, "process"),
    ("WON", "Сделка успешна", "S", "success"),
    ("LOSE", "Сделка провалена", "F", "failure"),
    ("APOLOGY", "Анализ причины провала", "F", "apology"),
)

DICTIONARIES = {
    "SOURCE": (("CALL", "Звонок"), ("EMAIL", "Электронная почта"), ("WEB", "Веб-сайт"), ("STORE", "Интернет-магазин"), ("OTHER", "Другое")),
    "CONTACT_TYPE": (("CLIENT", "Клиенты"), ("SUPPLIER", "Поставщики"), ("PARTNER", "Партнёры"), ("OTHER", "Другое")),
    "DEAL_TYPE": (("SALE", "Продажа"), ("SERVICES", "Услуги")),
    "HONORIFIC": (("HNR_RU_1", "Господин"), ("HNR_RU_2", "Госпожа")),
    "CALL_LIST": (("IN_WORK", "В работе"), ("SUCCESS", "Успешно"), ("WRONG_NUMBER", "Неверный номер"), ("STOP_CALLING", "Не звонить")),
}


def _uf(name: str, kind: str, title: str, options: tuple[tuple[int, str], ...] = (), multiple: bool = False) -> Field:
    return Field(name, camel_uf(name), kind, multiple=multiple, title=title, options=options)


# User fields for what Bitrix24 has no field of its own for; the mappings write these names. Native instead: contact birthdate,
# secondName, comments, sourceId; deal comments, opportunity, utm*, assignedById.
_CONTACT_FIELDS = (
    _uf("UF_CRM_CARD", "string", "Номер карты"),
    _uf("UF_CRM_SEX", "enumeration", "Пол", ((45, "Мужской"), (47, "Женский"))),
    _uf("UF_CRM_POSTCODE", "string", "Индекс"),
    _uf("UF_CRM_CITY", "string", "Город"),
    _uf("UF_CRM_STREET", "string", "Улица, дом"),
    _uf("UF_CRM_ADDRESS", "string", "Адрес строкой"),
    _uf("UF_CRM_STORE", "string", "Магазин"),
    _uf("UF_CRM_TAGS", "string", "Метки", multiple=True),
    _uf("UF_CRM_CONSENTS", "string", "Согласия"),
    _uf("UF_CRM_BONUS", "double", "Баллы активные"),
    _uf("UF_CRM_BONUS_PENDING", "double", "Баллы ещё не активные"),
    _uf("UF_CRM_BONUS_BURN", "string", "Сгорание баллов"),
    _uf("UF_CRM_FIRST_PURCHASE", "datetime", "Первая покупка"),
    _uf("UF_CRM_LAST_PURCHASE", "datetime", "Последняя покупка"),
    _uf("UF_CRM_CARD_TYPE", "string", "Вид карты"),
)
_DEAL_FIELDS = (
    _uf("UF_CRM_ORDER_NUMBER", "string", "Номер заказа на сайте"),
    _uf("UF_CRM_ORDER_DATE", "datetime", "Заказ создан"),
    _uf("UF_CRM_ORDER_SOURCE", "string", "Источник заказа"),
    _uf("UF_CRM_CHANNEL", "string", "Канал"),
    _uf("UF_CRM_STORE", "string", "Магазин"),
    _uf("UF_CRM_SELLER", "employee", "Продавец"),
    _uf("UF_CRM_ORGANISATION", "string", "Организация"),
    _uf("UF_CRM_CONTACT_NAME", "string", "Имя в заказе"),
    _uf("UF_CRM_CONTACT_PHONE", "string", "Телефон в заказе"),
    _uf("UF_CRM_CONTACT_EMAIL", "string", "Почта в заказе"),
    _uf("UF_CRM_DELIVERY_KIND", "string", "Способ доставки"),
    _uf("UF_CRM_DELIVERY_ADDRESS", "string", "Адрес доставки"),
    _uf("UF_CRM_DELIVERY_PRICE", "double", "Стоимость доставки"),
    _uf("UF_CRM_DELIVERY_TRACK", "string", "Трек-номер"),
    _uf("UF_CRM_BONUS_SPENT", "double", "Списано баллов"),
    _uf("UF_CRM_BONUS_ACCRUED", "double", "Начислено баллов"),
    _uf("UF_CRM_CARD", "string", "Номер карты"),
    _uf("UF_CRM_PROMO_CODES", "string", "Промокоды", multiple=True),
    _uf("UF_CRM_RECEIPT_NUMBER", "string", "Номер чека"),
    _uf("UF_CRM_RECEIPT_SIGN", "string", "Фискальный признак"),
    _uf("UF_CRM_RECEIPT_DRIVE", "string", "Фискальный накопитель"),
    _uf("UF_CRM_RECEIPT_TIME", "datetime", "Время чека"),
    _uf("UF_CRM_PAID", "datetime", "Оплачен"),
    _uf("UF_CRM_PAID_TOTAL", "double", "Оплачено"),
    _uf("UF_CRM_CANCEL_REASON", "string", "Причина отмены"),
    _uf("UF_CRM_RETURNED", "double", "Возвращено"),
    _uf("UF_CRM_CALL_PHONE", "string", "Куда звонить"),
    _uf("UF_CRM_CALL_AT", "datetime", "Когда звонить"),
    _uf("UF_CRM_CALL_UNTIL", "datetime", "Позвонить до"),
    _uf("UF_CRM_CALL_REMARK", "string", "Итог звонка"),
)


def make_user_fields() -> dict[int, list[Field]]:
    """Entity type -> its user fields, numbered."""
    kinds = {CONTACT: (201, _CONTACT_FIELDS), DEAL: (301, _DEAL_FIELDS)}
    return {kind: [replace(one, number=number) for number, one in enumerate(some, first)] for kind, (first, some) in kinds.items()}


def make_users() -> dict[int, dict[str, Any]]:
    return {
        number: {
            "ID": str(number), "XML_ID": None, "ACTIVE": True, "NAME": name, "LAST_NAME": last, "SECOND_NAME": None,
            "EMAIL": f"user{number}@lavka.example", "UF_PHONE_INNER": str(100 + number), "WORK_PHONE": "", "PERSONAL_MOBILE": "",
            "USER_TYPE": "employee", "UF_DEPARTMENT": [1], "WORK_POSITION": "Администратор" if number in (1, 4) else "Продавец",
        }
        for number, (name, last) in enumerate(USERS, start=1)
    }  # fmt: skip


def make_statuses() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for category in CATEGORIES:
        rows += make_stages(int(str(category["id"])), len(rows) + 1, STAGES)
    for entity, values in DICTIONARIES.items():
        for position, (code, name) in enumerate(values, start=1):
            rows.append(make_status(len(rows) + 1, entity, code, name, position * 10))
    return rows


def make_stages(category: int, first: int, stages: tuple[tuple[str, str, str | None, str], ...]) -> list[dict[str, Any]]:
    """The stages of a funnel; those of any but the first bear its prefix. ``first``: the id of the first."""
    rows: list[dict[str, Any]] = []
    for position, (code, name, semantics, extra) in enumerate(stages, start=1):
        entity, stage = (f"DEAL_STAGE_{category}", f"C{category}:{code}") if category else ("DEAL_STAGE", code)
        row = make_status(first + len(rows), entity, stage, name, position * 10)
        rows.append(row | {"SEMANTICS": semantics, "CATEGORY_ID": str(category), "EXTRA": {"SEMANTICS": extra, "COLOR": "#39A8EF"}})
    return rows


def make_status(number: int, entity: str, code: str, name: str, sort: int) -> dict[str, Any]:
    return {
        "ID": str(number), "ENTITY_ID": entity, "STATUS_ID": code, "NAME": name, "NAME_INIT": name, "SORT": str(sort),
        "SYSTEM": "Y", "CATEGORY_ID": None, "COLOR": "", "SEMANTICS": None,
    }  # fmt: skip


def make_product(number: int, sku: str, name: str, price: int) -> dict[str, Any]:
    return {
        "ID": number, "id": number, "iblockId": IBLOCK_ID, "iblockSectionId": None, "name": name, "code": sku.lower(), "xmlId": sku,
        "active": "Y", "available": "Y", "quantity": 100, "quantityReserved": 0, "measure": 9, "vatId": None, "vatIncluded": "N", "type": 1,
        "price": price, "timestampX": "2026-01-12T09:00:00+05:00",
    }  # fmt: skip


def make_products() -> list[dict[str, Any]]:
    return [make_product(number, *goods) for number, goods in enumerate(GOODS, start=101)]
