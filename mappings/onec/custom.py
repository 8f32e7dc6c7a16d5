"""Local additions to a base of 1C by the type that a row shows: the type of a field of one's own, and the options of its line. A date is on the
base's own clock; an addition that refers to a list shows a guid alone, and gets no line."""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "string": ("text", {}),
    "number": ("decimal", {"as": "decimal"}),
    "boolean": ("boolean", {"as": "boolean"}),
    "datetime": ("moment", {"as": "onec_time"}),
}
