"""Orders of a site in a base: loaded as УТ and УНФ load them, and shown back. What both do with a batch that they cannot load is told in the
vendor's sheet: a refusal keeps what stood before it, an exception undoes all."""

from __future__ import annotations

import copy
import io
import re
import xml.etree.ElementTree as tree
import zipfile
from dataclasses import dataclass, field
from typing import Any

from ..schema import ZERO
from ..state import Infobase
from .client import Broken, pretty
from .goods import element, requisite, root

Row = dict[str, Any]
COLUMN = 11  # characters by which УТ looks for an order that it has
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CARD = "Эквайринговая операция"


class Refusal(Exception):
    """A document that the loop stops at; what stood before it is kept."""


@dataclass
class Known:
    """What the base keeps of an order of the site beside the document. ``changed``: it is to be shown to the site."""

    number: str
    date: str
    time: str
    changed: bool = False
    paid: str = ""
    shipped: str = ""
    cancelled: bool = False
    status: str = ""


@dataclass
class Orders:
    """Orders of one node. ``made``: names of goods that the base had to make, since the site named what it does not know."""

    base: Infobase
    known: dict[str, Known] = field(default_factory=dict)  # guid of the document -> what is kept
    made: list[str] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)  # numbers at which writing raises an exception
    loaded: list[str] = field(default_factory=list)  # guids of this run: not shown back in it

    @property
    def unf(self) -> bool:
        return self.base.profile.name == "unf"

    def load(self, body: bytes) -> list[str]:
        """Load a batch in one transaction. Returns the numbers that were loaded. Raises Broken where the site is not to be told of success."""
        if body.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                body = archive.read(archive.namelist()[0])
        try:
            top = tree.fromstring(body)
        except tree.ParseError as error:
            raise Broken(f"Ошибка разбора XML: {error}") from None
        if not str(top.get("ВерсияСхемы", "")).startswith("2."):
            raise Broken("Неподдерживаемая версия схемы")
        before = (copy.deepcopy(self.base.tables), copy.deepcopy(self.known), list(self.made))
        numbers: list[str] = []
        self.loaded = []
        try:
            for one in top.iter("Документ"):
                numbers.append(self._document(one))
        except Refusal as refused:
            raise Broken(str(refused)) from None
        except Exception as error:
            self.base.tables, self.known, self.made = before
            self.loaded = []
            raise Broken(f"Операция не выполнена: {error}") from None
        return numbers

    def _document(self, one: Any) -> str:
        number = one.findtext("Номер") or ""
        if (one.findtext("ХозОперация") or "").lower() != "заказ товара":
            raise Refusal(f"Документ {number}: неверная операция")
        if not one.findtext("Валюта"):
            raise Refusal(f"Документ {number}: не указана валюта")
        buyer = one.find("Контрагенты/Контрагент")
        if buyer is None and self.unf:
            raise Refusal(f"Документ {number}: не указан покупатель")
        if number in self.poison:
            raise RuntimeError("запись не удалась")
        lookup = number if self.unf else number[:COLUMN]
        found = next((ident for ident, known in self.known.items() if known.number == lookup), "")
        said = {r.findtext("Наименование"): r.findtext("Значение") for r in one.findall("ЗначенияРеквизитов/ЗначениеРеквизита")}
        if found and not self._may_rewrite(found):
            return number
        document = self._written(one, found, self._buyer(buyer) if buyer is not None else "")
        known = self.known.setdefault(document["Ref_Key"], Known(number, one.findtext("Дата") or "", one.findtext("Время") or ""))
        known.cancelled, known.status = said.get("Отменен") == "true", str(said.get("Статус заказа") or "")
        self.loaded.append(document["Ref_Key"])
        return number

    def _may_rewrite(self, ident: str) -> bool:
        """УТ rewrites what waits for agreement, УНФ what is not finished."""
        row = self.base.tables[self.base.profile.orders][ident]
        return not self.known[ident].shipped and (self.unf or row["Статус"] == "НеСогласован")

    def _written(self, one: Any, ident: str, buyer: str) -> Row:
        lines = [self._line(line) for line in one.findall("Товары/Товар") if float(line.findtext("Количество") or 0)]
        total = sum(float(line["Сумма"]) for line in lines)
        values = {"СуммаДокумента": total, "Комментарий": one.findtext("Комментарий") or ""}
        if self.unf:
            values |= {"Контрагент_Key": buyer or ZERO, "Запасы": lines}
        else:
            values |= {"Партнер_Key": buyer or ZERO, "Статус": "НеСогласован", "Товары": lines}
        base, of = self.base, self.base.sets[self.base.profile.orders]
        if not ident:
            return base.add(of.name, **values)
        row = base.tables[of.name][ident]
        return base.keep(of, row | values)

    def _line(self, line: Any) -> Row:
        item, variant = self._goods(line)
        many, price, total = (float(line.findtext(name) or 0) for name in ("Количество", "ЦенаЗаЕдиницу", "Сумма"))
        off = round(many * price - total, 2)
        found = {"Количество": many, "Цена": price, "Сумма": total, "Характеристика_Key": variant or ZERO}
        if self.unf:
            return found | {"Номенклатура": item, "СуммаСкидкиНаценки": off, "Всего": total}
        return found | {"Номенклатура_Key": item, "КоличествоУпаковок": many, "СуммаРучнойСкидки": off}

    def _goods(self, line: Any) -> tuple[str, str]:
        """By guid, article, then name; what is not there is made."""
        ident, _, variant = (line.findtext("Ид") or "").partition("#")
        table = self.base.tables["Catalog_Номенклатура"]
        if ident in table:
            return ident, variant
        for field_, name in (("Артикул", "Артикул"), ("Наименование", "Description")):
            text = line.findtext(field_)
            if text and (row := next((row for row in table.values() if row[name] == text), None)):
                return str(row["Ref_Key"]), ""
        name = line.findtext("Наименование") or "Без имени"
        self.made.append(name)
        own = {"Ref_Key": ident} if GUID.fullmatch(ident) else {}
        return str(self.base.add("Catalog_Номенклатура", Description=name, ТипНоменклатуры="Товар", **own)["Ref_Key"]), ""

    def _buyer(self, one: Any) -> str:
        """УТ by name alone, with the working phone and the e-mail; УНФ by phone, with all contacts."""
        name = one.findtext("Наименование") or ""
        contacts = [(c.findtext("Тип") or "", c.findtext("Значение") or "") for c in one.findall("Контакты/Контакт")]
        if not self.unf:
            contacts = [pair for pair in contacts if pair[0] in ("Телефон рабочий", "Почта")]
        rows = [
            {"Тип": "Телефон" if "елефон" in kind else "АдресЭлектроннойПочты", "Представление": value}
            for value, kind in {value: kind for kind, value in reversed(contacts)}.items()
        ]
        table = self.base.tables[self.base.profile.buyers]
        phones = {row["Представление"] for row in rows if row["Тип"] == "Телефон"}
        for row in table.values():
            held = {c["Представление"] for c in row["КонтактнаяИнформация"]}
            if (phones & held) if self.unf and phones else row["Description"] == name:
                return str(row["Ref_Key"])
        person = {"ВидКонтрагента": "ФизическоеЛицо"} if self.unf else {"ЮрФизЛицо": "ЧастноеЛицо", "Клиент": True}
        return str(self.base.add(self.base.profile.buyers, Description=name, КонтактнаяИнформация=rows, **person)["Ref_Key"])

    def mark(self, number: str, **said: Any) -> None:
        """A person pays, ships, cancels or moves the order on: it is to be shown to the site."""
        ident = next(ident for ident, known in self.known.items() if known.number == number)
        known = self.known[ident]
        for name, value in said.items():
            setattr(known, name, self.base.local() if name in ("paid", "shipped") and value is True else value)
        known.changed = True
        self.base.keep(self.base.sets[self.base.profile.orders], self.base.tables[self.base.profile.orders][ident])

    def upload(self) -> tuple[bytes, list[str]]:
        """The file of what has changed since it was shown last, without what this run has loaded; empty where there is nothing."""
        chosen = [ident for ident, known in self.known.items() if known.changed and ident not in self.loaded]
        space = "urn:1C.ru:commerceml_210" if self.unf else "urn:1C.ru:commerceml_2"
        top = root(self.base, space, "2.08" if self.unf else "2.07")
        for ident in chosen:
            self._shown(element(top, "Документ"), ident)
        return (pretty(top), chosen) if chosen else (b"", [])

    def _shown(self, one: Any, ident: str) -> None:
        row, known = self.base.tables[self.base.profile.orders][ident], self.known[ident]
        element(one, "Ид", ident)
        element(one, "Номер", known.number)
        element(one, "Дата", known.date)
        element(one, "Время", known.time)
        for name, text in (
            ("ХозОперация", "Заказ товара"),
            ("Роль", "Продавец"),
            ("Валюта", "RUB"),
            ("Курс", "1"),
            ("Сумма", f"{row['СуммаДокумента']:.2f}"),
        ):
            element(one, name, text)
        buyer = self.base.tables[self.base.profile.buyers].get(row.get("Контрагент_Key") if self.unf else row.get("Партнер_Key"))
        if buyer:
            person = element(element(one, "Контрагенты"), "Контрагент")
            element(person, "Ид", buyer["Ref_Key"])
            element(person, "Наименование", buyer["Description"])
            element(person, "ПолноеНаименование", buyer["Description"])
            element(person, "Роль", "Покупатель")
        self._lines(element(one, "Товары"), row)
        said = element(one, "ЗначенияРеквизитов")
        for name, value in self._requisites(row, known).items():
            requisite(said, name, value)
        if self.unf and known.paid:
            paid = element(element(one, "ПодчиненныеДокументы"), "ПодчиненныйДокумент")
            for name, text in (("Ид", self.base.new_id()), ("Номер", "ЛВ-1"), ("Дата", known.paid[:10]), ("Время", known.paid[11:19]), ("ХозОперация", CARD), ("Сумма", f"{row['СуммаДокумента']:.2f}")):  # fmt: skip
                element(paid, name, text)

    def _lines(self, part: Any, row: Row) -> None:
        for line in row["Запасы" if self.unf else "Товары"]:
            item = line["Номенклатура"] if self.unf else line["Номенклатура_Key"]
            goods = self.base.tables["Catalog_Номенклатура"][item]
            one = element(part, "Товар")
            element(one, "Ид", item if line["Характеристика_Key"] in (ZERO, "") else f"{item}#{line['Характеристика_Key']}")
            element(one, "Артикул", goods["Артикул"])
            element(one, "Наименование", goods["Description"])
            element(one, "БазоваяЕдиница", "шт", Код="796")
            element(one, "ЦенаЗаЕдиницу", f"{line['Сумма'] / line['Количество']:.2f}")  # the price after discounts, as УТ shows it
            element(one, "Количество", f"{line['Количество']:.3f}")
            element(one, "Сумма", f"{line['Сумма']:.2f}")
            requisite(element(one, "ЗначенияРеквизитов"), "ТипНоменклатуры", goods["ТипНоменклатуры"])

    def _requisites(self, row: Row, known: Known) -> dict[str, str]:
        found = {
            "Номер по 1С": row["Number"],
            "Дата по 1С": row["Date"][:10],
            "ПометкаУдаления": str(row["DeletionMark"]).lower(),
            "Проведен": "true",
        }
        if known.paid:
            found |= {"Номер оплаты по 1С": "ЛВ-1", "Дата оплаты по 1С": known.paid[:10]}
        if known.shipped:
            found |= {"Номер отгрузки по 1С": "ЛВ-2", "Дата отгрузки по 1С": known.shipped[:10]}
        if known.cancelled:
            found["Отменен"] = "true"
        if self.unf:
            found |= {"Оплачен": str(bool(known.paid)).lower(), "Отгружен": str(bool(known.shipped)).lower()}
            found |= {"Статус заказа": known.status} if known.status else {}
        return found
