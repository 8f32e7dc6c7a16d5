"""Messages of EnterpriseData 1.16 as a base writes and reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from .shop import Row, Shop

MESSAGE = "http://www.1c.ru/SSL/Exchange/Message"
FORMAT = "http://v8.1c.ru/edi/edi_stnd/EnterpriseData/1.16"
CONTACT = "http://www.v8.1c.ru/ssl/contactinfo"
NAMES = {
    "customers": "Справочник.Контрагенты",
    "orders": "Документ.ЗаказКлиента",
    "receipts": "Документ.ЧекККМ",
    "goods": "Справочник.Номенклатура",
}


class Broken(Exception):
    """A message that cannot be loaded."""


def message(rows: list[tuple[str, Row]], *, own: str, peer: str, number: int, received: int, shop: Shop) -> bytes:
    """A message to the node. A file begins with a mark of UTF-8 and has ends of lines of Windows, as 1C writes it."""
    body = "".join(_object(table, row, shop) for table, row in rows)
    if rows:  # what the hub has no use for
        body += "<Справочник.Валюты><КлючевыеСвойства><Ссылка>r</Ссылка></КлючевыеСвойства></Справочник.Валюты>"
    head = (
        f"<msg:Format>{FORMAT}</msg:Format><msg:CreationDate>{datetime.utcnow():%Y-%m-%dT%H:%M:%S}</msg:CreationDate><msg:Confirmation>"
        f"<msg:ExchangePlan>СинхронизацияДанныхЧерезУниверсальныйФормат</msg:ExchangePlan><msg:To>{peer}</msg:To><msg:From>{own}</msg:From>"
        f"<msg:MessageNo>{number}</msg:MessageNo><msg:ReceivedNo>{received}</msg:ReceivedNo></msg:Confirmation><msg:AvailableVersion>1.16</msg:AvailableVersion>"
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\r\n<Message xmlns:msg="{MESSAGE}"><msg:Header>{head}</msg:Header>\r\n<Body xmlns="{FORMAT}">{body}</Body></Message>'
    return b"\xef\xbb\xbf" + text.encode()


def _tag(name: str, value: Any) -> str:
    return "" if value in (None, "") else f"<{name}>{escape(str(value))}</{name}>"


def _object(table: str, row: Row, shop: Shop) -> str:
    if row.get("Deleted"):
        kind = {"customers": "КонтрагентыСсылка", "orders": "ЗаказКлиентаСсылка", "receipts": "ЧекККМСсылка"}[table]
        return f"<УдалениеОбъекта><СсылкаНаОбъект><СсылкаНаОбъект><{kind}>{row['Id']}</{kind}></СсылкаНаОбъект></СсылкаНаОбъект></УдалениеОбъекта>"
    inner = {"customers": _customer, "orders": _order, "receipts": _receipt, "goods": _item}[table](row, shop)
    return f"<{NAMES[table]}>{inner}</{NAMES[table]}>"


def _person(row: Row) -> str:
    kind = row.get("Kind") or "ФизическоеЛицо"
    return f"{_tag('Ссылка', row['Id'])}{_tag('Наименование', row['Name'])}{_tag('НаименованиеПолное', row['Name'])}<ЮридическоеФизическоеЛицо>{kind}</ЮридическоеФизическоеЛицо>"


def _customer(row: Row, shop: Shop) -> str:
    rows = "".join(
        f"<Строка><ВидКонтактнойИнформации>{kind}</ВидКонтактнойИнформации><ЗначенияПолей>{escape(_contact(row[name]))}</ЗначенияПолей></Строка>"
        for kind, name in (("Телефон", "Phone"), ("АдресЭлектроннойПочты", "Email"))
        if row.get(name)
    )
    contacts = f"<КонтактнаяИнформация>{rows}</КонтактнаяИнформация>" if rows else ""
    return f"<КлючевыеСвойства>{_person(row)}</КлючевыеСвойства>{contacts}{_common(row)}"


def _contact(seen: str) -> str:
    return f"<КонтактнаяИнформация xmlns={quoteattr(CONTACT)} Представление={quoteattr(seen)}><Комментарий/></КонтактнаяИнформация>"


def _common(row: Row) -> str:
    return f"<ОбщиеСвойстваОбъектовФормата>{_tag('Комментарий', row.get('Comment'))}<СостояниеОбъекта>Актуальный</СостояниеОбъекта></ОбщиеСвойстваОбъектовФормата>"


def _lines(row: Row) -> str:
    return "".join(
        f"<Строка><ДанныеНоменклатуры><Номенклатура>{_tag('Ссылка', line.get('Goods'))}{_tag('Артикул', line['Article'])}{_tag('Наименование', line.get('Name'))}"
        f"</Номенклатура></ДанныеНоменклатуры>{_tag('Количество', line['Quantity'])}{_tag('Сумма', line['Sum'])}{_tag('Цена', line['Price'])}</Строка>"
        for line in (row.get("Lines") or {}).get("Line", ())
    )


def _order(row: Row, shop: Shop) -> str:
    buyer = shop.tables["customers"].get(row.get("CustomerId") or "")
    keys = f"{_tag('Ссылка', row['Id'])}{_tag('Дата', row['Date'])}{_tag('Номер', row['Number'])}<Организация>{_tag('Наименование', 'ООО Лавка')}</Организация>"
    incoming = (
        f"<ДанныеВходящегоДокумента>{_tag('Номер', row['ClientNumber'])}</ДанныеВходящегоДокумента>" if row.get("ClientNumber") else ""
    )
    store = f"<Склад>{_tag('Наименование', row['Store'])}</Склад>" if row.get("Store") else ""
    return (
        f"<КлючевыеСвойства>{keys}{incoming}</КлючевыеСвойства>{_tag('Сумма', row.get('Total'))}{f'<Контрагент>{_person(buyer)}</Контрагент>' if buyer else ''}{store}"
        f"{_tag('АдресДоставки', row.get('Address'))}<Товары>{_lines(row)}</Товары>{_common(row)}"
    )


def _receipt(row: Row, shop: Shop) -> str:
    keys = f"{_tag('Ссылка', row['Id'])}{_tag('Дата', row['Date'])}{_tag('НомерЧекаККМ', row.get('Receipt') or '1')}<ЭтоВозврат>{str(bool(row.get('Return'))).lower()}</ЭтоВозврат>"
    paid = "".join(
        f"<Строка>{_tag('Сумма', one['Sum'])}{_tag('ТипОплаты', one['Kind'])}</Строка>"
        for one in (row.get("Payments") or {}).get("Payment", ())
    )
    return f"<КлючевыеСвойства>{keys}</КлючевыеСвойства><ДанныеОперацииККМ>{_tag('Сумма', row.get('Total'))}</ДанныеОперацииККМ><ТоварыПродажа>{_lines(row)}</ТоварыПродажа><ОплатыККМ>{paid}</ОплатыККМ>"


def _item(row: Row, shop: Shop) -> str:
    return f"<КлючевыеСвойства>{_tag('Ссылка', row['Id'])}{_tag('НаименованиеПолное', row['Name'])}{_tag('Артикул', row['Article'])}{_tag('Наименование', row['Name'])}</КлючевыеСвойства>"


def objects_of(root: Any) -> Iterator[tuple[str, Row]]:
    """(table, row) of each object of a message of the node; kinds that are not known are passed over. Raises Broken."""
    body = root.find(f"{{{FORMAT}}}Body")
    tables = {name: table for table, name in NAMES.items() if table in ("customers", "orders")}
    for element in body if body is not None else ():
        table = tables.get(etree.QName(element).localname)
        if table == "customers":
            yield table, _read_customer(element)
        elif table == "orders":
            yield table, _read_order(element)


def _word(element: Any, path: str) -> str:
    found = element.find("/".join(f"{{{FORMAT}}}{part}" for part in path.split("/")))
    return (found.text or "").strip() if found is not None else ""


def _rows(element: Any, name: str) -> list[Any]:
    return list(element.findall(f"{{{FORMAT}}}{name}/{{{FORMAT}}}Строка"))


def _needed(element: Any, *paths: str) -> None:
    for path in paths:
        if not _word(element, path):
            raise Broken(f"Ошибка преобразования данных XDTO: {etree.QName(element).localname}: не задано {path}")


def _read_customer(element: Any) -> Row:
    _needed(element, "КлючевыеСвойства/Ссылка", "КлючевыеСвойства/Наименование", "КлючевыеСвойства/ЮридическоеФизическоеЛицо")
    row: Row = {"Id": _word(element, "КлючевыеСвойства/Ссылка"), "Name": _word(element, "КлючевыеСвойства/НаименованиеПолное")}
    for one in _rows(element, "КонтактнаяИнформация"):
        name = {"Телефон": "Phone", "АдресЭлектроннойПочты": "Email"}.get(_word(one, "ВидКонтактнойИнформации"))
        if name:
            row.setdefault(name, etree.fromstring(_word(one, "ЗначенияПолей")).get("Представление"))
    if comment := _word(element, "ОбщиеСвойстваОбъектовФормата/Комментарий"):
        row["Comment"] = comment
    return row


def _read_order(element: Any) -> Row:
    _needed(element, "КлючевыеСвойства/Ссылка", "КлючевыеСвойства/Дата", "Контрагент/Ссылка", "Контрагент/Наименование")
    lines: list[Row] = [
        {
            "Goods": _word(one, "ДанныеНоменклатуры/Номенклатура/Ссылка"), "Article": _word(one, "ДанныеНоменклатуры/Номенклатура/Артикул"),
            "Quantity": Decimal(_word(one, "Количество")), "Price": Decimal(_word(one, "Цена")), "Sum": Decimal(_word(one, "Сумма")),
        }
        for one in _rows(element, "Товары")
    ]  # fmt: skip
    row: Row = {
        "Id": _word(element, "КлючевыеСвойства/Ссылка"), "Date": _word(element, "КлючевыеСвойства/Дата"), "CustomerId": _word(element, "Контрагент/Ссылка"),
        "Lines": {"Line": lines}, "Total": sum((line["Sum"] for line in lines), Decimal(0)),
    }  # fmt: skip
    told = {
        "ClientNumber": "КлючевыеСвойства/ДанныеВходящегоДокумента/Номер",
        "Store": "Склад/Наименование",
        "Address": "АдресДоставки",
        "Comment": "ОбщиеСвойстваОбъектовФормата/Комментарий",
    }
    return row | {name: word for name, path in told.items() if (word := _word(element, path))}
