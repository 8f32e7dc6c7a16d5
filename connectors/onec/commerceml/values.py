"""Values as programs write them into CommerceML, and as they are read: numbers with a comma, dates without dashes, truths in words."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from connectors.onec.commerceml.markup import Node

TRUE = frozenset({"true", "1", "да", "истина", "yes"})
DAYS = ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y")


def truth(text: str) -> bool:
    return text.strip().casefold() in TRUE


def number(text: str) -> Decimal | None:
    """A number, with a point or a comma, with blanks between thousands; None where there is none to be read."""
    bare = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".")
    try:
        found = Decimal(bare)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found.adjusted() < 18 else None


def plain(value: Decimal) -> str:
    """Without zeros at the end that say nothing."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text


def day(text: str) -> date | None:
    bare = text.strip()[:10].strip()
    for form in DAYS:
        try:
            found = datetime.strptime(bare if form != "%Y%m%d" else bare[:8], form).date()
        except ValueError:
            continue
        return found if found.year > 1 else None
    return None


def moment(of_day: str, of_time: str = "") -> str:
    """``2024-03-05T14:07:09`` on the clock of 1C, of a date and a time that stand apart or together; empty where there is no date."""
    found = day(of_day)
    if found is None:
        return ""
    said = of_time.strip() or of_day.strip()[10:].lstrip("T ")
    digits = re.sub(r"\D", "", said.partition("+")[0].partition(".")[0])[:6].ljust(6, "0")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hours > 23 or minutes > 59 or seconds > 59:
        hours = minutes = seconds = 0
    return f"{found.isoformat()}T{hours:02}:{minutes:02}:{seconds:02}"


def requisites(node: Node) -> dict[str, str]:
    """Requisites by their names, small; the first that says something counts."""
    found: dict[str, str] = {}
    for one in node.all("ЗначенияРеквизитов", "ЗначениеРеквизита"):
        name, value = one.word("Наименование").casefold(), one.word("Значение")
        if name and value:
            found.setdefault(name, value)
    return found
