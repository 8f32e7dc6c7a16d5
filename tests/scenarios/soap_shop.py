"""The shop of examples/onec-soap.yaml: a base that has a web service of its own and nothing else, the site, and the hub between them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml
from sqlalchemy import select

from hub.storage.tables import record
from hub.sync import rounds
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from sandbox.onec.app import Onec
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import Shop

EXAMPLE = Path(__file__).parents[2] / "examples" / "onec-soap.yaml"
MESSAGES = EXAMPLE.parent / "onec-enterprisedata.yaml"


class Served(Shop):
    """The shop, and what people do in its base."""

    def __init__(self, hub: Any, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        super().__init__(hub, urls, vendors)
        self.base_url, self.base = urls["uchet"], vendors["uchet"]
        connector = hub.connectors["uchet"]
        connector.api.http.sleep = lambda seconds: None  # nobody waits here for a base that is away
        if exchange := getattr(connector, "exchange", None):
            exchange.client.sleep = lambda seconds: None

    def round(self) -> None:
        """One round of messages, and what follows from it."""
        rounds.work(self.hub, "uchet")
        self.clock.skip(1.0)

    def settle(self) -> None:
        """All that can be done now; then half a minute passes, so that what is tried again is due."""
        for _ in range(40):
            busy = (
                Intake(self.hub).run() + sum(Deliverer(self.hub, system).drain() for system in self.hub.settings.systems) + self.approve()
            )
            if not busy:
                break
        self.clock.skip(30.0)

    def buyer(self, **more: Any) -> dict[str, Any]:
        person = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": {"phone": "+79031234567"}}
        made: dict[str, Any] = self.site("POST", "customers", person | more)
        return made

    def place(self, user: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An order of the site."""
        lines = [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}, {"sku": "SV-001", "quantity": 1}]
        body = {"customer_id": user["id"], "status": "processing", "customer_note": "Позвонить", "line_items": lines}
        made: dict[str, Any] = self.site("POST", "orders", body | more)
        return made

    def records(self, entity: str) -> list[dict[str, Any]]:
        with self.hub.store.read() as at:
            return [
                dict(data)
                for data in at.execute(select(record.c.data).where(record.c.entity == entity, record.c.merged_into.is_(None))).scalars()
            ]

    def table(self, name: str) -> list[dict[str, Any]]:
        return list(self.base.services.shop.tables[name].values())

    def put(self, table: str, **row: Any) -> dict[str, Any]:
        """What a person writes in the base; with an Id, changes."""
        found: dict[str, Any] = self.control(put={table: [row]})[table][0]
        return found

    def control(self, **body: Any) -> Any:
        answer = requests.post(f"{self.base_url}/_sandbox/soap", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str, match: str = "^POST /ut/ws/", count: int = 1, **more: Any) -> None:
        rule = {"kind": kind, "match": match, "count": count, "status": 502, **more}
        requests.post(f"{self.base_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()

    def faulted(self, kind: str) -> int:
        return int(requests.get(f"{self.base_url}/_sandbox/faults", timeout=5).json().get(kind, 0))


def configuration(urls: dict[str, str], example: Path = EXAMPLE) -> dict[str, Any]:
    raw: dict[str, Any] = yaml.safe_load(example.read_text())
    for system, of in raw["systems"].items():
        of |= {"url": urls[system], "mode": "live"}
    raw["systems"]["uchet"]["url"] += "/ut"
    raw["systems"]["uchet"]["options"].pop("maintenance", None)
    return raw


@contextmanager
def opened(folder: Path, url: str = "", example: Path = EXAMPLE, **changes: Any) -> Iterator[Served]:
    """A shop with an empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``."""
    vendors: dict[str, Any] = {"uchet": Onec(), "site": Woocommerce(allow_loopback_webhooks=True)}
    with hub_between(vendors, lambda urls: configuration(urls, example) | changes, folder, url) as (hub, urls):
        yield Served(hub, urls, vendors)
