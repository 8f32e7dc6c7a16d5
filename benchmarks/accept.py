"""Accepting webhooks: until the 2xx, committed. SQLite and PostgreSQL; quiet, and while a backlog drains."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import requests

from benchmarks.figures import Figure, percentile, repeat
from benchmarks.stand import ROOT, database, hub_running, sandboxes, until
from hub.app import Hub
from hub.storage import inbox, states

STEADY = 200.0  # webhooks a second
UNITS = {"rate": "1/s", "p50": "ms", "p99": "ms"}
BACKLOG = 20_000
CONNECTIONS = 8


def run(runs: int, scale: float) -> list[Figure]:
    figures: list[Figure] = []
    seconds = max(3.0, 15.0 * scale)
    for kind in ("sqlite", "postgresql"):
        with ExitStack() as stack:
            url = stack.enter_context(database(kind))
            hub, address, _ = stack.enter_context(hub_running({"sklad": "http://127.0.0.1:9"}, database=url, workers=0))
            for rate, case in ((0.0, "all it carries"), (STEADY, f"{STEADY:.0f} a second")):
                figures += repeat("accept", f"{kind}, {case}", Load(hub, address, rate, seconds), runs=runs, units=UNITS)
        with ExitStack() as stack:
            url = stack.enter_context(database(kind))
            hub, address = stack.enter_context(draining(url, int(BACKLOG * scale)))
            case = f"{kind}, {STEADY:.0f} a second while {int(BACKLOG * scale)} deliveries drain"
            figures += repeat("accept", case, Load(hub, address, STEADY, seconds), runs=runs, units=UNITS)
    return figures


@dataclass(frozen=True)
class Load:
    """Webhooks of the warehouse at a rate (0: as many as the connections carry), from a process of its own."""

    hub: Hub
    address: str
    rate: float
    seconds: float

    def __call__(self) -> dict[str, float]:
        """One run. Raises RuntimeError where a webhook was refused."""
        hook = f"{self.address}/webhooks/sklad/{self.hub.settings.systems['sklad'].webhook_secret}"
        load = [hook, str(self.rate), str(self.seconds), str(CONNECTIONS), known_base(self.hub)]
        ran = subprocess.run([sys.executable, "-m", "benchmarks.load", *load], stdout=subprocess.PIPE, check=True, cwd=ROOT)
        found = json.loads(ran.stdout)
        if found["refused"]:
            raise RuntimeError(f"{found['refused']} webhooks were refused")
        latencies = [1000 * x for x in found["latencies"]]
        return {"rate": len(latencies) / found["seconds"], "p50": percentile(latencies, 0.5), "p99": percentile(latencies, 0.99)}


def known_base(hub: Hub) -> str:
    """The account that the hub takes its warehouse's webhooks from; any, where it has heard of none yet."""
    with hub.store.read() as at:
        return str((states.get(at, "sklad")["fingerprint"] or {}).get("base") or uuid.uuid4())


@contextmanager
def draining(database_url: str, backlog: int) -> Iterator[tuple[Hub, str]]:
    """A hub with that many customers of the warehouse on their way to the site."""
    with sandboxes({"sklad": "moysklad", "site": "woocommerce"}, enforce=False) as urls:
        fill(urls["sklad"], backlog)
        with hub_running(urls, database=database_url) as (hub, address, _):
            until(lambda: loaded(hub), 600)
            yield hub, address


def loaded(hub: Hub) -> bool:
    """Whether all first loads are read and merged: from then on the backlog drains."""
    with hub.store.read_intake() as at:
        rows = inbox.cursors(at)
        every = all(rows.get((s, r), {}).get("loaded_at") for s in hub.settings.systems for r in hub.resources(s))
        return every and not inbox.loading(at)


def fill(sklad: str, count: int) -> None:
    """Counterparties with an e-mail each, through the vendor's API."""
    headers = {"Authorization": "Bearer sandbox-moysklad-token", "Accept-Encoding": "gzip"}
    for start in range(0, count, 1000):
        people = [
            {
                "name": f"Клиент {n}",
                "legalFirstName": f"Имя{n}",
                "companyType": "individual",
                "email": f"c{n}@example.ru",
                "phone": f"+7927{n:07d}",
            }
            for n in range(start, min(start + 1000, count))
        ]
        requests.post(f"{sklad}/api/remap/1.2/entity/counterparty", json=people, headers=headers, timeout=60).raise_for_status()
