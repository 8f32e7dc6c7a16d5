"""The canonical fields as a page: what a mapping may name, with types, titles and what is done with each by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.config.settings import Settings
from hub.entities import FIELDS
from mappings import FieldType, World

HEAD = """# Fields of the entities

What a [mapping](mappings.md) may name on its left side: every canonical field, its type, what people call it, and what becomes of it unless the
configuration says otherwise under `policies:`. Written by `sverka mappings fields > docs/fields.md`; change `hub/entities/`, not this page.

A name with a dot (`address.city`) is one field. Fields of your own (`custom.…`) are declared in the configuration, and stand here, too, when the
command is given it. "Match" says which key of a person or thing the field gives; "PII": personal, so masked for viewers and erased with the person.

| type | canonical form |
| --- | --- |
| text | text, without spaces around it |
| integer, decimal, money | `12`; `"2.5"`; roubles to the kopeck as text: `"1490.00"` |
| boolean | `true` or `false` |
| date, moment | `"2026-09-01"`; UTC: `"2026-09-01T12:00:03Z"` |
| ref | the id of a record of that entity; codec `{ref: …}` |
| list of {…} | a list of objects with these keys |

| policy | which value wins |
| --- | --- |
| latest | the last edit, wherever it was made |
| union | a set: what anybody added and nobody took away |
| owner: loyalty | the loyalty service alone says it |
| consent | the stricter one of what was said, with its history |
| derived | computed by the hub; no mapping writes it into a record |
"""


def rows(world: World) -> Iterator[dict[str, Any]]:
    """One row a field, entity by entity."""
    for entity, found in world.entities.items():
        for name, kind in found.items():
            info = FIELDS[entity].get(name)
            about = {"ru": info.ru, "en": info.en, "policy": info.policy, "match": info.match, "pii": info.pii} if info else OWN
            yield {"entity": entity, "field": name, "type": type_of(kind), **about}


OWN: Mapping[str, Any] = {"ru": "", "en": "", "policy": "latest", "match": "", "pii": False}


def type_of(kind: FieldType) -> str:
    """A type in words: ``text``, ``in or out``, ``ref customer``, ``list of {number: text, invalid: boolean}``."""
    if kind.items:
        return f"list of {{{', '.join(f'{name}: {type_of(one)}' for name, one in kind.items.items())}}}"
    if kind.choices:
        return f"one of {', '.join(kind.choices)}"
    return kind.type.replace("list[", "list of ").replace("ref[", "ref ").rstrip("]")


def page(world: World, settings: Settings | None = None) -> str:
    """Markdown. ``settings``: titles of the fields of one's own."""
    lines, entity = [HEAD], ""
    for row in rows(world):
        if row["entity"] != entity:
            entity = row["entity"]
            lines.append(
                f"\n## {entity}\n\n| field | type | Russian | English | policy | match | PII |\n| --- | --- | --- | --- | --- | --- | --- |\n"
            )
        custom = (settings.custom_fields.get(entity, {}) if settings else {}).get(str(row["field"]).removeprefix("custom."), {})
        titles = [str(custom.get(one) or row[one]) for one in ("ru", "en")]
        policy, pii = str(row["policy"]).replace("owner:", "owner: "), "yes" if row["pii"] else ""
        lines.append(f"| `{row['field']}` | {row['type']} | {titles[0]} | {titles[1]} | {policy} | {row['match']} | {pii} |\n")
    return "".join(lines)
