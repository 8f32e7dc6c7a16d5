"""The modules whose import fills the table of methods."""

from __future__ import annotations

from importlib import import_module

MODULES = (
    "items", "legacy", "product_rows", "activity_methods", "todo", "lines", "telephony", "statistics", "dictionaries", "statuses", "comments", "catalogue",
    "duplicates", "merging", "user_fields", "event_methods", "offline_methods", "portal_methods",
)  # fmt: skip


def load() -> None:
    for name in MODULES:
        import_module(f"sandbox.bitrix24.{name}")
