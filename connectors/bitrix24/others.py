"""Which other programs write to a portal: what they signed as theirs, and the calls that they registered.

The portal shows nobody the event handlers of others (bitrix24 docs: event.get lists one's own), but each object says who made it
(``originatorId``), and each row of the call statistics which application registered it (``REST_APP_ID``).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from connectors.bitrix24.api import Api
from connectors.bitrix24.manifest import ORIGINATOR
from connectors.contract import Finding
from connectors.errors import ConnectorError
from connectors.others import nobody, writer

Json = Any
KINDS = {3: ("контактах", "contacts"), 2: ("сделках", "deals")}
CALLS = 50  # newest calls whose application is looked at
APPS = "Битрикс24 → Разработчикам → Интеграции"
APPS_EN = "Bitrix24 → Developer resources → Integrations"


def others(api: Api) -> list[Finding]:
    """A finding for each; what may not be read tells nothing."""
    found = [*_originators(api), *_applications(api)]
    return found or [nobody()]


def _originators(api: Api) -> list[Finding]:
    seen: dict[str, Counter[str]] = {}
    for kind, (ru, _) in KINDS.items():
        known = [ORIGINATOR, ""]
        for _ in range(10):  # each page is asked without the originators known so far: a few pages name all of them
            rows = _asked(api, kind, known)
            for row in rows:
                seen.setdefault(str(row.get("originatorId") or ""), Counter())[ru] += 1
            fresh = {str(row.get("originatorId") or "") for row in rows} - set(known)
            if not fresh:
                break
            known += sorted(fresh)
    english = dict(KINDS.values())
    return [
        writer(
            name, f"{name} (в {', '.join(where)})", f"{name} (in {', '.join(english[kind] for kind in where)})", f"{APPS}: найдите «{name}»", f"{APPS_EN}: find '{name}'"
        )
        for name, where in sorted(seen.items())
        if name
    ]  # fmt: skip


def _asked(api: Api, kind: int, known: list[str]) -> list[Json]:
    params = {
        "entityTypeId": kind,
        "select": ["id", "originatorId"],
        "filter": {"!@originatorId": known},
        "order": {"id": "DESC"},
        "start": -1,
    }
    try:
        return list((api.call("crm.item.list", params).result or {}).get("items") or ())
    except ConnectorError:
        return []


def _applications(api: Api) -> list[Finding]:
    """Telephone exchanges and the like; our own calls carry our application's number, which only an application can ask for."""
    try:
        own = str((api.call("app.info").result or {}).get("ID", "")) if api.access.is_app else ""
        rows = api.call("voximplant.statistic.get", {"FILTER": {}, "SORT": "ID", "ORDER": "DESC"}).result or ()
    except ConnectorError:
        return []
    apps = Counter(str(row.get("REST_APP_ID") or "") for row in list(rows)[:CALLS])
    return [
        writer(f"app {app}", f"приложение № {app} пишет звонки ({count})", f"application no. {app} writes calls ({count})", APPS, APPS_EN)
        for app, count in sorted(apps.items())
        if app not in ("", "0", own)
    ]
