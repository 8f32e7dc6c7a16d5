"""The shop that a base begins with: goods with sizes and barcodes, stores, people, kinds of contact information, a hand-made order as template."""

from __future__ import annotations

from typing import Any

from .state import Infobase

GOODS = [
    ("Рубашка льняная", 3490), ("Платье летнее", 4990), ("Пальто шерстяное", 7990), ("Шарф вязаный", 1290),
    ("Носки хлопковые", 490), ("Плед", 2790), ("Полотенце махровое", 890), ("Скатерть льняная", 1990),
    ("Комплект белья", 4590), ("Фартук", 990), ("Свитер", 3890), ("Подушка", 1490),
]  # fmt: skip
SERVICES = [("Доставка", "DELIVERY"), ("Услуга", "SERVICE"), ("Подарочная упаковка", "GIFT")]
PEOPLE = ("Анна Ильина", "Руслан Хабибуллин", "Мария Соколова", "sverka")
STORES = ("Уфа, Ленина 10", "Уфа, Мега")
SIZES = ("S", "M", "L")
FIRM = "ООО Лавка"
NOBODY = "Розничный покупатель"
TEMPLATE = "SVERKA"  # what the administrator writes into the template's number by the client's data


def fill(base: Infobase) -> None:
    """Put the shop into an empty base."""
    sets = base.sets
    firm = base.add("Catalog_Организации", Description=FIRM, НаименованиеПолное=FIRM)["Ref_Key"]
    money = base.add("Catalog_Валюты", Description="RUB", Code="643")["Ref_Key"]
    for name in PEOPLE:
        base.add("Catalog_Пользователи", Description=name)
        if "Catalog_Сотрудники" in sets:
            base.add("Catalog_Сотрудники", Description=name)
    for kind in ("Catalog_Склады", "Catalog_Магазины", "Catalog_СтруктурныеЕдиницы"):
        if kind in sets:
            for name in STORES:
                base.add(kind, Description=name)
    for kind, name in base.profile.kinds.items():
        more = {"Тип": kind, "ИмяПредопределенногоВида": name, "Predefined": True, "PredefinedDataName": name}
        base.add("Catalog_ВидыКонтактнойИнформации", Description=kind, **more)
    _goods(base)
    if base.profile.name == "ut":
        _template(base, firm, money)
    elif base.profile.name == "unf":
        _states(base, firm, money)
    else:
        for name, kind in (("Наличные", "Наличные"), ("Карта", "ПлатежнаяКарта")):
            base.add("Catalog_ВидыОплатЧекаККМ", Description=name, ТипОплаты=kind)
    base.add(base.profile.buyers, Description=NOBODY)


def _goods(base: Infobase) -> None:
    vat: dict[str, Any] = {}
    if "Catalog_СтавкиНДС" in base.sets:
        vat = {"СтавкаНДС_Key": base.add("Catalog_СтавкиНДС", Description="20%", Ставка=20)["Ref_Key"]}
    else:
        vat = {"СтавкаНДС": "НДС20"}
    for number, (name, _) in enumerate(GOODS, 1):
        made = base.add(
            "Catalog_Номенклатура", Description=name, НаименованиеПолное=name, Артикул=f"SV-{number:03d}", ТипНоменклатуры="Товар", **vat
        )
        base.add("InformationRegister_ШтрихкодыНоменклатуры", Штрихкод=f"46000000000{number:02d}", Номенклатура_Key=made["Ref_Key"])
    for name, article in SERVICES:
        base.add("Catalog_Номенклатура", Description=name, Артикул=article, ТипНоменклатуры="Услуга", **vat)
    coat = base.add("Catalog_Номенклатура", Description="Куртка", Артикул="JACKET", ТипНоменклатуры="Товар", **vat)["Ref_Key"]
    for size in SIZES:
        owner = {"Owner": coat, "Owner_Type": "StandardODATA.Catalog_Номенклатура"}
        variant = base.add("Catalog_ХарактеристикиНоменклатуры", Description=size, **owner)["Ref_Key"]
        base.add("InformationRegister_ШтрихкодыНоменклатуры", Штрихкод=f"JACKET-{size}", Номенклатура_Key=coat, Характеристика_Key=variant)


def _states(base: Infobase, firm: str, money: str) -> None:
    """States of orders, and the template, as УНФ has them."""
    for name in ("Открыт", "В работе", "Завершен"):
        base.add("Catalog_СостоянияЗаказовПокупателей", Description=name)
    state = {"СостояниеЗаказа_Type": "StandardODATA.Catalog_СостоянияЗаказовПокупателей"}
    base.add(
        "Document_ЗаказПокупателя", Организация_Key=firm, ВалютаДокумента_Key=money, ВидОперации="ЗаказНаПродажу", СуммаВключаетНДС=True,
        НалогообложениеНДС="ОблагаетсяНДС", НомерВходящегоДокумента=TEMPLATE,
        СостояниеЗаказа=base.named("Catalog_СостоянияЗаказовПокупателей", "Открыт"), **state,
    )  # fmt: skip


def _template(base: Infobase, firm: str, money: str) -> None:
    """An order made by hand once, from which the service fields of others are taken."""
    deal = base.add("Catalog_СоглашенияСКлиентами", Description="Типовое соглашение", Статус="Действует")["Ref_Key"]
    base.add(
        "Document_ЗаказКлиента", Организация_Key=firm, Валюта_Key=money, Соглашение_Key=deal, Склад_Key=base.named("Catalog_Склады", STORES[0]),
        ХозяйственнаяОперация="РеализацияКлиенту", ЦенаВключаетНДС=True, НалогообложениеНДС="ПродажаОблагаетсяНДС", Статус="НеСогласован",
        НомерПоДаннымКлиента=TEMPLATE, Комментарий="Шаблон для обмена, не проводить",
    )  # fmt: skip
    base.add("Catalog_КассыККМ", Description="Касса Ленина 10", Склад_Key=base.named("Catalog_Склады", STORES[0]))
