"""The shop of examples/onec-bitrix24-site.yaml: its books and tills in 1C, the CRM, the site, and the hub between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests
import yaml

from connectors.limiter import LocalLimiter
from hub.storage.engine import Store
from sandbox.bitrix24.app import Bitrix24
from sandbox.onec.app import PEOPLE, THEIR_PASSWORD, Onec
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import Shop

EXAMPLE = Path(__file__).parents[2] / "examples" / "onec-bitrix24-site.yaml"


class Books(Shop):
    """The shop with 1C, and what its people and tills do there."""

    def __init__(self, hub: Any, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        super().__init__(hub, urls, vendors)
        self.uchet_url, self.uchet_app = urls["uchet"], vendors["uchet"]
        hub.connectors["uchet"].api.http.sleep = lambda seconds: (
            None
        )  # a base that is away is asked three times: nobody waits for that here

    def people(self, method: str, place: str, body: Any = None) -> Any:
        """What a person of the shop does in 1C."""
        pair = (PEOPLE.encode(), THEIR_PASSWORD.encode())
        answer = requests.request(method, f"{self.uchet_url}{self.uchet_app.root}/{place}?$format=json", json=body, auth=pair, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def rows(self, name: str) -> list[dict[str, Any]]:  # type: ignore[override]
        return list(self.uchet_app.base.tables[name].values())

    def partners(self) -> list[dict[str, Any]]:
        return [row for row in self.rows("Catalog_Партнеры") if row["Description"] != "Розничный покупатель"]

    def documents(self) -> list[dict[str, Any]]:
        return [row for row in self.rows("Document_ЗаказКлиента") if row["НомерПоДаннымКлиента"] != "SVERKA"]

    def partner(self, name: str, phone: str) -> str:
        contact = {"Тип": "Телефон", "Представление": phone}
        made = self.uchet_app.base.add("Catalog_Партнеры", Description=name, ЮрФизЛицо="ЧастноеЛицо", КонтактнаяИнформация=[contact])
        return str(made["Ref_Key"])

    def goods(self, article: str) -> str:
        return next(row["Ref_Key"] for row in self.rows("Catalog_Номенклатура") if row["Артикул"] == article)

    def rung_up(self, days: int, partner: str = "", article: str = "SV-005") -> dict[str, Any]:
        """A receipt of so many days ago that a till sends to the base now."""
        base = self.uchet_app.base
        moment = (base.now().astimezone(base.zone) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S")
        partner = partner or base.named("Catalog_Партнеры", "Розничный покупатель")
        line = {"Номенклатура_Key": self.goods(article), "Количество": 2, "Цена": 490, "Сумма": 980}
        more = {"Организация_Key": base.named("Catalog_Организации", "ООО Лавка"), "Склад_Key": base.named("Catalog_Склады", "Уфа, Мега")}
        return base.add("Document_ЧекККМ", Date=moment, Статус="Пробит", Posted=True, СуммаДокумента=980, ПолученоНаличными=1000, Партнер_Key=partner, Товары=[line], **more)  # fmt: skip

    def control(self, what: str, **body: Any) -> None:
        requests.post(f"{self.uchet_url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def fault(self, kind: str, match: str, count: int = 1) -> None:
        rule = {"kind": kind, "match": match, "count": count, "seconds": 0.2, "status": 502}
        requests.post(f"{self.uchet_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()

    def faulted(self, kind: str) -> int:
        """How often a fault of this kind has happened."""
        return int(requests.get(f"{self.uchet_url}/_sandbox/faults", timeout=5).json().get(kind, 0))


def configuration(urls: dict[str, str], example: Path = EXAMPLE) -> dict[str, Any]:
    """A shipped example, pointed at the stand-ins and let loose."""
    raw: dict[str, Any] = yaml.safe_load(example.read_text())
    for system, of in raw["systems"].items():
        of |= {"url": urls[system], "mode": "live"}
    raw["systems"]["uchet"]["url"] += "/ut"
    raw["systems"]["crm"]["options"] = {"oauth_url": urls["crm"], "request_seconds": 15}
    return raw


@contextmanager
def opened(
    folder: Path, url: str = "", example: Path = EXAMPLE, wrap: Callable[[Store], Store] = lambda store: store, **changes: Any
) -> Iterator[Books]:
    """A shop with an empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``; ``example``: which configuration; ``wrap``: what the
    hub has for a store."""
    vendors: dict[str, Any] = {
        "uchet": Onec(),
        "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
    }

    def limiters(system: Any, facts: Any) -> LocalLimiter:
        return LocalLimiter(system.limits_of(facts) if system.connector == "onec" else ())

    with hub_between(vendors, lambda urls: configuration(urls, example) | changes, folder, url, limiters=limiters, wrap=wrap) as (
        hub,
        urls,
    ):
        yield Books(hub, urls, vendors)
