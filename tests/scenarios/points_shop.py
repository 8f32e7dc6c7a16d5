"""The shop of examples/bonuses.yaml: a site and a loyalty programme, the hub between them and its API for the checkout."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.config_schema import ConfigSchema
from hub.settings import build
from hub.storage.engine import Store, open_store
from hub.web.app import create_app
from sandbox.bonusplus.app import KEY, Bonusplus
from sandbox.frame.server import running
from sandbox.woocommerce.app import Woocommerce
from tests.blank import lay_tables
from tests.scenarios.loyalty_shop import LoyaltyShop
from tests.scenarios.shop import SECRETS, Clock

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
    os.environ.update(SECRETS | {"BONUSPLUS_KEY": KEY, "BONUSPLUS_WEBHOOK_SECRET": "hook-d", "SVERKA_API_KEY": CHECKOUT})
    with ExitStack() as stack:
        urls = {system: stack.enter_context(running(vendor)) for system, vendor in vendors.items()}
        raw: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text()) | {"folder": str(folder), **changes}
        for system, of in raw["systems"].items():
            of["url"] = urls[system]
        (folder / "config.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True))
        chosen = build(ConfigSchema().load(raw), folder, {})
        if not url:
            lay_tables(folder)
        hub = assemble(chosen, wrap(open_store(url, folder, Clock(tuple(vendors.values())))), lambda _, __: LocalLimiter(()))
        prepare(hub)
        shop = PointsShop(hub, urls | {"sklad": ""}, vendors | {"sklad": None})
        stack.callback(lambda: shop.hub.store.dispose())
        yield shop
