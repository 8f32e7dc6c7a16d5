"""A first load under the vendors' own limits: which share of the quota's ceiling is reached, and how much memory it takes."""

from __future__ import annotations

import threading
import time
from typing import Any

import psutil
import requests

from benchmarks.endtoend import Site, quiet
from benchmarks.figures import Figure, repeat
from benchmarks.stand import VENDORS, hub_running, sandboxes, until
from hub.processes.supervisor import Supervisor
from sandbox.bitrix24.items import IMPORT_SECONDS
from sandbox.bitrix24.limits import MINUTES, OPERATING_LIMIT

COUNT = 20_000  # customers, and as many orders
GOODS = [f"SV-{n:03d}" for n in range(1, 13)]
UNITS = {"objects": "objects/s", "ceiling": "objects/s", "share": "% of the ceiling"} | {
    f"memory_{name}": f"MB, greatest worker, {words}"
    for name, words in (("quarter", "after a quarter"), ("half", "at half time"), ("end", "at the end"))
}
BATCH, PER_SECOND = (
    50,
    2.0,
)  # Bitrix24: commands in a batch, batches a second in the long run (vendor's docs: limits), the tightest of the three
COMMANDS = 3  # a contact's one, and a deal's two: itself and its rows


def least(count: int) -> float:
    """Seconds that Bitrix24's limits leave as the least for ``count`` contacts and as many deals: its requests, and the run time of one method
    within ten minutes, which the deals use up. What an import takes is the stand-in's figure: the vendor publishes none."""
    requests = COMMANDS * count / BATCH / PER_SECOND
    full, rest = divmod(count * IMPORT_SECONDS, OPERATING_LIMIT)
    return max(requests, full * MINUTES * 60 + rest / IMPORT_SECONDS / (BATCH * PER_SECOND / 2) if full else 0.0)


def run(runs: int, scale: float) -> list[Figure]:
    figures: list[Figure] = []
    for part in (0.25, 1.0):  # memory must not grow with the size
        count = max(200, int(COUNT * scale * part))
        figures += repeat("backfill", f"{count} customers and {count} orders", lambda c=count: once(c), runs=1, units=UNITS)  # type: ignore[misc]
    return figures


def once(count: int) -> dict[str, float]:
    """Fill the site, load it into the two others with limits on; counted from the start of the hub's processes to the last echo."""
    with sandboxes(VENDORS, enforce=False) as urls:
        site = Site(urls["site"])
        site.fill(count)
        orders(site, count)
        for url in urls.values():
            requests.post(f"{url}/_sandbox/limits", json={"enforce": True}, timeout=10)
        with hub_running(urls, limits="published") as (hub, _, supervisor):
            watch = Memory(supervisor)
            started = time.monotonic()
            until(lambda: quiet(hub), 6 * 3600, pause=1.0)
            spent = time.monotonic() - started
            watch.over.set()
    ceiling = 2 * count / least(count)
    return {"objects": 2 * count / spent, "ceiling": ceiling, "share": 100 * 2 * count / spent / ceiling, **watch.curve()}


def orders(site: Site, count: int) -> None:
    """An order of two lines for each customer."""
    for start in range(0, count, 100):
        bodies: list[dict[str, Any]] = [
            {
                "customer_id": site.ids[n],
                "status": "processing",
                "line_items": [{"sku": GOODS[n % 12], "quantity": 1}, {"sku": GOODS[(n + 5) % 12], "quantity": 2}],
            }
            for n in range(start, min(start + 100, count))
        ]
        site.send("orders/batch", {"create": bodies})


class Memory(threading.Thread):
    """The greatest resident size of a worker, in MB, sampled each second: flat where it does not grow with what was loaded."""

    def __init__(self, supervisor: Supervisor) -> None:
        super().__init__(daemon=True)
        self.supervisor, self.over, self.sizes = supervisor, threading.Event(), list[float]()
        self.start()

    def curve(self) -> dict[str, float]:
        """The greatest size until a quarter and a half of the time, and until its end."""
        count = len(self.sizes)
        return {
            f"memory_{name}": max(self.sizes[: max(1, int(count * part))])
            for name, part in (("quarter", 0.25), ("half", 0.5), ("end", 1.0))
        }

    def run(self) -> None:
        while not self.over.wait(1.0):
            sizes = [0.0]
            for name, child in list(self.supervisor.children.items()):
                if name.startswith("worker"):
                    try:
                        sizes.append(psutil.Process(child.pid).memory_info().rss / 2**20)
                    except psutil.Error:
                        continue
            self.sizes.append(max(sizes))
