"""Which other programs write to an account: the history says what other keys changed, and not whose they are."""

from __future__ import annotations

from collections import Counter

from connectors.contract import Finding
from connectors.errors import ConnectorError
from connectors.others import nobody, writer
from connectors.retailcrm.api import Api
from connectors.retailcrm.feed import newest

KEYS = "RetailCRM → Настройки → Интеграция → Ключи доступа к API, и Маркетплейс"
KEYS_EN = "RetailCRM → Settings → Integration → API access keys, and Marketplace"


def others(api: Api, start: str) -> list[Finding]:
    """A finding where keys other than ours changed customers or orders, of the newest hundred changes since ``start``."""
    seen: Counter[str] = Counter()
    for resource in ("customers", "orders"):
        try:
            rows = newest(api, resource, start)
        except ConnectorError:
            continue  # the right lacks, which is told already
        seen[resource] = sum(row.get("source") == "api" and (row.get("apiKey") or {}).get("current") is False for row in rows)
    told = [
        writer(
            resource,
            f"{resource} по другим ключам API, за сутки не меньше: {count}",
            f"{resource} by other API keys, at least {count} in a day",
            KEYS,
            KEYS_EN,
        )
        for resource, count in sorted(seen.items())
        if count
    ]
    return told or [nobody()]
