"""Customers that mean nobody, told by what they are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Dict
from typing import Any

from hub.sync.search_keys import folded
from mappings import Mapping

Json = Any
WHOLE = "full_name"
STANDARD = frozenset(
    {
        "розничный покупатель",  # what MoySklad makes in every account
        "розничный клиент",
        "частное лицо",  # 1C: the usual name of a base's own
        "физическое лицо",
        "физ лицо",
        "физлицо",
        "покупатель",
        "клиент",
        "гость",
        "аноним",
        "анонимный покупатель",
        "анонимный клиент",
        "без имени",
        "неизвестный покупатель",
        "случайный покупатель",
        "конечный потребитель",
        "розница",
        "retail customer",
        "retail buyer",
        "walk-in customer",
        "guest",
        "anonymous",
    }
)


def words(name: str) -> frozenset[str]:
    """The words of a name in any order: a CRM keeps them apart, and shows the last one first."""
    return frozenset(folded(name.replace(".", " ")).split())


ANY_ORDER = frozenset(map(words, STANDARD))


def title(mapping: Mapping, values: Dict[str, Json], data: Dict[str, Json]) -> str:
    """What a customer is called in its system: the whole name that it shows to people, else the parts of the name. ``values``: of the
    object, in remote form; ``data``: canonical."""
    whole = next((values.get(one.path) for one in mapping.fields if one.field == WHOLE), None)
    return str(whole or " ".join(str(data[name]) for name in ("last_name", "first_name") if data.get(name)))


def is_standard(called: str, data: Dict[str, Json]) -> bool:
    """Whether a customer bears one of the usual names of nobody, and nothing by which a person could be reached."""
    return unreachable(data) and words(called) in ANY_ORDER


def unreachable(data: Dict[str, Json]) -> bool:
    """Whether nothing is known by which a customer could be reached or recognised."""
    return not any(data.get(field) for field in ("phones", "emails", "cards"))


def is_named(called: str, external_id: str, configured: Iterable[str]) -> bool:
    """Whether the configuration names the object, by id or by name."""
    return any(one == external_id or words(one) == words(called) for one in configured)
