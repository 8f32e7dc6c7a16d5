"""What a person types as the value of a field, in the record's own form. Pure: titles of directories are handed in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from hub.entities import FIELDS
from hub.refused import Refused
from hub.shown import DIRECTORY_OF, KINDS, Titles
from mappings.phones import numbers

Json = Any
DIRECTORIES = DIRECTORY_OF | {"store": "store", "organisation": "organisation"}
TRUE, FALSE = ("true", "yes", "да", "1"), ("false", "no", "нет", "0")


def typed(entity: str, field: str, text: str, titles: Titles) -> Json:
    """The value that ``text`` means for a field; None for an empty text. Lists are typed with commas, or as JSON; days as 17.11.1990 or
    1990-11-17; words of a directory by their value or title. Raises Refused, which says what can be read."""
    text = text.strip()
    if not text:
        return None
    if directory := DIRECTORIES.get(field):
        return _word(field, directory, text, titles)
    kind = KINDS.get(entity, {}).get(field)
    try:
        if isinstance(kind, fields.List):
            return _list(entity, field, kind, text)
        if isinstance(kind, fields.Boolean):
            return _yes(text)
        if isinstance(kind, fields.Date):
            return _again(kind, _day(text))
        if isinstance(kind, fields.Decimal):
            return _again(kind, text.replace(",", ".").replace(" ", ""))
        if isinstance(kind, fields.AwareDateTime):
            return _moment(text)
    except (ValueError, ValidationError) as error:
        said = "; ".join(map(str, error.messages)) if isinstance(error, ValidationError) else str(error)
        raise Refused(f"{field}: {text!r} cannot be read: {said}") from error
    return text


def _word(field: str, directory: str, text: str, titles: Titles) -> str:
    """A directory's value by itself or by its title. Where the directory is empty any word goes."""
    known = {value: names for (name, value), names in titles.items() if name == directory}
    wanted = text.casefold()
    found = [value for value, names in known.items() if wanted in (value.casefold(), *(n.casefold() for n in names))]
    if known and not found:
        raise Refused(f"{field}: {text!r} is none of {', '.join(sorted(known))}")
    return found[0] if found else text


def _list(entity: str, field: str, kind: fields.List[Any], text: str) -> Json:
    if text.startswith(("[", "{")):
        return _again(kind, json.loads(text))
    info = FIELDS[entity][field]
    words = [word.strip() for word in text.split(",") if word.strip()]
    if field == "phones":
        if not (words := numbers(text)):
            raise ValueError("there is no phone number in it")
    elif isinstance(kind.inner, fields.Nested) and not info.element:
        raise ValueError("type it as JSON, in the form in which `sverka record show --json` shows it")
    return _again(kind, [{info.element: word} for word in words] if info.element else words)


def _again(kind: fields.Field[Any], value: Json) -> Json:
    """As the record keeps it: money as decimal text, moments in UTC."""
    return kind.serialize("value", {"value": kind.deserialize(value)})


def _day(text: str) -> str:
    return datetime.strptime(text, "%d.%m.%Y").date().isoformat() if "." in text else text


def _moment(text: str) -> str:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("say its zone too, as 2026-11-25T10:00:00+03:00")
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _yes(text: str) -> bool:
    if text.casefold() in TRUE + FALSE:
        return text.casefold() in TRUE
    raise ValueError("say yes or no")
