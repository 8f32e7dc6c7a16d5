"""How a canonical field is described: a marshmallow field with metadata that mappings, merge, pages and masks read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from marshmallow import Schema, fields


def meta(
    ru: str,
    en: str,
    *,
    pii: bool = False,
    match: str = "",
    policy: str = "latest",
    element: str = "",
    ref: str = "",
    vague: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Metadata of a field. ``match``: kind of match key it gives. ``policy``: the default one. ``element``: for sets, the key that
    tells elements apart (empty: the element itself). ``ref``: the entity whose record id it holds. ``vague``: values that say less than any other."""
    return {"ru": ru, "en": en, "pii": pii, "match": match, "policy": policy, "element": element, "ref": ref, "vague": vague}


def text(ru: str, en: str, **options: Any) -> fields.Field[Any]:
    return fields.String(allow_none=True, metadata=meta(ru, en, **options))


def money(ru: str, en: str, **options: Any) -> fields.Field[Any]:
    """Roubles with kopecks, as decimal text."""
    return fields.Decimal(places=2, as_string=True, allow_none=True, metadata=meta(ru, en, **options))


class Points(fields.Decimal):
    """Points of a loyalty programme: counted like money, and shown as no roubles."""


def points(ru: str, en: str, **options: Any) -> fields.Field[Any]:
    return Points(places=2, as_string=True, allow_none=True, metadata=meta(ru, en, **options))


def moment(ru: str, en: str, **options: Any) -> fields.Field[Any]:
    return fields.AwareDateTime(format="%Y-%m-%dT%H:%M:%SZ", default_timezone=UTC, allow_none=True, metadata=meta(ru, en, **options))


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What the engine asks of a field."""

    name: str
    ru: str
    en: str
    pii: bool
    match: str
    policy: str
    element: str
    ref: str = ""
    vague: tuple[str, ...] = ()


def infos(schema: type[Schema]) -> dict[str, FieldInfo]:
    """Canonical field name (dotted) -> its description."""
    found = {}
    for name, declared in schema().fields.items():
        m = declared.metadata
        key = declared.data_key or name
        found[key] = FieldInfo(key, m["ru"], m["en"], m["pii"], m["match"], m["policy"], m["element"], m["ref"], m["vague"])
    return found
