"""User fields of Bitrix24 by their type, ``[]`` behind it where they hold several values (bitrix24 docs: crm.item.fields): the type of a
field of one's own, and the options of its line."""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[str, dict[str, Any]]] = {
    "string": ("text", {}),
    "url": ("text", {}),
    "integer": ("integer", {"as": "integer"}),
    "double": ("decimal", {"as": "decimal"}),
    "money": ("money", {"as": "bitrix_money"}),
    "boolean": ("boolean", {"as": "bitrix_yes_no"}),
    "date": ("date", {"as": "bitrix_date"}),
    "datetime": ("moment", {"as": "bitrix_datetime"}),
    "enumeration": ("text", {"as": "bitrix_enum"}),
    "string[]": ("list[text]", {"as": "tags"}),
}
