"""Identifiers of goods: the 1C identifier that exchanges leave in other systems, and a field for one barcode."""

from __future__ import annotations

import re
from typing import Any

from mappings.codec import Context, Lens, codec
from mappings.scalars import as_text, empty_or_blank

Json = Any
GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
IDENTIFIER = re.compile(rf"{GUID}(?:#{GUID})?", re.I)
HUBS_OWN = "7"  # version of the hub's own keys, which 1C never makes


@codec("goods_guid", "text", "string any")
class Identifier(Lens):
    """A product's guid and, after ``#``, that of its characteristic. Other keys that stand there are nothing, and are left alone."""

    def decode(self, value: Json, ctx: Context) -> str | None:
        text = as_text(value)
        found = IDENTIFIER.fullmatch(text)
        return text.lower() if found and found[1] != HUBS_OWN else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        wanted = as_text(value).lower()
        if not wanted:
            return empty_or_blank(held) if self.decode(held, ctx) else held
        return wanted


@codec("single_barcode", "list[text]", "string any")
class Barcode:
    """A field for one barcode. The held one stays while the record has it."""

    def decode(self, value: Json, ctx: Context) -> list[str] | None:
        text = as_text(value)
        return [text] if text else None

    def encode(self, value: list[str] | None, held: Json, ctx: Context) -> Json:
        wanted, text = [as_text(one) for one in value or ()], as_text(held)
        if text in wanted or (not text and not wanted):
            return held
        return wanted[0] if wanted else empty_or_blank(held)
