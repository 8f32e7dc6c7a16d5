"""Codecs that every vendor shares: text, numbers, tables, and answers of directories, lookups and references."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.codec import BadValue, Context, codec

Json = Any


def decimal(value: Json) -> Decimal:
    """A JSON number or numeric text as Decimal. Raises BadValue."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise BadValue("number_unreadable", "Это не число", "Not a number") from None
    if not found.is_finite():
        raise BadValue("number_unreadable", "Это не число", "Not a number")
    return found


@codec("text")
class Text:
    """Text, cut to ``max`` characters on write; what is cut already and says the same is kept."""

    def __init__(self, max: int | None = None) -> None:
        self.max = max

    def decode(self, value: Json, ctx: Context) -> str | None:
        if isinstance(value, (dict, list)):
            raise BadValue("text_unreadable", "Ожидался текст", "Expected text")
        return None if value is None or str(value).strip() == "" else str(value).strip()

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        text = value or ""
        text = text[: self.max].rstrip() if self.max else text
        if text == "":
            return held if held in (None, "") else ""
        return held if held is not None and str(held).strip() == text else text


@codec("integer")
class Integer:
    """A whole number, also typed as text."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> int | None:
        return None if value in (None, "") else int(decimal(value))

    @staticmethod
    def encode(value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return None
        return held if held not in (None, "") and decimal(held) == decimal(value) else int(decimal(value))


@codec("money")
class Money:
    """Roubles as a number or text <-> text with two digits. ``text: true`` writes text."""

    def __init__(self, text: bool = False) -> None:
        self.text = text

    def decode(self, value: Json, ctx: Context) -> str | None:
        return None if value in (None, "") else str(decimal(value).quantize(Decimal("0.01")))

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held if held in (None, "") else ""
        wanted = decimal(value)
        if held not in (None, "") and decimal(held).quantize(Decimal("0.01")) == wanted:
            return held
        return str(wanted.quantize(Decimal("0.01"))) if self.text else int(wanted) if wanted == int(wanted) else float(wanted)


class Table:
    """A lookup table {remote: canonical}. Two remote values of one canonical: the first is written, a held one is kept."""

    def __init__(self, table: Mapping[Json, Json]) -> None:
        self.forward = {str(remote): value for remote, value in table.items()}
        self.back: dict[Json, Json] = {}
        for remote, value in table.items():
            self.back.setdefault(value, remote)

    def decode(self, value: Json, ctx: Context) -> Json:
        if value in (None, ""):
            return None
        if str(value) not in self.forward:
            raise BadValue("value_unknown", f"Неизвестное значение «{value}»", f"Unknown value {value!r}")
        return self.forward[str(value)]

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        if value is None:
            return held if held in (None, "") else ""
        if held is not None and self.forward.get(str(held), _NOT) == value:
            return held
        if value not in self.back:
            raise BadValue("value_unknown", f"Значение «{value}» здесь не бывает", f"No remote value for {value!r}")
        return self.back[value]


_NOT = object()


@codec("directory")
class Directory:
    """A remote value <-> a value of a directory (store, status ...); the directory's rows say which."""

    def __init__(self, name: str) -> None:
        self.name = name

    def decode(self, value: Json, ctx: Context) -> str | None:
        if value in (None, "", 0, "0"):
            return None
        found = ctx.directory(self.name, value)
        if found is None:
            raise BadValue(
                "directory_unknown",
                f"Значение справочника «{self.name}» не сопоставлено",
                f"A value of the directory {self.name!r} is not mapped",
                ("directory", self.name, value),
            )
        return found

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        if value is None:
            return held if held in (None, "", 0, "0") else ""
        if held not in (None, "", 0, "0") and ctx.directory(self.name, held) == value:
            return held
        found = ctx.directory_back(self.name, value)
        if found is None:
            raise BadValue(
                "directory_unknown",
                f"Для значения «{value}» справочника «{self.name}» нет пары в этой системе",
                f"The value {value!r} of the directory {self.name!r} has no twin in this system",
            )
        return found


@codec("lookup")
class Lookup:
    """A remote value <-> a key, by a read-only look-up at the vendor (goods by SKU)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def decode(self, value: Json, ctx: Context) -> str | None:
        if value in (None, ""):
            return None
        found = ctx.lookup(self.name, value)
        if found is None:
            raise BadValue(
                "lookup_unknown", "Значение не найдено у поставщика", "The vendor does not know this value", ("lookup", self.name, value)
            )
        return found

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        if value is None:
            return None
        if held not in (None, "") and ctx.lookup(self.name, held) == value:
            return held
        found = ctx.lookup_back(self.name, value)
        if found is None:
            raise BadValue("lookup_unknown", f"«{value}» не найдено в этой системе", f"{value!r} is not known in this system")
        return found


@codec("ref")
class Ref:
    """A remote id <-> the record it belongs to. ``prefix``: what stands before the id in the remote value."""

    def __init__(self, entity: str, prefix: str = "", integer: bool = False) -> None:
        self.entity, self.prefix, self.integer = entity, prefix, integer

    def decode(self, value: Json, ctx: Context) -> str | None:
        if value in (None, "", 0, "0"):
            return None
        found = ctx.ref(self.entity, value)
        if found is None:
            raise BadValue(
                "ref_unknown", "Связанный объект ещё не известен", "The object named is not known yet", ("ref", self.entity, value)
            )
        return found

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        if value is None:
            return held
        if held not in (None, "", 0, "0") and ctx.ref(self.entity, held) == value:
            return held
        found = ctx.ref_back(self.entity, value)
        if found is None:
            raise BadValue("ref_waits", "Ждёт связанного объекта", "Waits for the object it names", ("ref_back", self.entity, value))
        return int(found) if self.integer else f"{self.prefix}{found}"


@codec("utc_time")
class UtcTime:
    """ISO time without a zone, meant as UTC (``2026-09-01T12:00:03``) <-> the canonical moment."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            raise BadValue("time_unreadable", "Непонятная дата", "Unreadable date") from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else None
        if held and UtcTime.decode(held, ctx) == value:
            return held
        return value.rstrip("Z")


@codec("tags")
class Tags:
    """A list of words <-> the same, empty as None."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> list[str] | None:
        return [str(v) for v in value or ()] or None

    @staticmethod
    def encode(value: list[str] | None, held: Json, ctx: Context) -> Json:
        return held if sorted(held or ()) == sorted(value or ()) else list(value or ())


@codec("iso_date")
class IsoDate:
    """``YYYY-MM-DD`` <-> the same; anything else is a problem of the field."""

    @staticmethod
    def decode(value: Json, ctx: Context) -> str | None:
        if not value:
            return None
        try:
            return datetime.strptime(str(value)[:10], "%Y-%m-%d").date().isoformat()
        except ValueError:
            raise BadValue("time_unreadable", "Непонятная дата", "Unreadable date") from None

    @staticmethod
    def encode(value: str | None, held: Json, ctx: Context) -> Json:
        if not value:
            return held if held in (None, "") else ""
        return held if str(held or "")[:10] == value else value


@codec("squeezed")
class Squeezed:
    """Text made of parts: one space between words, none at the ends."""

    def __init__(self) -> None:
        self.text = Text(255)

    def decode(self, value: Json, ctx: Context) -> str | None:
        return self.text.decode(value, ctx)

    def encode(self, value: str | None, held: Json, ctx: Context) -> Json:
        return self.text.encode(" ".join(str(value or "").split()), held, ctx)
