"""Who calls: employees of the directory with a store, there today, and known to the system in which they see their tasks."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import Connection

from hub.app import Hub
from hub.calling.case import Working
from hub.config.sections.campaigns import Employee
from hub.config.sections.campaigns import employees as employees_of
from hub.config.settings import zone
from hub.storage import directories

EMPLOYEE = "employee"


def employees(hub: Hub, at: Connection) -> dict[str, Employee]:
    """What is known of employees: what people said of each on the page of directories, else the configuration."""
    said = {one.value: employees_of({one.value: one.about}) for one in directories.values(at, EMPLOYEE) if one.about}
    return dict(hub.settings.employees) | {name: found[name] for name, found in said.items()}


def working(hub: Hub, at: Connection, now: float) -> dict[str, Working]:
    """Those who may be given calls now. Who has left the system in which tasks are shown, or is on leave, is not among them."""
    known = employees(hub, at)
    return {
        name: Working(name, one.store, one.cap)
        for name in there(hub, at)
        if (one := known.get(name)) and one.store and not one.is_away(_today(hub, one.store, now))
    }


def present(hub: Hub, at: Connection, now: float) -> frozenset[str]:
    """Whose tasks stay with them: a person may have given one to somebody who has no store."""
    known = employees(hub, at)
    return frozenset(name for name in there(hub, at) if not ((one := known.get(name)) and one.is_away(_today(hub, one.store, now))))


def there(hub: Hub, at: Connection) -> list[str]:
    """Employees whom every system that shows tasks knows as active."""
    showing = [
        s for s in hub.takers("call_task") if (m := hub.giving(s, "call_task")) and "update" in hub.resource(s, m.resource).operations
    ]
    values = [one for one in directories.values(at, EMPLOYEE) if one.active]
    return [one.value for one in values if all(any(t.active for t in one.twins.get(system, ())) for system in showing)]


def _today(hub: Hub, store: str, now: float) -> date:
    return datetime.fromtimestamp(now, UTC).astimezone(zone(hub.settings.zone_of(store))).date()
