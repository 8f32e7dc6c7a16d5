"""A hub in this process and the vendors' stand-ins over real HTTP: what a scenario needs, and nothing that a user could not see."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import requests
import yaml
from sqlalchemy import func, select

from hub.app import Hub
from hub.config.settings import ConfigSchema, Settings, build
from hub.decisions import brakes
from hub.storage import inbox, tables
from hub.storage.brakes import undecided
from hub.storage.tables import delivery
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from hub.sync.poll import poll
from mappings.parsed import LOADER
from sandbox.bitrix24.app import Bitrix24
from sandbox.moysklad.app import TOKEN, Moysklad
from sandbox.retailcrm.app import Retailcrm
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import SECRETS, Clock, hub_between

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
RETAILCRM = EXAMPLE.parent / "examples" / "moysklad-retailcrm-site.yaml"


class Shop:
    """The example shop: ``sklad`` and ``site`` and, where asked for, ``crm``, the hub between them, and clients as users have them."""

    exporting: tuple[str, ...] = ("cdp",)  # systems whose lists are exports

    def __init__(self, hub: Hub, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        self.hub, self.sklad_url, self.site_url, self.crm_url = hub, urls.get("sklad", ""), urls["site"], urls.get("crm", "")
        self.agreeing = True  # the owner says yes to whatever the hub asks
        self.clock: Clock = hub.clock  # type: ignore[assignment]
        self.sklad_app: Moysklad = vendors.get("sklad")  # type: ignore[assignment]
        self.site_app: Woocommerce = vendors["site"]
        self.crm_app: Bitrix24 | None = vendors.get("crm")
        self.retail_url, self.retail_app = urls.get("retail", ""), vendors.get("retail")

    def sklad(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = requests.request(
            method, f"{self.sklad_url}/api/remap/1.2/entity/{path}", json=body, params=params, headers=headers, timeout=10
        )
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def site(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        url = f"{self.site_url}/wp-json/wc/v3/{path}"
        answer = requests.request(method, url, json=body, params=params, auth=("ck_sandbox", "cs_sandbox"), timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def crm(self, method: str, /, **params: Any) -> Any:
        """A method of the portal, as the user of an incoming webhook calls it."""
        answer = requests.post(f"{self.crm_url}/rest/1/sandboxsecret/{method}", json=params, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()["result"]

    def poll(self) -> None:
        for system in self.hub.settings.systems:
            for resource in self.hub.resources(system):
                self.look(system, resource)

    def look(self, system: str, resource: str) -> None:
        """One poll of a list. Of an export, which its vendor prepares first, as many as it takes to be there."""
        for _ in range(5 if system in self.exporting else 1):
            poll(self.hub, system, resource)
            with self.hub.store.read_intake() as at:
                if inbox.get_cursor(at, system, resource)["began_at"] is None:
                    return

    def busy(self, seconds: float) -> None:
        """All that can be done without a person, until nothing was for forty seconds: what asks one, and is tried again later, is left."""
        deadline, idle = time.monotonic() + seconds, 0
        while idle < 20 and time.monotonic() < deadline:
            busy = Intake(self.hub).run() + self.deliver()
            with self.hub.store.write() as at:
                self.hub.outbox.expire(at, now=self.hub.clock())
            idle = 0 if busy else idle + 1
            if not busy:
                self.clock.skip(2.0)

    def take(self) -> None:
        """Intake alone: what came in is merged, nothing is written."""
        while Intake(self.hub).run():
            pass

    def work(self, seconds: float = 200.0) -> None:
        """Intake and drains until nothing is due; ``seconds`` of the shop's clock at most."""
        deadline = self.clock() + seconds
        while self.clock() < deadline:
            busy = Intake(self.hub).run() + self.deliver()
            busy += self.approve() if self.agreeing else 0
            with self.hub.store.write() as at:
                self.hub.outbox.expire(at, now=self.hub.clock())
            if not busy and not self.waiting():
                return
            if not busy:
                self.clock.idle(self.next_due())
        raise AssertionError(f"not quiet after {seconds} s: {self.queue()}")

    def deliver(self) -> int:
        """One drain of each system that has something due, as the scheduler has them drained. Returns how many deliveries were ended."""
        with self.hub.store.read() as at:
            due = self.hub.outbox.due(at, self.hub.settings.systems, now=self.hub.clock())
        return sum(Deliverer(self.hub, system).drain() for system in self.hub.settings.systems if system in due)

    def next_due(self) -> float:
        """When the next delivery or row of the inbox comes due; infinity where none will. What is due by now and was not done waits for something else."""
        now, systems, rows = self.hub.clock(), list(self.hub.settings.systems), tables.inbox.c
        later = rows.priority.in_(inbox.PRIORITIES), rows.system.in_(systems), rows.due_at > now  # a range of the index
        with self.hub.store.read() as at:
            times = [since for since in self.hub.outbox.oldest(at, systems).values() if since > now]
        with self.hub.store.read_intake() as at:
            times += [since for since in at.execute(select(func.min(rows.due_at)).where(*later)).scalars() if since is not None]
        return min(times, default=math.inf)

    def approve(self, answer: str = brakes.APPROVE) -> int:
        """Answer every open question. Returns how many there were."""
        with self.hub.store.read() as at:
            rows = undecided(at)
        for row in rows:
            brakes.decide(self.hub, row["id"], answer, actor="owner")
        return len(rows)

    def waiting(self) -> bool:
        """Whether something will come due soon by itself."""
        with self.hub.store.read_intake() as at:
            if inbox.depth(at):
                return True
        with self.hub.store.read() as at:
            counts = self.hub.outbox.counts(at)
        return any(state in ("retrying", "unknown", "waiting", "leased", "pending") for (_, _, state) in counts)

    def sync(self) -> None:
        self.poll()
        self.work()

    def queue(self) -> list[tuple[Any, ...]]:
        d = delivery.c
        with self.hub.store.read() as at:
            rows = at.execute(
                delivery.select().with_only_columns(
                    d.system, d.entity, d.state, d.error_class, d.error_code, d.error_field, d.error_text, d.reason, d.waits_for
                )
            )
            return [tuple(row) for row in rows]

    def rows(self) -> list[dict[str, Any]]:
        """The deliveries, with everything that the queue knows of them."""
        with self.hub.store.read() as at:
            return [dict(row) for row in at.execute(delivery.select()).mappings()]

    def counters(self) -> dict[str, int]:
        from hub.storage import states

        with self.hub.store.read() as at:
            return states.counters(at)


def example(urls: dict[str, str], config: Path = EXAMPLE) -> dict[str, Any]:
    """A shipped configuration, live and pointed at the stand-ins; systems without one are left out."""
    raw: dict[str, Any] = yaml.load(config.read_text(), LOADER)
    raw["systems"] = {system: of for system, of in raw["systems"].items() if system in urls}
    for system, of in raw["systems"].items():
        of |= {"url": urls[system], "mode": "live"}
        of["options"] = {**of.get("options", {}), **({"oauth_url": urls[system], "request_seconds": 15} if system == "crm" else {})}
    chosen = {entity: {s: r for s, r in routes.items() if s in urls} for entity, routes in raw["routes"].items()}
    raw["routes"] = {entity: routes for entity, routes in chosen.items() if routes}
    for policies in raw.get("policies", {}).values():
        for policy in policies.values():
            policy["systems"] = [system for system in policy.get("systems", ()) if system in urls]
    for values in raw.get("directories", {}).values():
        for value, row in values.items():
            values[value] = {name: twins for name, twins in row.items() if name in urls or name in ("ru", "en")}
    return raw


def settings(folder: Path, urls: dict[str, str], config: Path = EXAMPLE, **changes: Any) -> Settings:
    """Settings of a shipped configuration at the stand-ins."""
    os.environ.update(SECRETS)
    return build(ConfigSchema().load({**example(urls, config), "folder": str(folder), **changes}), folder, {})


@contextmanager
def opened(folder: Path, url: str = "", *, crm: bool = False, retail: bool = False, **changes: Any) -> Iterator[Shop]:
    """A shop with an empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``; ``crm``: with Bitrix24 as third system;
    ``retail``: with RetailCRM, as its own shipped configuration has it."""
    vendors: dict[str, Any] = {"sklad": Moysklad(allow_loopback_webhooks=True), "site": Woocommerce(allow_loopback_webhooks=True)}
    if crm:
        vendors["crm"] = Bitrix24(allow_loopback_webhooks=True, allow_http=True)
    if retail:
        vendors["retail"] = Retailcrm(allow_loopback_webhooks=True)
    configured = partial(example, config=RETAILCRM if retail else EXAMPLE)
    with hub_between(vendors, lambda urls: configured(urls) | changes, folder, url) as (hub, urls):
        yield Shop(hub, urls, vendors)
