"""Goods of a base as the node writes them: ``import<k>_<n>.xml`` and ``offers<k>_<n>.xml``, in portions, the classifier in the first alone."""

from __future__ import annotations

import xml.etree.ElementTree as tree
from collections.abc import Iterator
from typing import Any

from ..schema import ZERO
from ..seed import REGISTERS
from ..state import Infobase
from .client import pretty

Row = dict[str, Any]
PORTION = 1000
GROUP = "9b1e0000-0000-11ee-8a01-00155d010203"


def element(parent: Any, name: str, text: Any = None, **attributes: str) -> Any:
    one = tree.SubElement(parent, name, attributes)
    one.text = None if text is None else str(text)
    return one


def root(base: Infobase, space: str, version: str) -> Any:
    return tree.Element("КоммерческаяИнформация", {"xmlns": space, "ВерсияСхемы": version, "ДатаФормирования": base.local()})


def requisite(parent: Any, name: str, value: str) -> None:
    one = element(parent, "ЗначениеРеквизита")
    element(one, "Наименование", name)
    element(one, "Значение", value)


class Goods:
    """Files of one upload. ``only``: guids of the goods that changed; None: all."""

    def __init__(self, base: Infobase, space: str, version: str, only: set[str] | None = None, portion: int = PORTION) -> None:
        self.base, self.space, self.version, self.only, self.portion = base, space, version, only, portion
        self.rows = [row for ident, row in base.tables["Catalog_Номенклатура"].items() if only is None or ident in only]
        self.variants: dict[str, list[Row]] = {}
        for row in base.tables["Catalog_ХарактеристикиНоменклатуры"].values():
            self.variants.setdefault(str(row["Owner"]), []).append(row)
        self.codes: dict[tuple[str, str], str] = {}
        for row in base.tables["InformationRegister_ШтрихкодыНоменклатуры"].values():
            self.codes.setdefault((row["Номенклатура_Key"], row["Характеристика_Key"]), row["Штрихкод"])

    def files(self, names: Any) -> Iterator[tuple[str, bytes]]:
        """(name, bytes). ``names(kind, n)``: how a configuration calls the n-th portion."""
        portions = [self.rows[start : start + self.portion] for start in range(0, len(self.rows), self.portion)] or [[]]
        for number, rows in enumerate(portions):
            yield names("import", number), self._import(rows, first=number == 0)
        for number, rows in enumerate(portions):
            yield names("offers", number), self._offers(rows, first=number == 0)

    def _import(self, rows: list[Row], *, first: bool) -> bytes:
        top = root(self.base, self.space, self.version)
        if first:
            lists = element(top, "Классификатор")
            element(lists, "Ид", "k1")
            element(lists, "Наименование", "Классификатор (Лавка)")
            group = element(element(lists, "Группы"), "Группа")
            element(group, "Ид", GROUP)
            element(group, "Наименование", "Товары")
        part = element(top, "Каталог", СодержитТолькоИзменения="false" if first and self.only is None else "true")
        element(part, "Ид", "c1")
        element(part, "ИдКлассификатора", "k1")
        element(part, "Наименование", "Основной каталог")
        goods = element(part, "Товары")
        for row in rows:
            one = element(goods, "Товар", **({"Статус": "Удален"} if row["DeletionMark"] else {}))
            element(one, "Ид", row["Ref_Key"])
            element(one, "Артикул", row["Артикул"])
            if code := self.codes.get((row["Ref_Key"], ZERO)):
                element(one, "Штрихкод", code)
            element(one, "Наименование", row["Description"])
            element(one, "БазоваяЕдиница", "шт", Код="796", НаименованиеПолное="Штука", МеждународноеСокращение="PCE")
            element(element(one, "Группы"), "Ид", GROUP)
            said = element(one, "ЗначенияРеквизитов")
            requisite(said, "ВидНоменклатуры", row["ТипНоменклатуры"])
            requisite(said, "ТипНоменклатуры", row["ТипНоменклатуры"])
            requisite(said, "Полное наименование", row["НаименованиеПолное"] or row["Description"])
            requisite(said, "Код", row["Code"])
        return pretty(top)

    def _offers(self, rows: list[Row], *, first: bool) -> bytes:
        top = root(self.base, self.space, self.version)
        part = element(top, "ПакетПредложений", СодержитТолькоИзменения="false" if first and self.only is None else "true")
        element(part, "Ид", "c1#")
        element(part, "Наименование", "Пакет предложений")
        element(part, "ИдКаталога", "c1")
        self._lists(part)
        offers = element(part, "Предложения")
        for row in rows:
            for variant in self.variants.get(row["Ref_Key"], ()):
                self._offer(offers, row, variant)
            if row["Ref_Key"] not in self.variants:
                self._offer(offers, row, None)
        return pretty(top)

    def _lists(self, part: Any) -> None:
        kinds = element(part, "ТипыЦен")
        for row in self.base.tables.get("Catalog_ВидыЦен", {}).values():
            one = element(kinds, "ТипЦены")
            element(one, "Ид", row["Ref_Key"])
            element(one, "Наименование", row["Description"])
            element(one, "Валюта", "RUB")
        stores = element(part, "Склады")
        for row in self._stores():
            one = element(stores, "Склад")
            element(one, "Ид", row["Ref_Key"])
            element(one, "Наименование", row["Description"])

    def _stores(self) -> list[Row]:
        return list(self.base.tables[REGISTERS[self.base.profile.name][4]].values())

    def _offer(self, offers: Any, row: Row, variant: Row | None) -> None:
        key = variant["Ref_Key"] if variant else ZERO
        one = element(offers, "Предложение")
        element(one, "Ид", f"{row['Ref_Key']}#{key}" if variant else row["Ref_Key"])
        element(one, "Артикул", row["Артикул"])
        if code := self.codes.get((row["Ref_Key"], key)):
            element(one, "Штрихкод", code)
        element(one, "Наименование", f"{row['Description']} ({variant['Description']})" if variant else row["Description"])
        element(one, "БазоваяЕдиница", "шт", Код="796")
        if variant:
            own = element(element(one, "ХарактеристикиТовара"), "ХарактеристикаТовара")
            element(own, "Наименование", "Размер")
            element(own, "Значение", variant["Description"])
        prices = element(one, "Цены")
        for kind, value in self._prices(row["Ref_Key"], key).items():
            price = element(prices, "Цена")
            element(price, "Представление", f"{value} RUB за шт")
            element(price, "ИдТипаЦены", kind)
            element(price, "ЦенаЗаЕдиницу", f"{value:.2f}")
            element(price, "Валюта", "RUB")
            element(price, "Единица", "шт")
            element(price, "Коэффициент", 1)
        held = self._held(row["Ref_Key"], key)
        element(one, "Количество", sum(held.values()))
        for store, many in held.items():
            element(one, "Склад", ИдСклада=store, КоличествоНаСкладе=str(many))

    def _prices(self, item: str, variant: str) -> dict[str, float]:
        name, field, *_ = REGISTERS[self.base.profile.name]
        found: dict[str, float] = {}
        rows = [row for row in self.base.tables[name].values() if row["Номенклатура_Key"] == item]
        for row in sorted(rows, key=lambda row: str(row["Period"])):
            found[row[field]] = float(row["Цена"])
        return found

    def _held(self, item: str, variant: str) -> dict[str, float]:
        _, _, name, field, _ = REGISTERS[self.base.profile.name]
        found = {row["Ref_Key"]: 0.0 for row in self._stores()}
        for row in self.base.tables[name].values():
            if row["Номенклатура_Key"] == item and row["Характеристика_Key"] == variant:
                found[row[field]] += float(row.get("ВНаличии") or row.get("Количество") or 0)
        return found
