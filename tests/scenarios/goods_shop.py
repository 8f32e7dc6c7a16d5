"""The shop of examples/catalogue.yaml: 1C, RetailCRM, MoySklad and the site as stand-ins over real HTTP, the hub's own pages too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from connectors.limiter import LocalLimiter
from hub.web.app import create_app
from sandbox.frame.server import running
from sandbox.moysklad.app import Moysklad
from sandbox.onec.app import Onec
from sandbox.onec.schema import ZERO
from sandbox.onec.seed import STORES, move
from sandbox.retailcrm.app import Retailcrm
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import Shop

EXAMPLE = Path(__file__).parents[2] / "examples" / "catalogue.yaml"
FEED_SECRETS = {"ICML_SECRET": "icml-secret-0123456789", "YML_SECRET": "yml-secret-0123456789"}
COAT = "Куртка"


class Pages:
    """The hub's own web process, as a server that others call."""

    def __init__(self, hub: Any) -> None:
        self.flask, self.offset = create_app(hub), 0.0


class Goods(Shop):
    """What people of the shop do with its goods, and what each system holds of them."""

    def __init__(self, hub: Any, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        super().__init__(hub, urls, vendors)
        self.base = vendors["uchet"].base
        self.account = vendors["retail"].account
        self.pages = ""

    def item(self, name: str) -> str:
        return str(self.base.named("Catalog_Номенклатура", name))

    def sizes(self) -> dict[str, str]:
        """Size of the coat -> its id in 1C."""
        rows = self.base.tables["Catalog_ХарактеристикиНоменклатуры"].values()
        return {row["Description"]: f"{self.item(COAT)}#{row['Ref_Key']}" for row in rows}

    def move(self, name: str, many: float, store: str = STORES[0], promised: float = 0.0) -> None:
        move(self.base, self.item(name), ZERO, store, many, promised)

    def held(self, name: str) -> tuple[float, ...]:
        """What 1C holds of it in each store."""
        rows = [
            row for row in self.base.tables["AccumulationRegister_ТоварыНаСкладах"].values() if row["Номенклатура_Key"] == self.item(name)
        ]
        places = [self.base.named("Catalog_Склады", store) for store in STORES]
        return tuple(sum(row["ВНаличии"] for row in rows if row["Склад_Key"] == place) for place in places)

    def offers(self) -> dict[str, dict[str, Any]]:
        """Offers of the CRM that the hub's file made, by their identifier, with stocks and prices."""
        rows = [row for row in self.account.offers.values() if not str(row["externalId"]).isdigit()]
        return {
            row["externalId"]: row | {"stocks": self.account.stocks.get(row["id"], {}), "base": [p["price"] for p in row["prices"] if p["priceType"] == "base"]}
            for row in rows
        }  # fmt: skip

    def feed(self, name: str, secret: str) -> requests.Response:
        return requests.get(f"{self.pages}/feeds/{name}/{secret}", timeout=10)

    def load_file(self) -> None:
        """The CRM fetches the catalogue file, as it does by its schedule."""
        url = f"{self.pages}/feeds/crm/{FEED_SECRETS['ICML_SECRET']}"
        requests.post(f"{self.retail_url}/_sandbox/icml", json={"url": url}, timeout=30).raise_for_status()

    def shelf(self, number: int) -> tuple[str, int | None]:
        """Price and stock of a product of the site."""
        row = self.site_app.shop.variations.get(number) or self.site_app.shop.tables["products"][number]
        return row["regular_price"], row["stock_quantity"]


def labelled(shop: Goods) -> None:
    """What the shop has done before: its goods bear the same barcodes everywhere, and the coat's sizes on the site the identifiers of 1C."""
    codes = {row["Номенклатура_Key"]: row["Штрихкод"] for row in shop.base.tables["InformationRegister_ШтрихкодыНоменклатуры"].values()}
    by_article = {row["Артикул"]: codes.get(row["Ref_Key"]) for row in shop.base.tables["Catalog_Номенклатура"].values()}
    for row in shop.sklad("GET", "product")["rows"]:
        shop.sklad("PUT", f"product/{row['id']}", {"barcodes": [{"code128": by_article[row["article"]]}]})
    for row in shop.site("GET", "products", per_page=100):
        shop.site("PUT", f"products/{row['id']}", {"global_unique_id": by_article[row["sku"]]})
    coat = shop.site("POST", "products", {"name": COAT, "type": "variable"})
    for size, ident in shop.sizes().items():
        about = {"attributes": [{"name": "Размер", "option": size}], "meta_data": [{"key": "_wc1c_guid", "value": ident}]}
        shop.site("POST", f"products/{coat['id']}/variations", about)


def configuration(urls: dict[str, str]) -> dict[str, Any]:
    """The shipped example, pointed at the stand-ins and let loose."""
    raw: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    for system, of in raw["systems"].items():
        of |= {"url": urls[system], "mode": "live"}
    raw["systems"]["uchet"]["url"] += "/ut"
    return raw


@contextmanager
def opened(folder: Path, url: str = "", **changes: Any) -> Iterator[Goods]:
    """A shop with an empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``."""
    vendors: dict[str, Any] = {"uchet": Onec(), "retail": Retailcrm(), "sklad": Moysklad(), "site": Woocommerce()}
    os.environ.update(FEED_SECRETS)
    with (
        hub_between(vendors, lambda urls: configuration(urls) | changes, folder, url, limiters=_those_of_1c) as (hub, urls),
        running(Pages(hub)) as pages,
    ):
        shop = Goods(hub, urls, vendors)
        shop.pages = pages
        labelled(shop)
        yield shop


def _those_of_1c(system: Any, facts: Any) -> LocalLimiter:
    return LocalLimiter(system.limits_of(facts) if system.connector == "onec" else ())
