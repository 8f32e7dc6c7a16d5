"""Which other programs write to an account: the history says what other keys changed, and not whose they are."""

from __future__ import annotations

from collections import Counter
from typing import Any

from connectors.contract import Finding
from connectors.errors import ConnectorError
from connectors.others import nobody, writer
from connectors.retailcrm.api import Api

Json = Any
KEYS = "RetailCRM → Настройки → Интеграция → Ключи доступа к API, и Маркетплейс"
KEYS_EN = "RetailCRM → Settings → Integration → API access keys, and Marketplace"


def others(api: Api) -> list[Finding]:
    """A finding where keys other than ours changed customers or orders among the newest hundred changes of the last pages."""
    seen: Counter[str] = Counter()
    for resource in ("customers", "orders"):
        for row in _newest(api, resource):
            seen[resource] += row.get("source") == "api" and (row.get("apiKey") or {}).get("current") is False
    told = [
        writer(
            resource,
            f"{resource} по другим ключам API, из последних изменений: {count}",
            f"{resource} by other API keys, of the newest changes: {count}",
            KEYS,
            KEYS_EN,
        )
        for resource, count in sorted(seen.items())
        if count
    ]
    return told or [nobody()]


def _newest(api: Api, resource: str) -> list[Json]:
    """The last page of the history; it is read by pages here, which goes without ``sinceId``."""
    try:
        asked = {"limit": 100}
        pages = int(api.get(f"{resource}/history", asked)["pagination"]["totalPageCount"])
        return list(api.get(f"{resource}/history", asked | {"page": max(1, pages)})["history"])
    except ConnectorError:
        return []
