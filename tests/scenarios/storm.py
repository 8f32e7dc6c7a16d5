"""A storm over a whole shop: people act, calls to every vendor break, and the hub's process dies at the door of any transaction, at random."""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import requests

from connectors.limiter import LocalLimiter
from hub.app import assemble
from hub.decisions import lost
from hub.storage.engine import Store
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from hub.sync.made import LOST
from tests.blank import SCRATCH
from tests.property.vendors import Killed
from tests.property.world import MortalStore
from tests.scenarios.points_verdict import standing
from tests.scenarios.shop import Shop

KINDS = ("reset_before", "reset_after", "truncated", "error", "html", "late_effect")
ROUNDS, CALM = 5, 600  # of a turn; in which everything must have come to rest
STEP = 5.0  # seconds that pass in a round in which nothing was to be done
DEADLY = 60  # transactions among which one is the last
HUBS = "^(?!GET /wp-json/wc/v3/orders/|(POST|PUT) /wp-json/wc/v3/(?!.*batch)|POST /rest/1/)"  # all calls but those of people
LATE = 8.0  # seconds until a lost call acts after all


def mortal(store: Store) -> Store:
    return MortalStore(store.main, store.intake_engine, store.clock)


def round_of(shop: Any) -> tuple[bool, int]:
    """One round of all workers. Whether there was something to do (else some time has passed), and how many lost answers a person settled."""
    busy, settled = Intake(shop.hub).run(), 0
    for system in shop.hub.settings.systems:
        busy += Deliverer(shop.hub, system).drain()
    with shop.hub.store.write() as at:
        busy += shop.hub.outbox.expire(at, now=shop.hub.clock())
    if not busy:
        approved, settled = shop.approve(), settle(shop)  # so many orders an hour are asked about
        busy = approved + settled
    if not busy:
        shop.clock.skip(STEP)
    return bool(busy), settled


def settle(shop: Any) -> int:
    """A person looks into the programme's cabinet for what may have been posted without a trace."""
    rows = [row for row in Shop.rows(shop) if row["error_code"] == LOST and row["state"] == "dead"]
    for row in rows:
        if number := standing(shop, row["record_id"]):
            lost.found(shop.hub, row["id"], number, actor="olga")
        else:
            lost.not_done(shop.hub, row["id"], actor="olga")
    return len(rows)


def command(play: Callable[[Path, int, int], dict[str, Any]], troubles: int) -> click.Command:
    """A storm as a command, with so many troubles where nobody says how many."""

    @click.command()
    @click.option("--troubles", default=troubles)
    @click.option("--seed", default=1)
    def main(troubles: int, seed: int) -> None:
        """Play a storm and print the verdict."""
        with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
            click.echo(json.dumps(play(Path(folder), seed, troubles), ensure_ascii=False))

    return main


class Storm:
    """``faulty``: share of the calls that break; ``killed``: share of the hub's turns that end in its death."""

    def __init__(self, shop: Any, urls: dict[str, str], seed: int, *, faulty: float = 0.08, killed: float = 0.5) -> None:
        self.shop, self.urls, self.random, self.killed = shop, urls, random.Random(seed), killed
        self.deaths = self.settled = 0
        self._quick()
        rules = [{"kind": kind, "match": HUBS, "rate": faulty / len(KINDS), "seconds": LATE, "status": 503} for kind in KINDS]
        for url in urls.values():
            requests.post(f"{url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()

    @property
    def troubles(self) -> int:
        return self.deaths + self.broken().total()

    def broken(self) -> Counter[str]:
        """Calls that broke so far, by system."""
        return Counter({name: sum(requests.get(f"{url}/_sandbox/faults", timeout=5).json().values()) for name, url in self.urls.items()})

    def turn(self) -> None:
        """The hub works for a moment, and may not see its end."""
        store = self.shop.hub.store
        store.fuse = self.random.randint(1, DEADLY) if self.random.random() < self.killed else None
        try:
            self.shop.poll()
            for _ in range(ROUNDS):
                self._round()
            store.fuse = None
        except Killed:
            self.deaths += 1
            self._restart()

    def calm(self) -> None:
        """Nothing breaks any more: until nothing is left to be done."""
        self.shop.hub.store.fuse = None
        for url in self.urls.values():
            requests.delete(f"{url}/_sandbox/faults", timeout=5)
        for _ in range(4):
            self.shop.poll()
            for _ in range(CALM):
                if not self._round() and not self.shop.waiting():
                    break
            else:
                raise AssertionError(f"not quiet: {self.shop.queue()}")

    def _round(self) -> bool:
        busy, settled = round_of(self.shop)
        self.settled += settled
        return busy

    def _restart(self) -> None:
        """A new process on the same databases, a minute later: leases have lapsed."""
        old = self.shop.hub
        self.shop.hub = assemble(old.settings, mortal(old.store), lambda _, __: LocalLimiter(()), old.mappings)
        self._quick()
        self.shop.clock.skip(60.0)

    def _quick(self) -> None:
        """No time is slept through between the tries of a read."""
        for connector in self.shop.hub.connectors.values():
            connector.api.http.sleep = lambda seconds: None
