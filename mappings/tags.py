"""Tags of vendors: words in small letters, whose order and case mean nothing."""

from __future__ import annotations

from typing import Any

from mappings.codec import BadValue, Context, Lens
from mappings.scalars import as_text

Json = Any


class Tags(Lens):
    """Words <-> tags in small letters. What says the same is kept as it is spelled there."""

    def decode(self, value: Json, ctx: Context) -> list[str] | None:
        if value is not None and not isinstance(value, list):
            raise BadValue("list_unreadable", "Ожидался список", "Expected a list")
        return list(dict.fromkeys(word.lower() for item in value or () if (word := as_text(item)))) or None

    def say(self, value: Json, held: Json, ctx: Context) -> list[Json]:
        wanted = list(dict.fromkeys(as_text(tag).lower() for tag in value or ()))
        spelled = {as_text(tag).lower(): tag for tag in held} if isinstance(held, list) else {}
        return held if wanted and set(wanted) == spelled.keys() else [spelled.get(tag, tag) for tag in wanted]
