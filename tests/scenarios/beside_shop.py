"""The example shop with one more system beside it, which only tells: an acquirer, a carrier."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from hub.storage.tables import record
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.listening import listening
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between


class Shop(scene.Shop):
    """``name``: of the system beside; ``beside``: its stand-in."""

    name: str
    beside: Any
    beside_url: str

    def control(self, what: str, **body: Any) -> Any:
        answer = requests.post(f"{self.beside_url}/_sandbox/{what}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def counted(self, what: str) -> Any:
        return requests.get(f"{self.beside_url}/_sandbox/counters", timeout=5).json()[what]

    def placed(self, status: str, method: str) -> dict[str, Any]:
        """An order of the site, of two mugs, paid by that method."""
        body = {"status": status, "line_items": [{"sku": "SV-007", "quantity": 2, "total": "1700.00"}], "payment_method": method}
        made: dict[str, Any] = self.site("POST", "orders", body | {"billing": {"first_name": "Анна", "phone": "+79031234567"}})
        return made

    def order(self) -> dict[str, Any]:
        """The one order, as the hub has it."""
        with self.hub.store.read() as at:
            (data,) = at.execute(select(record.c.data).where(record.c.entity == "order", record.c.merged_into.is_(None))).scalars()
        return dict(data)

    @contextmanager
    def heard(self) -> Iterator[str]:
        """The address for the webhooks of the system beside, while the hub listens."""
        with listening(self.hub) as url:
            yield f"{url}/webhooks/{self.name}/hook-b"


@contextmanager
def opened(
    folder: Path, url: str, name: str, vendor: Any, secrets: Mapping[str, str], *, tells: Sequence[str], paid_by: Sequence[str]
) -> Iterator[Shop]:
    """``secrets``: the credentials by the name that the connector has for them. ``tells``: entities; ``paid_by``: kinds of payment that it
    calls as the hub does."""
    vendors = {"sklad": Moysklad(allow_loopback_webhooks=True), "site": Woocommerce(allow_loopback_webhooks=True), name: vendor}
    os.environ |= {f"BESIDE_{key.upper()}": value for key, value in secrets.items()}

    def configured(urls: dict[str, str]) -> dict[str, Any]:
        raw = scene.example(urls) | {"reference_wait": 1.0}
        raw["systems"][name] = {
            "connector": type(vendor).__name__.lower(), "url": urls[name], "mode": "live", "webhook_secret": {"env": "WOO_WEBHOOK_SECRET"},
            "secrets": {key: {"env": f"BESIDE_{key.upper()}"} for key in secrets},
        }  # fmt: skip
        for entity in tells:
            raw["routes"].setdefault(entity, {})[name] = {"give": True, "take": False}
        for kind in paid_by:
            raw["directories"]["payment_kind"][kind][name] = [kind]
        return raw

    with hub_between(vendors, configured, folder, url) as (hub, urls):
        made = Shop(hub, urls, vendors)
        made.name, made.beside, made.beside_url = name, vendor, urls[name]
        made.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield made
