"""What MoySklad has no field for, as text that people read and the hub reads back: payments, words, the outcome of a call."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from mappings.answers import no_twin
from mappings.codec import BadValue, Context, Lens, codec
from mappings.scalars import WebAddress, as_text, decimal, empty_or_blank, money_text
from mappings.times import moment_of, moment_text, unreadable_time
from mappings.worded import Lines

Json = Any
MOSCOW = timezone(timedelta(hours=3))
NOTE_MAX = 4000  # of 4096: the rest is for the marker with the hub key

PAYMENT = re.compile(r"(.*?) (-?\d+(?:[.,]\d+)?)(?: от (\d\d\.\d\d\.\d{4} \d\d:\d\d(?::\d\d)?))?(?: № (.*))?")
NOBODY = "Оплата"  # how a payment of no known kind is called


@codec("moysklad_payments", "list[Payment]", "string text", asks="directory:payment_kind")
class Payments(Lines):
    """Lines ``Карта 1640.00 от 04.03.2026 12:16:39 № 70410901`` <-> canonical payments; kinds by the directory payment_kind, Moscow time."""

    def item(self, line: str, ctx: Context) -> dict[str, Json]:
        found = PAYMENT.fullmatch(line)
        if not found:
            raise BadValue("payment_unreadable", "Непонятная строка оплаты", "An unreadable line of payment")
        kind = None if found[1] == NOBODY else ctx.directory("payment_kind", found[1])
        if kind is None and found[1] != NOBODY:
            needs = ("directory", "payment_kind", found[1])
            raise BadValue(
                "directory_unknown", f"Вид оплаты «{found[1]}» не сопоставлен", f"The payment kind {found[1]!r} is not mapped", needs
            )
        return {"kind": kind, "amount": money_text(decimal(found[2])), "time": _moment(found[3]), "id": found[4] or None}

    def text(self, item: dict[str, Json], ctx: Context) -> str:
        kind = NOBODY if item.get("kind") is None else ctx.directory_back("payment_kind", item["kind"])
        if kind is None:
            raise no_twin("payment_kind", item["kind"])
        text = f"{kind} {money_text(decimal(item.get('amount') or 0))}"
        if item.get("time"):
            text += f" от {moment_of(item['time']).astimezone(MOSCOW):%d.%m.%Y %H:%M:%S}"
        return f"{text} № {as_text(item['id'])}" if item.get("id") else text


def _moment(text: str | None) -> str | None:
    if not text:
        return None
    try:
        moment = datetime.strptime(text, "%d.%m.%Y %H:%M:%S" if text.count(":") == 2 else "%d.%m.%Y %H:%M")
    except ValueError:
        raise unreadable_time() from None
    return moment_text(moment.replace(tzinfo=MOSCOW).astimezone(UTC))


@codec("moysklad_words", "list[text]", "string text")
class Words(Lens):
    """``spring, лето`` <-> a list of words, in order. A comma inside a word becomes a space."""

    def decode(self, value: Json, ctx: Context) -> list[str] | None:
        return list(dict.fromkeys(word.strip() for word in as_text(value).split(",") if word.strip())) or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        wanted = ", ".join(" ".join(as_text(word).replace(",", " ").split()) for word in value or ())
        return wanted or empty_or_blank(held)


WAYS = {"in": "входящий", "out": "исходящий"}
OUTCOMES = {
    "talked": "поговорили", "no_answer": "не дозвонились", "busy": "занято", "call_later": "перезвонить позже",
    "wrong_number": "ошибка номером", "refused": "отказ", "promised": "договорились", "bought": "покупка", "other": "другой итог",
}  # fmt: skip


@codec("moysklad_call_note", "text", "text")
class CallNote(Lens):
    """The fields of a call -> one readable line; read as the text that it is. Times are of the system's zone."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return as_text(value) or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not isinstance(value, dict):
            return as_text(value)[:NOTE_MAX] or empty_or_blank(held)
        head = "Звонок" + (f" {WAYS[value['direction']]}" if value.get("direction") in WAYS else "")
        if value.get("start"):
            head += f" {moment_of(value['start']).astimezone(ctx.timezone):%d.%m.%Y %H:%M}"
        if value.get("duration"):
            head += f", {spoken(int(value['duration']))}"
        if value.get("outcome"):
            head += f": {OUTCOMES.get(value['outcome'], value['outcome'])}"
        who = ctx.directory_back("employee", value["agent"]) if value.get("agent") else None
        parts = [head, who or value.get("agent"), value.get("phone"), _named("Кампания", value.get("campaign"))]
        parts += [value.get("comment"), _named("Запись", WebAddress().say(value.get("recording"), None, ctx))]
        return ". ".join(text for part in parts if (text := as_text(part)))[:NOTE_MAX]


def _named(name: str, value: Json) -> str:
    return f"{name}: {value}" if value else ""


def spoken(seconds: int) -> str:
    """``130`` -> ``2 мин 10 с``; ``45`` -> ``45 с``; ``120`` -> ``2 мин``."""
    minutes, rest = divmod(seconds, 60)
    return " ".join([*([f"{minutes} мин"] if minutes else []), *([f"{rest} с"] if rest or not minutes else [])])
