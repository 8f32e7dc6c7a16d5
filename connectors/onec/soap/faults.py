"""What a refusal of a service means. 1C has no codes of its own: a fault is the text of an exception in the base's language, with the place in the
module that threw it, ``{ВебСервис.Loyalty.Модуль(25)}: Карта не найдена``, and the reasons after «по причине:». Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from connectors.errors import ConnectorError, Exists, Missing, Rejected, Settled, Unauthorized, Unavailable
from connectors.onec.api import BUSY, CLOSED, LICENCE
from connectors.onec.soap.description import Rule

Json = Any
UPDATING = re.compile(r"обновлени\w+ (?:информационной базы|базы)|база \w* ?обновля|сеанс\w* запрещен|выполняется другим сеансом", re.I)
RIGHTS = re.compile(r"недостаточно прав|нарушение прав доступа|access violation|insufficient (?:access )?rights", re.I)
PLACE = re.compile(r"\{[^{}]*?\(\d+(?:,\d+)?\)\}:?\s*")
LONGEST = 500


def meaning(rules: Sequence[Rule], code: str, text: str, *, safe: bool) -> ConnectorError:
    """The first rule that matches decides; else what 1C's own words say; else a person must look. ``text``: already redacted."""
    said = told(text)
    for rule in rules:
        if re.search(rule.code, code, re.I) and re.search(rule.text, text, re.I):
            return _made(rule, said, code)
    if BUSY.search(text) or UPDATING.search(text):
        return Unavailable(said, code="busy")
    if LICENCE.search(text) and "лицензи" in text.casefold() and "свободн" in text.casefold():
        return Unavailable(said, code="licence", retry_after=30.0)
    if CLOSED.search(text):
        return Settled(said, code=code)
    if RIGHTS.search(text) and safe:
        return Unauthorized(said, code="20")
    return Rejected(said, code=code)


def _made(rule: Rule, said: str, code: str) -> ConnectorError:
    if rule.means == "unavailable":
        return Unavailable(said, code=code, retry_after=rule.retry_after)
    kinds: dict[str, type[ConnectorError]] = {"rejected": Rejected, "unauthorized": Unauthorized, "settled": Settled, "missing": Missing, "exists": Exists}  # fmt: skip
    return kinds[rule.means](said, code=code, field=rule.field)


def told(text: str) -> str:
    """The words for a person: without the places in modules, reasons in one line, the innermost last."""
    lines = [PLACE.sub("", line).strip() for line in text.splitlines()]
    return " ".join(line for line in lines if line)[:LONGEST] or "a fault without a text"


def refusal(value: Json) -> str:
    """What an answer tells of an error where the service tells it so; nothing for a zero, a false and an empty text."""
    return "" if value in (None, False, 0, "", "0", "false", [], {}) else str(value)
