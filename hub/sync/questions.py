"""What a person means by what they type into the search: keys to look up, and a store that the found must be of. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.sync.search_keys import FORMER_CARD, KINDS, SECOND, TAIL, bare_number, folded
from mappings.cards import folded_card

DAYS = {"сегодня": 0, "today": 0, "вчера": 1, "yesterday": 1, "позавчера": 2}
ASKS_FOR_RECEIPT = frozenset({"чек", "чека", "receipt"})
FILLERS = ASKS_FOR_RECEIPT | {
    "от",
    "of",
    "from",
    "за",
    "в",
    "на",
    "in",
    "at",
    "on",
    "магазин",
    "магазина",
    "магазине",
    "store",
    "no",
    "номер",
}
SAID_BEFORE = FILLERS | {
    "заказ", "заказа", "order", "документ", "продажа", "возврат", "return", "сделка", "deal", "контакт", "contact", "клиент", "customer", "карта", "карты",
    "card", "телефон", "тел", "тел.", "phone",
}  # fmt: skip
LETTER = re.compile(r"[^\W\d_]")
NUMBER, CODE = re.compile(r"\d[\d/-]*"), re.compile(r"(?=.*[^\W\d_])[\w/-]*\d{2,}")  # 17 or 17-2; C-00017
WRITTEN_DAYS = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), (0, 1, 2)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})"), (2, 1, 0)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{2}))?"), (2, 1, 0)),
)


@dataclass(frozen=True, slots=True)
class Question:
    """``keys``: (kind, value), any of which a record may hold. ``store``: words that the title of its store must contain. ``ident``: what may
    be the id of an object or a record."""

    keys: tuple[tuple[str, str], ...] = ()
    store: tuple[str, ...] = ()
    ident: str = ""


def asked(text: str, phones: Sequence[str], today: date) -> Question:
    """The question behind a text. ``phones``: the numbers that it may be, in E.164; ``today``: in the shop's zone.

    A phone in any spelling, its last four digits, a surname (with the first name in either order), an e-mail address, a card, the number
    of an order, a product's name, barcode or article, or a receipt as people name it: ``17 25.11 Ленина``, ``чек 00017 вчера Мега``."""
    receipt = _receipt(text, today)
    if receipt:
        return receipt
    plain = _bare(text)
    keys = [(kind, value) for kind in KINDS for value in dict.fromkeys((plain, *(phones if kind == "phone" else ())))]
    keys += [(kind, folded_card(plain)) for kind in ("card", FORMER_CARD)]
    keys += [(SECOND[kind], value) for kind, value in keys if kind in SECOND]
    if re.fullmatch(rf"\D*\d{{{TAIL}}}", plain):
        keys.append(("tail", plain[-TAIL:]))
    words = folded(plain).split()
    if LETTER.search(plain) and "@" not in plain:  # with digits, too: «Иванова2», Smith 3rd, the name of goods
        keys += [("surname", " ".join(words)), ("surname", " ".join(reversed(words))), ("goods", " ".join(words))]
        if len(words) == 3:  # surname, name and patronymic, in the order of papers or of speech
            keys += [("surname", f"{words[0]} {words[1]}"), ("surname", f"{words[2]} {words[0]}")]
    return Question(tuple(dict.fromkeys(keys)), ident=_without_words(text))


def _bare(text: str) -> str:
    """The text without the words that only say what it is: ``заказ № 5012`` is 5012."""
    return _without_words(text).casefold()


def _without_words(text: str) -> str:
    words = text.replace("№", " ").split()
    return " ".join(word for word in words if word.casefold() not in SAID_BEFORE) or text.strip()


def _receipt(text: str, today: date) -> Question | None:
    """A document's number with a day, or with the word for a receipt; the words that are left name the store."""
    words = text.casefold().replace(",", " ").replace("№", " ").split()
    days = [(word, day) for word in words if (day := _day(word, today))]
    others = [word for word in words if not any(word == w for w, _ in days)]
    codes = [word for word in others if CODE.fullmatch(word)]  # before bare numbers: those may be of the store's house
    numbers = codes + [word for word in others if NUMBER.fullmatch(word)]
    spoken = [after for word, after in zip(words, words[1:], strict=False) if word in ASKS_FOR_RECEIPT and after in numbers]
    if not numbers or not (days or spoken):
        return None
    number = (spoken or numbers)[0]
    store = tuple(word for word in others if word not in SAID_BEFORE and word != number)
    if days:
        return Question((("receipt_day", f"{bare_number(number)}|{days[0][1].isoformat()}"),), store)
    return Question((("receipt", number), ("number", number)), store)


def _day(word: str, today: date) -> date | None:
    """A day as people write it; one without a year is the last such day."""
    if word in DAYS:
        return today - timedelta(days=DAYS[word])
    for pattern, (year, month, day) in WRITTEN_DAYS:
        if match := pattern.fullmatch(word):
            parts = match.groups()
            try:
                found = date(_year(parts[year], today), int(parts[month]), int(parts[day]))
            except ValueError:
                return None
            return found.replace(year=found.year - 1) if parts[year] is None and found > today else found
    return None


def _year(text: str | None, today: date) -> int:
    if text is None:
        return today.year
    return int(text) if len(text) == 4 else 2000 + int(text)


def in_store(words: Sequence[str], *titles: str) -> bool:
    """Whether a store with these titles is the one that the words name."""
    known = " ".join(titles).casefold()
    return all(word in known for word in words)
