"""End to end over HTTP: a user edits the site; how long until the last of the other systems has it, and how many such changes a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import func, select

from benchmarks.figures import Figure, percentile, repeat
from benchmarks.spent import KINDS, seconds
from benchmarks.stand import VENDORS, hub_running, sandboxes, until
from hub.app import Hub
from hub.processes.supervisor import Supervisor
from hub.storage import inbox
from hub.storage.tables import audit, link

PEOPLE = 2_000
RATE = 20.0  # edits a second while latencies are taken
LATENCY = {"p50": "s", "p99": "s", "served": "edits"}
THROUGHPUT = {"changes": "changes/s", "writes": "writes/s"} | dict.fromkeys(KINDS, "ms of a processor a change")


def run(runs: int, scale: float) -> list[Figure]:
    people, seconds = max(100, int(PEOPLE * scale)), max(5.0, 30.0 * scale)
    with sandboxes(VENDORS, enforce=False) as urls:
        site = Site(urls["site"])
        site.fill(people)
        with hub_running(urls) as (hub, _, supervisor):
            until(lambda: quiet(hub), 600)
            numbers = iter(range(10**9))
            figures = repeat(
                "end to end",
                f"{RATE:.0f} edits a second, three systems",
                lambda: latency(hub, site, seconds, numbers.__next__),
                runs=runs,
                units=LATENCY,
            )
            figures += repeat(
                "end to end",
                f"{people} edits at once",
                lambda: throughput(hub, site, numbers.__next__, supervisor),
                runs=runs,
                units=THROUGHPUT,
            )
    return figures


class Site:
    """A user of the shop, over its API."""

    def __init__(self, url: str) -> None:
        self.url, self.session, self.ids = f"{url}/wp-json/wc/v3", requests.Session(), list[int]()
        self.session.auth = ("ck_sandbox", "cs_sandbox")

    def send(self, path: str, body: Any, method: str = "POST") -> Any:
        answer = self.session.request(method, f"{self.url}/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def fill(self, count: int) -> None:
        for start in range(0, count, 100):
            people = [
                {"email": f"c{n}@example.ru", "first_name": f"Имя{n}", "last_name": "Ахметов", "billing": {"phone": f"+7927{n:07d}"}}
                for n in range(start, min(start + 100, count))
            ]
            self.ids += [row["id"] for row in self.send("customers/batch", {"create": people})["create"]]

    def rename_all(self, number: int) -> None:
        for start in range(0, len(self.ids), 100):
            self.send("customers/batch", {"update": [{"id": i, "last_name": f"Новиков {number}"} for i in self.ids[start : start + 100]]})


def quiet(hub: Hub) -> bool:
    """Nothing is under way, and every first load is done."""
    with hub.store.read_intake() as at:
        rows, depth = inbox.cursors(at), inbox.depth(at)
    with hub.store.read() as at:
        moving = sum(n for (_, _, state), n in hub.outbox.counts(at).items() if state not in ("done", "skipped", "dead"))
    return not depth and not moving and all(rows.get((s, r), {}).get("loaded_at") for s in hub.settings.systems for r in hub.resources(s))


def written(hub: Hub, since: int) -> tuple[int, dict[str, list[tuple[str, float]]]]:
    """(last row, external id at the site -> [(system, time)]) of the writes that succeeded after audit row ``since``."""
    a, query = audit.c, select(link.c.record_id, link.c.external_id).where(link.c.system == "site")
    with hub.store.read() as at:
        ids: dict[str, str] = dict(at.execute(query).tuples().all())
        rows = at.execute(
            select(a.id, a.record_id, a.system, a.at).where(a.id > since, a.action == "write.outcome", a.outcome == "ok")
        ).all()
    found: dict[str, list[tuple[str, float]]] = {}
    for _, record_id, system, moment in rows:
        found.setdefault(ids.get(record_id, ""), []).append((system, moment))
    return max([since, *(row[0] for row in rows)]), found


def newest(hub: Hub) -> int:
    with hub.store.read() as at:
        return int(at.execute(select(func.max(audit.c.id))).scalar() or 0)


def latency(hub: Hub, site: Site, seconds: float, number: Callable[[], int]) -> dict[str, float]:
    """Edits at a steady rate, each of another person; seconds from the edit's answer to the last target's."""
    since, edited, started = newest(hub), dict[str, float](), time.monotonic()
    for n, ident in enumerate(site.ids):
        due = started + n / RATE
        if due - started > seconds:
            break
        time.sleep(max(0.0, due - time.monotonic()))
        site.send(f"customers/{ident}", {"last_name": f"Соколов {number()}"}, "PUT")
        edited[str(ident)] = time.time()
    until(lambda: quiet(hub) and complete(hub, since, edited), 120)
    _, found = written(hub, since)
    taken = [max(moment for _, moment in found[ident]) - at for ident, at in edited.items()]
    return {"p50": percentile(taken, 0.5), "p99": percentile(taken, 0.99), "served": float(len(taken))}


def complete(hub: Hub, since: int, edited: dict[str, float]) -> bool:
    """Whether every edit reached every other system."""
    others = len(hub.settings.systems) - 1
    _, found = written(hub, since)
    return all(len({system for system, _ in found.get(ident, [])}) == others for ident in edited)


def throughput(hub: Hub, site: Site, number: Callable[[], int], supervisor: Supervisor) -> dict[str, float]:
    """Everybody renamed at once; changes and writes a second until the last target has the last of them, and what a change costs each kind
    of process."""
    before = seconds(supervisor)
    since, started = newest(hub), time.monotonic()
    site.rename_all(number())
    edited = dict.fromkeys(map(str, site.ids), 0.0)
    until(lambda: quiet(hub) and complete(hub, since, edited), 600, pause=0.5)
    spent = time.monotonic() - started
    _, found = written(hub, since)
    after = seconds(supervisor)
    cost = {kind: 1000.0 * (after[kind] - before[kind]) / len(edited) for kind in KINDS}
    return {"changes": len(edited) / spent, "writes": sum(map(len, found.values())) / spent} | cost
