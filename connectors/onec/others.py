"""Which other programs write to a base: exchange plans that are published show their nodes; who wrote an object the interface does not tell."""

from __future__ import annotations

from connectors.contract import Finding
from connectors.errors import ConnectorError
from connectors.onec.api import Api
from connectors.others import nobody, writer

PLANS = ("ExchangePlan_ОбменССайтом", "ExchangePlan_СинхронизацияДанныхЧерезУниверсальныйФормат")
SYNC = "1С → Администрирование → Синхронизация данных"
SYNC_EN = "1C → Administration → Data synchronisation"


def others(api: Api) -> list[Finding]:
    """A finding for each exchange that has a node beside the base's own."""
    found = []
    for plan in sorted(set(PLANS) & api.sets()):
        try:
            nodes = [row for row in api.rows(plan, top=20) if not row.get("ThisNode") and not row.get("DeletionMark")]
        except ConnectorError:
            continue
        name = plan.partition("_")[2]
        found += [
            writer(str(n.get("Description")), f"{name}: {n.get('Description')}", f"{name}: {n.get('Description')}", SYNC, SYNC_EN)
            for n in nodes
        ]
    return found or [nobody()]
