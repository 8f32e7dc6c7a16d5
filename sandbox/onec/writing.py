"""Writes: values as the platform takes them (and cuts them, and passes over them in silence), posting, marks, closed periods."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .schema import UNDEFINED, Field, Set, blank
from .state import Infobase
from .wire import ODataError

Row = dict[str, Any]
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
BIND = re.compile(r"\w+\(guid'([0-9a-fA-F-]{36})'\)")
OURS = frozenset({"Ref_Key", "DataVersion", "Predefined", "PredefinedDataName"})


def refused(text: str) -> ODataError:
    """What a handler of the configuration throws."""
    return ODataError(500, -1, text)


def unparsed(text: Any, kind: str) -> ODataError:
    return ODataError(400, 1, f"Не удалось разобрать строку '{text}' как значение типа Edm.{kind}!")


def value(one: Field, given: Any, before: Any) -> Any:
    """A JSON value as it is stored. Raises ODataError."""
    if isinstance(given, (list, dict)):
        raise refused(f"Произошла внутренняя ошибка OData сервиса: свойство {one.name}")
    if given is None:
        return blank({one.key: one})[one.key]
    if one.kind in "RG":
        if not GUID.fullmatch(str(given)):
            raise unparsed(given, "Guid")
        return str(given).lower()
    if one.kind == "B":
        if not isinstance(given, bool):
            raise unparsed(given, "Boolean")
        return given
    if one.kind == "I":  # what is no whole number is passed over, and the answer is 200
        return str(given) if re.fullmatch(r"-?\d+", str(given)) else before
    if one.kind == "N":
        return _number(given)
    if one.kind == "D":
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", str(given)):
            raise unparsed(given, "DateTime")
        return str(given)
    if one.kind == "E" and given and given not in one.of:
        raise ODataError(400, 4, f"Недопустимое значение '{given}' свойства '{one.name}'")
    return str(given)[: one.size or None]  # too long is cut without a word


def _number(given: Any) -> float | int:
    if isinstance(given, bool) or not re.fullmatch(r"-?\d+(\.\d+)?", str(given)):
        raise unparsed(given, "Double")
    return round(float(given), 3) if float(given) % 1 else int(float(given))


def applied(table: Mapping[str, Field], row: Row, body: Mapping[str, Any]) -> None:
    """The properties of a body that the table has; others are passed over."""
    for name, given in body.items():
        if name.endswith("@odata.bind") and (found := BIND.fullmatch(str(given))):
            name, given = f"{name.removesuffix('@odata.bind')}_Key", found[1]
        one = table.get(name)
        if one is None or name in OURS:
            continue
        row[name] = value(one, given, row[name])
        if one.kind == "C":
            row[f"{name}_Type"] = body.get(f"{name}_Type") or (UNDEFINED if given in (None, "") else "Edm.String")


class Writer:
    """Writes one set of a base for one request."""

    def __init__(self, base: Infobase, of: Set) -> None:
        self.base, self.of = base, of

    def create(self, body: Row) -> Row:
        if not self.of.objects:
            return self._record(body)
        row = self.base.blank(self.of)
        chosen = str(body.get("Ref_Key") or "")
        if chosen and not GUID.fullmatch(chosen):
            raise unparsed(chosen, "Guid")
        row["Ref_Key"] = chosen.lower() if chosen and self.base.own_keys else self.base.new_id()
        if row["Ref_Key"] in self.base.tables[self.of.name]:
            raise ODataError(400, 15, "Экземпляр сущности с такими значениями ключевых свойств уже существует")
        self._fill(row, body)
        self.base.name(self.of, row)
        self.open(row)
        return self.base.keep(self.of, row)

    def _record(self, body: Row) -> Row:
        row = self.base.blank(self.of)
        applied(self.of.fields, row, body)
        if row[self.of.key[0]] in self.base.tables[self.of.name]:
            raise ODataError(400, 15, "Запись с такими значениями ключевых полей уже существует")
        return self.base.keep(self.of, row)

    def update(self, key: str, body: Row, match: str, whole: bool = False) -> Row:
        """PATCH, or with ``whole`` PUT: what is not named is emptied."""
        held = self.base.row(self.of, key)
        if match and self.base.if_match and match not in (held.get("DataVersion"), "*"):
            raise ODataError(412, 16, "Версия данных объекта не соответствует переданной")
        self.open(held)
        row = (
            self.base.blank(self.of) | {k: held[k] for k in (*OURS, "Number", "Code", "Date", "Posted") if k in held}
            if whole
            else dict(held)
        )
        self._fill(row, body)
        if row.get("DeletionMark") and row.get("Posted"):
            raise refused("Нельзя пометить на удаление проведенный документ")
        self.open(row)
        return self.base.keep(self.of, row)

    def _fill(self, row: Row, body: Row) -> None:
        applied(self.of.fields, row, {k: v for k, v in body.items() if k not in self.of.parts})
        for part, table in self.of.parts.items():
            if part in body:
                row[part] = self._lines(row, part, table, body[part])

    def _lines(self, row: Row, part: str, table: Mapping[str, Field], given: Any) -> list[Row]:
        """A part is replaced whole, its lines numbered from one without a gap."""
        if not isinstance(given, list):
            raise ODataError(400, 2, f"Неверный формат свойства '{part}'")
        lines = []
        for number, one in enumerate(given, 1):
            if "LineNumber" not in one:
                raise refused(f"Произошла внутренняя ошибка OData сервиса: не указан LineNumber в '{part}'")
            if str(one["LineNumber"]) != str(number):
                raise ODataError(400, 5, f"Неверный номер строки {one['LineNumber']} в '{part}'")
            line = blank(table) | {"Ref_Key": row["Ref_Key"], "LineNumber": str(number)}
            applied(table, line, one)
            lines.append(line)
        return lines

    def open(self, row: Row) -> None:
        """Raises ODataError for a document of a closed period."""
        closed = self.base.closed_before
        if self.of.kind == "Document" and closed and row["Date"][:10] <= closed:
            day = f"{closed[8:10]}.{closed[5:7]}.{closed[:4]}"
            raise refused(f"Документ от {row['Date'][8:10]}.{row['Date'][5:7]}.{row['Date'][:4]} не может быть записан: дата запрета изменения данных {day}. Изменения данных этого периода запрещены.")  # fmt: skip

    def post(self, key: str, posted: bool) -> Row:
        held = self.base.row(self.of, key)
        if self.of.kind != "Document":
            raise ODataError(404, 11, "Метод не найден")
        self.open(held)
        if posted and held["DeletionMark"]:
            raise refused("Нельзя провести документ, помеченный на удаление")
        if posted and (why := self.base.unpostable or unfilled(self.of, held)):
            raise refused(f"Не удалось провести документ: {why}")
        row = self.base.keep(self.of, held | {"Posted": posted})
        if posted and self.of.name == "Document_ЗаказКлиента":
            register = self.base.sets["InformationRegister_СостоянияЗаказовКлиентов"]
            held = self.base.tables[register.name].get(row["Ref_Key"], {})
            state = {"Заказ_Key": row["Ref_Key"], "Состояние": state_of(row, held), "СуммаДолга": row["СуммаДокумента"]}
            self.base.keep(register, self.base.blank(register) | held | state)
        return row

    def delete(self, key: str) -> None:
        self.open(self.base.row(self.of, key))
        del self.base.tables[self.of.name][key.lower() if self.of.objects else key]


def state_of(order: Row, held: Row) -> str:
    """What the register says of an order once it is posted: shipments that were made stand."""
    if order["Статус"] == "Закрыт":
        return "Закрыт"
    return str(held["Состояние"]) if held.get("ПроцентОтгрузки") else "ОжидаетсяОбеспечение"


def unfilled(of: Set, row: Row) -> str:
    """What the posting of an order would trip over."""
    zero = blank(of.fields)
    needed = [
        name
        for name in ("Партнер_Key", "Контрагент_Key", "Организация_Key", "Валюта_Key")
        if name in of.fields and of.name == "Document_ЗаказКлиента"
    ]
    lacking = [name.removesuffix("_Key") for name in needed if row[name] == zero[name]]
    return f"не заполнено поле {lacking[0]}" if lacking else ""
