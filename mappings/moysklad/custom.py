"""Additional fields of MoySklad by the type of their definition (moysklad docs: additional fields): the type of a field of one's own, and
the options of its line."""

from __future__ import annotations

from typing import Any

NAMED: tuple[str, dict[str, Any]] = ("text", {"max": 255})
TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "string": ("text", {"max": 255}),
    "text": ("text", {"max": 4096}),
    "link": ("text", {"max": 255}),
    "long": ("integer", {"as": "integer"}),
    "double": ("decimal", {"as": "decimal"}),
    "boolean": ("boolean", {"as": "boolean"}),
    "time": ("moment", {"as": "moysklad_minute"}),
    "store": NAMED,
    "employee": NAMED,
    "project": NAMED,
    "contract": NAMED,
    "customentity": NAMED,
}
