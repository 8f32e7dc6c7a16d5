"""What a person types as the value of a field, in the record's own form. Pure: titles of directories are handed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from hub.entities import FIELDS
from hub.language import N_
from hub.language.refused import Refused
from hub.language.shown import DIRECTORY_OF, KINDS, Titles
from mappings.contacts import addresses
from mappings.phones import numbers

Json = Any
DIRECTORIES = DIRECTORY_OF | {"store": "store", "organisation": "organisation"}
READ: Mapping[str, Callable[[str], list[str]]] = {"phones": numbers, "emails": addresses}
LISTS = {
    "phones": N_("%(field)s: “%(text)s” cannot be read, there is no phone number in it. Type it as +7 903 123-45-67, several with commas."),
    "emails": N_(
        "%(field)s: “%(text)s” cannot be read, there is no e-mail address in it. Type it as anna@example.ru, several with commas."
    ),
}
JSON = N_("%(field)s: “%(text)s” cannot be read. Type it as JSON, in the form in which `sverka record show --json` shows it.")
HOW = {
    fields.Boolean: N_("%(field)s: “%(text)s” cannot be read. Type yes or no."),
    fields.Date: N_("%(field)s: “%(text)s” cannot be read as a day. Type it as 17.11.1990."),
    fields.Decimal: N_("%(field)s: “%(text)s” cannot be read as a number. Type it as 1990.50."),
    fields.AwareDateTime: N_("%(field)s: “%(text)s” cannot be read as a moment. Type it with its zone, as 2026-11-25T10:00:00+03:00."),
}
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
        message = LISTS.get(field, JSON) if isinstance(kind, fields.List) else next(m for k, m in HOW.items() if isinstance(kind, k))
        raise Refused(message, field=field, text=text) from error
    return text


def plain(entity: str, field: str) -> bool:
    """Whether people can type the field's value: no list of objects that only JSON can say, no reference to another record."""
    kind = KINDS.get(entity, {}).get(field)
    bare = isinstance(kind, fields.List) and isinstance(kind.inner, fields.Nested) and not FIELDS[entity][field].element
    return not bare and not (kind is not None and kind.metadata.get("ref"))


def _word(field: str, directory: str, text: str, titles: Titles) -> str:
    """A directory's value by itself or by its title. Where the directory is empty any word goes."""
    known = {value: names for (name, value), names in titles.items() if name == directory}
    wanted = text.casefold()
    found = [value for value, names in known.items() if wanted in (value.casefold(), *(n.casefold() for n in names))]
    if known and not found:
        raise Refused(N_("%(field)s: “%(text)s” is none of: %(known)s."), field=field, text=text, known=", ".join(_called(known)))
    return found[0] if found else text


def _called(known: Mapping[str, tuple[str, str]]) -> list[str]:
    """The values of a directory, each with its title."""
    return sorted(value if ru == value else f"{ru} ({value})" for value, (ru, _) in known.items())


def _list(entity: str, field: str, kind: fields.List[Any], text: str) -> Json:
    if text.startswith(("[", "{")):
        return _again(kind, json.loads(text))
    info = FIELDS[entity][field]
    words = [word.strip() for word in text.split(",") if word.strip()]
    if field in READ:
        if not (words := READ[field](text)):
            raise ValueError("nothing of the kind is in it")
    elif isinstance(kind.inner, fields.Nested) and not info.element:
        raise ValueError("only JSON says it")
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
