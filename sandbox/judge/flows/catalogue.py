"""F5: what 1C sells, at which price, and how many a store has, stand in the CRM, in the warehouse and on the site; no other price stands anywhere."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from sandbox.judge.flows.flow import Flow

Json = Any
PRICE, BOUGHT = "Розничная", "Закупочная"
STORES = {"Уфа, Ленина 10": "lenina", "Уфа, Мега": "mega"}  # as 1C calls them, as the CRM does
SAFETY = 1  # pieces that the shipped configuration keeps back from the site
SECRET = 70_000_000  # purchase prices begin here: no other number of the shop is so large
MOVES = 3  # documents of stock for each item and round, of which some are none
ZERO = "00000000-0000-0000-0000-000000000000"


class Catalogue(Flow):
    """Goods with a barcode each. ``told``: {"items": {guid: {"code", "name"}}, "moves": how many}."""

    def before(self) -> None:
        """The shop's goods in 1C, and on the site with their barcodes; the warehouse and the CRM know none of them."""
        items = {
            str(uuid.UUID(int=self.rng.getrandbits(128), version=1)): {"code": f"29{n:011d}", "name": f"Товар {n}"}
            for n in range(self.size)
        }
        own = {str(row["id"]): row["regular_price"] for row in self.desks["site"].pages("products")}
        self.told |= {"items": items, "moves": 0, "own": own}
        goods = [{"Ref_Key": one, "Description": of["name"], "Артикул": "ОБЩИЙ", "ТипНоменклатуры": "Товар"} for one, of in items.items()]
        codes = [{"Штрихкод": of["code"], "Номенклатура_Key": one} for one, of in items.items()]
        self._load({"Catalog_Номенклатура": goods, "InformationRegister_ШтрихкодыНоменклатуры": codes})
        for number, one in enumerate(items):
            self._priced(one, PRICE, 100 + number)
            self._priced(one, BOUGHT, SECRET + number)
            self._moved(one, next(iter(STORES)), 5)
        for of in items.values():
            self.desks["site"].api("POST", "products", {"name": of["name"], "global_unique_id": of["code"], "regular_price": "1"})

    def work(self) -> None:
        """The CRM fetches its file; then stores sell, receive and promise, and some prices change."""
        self.desks["retail"].api.control("icml", {})
        for one in self.told["items"]:
            for _ in range(self.rng.randrange(MOVES)):
                self._moved(one, self.rng.choice(sorted(STORES)), self.rng.randrange(-2, 5), self.rng.choice((0, 0, 1)))
            if self.rng.random() < 0.3:
                self._priced(one, PRICE, self.rng.randrange(100, 9000))
                self._priced(one, BOUGHT, SECRET + self.rng.randrange(1_000_000))

    @property
    def ran(self) -> int:
        return int(self.told["moves"])

    def _load(self, rows: Json) -> None:
        """As a document that somebody posts leaves it."""
        self.desks["uchet"].api.control("load", rows)

    def _named(self, name: str, title: str) -> str:
        rows = self.desks["uchet"].api("GET", name, **{"$format": "json"})["value"]
        return next(str(row["Ref_Key"]) for row in rows if row["Description"] == title)

    def _priced(self, item: str, kind: str, value: float) -> None:
        moment = self.told["moves"] = self.told["moves"] + 1
        row = {
            "Period": f"2026-01-01T{moment // 3600 % 24:02d}:{moment // 60 % 60:02d}:{moment % 60:02d}",
            "Номенклатура_Key": item,
            "Цена": value,
        }
        self._load({"InformationRegister_ЦеныНоменклатуры25": [row | {"ВидЦены_Key": self._named("Catalog_ВидыЦен", kind)}]})

    def _moved(self, item: str, store: str, many: int, promised: int = 0) -> None:
        self.told["moves"] += 1
        place = {"Номенклатура_Key": item, "Характеристика_Key": ZERO, "Склад_Key": self._named("Catalog_Склады", store)}
        self._load(
            {
                "AccumulationRegister_ТоварыНаСкладах": [
                    place | {"RecordType": "Receipt", "Active": True, "ВНаличии": many, "КОтгрузке": promised}
                ]
            }
        )

    def _free(self) -> dict[tuple[str, str], int]:
        """(item, store) -> pieces that nobody was promised, by the base's own balance."""
        names = {self._named("Catalog_Склады", title): code for title, code in STORES.items()}
        rows = self.desks["uchet"].api("GET", "AccumulationRegister_ТоварыНаСкладах/Balance()", **{"$format": "json"})["value"]
        return {
            (row["Номенклатура_Key"], names[row["Склад_Key"]]): max(0, int(row["ВНаличииBalance"] - row["КОтгрузкеBalance"]))
            for row in rows
        }

    def _prices(self) -> dict[str, float]:
        kind = self._named("Catalog_ВидыЦен", PRICE)
        rows = self.desks["uchet"].api("GET", "InformationRegister_ЦеныНоменклатуры25/SliceLast()", **{"$format": "json"})["value"]
        return {row["Номенклатура_Key"]: float(row["Цена"]) for row in rows if row["ВидЦены_Key"] == kind}

    def violations(self) -> list[str]:
        free, prices = self._free(), self._prices()
        offers = {row["xmlId"]: row for row in self._of_the_crm("offers")}
        held = {row["id"]: {one["store"]: one["quantity"] for one in row["stores"]} for row in self._of_the_crm("inventories", details=1)}
        goods = self.desks["sklad"].rows("assortment")
        shelf = self.desks["site"].pages("products")
        found = self._changed(shelf)
        for ident, of in self.told["items"].items():
            mine = {code: free.get((ident, code), 0) for code in STORES.values()}
            wrong = [
                *self._wrong_offer(offers.get(ident), held, mine, prices[ident]),
                *self._wrong_goods([row for row in goods if of["code"] in str(row.get("barcodes"))], prices[ident]),
                *self._wrong_product(next(row for row in shelf if row["global_unique_id"] == of["code"]), mine, prices[ident]),
            ]
            found += [f"{of['name']}: {one}" for one in wrong]
        everything = json.dumps([offers, goods, shelf], ensure_ascii=False)
        if any(
            SECRET <= int(number[:8]) < 2 * SECRET for number in re.findall(r"(?<![\w-])\d{8}(?:00)?(?![\w-])", everything)
        ):  # roubles, kopecks
            found.append("a purchase price stands outside of 1C")
        return found

    def _changed(self, shelf: list[Json]) -> list[str]:
        """Goods of the site that 1C does not know: their prices are people's."""
        kept = {str(row["id"]): row["regular_price"] for row in shelf}
        was = self.told["own"].items()
        return [f"the site's own product {ident} cost {price}, now {kept.get(ident)!r}" for ident, price in was if kept.get(ident) != price]

    def _of_the_crm(self, what: str, **wanted: Any) -> list[Json]:
        rows: list[Json] = []
        while True:
            filters = {f"filter[{name}]": value for name, value in wanted.items()}
            page = self.desks["retail"].api("GET", f"store/{what}", limit=100, page=len(rows) // 100 + 1, **filters)["offers"]
            rows += page
            if len(page) < 100:
                return rows

    @staticmethod
    def _wrong_offer(offer: Json, held: Json, mine: Json, price: float) -> list[str]:
        if offer is None:
            return ["the CRM has no offer of it"]
        told = {code: held.get(offer["id"], {}).get(code, 0) for code in mine}
        base = [float(one["price"]) for one in offer["prices"] if one["priceType"] == "base"]
        wrong = [f"the CRM has {told}, 1C {mine}"] if told != mine else []
        return wrong + ([f"the price in the CRM is {base}, in 1C {price}"] if base != [price] else [])

    @staticmethod
    def _wrong_goods(rows: list[Json], price: float) -> list[str]:
        if len(rows) != 1:
            return [f"{len(rows)} of it in the warehouse"]
        told = [one["value"] / 100 for one in rows[0].get("salePrices") or ()]
        return [f"the price in the warehouse is {told}, in 1C {price}"] if told != [price] else []

    @staticmethod
    def _wrong_product(row: Json, mine: Json, price: float) -> list[str]:
        left = max(0, sum(mine.values()) - SAFETY)
        wrong = [f"the site has {row['stock_quantity']}, it may sell {left}"] if row["stock_quantity"] != left else []
        return wrong + ([f"the price on the site is {row['regular_price']}, in 1C {price}"] if float(row["regular_price"]) != price else [])
