"""Which other programs write to a shop: an order says what made it (``created_via``), and those of the hub bear its key."""

from __future__ import annotations

from collections import Counter
from typing import Any

from connectors.contract import Finding
from connectors.errors import ConnectorError
from connectors.others import nobody, writer
from connectors.woocommerce.api import Api
from connectors.woocommerce.shape import KEY

Json = Any
ITSELF = frozenset({"", "checkout", "admin", "store-api", "store_api"})  # the shop's own ways (woocommerce docs: orders)
KEYS = "WooCommerce → Настройки → Дополнительно → REST API, и список плагинов"
KEYS_EN = "WooCommerce → Settings → Advanced → REST API, and the list of plugins"


def others(api: Api) -> list[Finding]:
    """A finding for each way in which the newest hundred orders were made by neither the shop nor the hub."""
    try:
        rows = api.get("orders", {"per_page": 100, "orderby": "date", "order": "desc"})[0]
    except ConnectorError:
        return []
    seen = Counter(str(row.get("created_via") or "") for row in rows if not _ours(row))
    found = [
        writer(
            way, f"заказы через {way}: {count} из последних {len(rows)}", f"orders by {way}: {count} of the last {len(rows)}", KEYS, KEYS_EN
        )
        for way, count in sorted(seen.items())
        if way not in ITSELF
    ]
    return found or [nobody()]


def _ours(row: Json) -> bool:
    return any(meta.get("key") == KEY for meta in row.get("meta_data") or ())
