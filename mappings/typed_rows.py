"""Contacts that a vendor keeps as rows of one table, each of a type (Bitrix24: multifields, 1C: contact information) <-> a canonical list.

Rows keep their ids, their places and all that no mapping names; rows of other types are not touched, so that several fields may share the
table.
"""

from __future__ import annotations

from typing import Any

from mappings.codec import BadValue, Context
from mappings.contacts import said, says_nothing

Json = Any
Row = dict[str, Json]
Rows = list[Row]


class TypedRows:
    """The rows whose ``type_key`` is ``type_id``. ``key``: what a canonical item calls its value (``number``, ``address``)."""

    def __init__(self, type_key: str, type_id: str, key: str) -> None:
        self.type_key, self.type_id, self.key = type_key, type_id, key

    def values(self, item: Row) -> list[str]:
        """The canonical values in a row."""
        raise NotImplementedError

    def typed(self, item: Row) -> str:
        """What somebody typed into a row."""
        raise NotImplementedError

    def rewritten(self, item: Row, wanted: str) -> Row:
        """A row that says ``wanted`` instead of its own values."""
        raise NotImplementedError

    def fresh(self, text: str) -> Row:
        """A new row."""
        raise NotImplementedError

    def impossible(self) -> BadValue:
        raise NotImplementedError

    def own(self, items: Rows | None) -> Rows:
        return [item for item in items or () if item.get(self.type_key) == self.type_id]

    def found(self, items: Rows | None) -> list[str]:
        """All values of our type, each once, in the order of the rows."""
        return list(dict.fromkeys(value for item in self.own(items) for value in self.values(item)))

    def decode(self, value: Rows | None, ctx: Context) -> Rows | None:
        if not well_formed(value):
            raise BadValue("list_unreadable", "Ожидался список полей", "Expected a list of multifields")
        found = self.found(value)
        if not found and not all(says_nothing(self.typed(item)) for item in self.own(value)):
            raise self.impossible()
        return [{self.key: text, "invalid": False} for text in found] or None

    def encode(self, value: Rows | None, held: Rows | None, ctx: Context) -> Rows | None:
        wanted = said(value, self.key)
        if not well_formed(held):
            held = None
        if sorted(self.found(held)) == sorted(set(wanted)):  # vendors add new values at the end: their order says nothing
            return held
        stay, fresh = self.merged(self.own(held), wanted)
        left = iter(stay)
        kept = [next(left) if item.get(self.type_key) == self.type_id else item for item in held or ()]
        return [item for item in kept if item is not None] + fresh

    def merged(self, own: Rows, wanted: list[str]) -> tuple[list[Row | None], Rows]:
        """What becomes of each held row, under its id: it stays, is changed, or goes (None); and the new rows, without ids."""
        stay: dict[int, list[str]] = {}
        for number, item in enumerate(own):
            taken = {text for texts in stay.values() for text in texts}
            stay[number] = [text for text in self.values(item) if text in wanted and text not in taken][:1]
        kept = {text for texts in stay.values() for text in texts}
        missing = [text for text in wanted if text not in kept]
        result: list[Row | None] = []
        for number, item in enumerate(own):
            values = self.values(item)
            chosen = stay[number] or (missing[:1] if values else [])
            if chosen and not stay[number]:
                missing.pop(0)
            if not values or values == chosen:
                result.append(item)
            else:
                result.append(self.rewritten(item, chosen[0]) if chosen else None)
        return result, [self.fresh(text) for text in missing]


def well_formed(value: Json) -> bool:
    """Whether a value is a list of rows or nothing at all."""
    return value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value))
