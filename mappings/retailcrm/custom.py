"""Additional fields of RetailCRM by the type of their definition (the vendor's page on custom fields): the type of a field of one's own,
and the options of its line. A row of a dictionary is told by its code."""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "string": ("text", {"max": 255}),
    "text": ("text", {}),
    "email": ("text", {"max": 255}),
    "dictionary": ("text", {"max": 255}),
    "integer": ("integer", {"as": "integer"}),
    "numeric": ("decimal", {"as": "decimal"}),
    "boolean": ("boolean", {"as": "boolean"}),
    "date": ("date", {"as": "iso_date"}),
    "datetime": ("moment", {"as": "retailcrm_time"}),
}
