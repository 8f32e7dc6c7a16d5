"""Which other programs write to an account: the audit log names the login and the way of every change (moysklad docs: audit)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.contract import Finding
from connectors.errors import ConnectorError
from connectors.moysklad.api import Api
from connectors.others import nobody, writer

Json = Any
PROGRAMS = ("remap-1.2", "connectors", "import")  # ways that no person at a screen or a till takes
DAYS = 7
USERS, USERS_EN = "МойСклад → Настройки → Сотрудники", "MoySklad → Settings → Employees"
AUDIT = "МойСклад → Настройки → Сотрудники → роль: разрешите «Аудит», тогда видно, кто ещё пишет"
AUDIT_EN = "MoySklad → Settings → Employees → role: allow the audit log, which shows who else writes"


def others(api: Api, own: str) -> list[Finding]:
    """A finding for each login besides ``own`` that a program used in the last week: the hundred newest changes are looked at."""
    moment = (datetime.now(ZoneInfo("Europe/Moscow")) - timedelta(days=DAYS)).strftime("%Y-%m-%d %H:%M:%S")
    sources = ";".join(f"source={name}" for name in PROGRAMS)
    try:
        rows = api.get("audit", {"filter": f"moment>={moment};{sources}", "limit": 100})["rows"]
    except ConnectorError as error:
        told = error.message.rstrip(".")
        return [
            Finding("others", False, f"Журнал аудита не виден: {told}", f"The audit log is not seen: {told}", AUDIT, AUDIT_EN, warn=True)
        ]
    seen = Counter((str(row.get("uid", "")), str(row.get("source", ""))) for row in rows)
    found = [
        writer(
            uid,
            f"{uid} через {way}, изменений за неделю: {count}",
            f"{uid} by {way}, {count} changes this week",
            f"{USERS} → {uid}",
            f"{USERS_EN} → {uid}",
        )
        for (uid, way), count in sorted(seen.items())
        if uid and uid != own
    ]
    return found or [nobody()]
