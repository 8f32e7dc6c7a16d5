"""The shop of examples/bonuses.yaml: a site and a loyalty programme, the hub between them and its API for the checkout."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from hub.storage.engine import Store
from hub.web.app import create_app
from sandbox.bonusplus.app import Bonusplus
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.loyalty_shop import LoyaltyShop
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import example

EXAMPLE = Path(__file__).parents[2] / "examples" / "bonuses.yaml"
CHECKOUT = "a key of the checkout"


class PointsShop(LoyaltyShop):
    """With what the programme has on its books, and the checkout's own client."""

    def sales(self) -> list[dict[str, Any]]:
        """Every sale and return, as the programme shows them, in the order of their making."""
        book: list[dict[str, Any]] = requests.get(f"{self.loyalty_url}/_sandbox/ledger", timeout=5).json()["sales"]
        return book

    def faults(self, rules: list[dict[str, Any]]) -> None:
        requests.post(f"{self.loyalty_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()

    def api(self) -> Callable[..., Any]:
        client = create_app(self.hub).test_client()

        def call(path: str, body: Any, status: int = 200) -> Any:
            answer = client.post(f"/api/v1/points/{path}", json=body, headers={"Authorization": f"Bearer {CHECKOUT}"})
            assert answer.status_code == status, answer.text
            return answer.json

        return call


@contextmanager
def opened(folder: Path, url: str = "", wrap: Callable[[Store], Store] = lambda store: store, **changes: Any) -> Iterator[PointsShop]:
    """An empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``. ``wrap``: what the hub has for a store. ``changes``: of the
    configuration."""
    vendors: dict[str, Any] = {"site": Woocommerce(allow_loopback_webhooks=True), "loyalty": Bonusplus(allow_loopback_webhooks=True)}
    with hub_between(vendors, lambda urls: example(urls, EXAMPLE) | changes, folder, url, wrap=wrap) as (hub, urls):
        yield PointsShop(hub, urls | {"sklad": ""}, vendors | {"sklad": None})
