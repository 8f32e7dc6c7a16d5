"""An order of the hub -> what 1C fetches: whole every time, under a number that УТ can find again, with goods that the base knows. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from connectors.contract import Write
from connectors.onec.commerceml.documents import CANCELLED, DELIVERY, LINES
from connectors.onec.commerceml.values import number

Json = Any
Document = Mapping[str, Json]
NUMBER = 11  # characters: the column by which УТ finds an order that it has loaded; a longer number is cut and never found again
NAME, VALUE, COMMENT = 250, 1000, 3000
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without letters that are taken for digits
PERSON = "person"  # of a laid document: the buyer as the hub knows him, beside what the order itself says
CENT = Decimal("0.01")


def laid(write: Write, held: Document | None) -> dict[str, Json]:
    """The whole document after a write. ``held``: what was laid out before."""
    found = merged(held or {}, write.data)
    person = write.about.get("customer")
    if person is not None:
        found[PERSON] = {name: person[name] for name in ("last_name", "first_name", "middle_name", "phones", "emails") if person.get(name)}
    return found


def merged(held: Document, news: Document) -> dict[str, Json]:
    """``news`` over ``held``; objects are united, lists and words replaced."""
    both = dict(held)
    for name, value in news.items():
        before = both.get(name)
        both[name] = merged(before, value) if isinstance(value, Mapping) and isinstance(before, Mapping) else value
    return both


def shown(document: Document) -> dict[str, Json]:
    """The document as a look of it: what the mapping wrote."""
    return {name: value for name, value in document.items() if name != PERSON}


def numbers(prefix: str, document: Document, key: str) -> list[str]:
    """Numbers to be tried, first one first: that of the shop where it fits, so that people find the order by it; else one made of the
    hub's own key, so that orders of other years and other sites never meet."""
    own = f"{prefix}{document.get('number') or ''}".strip()
    made = [f"{prefix}{digest(f'{key}{turn or str()}', NUMBER - len(prefix))}" for turn in range(4)]
    return ([own] if len(prefix) < len(own) <= NUMBER and own.isprintable() else []) + made


def digest(key: str, length: int) -> str:
    value = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=10).digest())
    found = ""
    for _ in range(length):
        value, place = divmod(value, len(ALPHABET))
        found += ALPHABET[place]
    return found


@dataclass(frozen=True, slots=True)
class Off:
    """A discount of a line."""

    name: str
    sum: Decimal


def sent(document: Document) -> list[dict[str, Json]]:
    """The lines as they go: what bonuses pay is taken off them, since 1C reckons the total from the lines."""
    rows = [dict(one) for one in document.get(LINES) or ()]
    sums = [money(row.get("Сумма")) for row in rows]
    for row, total, bonus in zip(rows, sums, spread(money(document.get("bonus")), sums), strict=True):
        whole = money(row.get("Цена")) * (number(str(row.get("Количество") or 0)) or 0)
        row["off"] = [Off(name, value) for name, value in (("Скидка", whole - total), ("Бонусы", bonus)) if value > 0]
        row["Сумма"] = f"{total - bonus:.2f}"
    return rows


def money(value: Json) -> Decimal:
    return (number(str(value)) if value is not None else None) or Decimal(0)


def spread(amount: Decimal, over: Sequence[Decimal]) -> list[Decimal]:
    """An amount in parts as large as these, to the kopeck: none larger than what it is taken from."""
    whole = sum(over, Decimal(0))
    amount = min(amount, whole)
    found, left, rest = [], amount, whole
    for one in over:
        part = (left * one / rest).quantize(CENT) if rest > 0 else Decimal(0)
        found.append(part)
        left, rest = left - part, rest - one
    return found


def batch(documents: Iterable[tuple[str, str, Document]], schema: str, now: datetime) -> bytes:
    """The answer to a query: (number, key, document) of each order. It begins with its declaration, without anything before it; without
    orders it is shorter than 555 characters, by which УНФ tells that there are none."""
    body = "".join(_order(*one) for one in documents)
    head = f"<КоммерческаяИнформация ВерсияСхемы={quoteattr(schema)} ДатаФормирования={quoteattr(now.strftime('%Y-%m-%dT%H:%M:%S'))}>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{body}</КоммерческаяИнформация>'.encode()


def _order(name: str, key: str, document: Document) -> str:
    rows = sent(document)
    total = sum((money(row["Сумма"]) for row in rows), Decimal(0))
    created = str(document.get("created") or "")
    own = str(document.get("number") or "")
    comment = ". ".join(filter(None, (f"Заказ {own}" if own and own != name else "", str(document.get("comment") or ""))))
    status = str(document.get("status") or "")
    said = {"Статус заказа": status, "Отменен": "true" if status.casefold() == CANCELLED.casefold() else ""}
    said |= {"Трек-номер": str(document.get("track") or "")}
    return _tag(
        "Документ",
        _word("Ид", key),
        _word("Номер", name, NUMBER),
        _word("Дата", created[:10]),
        _word("Время", created[11:19]),
        _word("ХозОперация", "Заказ товара"),
        _word("Роль", "Продавец"),
        _word("Валюта", "RUB"),
        _word("Курс", "1"),
        _word("Сумма", f"{total:.2f}"),
        _tag("Контрагенты", _buyer(document, key)),
        _word("Комментарий", comment, COMMENT),
        _tag("Товары", *(_line(row) for row in rows)),
        _requisites(said),
    )


def _buyer(document: Document, key: str) -> str:
    """Who buys. УТ knows people by the name alone and would take namesakes for one, so the phone stands in it; it reads the working phone
    only, УНФ any."""
    person, said = document.get(PERSON) or {}, document.get("buyer") or {}
    parts = {name: clean(str(person.get(name) or "")) for name in ("last_name", "first_name", "middle_name")}
    full = " ".join(filter(None, parts.values())) or clean(str(said.get("name") or "")) or "Покупатель"
    phones = _each(said.get("phone"), *(one.get("number") for one in person.get("phones") or () if not one.get("invalid")))
    emails = _each(said.get("email"), *(one.get("address") for one in person.get("emails") or () if not one.get("invalid")))
    mark = phones[0].lstrip("+") if phones else emails[0] if emails else key[-12:]
    contacts = [(kind, phone) for phone in phones for kind in ("Телефон рабочий", "Телефон мобильный")] + [("Почта", one) for one in emails]
    address = str((document.get("delivery") or {}).get("address") or "")
    return _tag(
        "Контрагент",
        _word("Ид", f"c-{mark}", 40),
        _word("Наименование", f"{full[: NAME - len(mark) - 1]} {mark}"),
        _word("ПолноеНаименование", full, NAME),
        _word("Фамилия", parts["last_name"], 60),
        _word("Имя", parts["first_name"], 60),
        _word("Отчество", parts["middle_name"], 60),
        _tag("Адрес", _word("Представление", address, 500)) if address else "",
        _tag("Контакты", *(_tag("Контакт", _word("Тип", kind), _word("Значение", value, VALUE)) for kind, value in contacts)),
        _word("Роль", "Покупатель"),
    )


def _each(*values: Json) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values if value))


def _line(row: Mapping[str, Json]) -> str:
    goods, service = str(row.get("goods") or ""), row.get("kind") in ("delivery", "service")
    off = [
        _tag("Скидка", _word("Наименование", one.name), _word("Сумма", f"{one.sum:.2f}"), _word("УчтеноВСумме", "true"))
        for one in row.get("off") or ()
    ]
    return _tag(
        "Товар",
        _word("Ид", goods, 80),
        _word("Артикул", str(row.get("Артикул") or ""), NAME),
        _word("Наименование", str(row.get("Наименование") or ("Доставка" if goods == DELIVERY else goods)), NAME),
        '<БазоваяЕдиница Код="796" НаименованиеПолное="Штука" МеждународноеСокращение="PCE">шт</БазоваяЕдиница>',
        _word("ЦенаЗаЕдиницу", f"{money(row.get('Цена')):.2f}"),
        _word("Количество", str(row.get("Количество") or "")),
        _word("Сумма", str(row["Сумма"])),
        _tag("Скидки", *off) if off else "",
        _requisites({"ТипНоменклатуры": "Услуга" if service else "Товар"}),
    )


def _requisites(values: Mapping[str, str]) -> str:
    told = [
        _tag("ЗначениеРеквизита", _word("Наименование", name), _word("Значение", value, VALUE)) for name, value in values.items() if value
    ]
    return _tag("ЗначенияРеквизитов", *told) if told else ""


def _tag(name: str, *inside: str) -> str:
    return f"<{name}>{''.join(inside)}</{name}>"


def _word(name: str, text: str, most: int = VALUE) -> str:
    bare = clean(text)[:most]
    return f"<{name}>{escape(bare)}</{name}>" if bare else ""


def clean(text: str) -> str:
    """Without what XML forbids and what УТ trips over: control characters, and all beyond the basic plane (pictures of a messenger)."""
    return "".join(one for one in text if one in "\t\n" or (" " <= one <= "\ufffd" and not "\ud800" <= one <= "\udfff")).strip()
