"""Meta data of WooCommerce by the kind of the values met, for the shop declares none: the type of a field of one's own, and the options
of its line."""

from __future__ import annotations

from typing import Any

TYPES: dict[str, tuple[str, dict[str, Any]]] = {"string": ("text", {"as": "woo_text"})}
