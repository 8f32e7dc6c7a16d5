"""The shop that a base begins with: goods with sizes and barcodes, stores, people, kinds of contact information, a hand-made order as template."""

from __future__ import annotations

from itertools import product
from typing import Any

from .schema import ZERO
from .state import Infobase

GOODS = [
    ("Рубашка льняная", 3490), ("Платье летнее", 4990), ("Пальто шерстяное", 7990), ("Шарф вязаный", 1290),
    ("Носки хлопковые", 490), ("Плед", 2790), ("Полотенце махровое", 890), ("Скатерть льняная", 1990),
    ("Комплект белья", 4590), ("Фартук", 990), ("Свитер", 3890), ("Подушка", 1490),
]  # fmt: skip
SERVICES = [("Доставка", "DELIVERY"), ("Услуга", "SERVICE"), ("Подарочная упаковка", "GIFT")]
PEOPLE = ("Анна Ильина", "Руслан Хабибуллин", "Мария Соколова", "sverka")
STORES = ("Уфа, Ленина 10", "Уфа, Мега")
HALL, BACK_ROOM = "зал", "подсобка"  # rooms of a shop in Розница
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
    _stores(base)
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
    stocked(base)


def _stores(base: Infobase) -> None:
    """Stores, and, where they are shops, their rooms."""
    kind = next(kind for kind in ("Catalog_Магазины", "Catalog_Склады", "Catalog_СтруктурныеЕдиницы") if kind in base.sets)
    for name in STORES:
        store = base.add(kind, Description=name)["Ref_Key"]
        for room in (HALL, BACK_ROOM) if kind == "Catalog_Магазины" else ():
            base.add("Catalog_Склады", Description=f"{name}, {room}", Магазин_Key=store)


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


PRICE, BOUGHT, DEALERS = "Розничная", "Закупочная", "Дилерская"  # kinds of prices; the last two are nobody's business
COSTS = dict(GOODS) | {"Куртка": 5990}
REGISTERS = {  # where prices and stocks are kept: the set, its fields for the kind of price or the store, and for the variant
    "ut": ("InformationRegister_ЦеныНоменклатуры25", "ВидЦены_Key", "AccumulationRegister_ТоварыНаСкладах", "Склад_Key", "Catalog_Склады"),
    "unf": (
        "InformationRegister_ЦеныНоменклатуры", "ВидЦен_Key",
        "AccumulationRegister_ЗапасыНаСкладах", "СтруктурнаяЕдиница_Key", "Catalog_СтруктурныеЕдиницы",
    ),
    "retail": ("InformationRegister_ЦеныНоменклатуры", "ВидЦены_Key", "AccumulationRegister_ТоварыНаСкладах", "Склад_Key", "Catalog_Склады"),
}  # fmt: skip


def stocked(base: Infobase) -> None:
    """Prices of three kinds, and so many of each of the goods in each store: the first of them one in the first store, two in the second."""
    for name in (PRICE, BOUGHT, DEALERS):
        base.add("Catalog_ВидыЦен", Description=name)
    for number, (ident, row) in enumerate(list(base.tables["Catalog_Номенклатура"].items())):
        if not (cost := COSTS.get(row["Description"])):
            continue
        price(base, ident, PRICE, cost)
        price(base, ident, BOUGHT, cost // 2 + 1)
        price(base, ident, DEALERS, cost * 3 // 4 + 1)
        variants = [key for key, one in base.tables["Catalog_ХарактеристикиНоменклатуры"].items() if one["Owner"] == ident] or [ZERO]
        for variant, (many, store) in product(variants, enumerate(STORES, 1)):
            in_back = 1 if base.profile.name == "retail" else 0
            move(base, ident, variant, store, many + number - in_back)
            if in_back:
                move(base, ident, variant, store, in_back, room=BACK_ROOM)


def price(base: Infobase, item: str, kind: str, value: float) -> None:
    """A price from now on, as a document of prices leaves it."""
    name, field, *_ = REGISTERS[base.profile.name]
    more = {"Актуальность": True} if base.profile.name == "unf" else {}
    base.add(name, Period=base.local(), Номенклатура_Key=item, Цена=value, **{field: base.named("Catalog_ВидыЦен", kind)}, **more)


def move(base: Infobase, item: str, variant: str, store: str, many: float, promised: float = 0, room: str = HALL) -> None:
    """So many come into a store, or go where it is negative. ``promised``: how many more are to be shipped. ``room``: of a shop in Розница."""
    store = f"{store}, {room}" if base.profile.name == "retail" else store
    _, _, name, field, stores = REGISTERS[base.profile.name]
    held = {"ВНаличии": many, "КОтгрузке": promised} if base.profile.name == "ut" else {"Количество": many}
    place = {"Номенклатура_Key": item, "Характеристика_Key": variant, field: base.named(stores, store)}
    base.add(name, Period=base.local(), RecordType="Receipt", Active=True, **place, **held)


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
