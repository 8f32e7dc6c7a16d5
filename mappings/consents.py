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


@codec("refusal_flag", "list[Consent]", "boolean string integer")
class RefusalFlag(Lens):
    """A mark that somebody does not want to be spoken to <-> a no of one purpose, channel and brand. Without the mark nobody has said anything: it is
    taken off only by a yes."""

    def __init__(self, purpose: str, channel: str, brand: str = "") -> None:
        self.key = {"purpose": purpose, "channel": channel} | ({"brand": brand} if brand else {})

    def decode(self, value: Json, ctx: Context) -> list[dict[str, Json]] | None:
        refused = Boolean().decode(value, ctx)
        return [{**self.key, "value": False, "source": None, "time": None}] if refused else None

    def say(self, value: Json, held: Json, ctx: Context) -> Json:
        """Marked where the answer is no; of other keys nothing is said."""
        brand = self.key.get("brand", "")
        mine = [one for one in value or () if all(one.get(k) == v for k, v in self.key.items()) and (one.get("brand") or "") == brand]
        if value and (not mine or mine[0].get("value") is None):
            return held
        refused = bool(mine) and mine[0]["value"] is False
        try:
            return held if bool(Boolean().decode(held, ctx)) is refused and (held not in (None, "") or not refused) else refused
        except BadValue:
            return refused if value else held
