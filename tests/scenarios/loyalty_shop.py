"""The shop of examples/registration.yaml: till, CRM and site with a loyalty programme, the hub between them, and what a scenario asks of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from hub.app import Hub
from hub.sync.poll import poll
from sandbox.bitrix24.app import Bitrix24
from sandbox.bonusplus.app import KEY, TILL, Bonusplus
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import Shop, example

EXAMPLE = Path(__file__).parents[2] / "examples" / "registration.yaml"
CONTACT, DEAL = 3, 2
ANNA = "79031234567"
WELCOMED = [("Credit_Registration", 300.0, True)]
GREETED = {"points: welcome": 1, "sms: registration": 1}


class LoyaltyShop(Shop):
    """``loyalty``: the programme's own API as its till uses it."""

    def __init__(self, hub: Hub, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        super().__init__(hub, urls, vendors)
        self.loyalty_url, self.loyalty_app = urls["loyalty"], vendors["loyalty"]

    def loyalty(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        headers = {"Authorization": f"ApiKey {base64.b64encode(TILL.encode()).decode()}"}
        answer = requests.request(method, f"{self.loyalty_url}/api/{path}", json=body, params=params, headers=headers, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def fault(self, kind: str, match: str, **more: Any) -> None:
        rule = {"kind": kind, "match": match, "count": 1, "seconds": 0.5, **more}
        requests.post(f"{self.loyalty_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()

    def faulted(self, kind: str) -> int:
        """How often a fault of this kind has happened."""
        return int(requests.get(f"{self.loyalty_url}/_sandbox/faults", timeout=5).json().get(kind, 0))

    def poll_only(self, system: str, resource: str) -> None:
        poll(self.hub, system, resource)

    def noticed(self) -> dict[str, int]:
        """What customers of the programme were given and sent."""
        found: dict[str, int] = requests.get(f"{self.loyalty_url}/_sandbox/effects", timeout=5).json()
        return found

    def movements(self) -> list[tuple[str, float, bool]]:
        """Kind, points, and whether the hub did it, of every movement there ever was."""
        book = requests.get(f"{self.loyalty_url}/_sandbox/ledger", timeout=5).json()["movements"]
        return [(m["kind"], m["amount"], m["key"] == KEY) for m in book]

    def books(self) -> dict[str, Any]:
        """The programme's own: movements, sales, and what each customer has."""
        found: dict[str, Any] = requests.get(f"{self.loyalty_url}/_sandbox/ledger", timeout=10).json()
        return found

    def deals(self) -> list[dict[str, Any]]:
        return list(self.crm("crm.item.list", entityTypeId=DEAL, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"])

    def orders_of_sklad(self) -> list[dict[str, Any]]:
        return list(self.sklad("GET", "customerorder")["rows"])

    def members(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.loyalty("POST", "customer/list", {})
        return found

    def contacts(self) -> list[dict[str, Any]]:
        found = self.crm("crm.item.list", entityTypeId=CONTACT, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")
        return list(found["items"])

    def people(self) -> list[dict[str, Any]]:
        """Counterparties of the till."""
        return list(self.sklad("GET", "counterparty", limit=100)["rows"])

    def accounts(self) -> list[dict[str, Any]]:
        """Accounts of the site, each with its meta data by key."""
        rows = self.site("GET", "customers", role="all", per_page=100)
        return [row | {"meta": {m["key"]: m["value"] for m in row["meta_data"]}} for row in rows]


def registers(shop: LoyaltyShop, **more: Any) -> dict[str, Any]:
    """An account of the site: Anna's, but for what is said otherwise."""
    anna = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": {"phone": "8 (903) 123-45-67"}}
    return dict(shop.site("POST", "customers", anna | more))


def settled(shop: LoyaltyShop, times: int = 2) -> None:
    """Polls and deliveries until what one write leads to has come round."""
    for _ in range(times):
        shop.sync()


@contextmanager
def opened(folder: Path, url: str = "", *, account_for_all: bool = False, config: Path = EXAMPLE, **changes: Any) -> Iterator[LoyaltyShop]:
    """A shop with an empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``; ``account_for_all``: the site makes accounts too;
    ``config``: another shipped configuration of these systems."""
    vendors: dict[str, Any] = {
        "sklad": Moysklad(allow_loopback_webhooks=True), "site": Woocommerce(allow_loopback_webhooks=True),
        "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True), "loyalty": Bonusplus(allow_loopback_webhooks=True),
    }  # fmt: skip

    def configured(urls: dict[str, str]) -> dict[str, Any]:
        raw = {**example(urls, config), **changes}
        if account_for_all:
            del raw["routes"]["customer"]["site"]["when"]
        return raw

    with hub_between(vendors, configured, folder, url) as (hub, urls):
        yield LoyaltyShop(hub, urls, vendors)
