"""One yes-or-no field of a vendor as a consent. Whatever the vendor fills in by itself is nobody's answer."""

from __future__ import annotations

from typing import Any

from mappings.codec import BadValue, Context, Lens, codec
from mappings.scalars import Boolean

Json = Any


@codec("consent_flag", "list[Consent]", "boolean string integer")
class ConsentFlag(Lens):
    """A flag <-> the consent of one purpose, channel and brand. ``default``: the value that the vendor sets where nobody answered: it is
    read as unknown, and a yes that goes back to it was taken back. Consents of other keys are left out on write."""

    def __init__(self, purpose: str, channel: str, brand: str = "", default: bool | None = None) -> None:
        self.key = {"purpose": purpose, "channel": channel} | ({"brand": brand} if brand else {})
        self.default = default

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        said = Boolean().decode(value, ctx)
        if said is None:
            return None
        return [{**self.key, "value": None if said is self.default else said, "source": None, "time": None}]

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        """The answer of this key; nobody's answer is the vendor's own default, and what the record does not know stays as it is."""
        if not value:
            return None
        brand = self.key.get("brand", "")
        mine = [one for one in value if all(one.get(k) == v for k, v in self.key.items()) and (one.get("brand") or "") == brand]
        if not mine:
            return held
        said = self.default if mine[0]["value"] is None else mine[0]["value"]
        try:
            return held if Boolean().decode(held, ctx) is said and held not in (None, "") else said
        except BadValue:
            return said
