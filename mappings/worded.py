"""Lists as text that people read and the hub reads back, an item on each line: consents of vendors that have no field for them."""

from __future__ import annotations

import re
from typing import Any

from mappings.codec import BadValue, Context, Lens, codec
from mappings.scalars import as_text, empty_or_blank

Json = Any
PART = r"((?:[^\\/:;\n]|\\.)*?)"
CONSENT = re.compile(
    rf"\s*{PART}\s*/\s*{PART}\s*(?:/\s*{PART}\s*)?:\s*(да|нет|неизвестно)\s*(?:;\s*{PART}\s*(?:;\s*([^\s;]*)\s*(?:;\s*{PART}\s*)?)?)?", re.I
)
ANSWERS = {"да": True, "нет": False, "неизвестно": None}
MARKETING = "marketing"
MARKS = {  # what a seller writes down in words: the channels that are refused by it
    "не звонить": ("call",),
    "не писать": ("email", "sms", "viber", "push", "messenger"),
    "не беспокоить": ("call", "email", "sms", "viber", "push", "messenger"),
}


def escaped(text: Json) -> str:
    return re.sub(r"([\\/:;])", r"\\\1", as_text(text)).replace("\n", "\\n")


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], text)


def lines_of(value: Json) -> list[str]:
    return [line.strip() for line in as_text(value).split("\n") if line.strip()]


class Lines(Lens):
    """Items, each on a line of its own. ``item`` reads a line, ``text`` says an item."""

    def item(self, line: str, ctx: Context) -> dict[str, Json]:
        raise NotImplementedError

    def text(self, item: dict[str, Json], ctx: Context) -> str:
        raise NotImplementedError

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        return [self.item(line, ctx) for line in lines_of(value)] or None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        if not value:
            return empty_or_blank(held)
        try:
            return "\n".join(self.text(item, ctx) for item in value)
        except (AttributeError, KeyError, TypeError):
            raise BadValue("list_unreadable", "Непонятный список", "An unreadable list") from None


@codec("consent_lines", "list[Consent]", "string text")
class ConsentLines(Lines):
    """Lines ``purpose/channel/brand: да; source; time; text version`` <-> canonical consents; what follows the channel may be absent. A seller may
    write "не звонить", "не писать" or "не беспокоить" instead: a no to marketing by the channels meant."""

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        found: list[dict[str, Json]] = []
        for line in lines_of(value):
            found += _marked(line) or [self.item(line, ctx)]
        return found or None

    def item(self, line: str, ctx: Context) -> dict[str, Json]:
        found = CONSENT.fullmatch(line)
        if not found or not found[1] or not found[2]:
            raise BadValue("consent_unreadable", "Непонятная строка согласия", "An unreadable line of consent")
        said = {"brand": unescaped(found[3] or ""), "text": unescaped(found[7] or "")}
        return {
            "purpose": unescaped(found[1]),
            "channel": unescaped(found[2]),
            "value": ANSWERS[found[4].lower()],
            "source": unescaped(found[5] or "") or None,
            "time": found[6] or None,
        } | {name: text for name, text in said.items() if text}

    def text(self, item: dict[str, Json], ctx: Context) -> str:
        names = [item["purpose"], item["channel"], *([item["brand"]] if item.get("brand") else [])]
        answer = next(word for word, value in ANSWERS.items() if value is item["value"])
        parts = [
            f"{'/'.join(map(escaped, names))}: {answer}",
            escaped(item.get("source")),
            item.get("time") or "",
            escaped(item.get("text")),
        ]
        while not parts[-1]:
            parts.pop()
        return "; ".join(parts)


def _marked(line: str) -> list[dict[str, Json]]:
    channels = MARKS.get(" ".join(re.sub(r"[^\w\s]", " ", line).casefold().split()), ())
    return [{"purpose": MARKETING, "channel": channel, "value": False, "source": None, "time": None} for channel in channels]
