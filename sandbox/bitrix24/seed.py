"""What the portal holds at the start: people, goods, dictionaries, funnels and user fields."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.fields import CONTACT, DEAL, Field, camel_uf

IBLOCK_ID = 23

USERS = (("Анна", "Ильина"), ("Руслан", "Хабибуллин"), ("Мария", "Соколова"))

GOODS = (
    ("SV-001", "Платье льняное миди", 4990),
    ("SV-002", "Рубашка хлопковая белая", 2490),
    ("SV-003", "Свитер шерстяной", 3990),
    ("SV-004", "Джинсы прямые", 3490),
    ("SV-005", "Пальто демисезонное", 7990),
    ("SV-006", "Шарф вязаный", 990),
    ("SV-007", "Носки хлопковые, 3 пары", 490),
    ("SV-008", "Плед хлопковый 150x200", 2990),
    ("SV-009", "Комплект постельного белья", 5490),
    ("SV-010", "Полотенце махровое", 790),
    ("SV-011", "Ваза керамическая", 1590),
    ("SV-012", "Свеча ароматическая", 690),
)

CATEGORIES = (
    {"id": 0, "name": "Общая", "sort": 300, "entityTypeId": DEAL, "isDefault": "Y", "originId": "", "originatorId": ""},
    {"id": 1, "name": "Предзаказы", "sort": 400, "entityTypeId": DEAL, "isDefault": "N", "originId": "", "originatorId": ""},
)

STAGES = (
    ("NEW", "Новая", None, "process"),
    ("PREPARATION", "Подготовка документов", None, "process"),
    ("EXECUTING", "В работе", None, "process"),
    ("FINAL_INVOICE", "Финальный счёт", None, "process"),
    ("WON", "Сделка успешна", "S", "success"),
    ("LOSE", "Сделка провалена", "F", "failure"),
)

DICTIONARIES = {
    "SOURCE": (("CALL", "Звонок"), ("EMAIL", "Электронная почта"), ("WEB", "Веб-сайт"), ("STORE", "Интернет-магазин"), ("OTHER", "Другое")),
    "CONTACT_TYPE": (("CLIENT", "Клиенты"), ("SUPPLIER", "Поставщики"), ("PARTNER", "Партнёры"), ("OTHER", "Другое")),
    "DEAL_TYPE": (("SALE", "Продажа"), ("SERVICES", "Услуги")),
    "HONORIFIC": (("HNR_RU_1", "Господин"), ("HNR_RU_2", "Госпожа")),
    "CALL_LIST": (("IN_WORK", "В работе"), ("SUCCESS", "Успешно"), ("WRONG_NUMBER", "Неверный номер"), ("STOP_CALLING", "Не звонить")),
}


def _uf(name: str, kind: str, title: str, options: tuple[tuple[int, str], ...] = ()) -> Field:
    return Field(name, camel_uf(name), kind, title=title, options=options)


USER_FIELDS = {
    CONTACT: (
        _uf("UF_CRM_BONUS", "double", "Бонусы"),
        _uf("UF_CRM_CARD", "string", "Карта"),
        _uf("UF_CRM_STORE", "string", "Магазин"),
        _uf("UF_CRM_SEX", "enumeration", "Пол", ((45, "Мужской"), (47, "Женский"))),
    ),
    DEAL: (
        _uf("UF_CRM_NUMBER", "string", "Номер заказа"),
        _uf("UF_CRM_BONUS_SPENT", "double", "Списано бонусов"),
        _uf("UF_CRM_CHANNEL", "string", "Канал"),
        _uf("UF_CRM_STORE", "string", "Магазин"),
        _uf("UF_CRM_PAID", "datetime", "Оплачен"),
    ),
}


def make_users() -> dict[int, dict[str, Any]]:
    return {
        number: {
            "ID": str(number), "XML_ID": None, "ACTIVE": True, "NAME": name, "LAST_NAME": last, "SECOND_NAME": None,
            "EMAIL": f"user{number}@lavka.example", "UF_PHONE_INNER": str(100 + number), "WORK_PHONE": "", "PERSONAL_MOBILE": "",
            "USER_TYPE": "employee", "UF_DEPARTMENT": [1], "WORK_POSITION": "Администратор" if number == 1 else "Продавец",
        }
        for number, (name, last) in enumerate(USERS, start=1)
    }  # fmt: skip


def make_statuses() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for category in CATEGORIES:
        number = int(str(category["id"]))
        for position, (code, name, semantics, extra) in enumerate(STAGES, start=1):
            stage = f"C{number}:{code}" if number else code
            row = _status(len(rows) + 1, f"DEAL_STAGE_{number}" if number else "DEAL_STAGE", stage, name, position * 10)
            row |= {
                "SEMANTICS": semantics,
                "CATEGORY_ID": str(number) if number else "0",
                "EXTRA": {"SEMANTICS": extra, "COLOR": "#39A8EF"},
            }
            rows.append(row)
    for entity, values in DICTIONARIES.items():
        for position, (code, name) in enumerate(values, start=1):
            rows.append(_status(len(rows) + 1, entity, code, name, position * 10))
    return rows


def _status(number: int, entity: str, code: str, name: str, sort: int) -> dict[str, Any]:
    return {
        "ID": str(number), "ENTITY_ID": entity, "STATUS_ID": code, "NAME": name, "NAME_INIT": name, "SORT": str(sort),
        "SYSTEM": "Y", "CATEGORY_ID": None, "COLOR": "", "SEMANTICS": None,
    }  # fmt: skip


def make_products() -> dict[int, dict[str, Any]]:
    return {
        number: {
            "id": number, "iblockId": IBLOCK_ID, "iblockSectionId": None, "name": name, "code": sku.lower(), "xmlId": sku, "active": "Y",
            "available": "Y", "quantity": 100, "quantityReserved": 0, "measure": 9, "vatId": None, "vatIncluded": "N", "type": 1,
            "price": price, "timestampX": "2026-01-12T09:00:00+05:00",
        }
        for number, (sku, name, price) in enumerate(GOODS, start=101)
    }  # fmt: skip
