"""Configurations of 1C as data: which sets hold customers, orders and receipts, and how УНФ and Розница call what УТ 11.5 calls otherwise.

Mappings speak УТ's names; ``names`` say what stands behind them (names read from dumps of УТ 11.5.18, УНФ 3.0.5 and Розница 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any


PAID_BY_BUYER = "ПоступлениеОплатыОтКлиента"  # the operation of a document of money, as УТ calls it


@dataclass(frozen=True, slots=True)
class Place:
    """One resource in one configuration. ``lines``: its tabular part of goods. ``names``, ``line_names``: ours -> theirs, where they
    differ; "" for what a configuration does not have. ``changed``: a field with the time of the last change. ``composite``: ours -> the set that a composite field leads to."""

    set: str
    lines: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    line_names: Mapping[str, str] = field(default_factory=dict)
    changed: str = ""
    composite: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False  # a base that does not publish it can be worked with

    @property
    def document(self) -> bool:
        return self.set.startswith("Document_")


@dataclass(frozen=True, slots=True)
class Registers:
    """Where a configuration keeps prices and stocks. ``prices``: sets of which one is published, the newest first; ``price_kind``,
    ``price_variant``: their dimensions. ``balance``: a register of stocks, its dimension of the store and its resources. ``shop``: where a store
    is a shop with rooms of its own, the field of a room (Catalog_Склады) that names its shop."""

    prices: tuple[str, ...]
    price_kind: str
    price_variant: tuple[str, ...]
    balance: str
    store: str
    available: str
    reserved: str = ""
    shop: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """How documents of money name the order that they pay. ``orders``: the set of orders; ``shipments``: a set of shipments and its field of the
    order. ``row``, ``head``: fields of a row, and of the document, that lead to an order or a shipment of one; those of ``head`` count for the only row, those of
    ``order`` for all. ``objects``: the list behind which orders stand, and the field of a row that names it. ``operations``: theirs -> УТ's, of payments by buyers."""

    orders: str
    shipments: tuple[str, str]
    row: tuple[str, ...] = ()
    head: tuple[str, ...] = ("ДокументОснование",)
    order: str = ""
    objects: tuple[str, str] = ("", "")
    operations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Profile:
    """``marks``: sets by which the configuration is recognised. ``lists``: references that are shown by name -> their sets. ``kinds``:
    types of contact information -> predefined kind of a customer's. ``person``: field and value that tell a person from a firm.
    ``full_names``: fields that repeat a customer's name. ``firm``: the set of counterparties behind a customer, where they are two.
    ``search``: type of contact
    information -> a field of the customer that repeats it for the program's own search. ``written``: resources that the hub writes.
    ``service``: fields of an order that no record has and a template gives. ``statuses``: values of an order's status, where they are
    an enumeration. ``cards``: set of cards and its field with the number. ``cashless``: part of a receipt with what was not cash."""

    name: str
    title: str
    marks: frozenset[str]
    places: Mapping[str, Place]
    lists: Mapping[str, str]
    kinds: Mapping[str, str]
    person: tuple[str, str]
    create: Mapping[str, Json]
    full_names: tuple[str, ...] = ()
    firm: str = ""
    search: Mapping[str, str] = field(default_factory=dict)
    written: frozenset[str] = frozenset({"customers", "orders"})
    service: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    cards: tuple[str, str] = ("", "")
    cashless: str = ""
    payment_kinds: str = ""  # the set of payment kinds, where a receipt names them by reference
    register: str = ""  # of the states of orders, beside their status
    rates: str = ""  # the set of VAT rates, where they are no enumeration
    registers: Registers = field(kw_only=True)  # of prices and stocks
    money: Money = field(kw_only=True)

    @property
    def sets(self) -> list[str]:
        """What has to be in the composition besides the short lists."""
        return [place.set for place in self.places.values() if not place.optional] + [
            name for name in (self.firm, self.rates, self.payment_kinds) if name
        ]


UT = Profile(
    name="ut",
    title="Управление торговлей 11.5",
    marks=frozenset({"Catalog_Партнеры"}),
    places={
        "customers": Place("Catalog_Партнеры", names={"Менеджер_Key": "ОсновнойМенеджер_Key"}),
        "orders": Place("Document_ЗаказКлиента", "Товары"),
        "receipts": Place("Document_ЧекККМ", "Товары", {"Менеджер_Key": "Кассир_Key"}),
        "returns": Place("Document_ЧекККМВозврат", "Товары", {"Менеджер_Key": "Кассир_Key"}, optional=True),
        "goods_returns": Place("Document_ВозвратТоваровОтКлиента", "Товары", optional=True),
        "bank_payments": Place("Document_ПоступлениеБезналичныхДенежныхСредств", optional=True),
        "cash_payments": Place("Document_ПриходныйКассовыйОрдер", optional=True),
        "card_payments": Place("Document_ОперацияПоПлатежнойКарте", optional=True),
    },
    lists={"Организация": "Catalog_Организации", "Склад": "Catalog_Склады", "Менеджер": "Catalog_Пользователи"},
    kinds={"Телефон": "ТелефонПартнера", "АдресЭлектроннойПочты": "EmailПартнера", "Адрес": "АдресПартнера"},
    person=("ЮрФизЛицо", "ЧастноеЛицо"),
    create={"ЮрФизЛицо": "ЧастноеЛицо", "Клиент": True},
    full_names=("НаименованиеПолное",),
    firm="Catalog_Контрагенты",
    service=(
        "Организация_Key", "Подразделение_Key", "Склад_Key", "Валюта_Key", "Соглашение_Key", "Договор_Key", "ХозяйственнаяОперация",
        "ЦенаВключаетНДС", "НалогообложениеНДС", "Приоритет_Key", "ФормаОплаты", "СпособДоставки", "Статус",
    ),
    statuses=("НеСогласован", "КОбеспечению", "КОтгрузке", "Отгружен", "Закрыт"),
    register="InformationRegister_СостоянияЗаказовКлиентов",
    cards=("Catalog_КартыЛояльности", "Штрихкод"),
    cashless="ОплатаПлатежнымиКартами",
    rates="Catalog_СтавкиНДС",
    registers=Registers(
        prices=("InformationRegister_ЦеныНоменклатуры25", "InformationRegister_ЦеныНоменклатуры"),
        price_kind="ВидЦены",
        price_variant=("ХарактеристикаЦО_Key", "Характеристика_Key"),
        balance="AccumulationRegister_ТоварыНаСкладах",
        store="Склад",
        available="ВНаличии",
        reserved="КОтгрузке",
    ),
    money=Money(
        "Document_ЗаказКлиента",
        ("Document_РеализацияТоваровУслуг", "ЗаказКлиента"),
        objects=("Catalog_ОбъектыРасчетов", "ОбъектРасчетов_Key"),
    ),
)  # fmt: skip

UNF = Profile(
    name="unf",
    title="Управление нашей фирмой 3.0",
    marks=frozenset({"Document_ЗаказПокупателя", "Catalog_ДисконтныеКарты"}),
    places={
        "customers": Place("Catalog_Контрагенты", names={"Менеджер_Key": "Ответственный_Key"}),
        "orders": Place(
            "Document_ЗаказПокупателя", "Запасы",
            {"Партнер_Key": "Контрагент_Key", "Менеджер_Key": "Ответственный_Key", "Склад_Key": "СтруктурнаяЕдиницаПродажи_Key",
             "НомерПоДаннымКлиента": "НомерВходящегоДокумента", "Статус": "СостояниеЗаказа", "Валюта_Key": "ВалютаДокумента_Key",
             "ЦенаВключаетНДС": "СуммаВключаетНДС"},
            {"СуммаРучнойСкидки": "СуммаСкидкиНаценки", "Номенклатура_Key": "Номенклатура", "СуммаСНДС": "Всего"},
            changed="ДатаИзменения",
            composite={"Статус": "Catalog_СостоянияЗаказовПокупателей", "Номенклатура_Key": "Catalog_Номенклатура"},
        ),
        "receipts": Place(
            "Document_ЧекККМ", "Запасы",
            {"Партнер_Key": "Контрагент_Key", "Склад_Key": "СтруктурнаяЕдиница_Key", "Менеджер_Key": "Ответственный_Key",
             "КартаЛояльности_Key": "ДисконтнаяКарта_Key", "ЗаказКлиента_Key": "Заказ_Key"},
            {"СуммаРучнойСкидки": "СуммаСкидкиНаценки", "СуммаСНДС": "Всего"},
        ),
        "returns": Place(
            "Document_ЧекККМВозврат", "Запасы",
            {"Партнер_Key": "Контрагент_Key", "Склад_Key": "СтруктурнаяЕдиница_Key", "Менеджер_Key": "Ответственный_Key"},
            {"СуммаРучнойСкидки": "СуммаСкидкиНаценки", "СуммаСНДС": "Всего"},
            optional=True,
        ),
        "bank_payments": Place("Document_ПоступлениеНаСчет", names={"ХозяйственнаяОперация": "ВидОперации"}, optional=True),
        "cash_payments": Place("Document_ПоступлениеВКассу", names={"ХозяйственнаяОперация": "ВидОперации"}, optional=True),
        "card_payments": Place("Document_ОперацияПоПлатежнымКартам", names={"ХозяйственнаяОперация": "ВидОперации"}, optional=True),
    },
    lists={
        "Организация": "Catalog_Организации", "Склад": "Catalog_СтруктурныеЕдиницы", "Менеджер": "Catalog_Сотрудники",
        "Статус": "Catalog_СостоянияЗаказовПокупателей",
    },
    kinds={"Телефон": "ТелефонКонтрагента", "АдресЭлектроннойПочты": "EmailКонтрагента", "Адрес": "ФактАдресКонтрагента"},
    person=("ВидКонтрагента", "ФизическоеЛицо"),
    create={"ВидКонтрагента": "ФизическоеЛицо", "Покупатель": True},
    full_names=("НаименованиеПолное", "ФИО"),
    search={"Телефон": "НомерТелефонаДляПоиска", "АдресЭлектроннойПочты": "АдресЭПДляПоиска"},
    service=(
        "Организация_Key", "Склад_Key", "Валюта_Key", "Договор_Key", "ВидОперации", "ЦенаВключаетНДС", "НалогообложениеНДС", "Статус",
    ),
    cards=("Catalog_ДисконтныеКарты", "КодКартыШтрихкод"),
    cashless="БезналичнаяОплата",
    rates="Catalog_СтавкиНДС",
    registers=Registers(
        prices=("InformationRegister_ЦеныНоменклатуры",),
        price_kind="ВидЦен",
        price_variant=("Характеристика_Key",),
        balance="AccumulationRegister_ЗапасыНаСкладах",
        store="СтруктурнаяЕдиница",
        available="Количество",
    ),
    money=Money(  # the acquirer's and the courier's transfers are payments of no order: those were told by its card operation and its receipt
        "Document_ЗаказПокупателя",
        ("Document_РасходнаяНакладная", "Заказ"),
        row=("Заказ", "Документ"),
        operations={"ОтПокупателя": PAID_BY_BUYER, "ПоступлениеОплатыОтПокупателя": PAID_BY_BUYER},
    ),
)  # fmt: skip

RETAIL = Profile(
    name="retail",
    title="Розница 2",
    marks=frozenset({"Catalog_ИнформационныеКарты"}),
    places={
        "customers": Place("Catalog_ФизическиеЛица", names={"Менеджер_Key": ""}),
        "orders": Place(
            "Document_ЗаказПокупателя", "Товары",
            {"Партнер_Key": "Контрагент", "Склад_Key": "Магазин_Key", "Менеджер_Key": "Ответственный_Key", "НомерПоДаннымКлиента": "",
             "АдресДоставки": ""},
            composite={"Партнер_Key": "Catalog_ФизическиеЛица"},
        ),
        "receipts": Place(
            "Document_ЧекККМ", "Товары",
            {"Партнер_Key": "ВладелецДисконтнойКарты", "Склад_Key": "Магазин_Key", "Менеджер_Key": "Ответственный_Key",
             "КартаЛояльности_Key": "ДисконтнаяКарта_Key", "Статус": "СтатусЧекаККМ", "ЗаказКлиента_Key": "ЗаказПокупателя_Key"},
            composite={"Партнер_Key": "Catalog_ФизическиеЛица"},
        ),
        "returns": Place(  # the same documents: the kind of the operation tells them apart
            "Document_ЧекККМ", "Товары",
            {"Партнер_Key": "ВладелецДисконтнойКарты", "Склад_Key": "Магазин_Key", "Менеджер_Key": "Ответственный_Key",
             "Статус": "СтатусЧекаККМ", "ЧекККМ_Key": "ЧекККМПродажа_Key"},
            composite={"Партнер_Key": "Catalog_ФизическиеЛица"},
            optional=True,
        ),
        "bank_payments": Place("Document_РегистрацияБезналичнойОплаты", optional=True),
        "cash_payments": Place("Document_ПриходныйКассовыйОрдер", optional=True),
        "card_payments": Place("Document_ОплатаОтПокупателяПлатежнойКартой", optional=True),
    },
    lists={"Организация": "Catalog_Организации", "Склад": "Catalog_Магазины", "Менеджер": "Catalog_Пользователи"},
    kinds={"Телефон": "ТелефонФизическогоЛица", "АдресЭлектроннойПочты": "EMailФизическиеЛица", "Адрес": "ФактАдресФизическиеЛица"},
    person=("", ""),
    create={},
    written=frozenset({"customers"}),
    statuses=("Открыт", "КВыполнению", "Закрыт"),
    cards=("Catalog_ИнформационныеКарты", "КодКарты"),
    cashless="Оплата",
    payment_kinds="Catalog_ВидыОплатЧекаККМ",
    registers=Registers(  # names from a published dump of the configuration (docs/connectors/onec.md)
        prices=("InformationRegister_ЦеныНоменклатуры",),
        price_kind="ВидЦены",
        price_variant=("Характеристика_Key",),
        balance="AccumulationRegister_ТоварыНаСкладах",
        store="Склад",
        available="Количество",
        shop="Магазин",
    ),
    money=Money(
        "Document_ЗаказПокупателя",
        ("Document_РеализацияТоваров", "ЗаказПокупателя_Key"),
        row=("ДокументРасчетовСКонтрагентом",),
        order="ЗаказПокупателя_Key",
    ),
)  # fmt: skip

PROFILES = (UT, RETAIL, UNF)  # in the order in which they are asked for: Розница too has orders of buyers


def recognised(sets: frozenset[str]) -> Profile | None:
    """The configuration that publishes these sets."""
    return next((profile for profile in PROFILES if profile.marks <= sets), None)
