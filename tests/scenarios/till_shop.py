"""The shop of examples/till-sale.yaml: tills in 1C:Розница, books in 1C:УТ, which exchange their documents, CRM, site and loyalty programme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from hub.storage.engine import Store
from sandbox.bitrix24.app import Bitrix24
from sandbox.bonusplus.app import Bonusplus
from sandbox.onec.app import Onec
from sandbox.woocommerce.app import Woocommerce
from tests.scenarios.opening import hub_between
from tests.scenarios.points_shop import PointsShop

EXAMPLE = Path(__file__).parents[2] / "examples" / "till-sale.yaml"
DEAL = 2
Row = dict[str, Any]
BOTH = ("Ref_Key", "Date", "Number", "Posted", "СуммаДокумента", "НомерЧекаККМ", "DeletionMark")


class Tills(PointsShop):
    """With what sellers do at the tills, and the programs' own exchange between the two bases."""

    def __init__(self, hub: Any, urls: dict[str, str], vendors: dict[str, Any]) -> None:
        super().__init__(hub, urls | {"sklad": ""}, vendors | {"sklad": None})
        self.kassa, self.uchet = vendors["kassa"].base, vendors["uchet"].base
        self.urls = urls

    def deals(self) -> list[Row]:
        return list(self.crm("crm.item.list", entityTypeId=DEAL, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"])

    def goods(self, base: Any, article: str) -> str:
        return next(str(row["Ref_Key"]) for row in base.tables["Catalog_Номенклатура"].values() if row["Артикул"] == article)

    def buyer(self, name: str, phone: str) -> str:
        contact = {"Тип": "Телефон", "Представление": phone}
        return str(self.kassa.add("Catalog_ФизическиеЛица", Description=name, КонтактнаяИнформация=[contact])["Ref_Key"])

    def card(self, number: str) -> str:
        return str(self.kassa.add("Catalog_ИнформационныеКарты", КодКарты=number)["Ref_Key"])

    def rung_up(self, article: str = "SV-005", pieces: int = 2, price: int = 490, *, store: str = "Уфа, Мега", **more: Any) -> Row:
        """A receipt at a till, in cash. ``sold``: the receipt that it takes back; ``order``: the order that it pays; ``buyer``: of Розница."""
        base, total = self.kassa, pieces * price
        said: Row = {"ВидОперации": "Продажа", "СтатусЧекаККМ": "Пробитый", "Posted": True, "СуммаДокумента": total}
        if sold := more.pop("sold", None):
            said |= {"ВидОперации": "Возврат", "ЧекККМПродажа_Key": sold}
        if buyer := more.pop("buyer", None):
            said |= {"ВладелецДисконтнойКарты": buyer, "ВладелецДисконтнойКарты_Type": "StandardODATA.Catalog_ФизическиеЛица"}
        if order := more.pop("order", None):
            said["ЗаказПокупателя_Key"] = order
        moment = (base.now() - timedelta(minutes=1)).astimezone(base.zone).strftime("%Y-%m-%dT%H:%M:%S")
        lines = [{"Номенклатура_Key": self.goods(base, article), "Количество": pieces, "Цена": price, "Сумма": total}]
        paid = [{"ВидОплаты_Key": base.named("Catalog_ВидыОплатЧекаККМ", "Наличные"), "Сумма": total}]
        places = {"Магазин_Key": base.named("Catalog_Магазины", store), "Организация_Key": base.named("Catalog_Организации", "ООО Лавка")}
        found: Row = base.add("Document_ЧекККМ", Date=moment, Товары=lines, Оплата=paid, **places, **{**said, **more})
        return found

    def exchange(self) -> None:
        """The bases bring each other up: receipts and returns of the tills to the books, orders of the books to the tills, under their ids."""
        for row in list(self.kassa.tables["Document_ЧекККМ"].values()):
            back = row["ВидОперации"] == "Возврат"
            name = "Document_ЧекККМВозврат" if back else "Document_ЧекККМ"
            more = {"ЧекККМ_Key": row["ЧекККМПродажа_Key"]} if back else {"ПолученоНаличными": row["СуммаДокумента"]}
            if row["Ref_Key"] not in self.uchet.tables[name]:
                self.uchet.add(name, **_both(row), Статус="Пробит", Товары=self._lines(row, self.kassa, self.uchet), **more)
        for row in list(self.uchet.tables["Document_ЗаказКлиента"].values()):
            if row["НомерПоДаннымКлиента"] != "SVERKA" and row["Ref_Key"] not in self.kassa.tables["Document_ЗаказПокупателя"]:
                lines = self._lines(row, self.uchet, self.kassa)
                self.kassa.add("Document_ЗаказПокупателя", **_both(row), Статус="Открыт", Товары=lines)

    def shift_closed(self) -> None:
        """Receipts are archived and summed up in a report."""
        for row in self.kassa.tables["Document_ЧекККМ"].values():
            self.kassa.keep(self.kassa.sets["Document_ЧекККМ"], {**row, "СтатусЧекаККМ": "Архивный"})
        receipts = list(self.uchet.tables["Document_ЧекККМ"].values())
        self.uchet.add(
            "Document_ОтчетОРозничныхПродажах", Posted=True, СуммаДокумента=sum(row["СуммаДокумента"] for row in receipts),
            Товары=[line for row in receipts for line in row["Товары"]],
        )  # fmt: skip
        for row in receipts:
            self.uchet.keep(self.uchet.sets["Document_ЧекККМ"], {**row, "Архивный": True})

    def _lines(self, row: Row, of: Any, into: Any) -> list[Row]:
        articles = {key: goods["Артикул"] for key, goods in of.tables["Catalog_Номенклатура"].items()}
        kept = ("Количество", "Цена", "Сумма")
        return [
            {"Номенклатура_Key": self.goods(into, articles[line["Номенклатура_Key"]]), **{k: line[k] for k in kept}}
            for line in row["Товары"]
        ]


def _both(row: Row) -> Row:
    return {name: row[name] for name in BOTH if name in row}


def configuration(urls: dict[str, str]) -> Row:
    raw: Row = yaml.safe_load(EXAMPLE.read_text())
    for system, of in raw["systems"].items():
        of |= {"url": urls[system], "mode": "live"}
    raw["systems"]["kassa"]["url"] += "/retail"
    raw["systems"]["uchet"]["url"] += "/ut"
    raw["systems"]["crm"]["options"] = {"oauth_url": urls["crm"], "request_seconds": 15}
    return raw


@contextmanager
def opened(folder: Path, url: str = "", wrap: Callable[[Store], Store] = lambda store: store, **changes: Any) -> Iterator[Tills]:
    """A shop with an empty hub; ``url``: a PostgreSQL database, else SQLite in ``folder``; ``wrap``: what the hub has for a store."""
    vendors: dict[str, Any] = {
        "kassa": Onec(seed=2, profile="retail"),
        "uchet": Onec(),
        "crm": Bitrix24(allow_loopback_webhooks=True, allow_http=True),
        "site": Woocommerce(allow_loopback_webhooks=True),
        "loyalty": Bonusplus(allow_loopback_webhooks=True),
    }
    with hub_between(vendors, lambda urls: configuration(urls) | changes, folder, url, wrap=wrap) as (hub, urls):
        yield Tills(hub, urls, vendors)
