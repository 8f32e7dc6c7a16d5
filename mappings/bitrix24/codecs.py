"""Bitrix24's forms: multifields, dates with a zone of the server, enumerations by item id, call codes; product rows are in `lines`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mappings import phones
from mappings.answers import no_twin, nothing
from mappings.bitrix24 import lines  # noqa: F401 - it registers the codec of product rows
from mappings.codec import BadValue, Context, Lens, Needs, Types, codec
from mappings.contacts import addresses, no_email, no_phone
from mappings.scalars import Text, as_text, decimal, money_text, plain
from mappings.times import day_text, moment_of, moment_text, unreadable_time
from mappings.typed_rows import Row, TypedRows

Json = Any
NAMELESS = "Без имени"  # the connector gives this name to a contact that has none


class Multifield(TypedRows):
    """The items of one ``typeId`` in ``fm`` <-> a canonical list. Items keep their ids and value types; other types are not touched.

    bitrix24 docs, multifields: an item is {id, typeId, valueType, value}; a value that went is deleted by its id.
    """

    def __init__(self, type_id: str, key: str, value_type: str) -> None:
        super().__init__("typeId", type_id, key)
        self.value_type = value_type

    def typed(self, item: Row) -> str:
        return as_text(item.get("value"))

    def fresh(self, text: str) -> Row:
        return {"typeId": self.type_id, "valueType": self.value_type, "value": text}


@codec("bitrix_fm_phones", "list[Phone]", "multifield", shares=True)
class FmPhones(Multifield):
    """``fm`` items of type PHONE <-> canonical phones."""

    def __init__(self) -> None:
        super().__init__("PHONE", "number", "MOBILE")

    def values(self, item: dict[str, Json]) -> list[str]:
        return phones.numbers(str(item.get("value") or ""))

    def rewritten(self, item: Row, wanted: str) -> Row:
        return {**item, "value": phones.rewrite(str(item["value"]), [wanted])}

    def impossible(self) -> BadValue:
        return no_phone()


@codec("bitrix_fm_emails", "list[Email]", "multifield", shares=True)
class FmEmails(Multifield):
    """``fm`` items of type EMAIL <-> canonical e-mails."""

    def __init__(self) -> None:
        super().__init__("EMAIL", "address", "HOME")

    def values(self, item: dict[str, Json]) -> list[str]:
        return addresses(str(item.get("value") or ""))

    def rewritten(self, item: Row, wanted: str) -> Row:
        return {**item, "value": wanted}

    def impossible(self) -> BadValue:
        return no_email()


def instant(value: Json) -> datetime:
    """``2026-09-01T12:00:03+03:00`` as aware UTC. Raises BadValue, also without an offset."""
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise BadValue("time_without_zone", "Время без часового пояса", "Time without an offset")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise unreadable_time() from None


@codec("bitrix_datetime", "moment", "datetime")
class Time(Lens):
    """A time with the portal's offset <-> UTC. Sent in the zone of the system, as the portal shows it."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return moment_text(instant(value)) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held is None else ""
        try:
            return moment_of(value).astimezone(ctx.timezone).isoformat(timespec="seconds")
        except (ValueError, OverflowError):
            raise unreadable_time() from None


@codec("bitrix_date", "date", "date datetime")
class Day(Lens):
    """A date that comes back as a time of the server's zone <-> ``YYYY-MM-DD``: the first ten characters, zones never converted."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return day_text(value) if value else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return day_text(value) if value else ""


@codec("bitrix_money", "money", "number string")
class Money(Lens):
    """Roubles as a number (or text, or ``300|RUB``) <-> text with two digits."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else money_text(decimal(as_text(value).partition("|")[0]))

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return "" if value is None else plain(decimal(value))


@codec("bitrix_yes_no", "boolean", "boolean string")
class YesNo(Lens):
    """``Y``/``N`` <-> true/false; a JSON boolean is understood too (``user.get`` answers one)."""

    def decode(self, value: Json, ctx: Context) -> bool | None:
        if value in (None, ""):
            return None
        if value in ("Y", True, "1", 1):
            return True
        if value in ("N", False, "0", 0):
            return False
        raise BadValue("boolean_unreadable", "Ожидалось Y или N", "Expected Y or N")

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return "" if value is None else "Y" if value else "N"


@codec("bitrix_enum")
class Enumeration(Lens):
    """An enumeration field: its item id <-> a canonical value, by the text of the item.

    Args: {field: UF_CRM_SEX, options: {Мужской: male, Женский: female}}. Item ids differ in every portal, so they are
    asked for by the lookup ``enum:<field>``; a portal that shows the text itself is understood too.
    """

    def __init__(self, field: str, options: dict[str, str]) -> None:
        self.name = f"enum:{field}"
        self.options = options
        self.texts = {canonical: text for text, canonical in options.items()}
        self.types = Types("text", frozenset({"enum"}), (("lookup", self.name),), values=tuple(self.texts))

    def decode(self, value: Json, ctx: Context) -> str | None:
        if nothing(value):
            return None
        text = str(value) if str(value) in self.options else ctx.lookup(self.name, value)
        if text is None or text not in self.options:
            raise self.unknown(("lookup", self.name, value) if text is None else None)
        return self.options[text]

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held if nothing(held) else ""
        text = self.texts.get(str(value))
        item = None if text is None else ctx.lookup_back(self.name, text)
        if item is None:
            raise self.unknown()
        return item

    def unknown(self, needs: Needs | None = None) -> BadValue:
        return BadValue("option_unknown", "Неизвестное значение списка", "Unknown option of the list", needs)


@codec("bitrix_stage", "text", "string", asks="directory:order_status")
class Stage(Lens):
    """A deal's stage <-> a value of the directory ``order_status``. ``C3:WON`` is the stage ``WON`` in funnel 3: the directory knows
    stages without the funnel, and a deal stays in the funnel it is in."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        stage = as_text(value).rpartition(":")[2]
        if not stage:
            return None
        found = ctx.directory("order_status", stage)
        if found is None:
            needs = ("directory", "order_status", stage)
            raise BadValue("directory_unknown", f"Стадия «{stage}» не сопоставлена", f"The stage {stage!r} is not mapped", needs)
        return found

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held
        found = ctx.directory_back("order_status", str(value))
        if found is None:
            raise no_twin("order_status", value)
        funnel, colon, _ = str(held or "").rpartition(":")
        return f"{funnel}{colon}{found}"


@codec("bitrix_first_name", "text", "string")
class FirstName(Text):
    """A first name; the stand-in that a contact without any name has to carry is none."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        text = super().decode(value, ctx)
        return None if text == NAMELESS else text


OUTGOING = frozenset({"1", "4", "5"})  # bitrix24 docs, register: 1 out, 2 in, 3 in redirected, 4 callback, 5 info call
INCOMING = frozenset({"2", "3"})
OUTCOMES = {
    "200": "talked",
    "304": "no_answer",
    "603": "no_answer",
    "603-S": "no_answer",
    "480": "no_answer",
    "486": "busy",
    "404": "wrong_number",
}
CODES = {"talked": "200", "no_answer": "304", "busy": "486", "wrong_number": "404", "other": "OTHER"}
VERDICTS = frozenset({"call_later", "refused", "promised", "bought"})  # said by a person after a talk; the code only knows the talk


@codec("bitrix_call_direction", "text", "string integer", closed=True)
class Direction(Lens):
    """CALL_TYPE <-> in | out. A redirected call or a callback keeps its own number."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        if value in (None, ""):
            return None
        if str(value) in OUTGOING:
            return "out"
        if str(value) in INCOMING:
            return "in"
        raise BadValue("direction_unknown", "Неизвестный вид звонка", "Unknown kind of call")

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        return None if value is None else "1" if value == "out" else "2"


@codec("bitrix_call_outcome", "text", "string", closed=True)
class Outcome(Lens):
    """CALL_FAILED_CODE <-> outcome. What a person made of the talk (refused, promised ...) has no code: it is written as a talk."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else OUTCOMES.get(str(value), "other")

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return None
        outcome = "talked" if value in VERDICTS else value
        return held if self.decode(held, ctx) == outcome else CODES.get(str(outcome), "OTHER")
