"""Additional fields of InSales by the type of their definition (the vendor's clients name the types): the type of a field of one's own, and the
options of its line."""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "Field::TextField": ("text", {}),
    "Field::TextArea": ("text", {}),
    "Field::Checkbox": ("boolean", {"as": "boolean"}),
}
