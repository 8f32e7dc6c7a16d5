"""A storm over the tills: receipts, orders paid at a till and returns, in two bases that exchange them, while calls break and the hub dies.

``python -m tests.scenarios.till_storm --troubles 500 --seed 7`` plays as many as asked for and prints the verdict; a test plays a few."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import requests

from hub.storage.tables import record
from tests.scenarios.storm import Storm, command, mortal
from tests.scenarios.till_shop import Tills, opened

GOODS = {"SV-005": 490, "SV-007": 890, "SV-001": 3490}
BUYERS = 6
ACTS = 3  # of people, between two turns of the hub
FAULTS = ("deals", "documents", "posted", "twice", "dead")  # of a verdict: what must be empty


class Sellers:
    """What people do, and what it must come to. ``sold``: guid of a receipt -> [article, pieces left, pieces, buyer]. ``orders``: number of an
    order of the site -> pieces."""

    def __init__(self, shop: Tills, storm: Storm) -> None:
        self.shop, self.random = shop, storm.random
        self.sold: dict[str, list[Any]] = {}
        self.back: Counter[str] = Counter()
        self.orders: dict[str, int] = {}
        self.paid: set[str] = set()
        self.buyers: dict[int, str] = {}

    def meet(self) -> None:
        for number in range(BUYERS):
            phone = f"7903123{number:04d}"
            body = {"email": f"b{number}@example.ru", "first_name": f"Имя{number}", "billing": {"phone": f"+{phone}"}}
            self.buyers[self.shop.site("POST", "customers", body)["id"]] = phone

    def act(self) -> None:
        self.random.choice([self._sell, self._sell, self._order, self._pay, self._return, self.shop.exchange, self.shop.shift_closed])()

    def _sell(self) -> None:
        article, pieces = self.random.choice(sorted(GOODS)), self.random.randint(1, 3)
        phone = self.random.choice([*self.buyers.values(), ""])
        row = self.shop.rung_up(article, pieces, GOODS[article], **({"Телефон": phone[1:]} if phone else {}))
        self.sold[row["Ref_Key"]] = [article, pieces, pieces, phone]

    def _order(self) -> None:
        buyer, pieces = self.random.choice(sorted(self.buyers)), self.random.randint(1, 3)
        body = {"customer_id": buyer, "status": "processing", "payment_method": "cod", "created_via": "checkout"}
        made = self.shop.site("POST", "orders", body | {"line_items": [{"sku": "SV-005", "quantity": pieces}]})
        self.orders[made["number"]] = pieces

    def _pay(self) -> None:
        """An order that has come to the tills' base by now is paid there."""
        known = {row["Ref_Key"] for row in self.shop.kassa.tables["Document_ЗаказПокупателя"].values()}
        for row in self.shop.uchet.tables["Document_ЗаказКлиента"].values():
            number = row["НомерПоДаннымКлиента"]
            if row["Ref_Key"] in known and number in self.orders and number not in self.paid:
                self.shop.rung_up("SV-005", self.orders[number], GOODS["SV-005"], order=row["Ref_Key"])
                self.paid.add(number)
                return

    def _return(self) -> None:
        left = [guid for guid, sale in self.sold.items() if sale[1]]
        if left:
            guid = self.random.choice(left)
            article = self.sold[guid][0]
            self.shop.rung_up(article, 1, GOODS[article], sold=guid)
            self.sold[guid][1] -= 1
            self.back[guid] += GOODS[article]


def verdict(shop: Tills, told: Sellers) -> dict[str, Any]:
    """Every list empty: each purchase is one deal, one order of 1C where it is the site's, and one sale of the programme where it is
    somebody's, less what came back."""
    deals = shop.deals()
    wanted = Counter((float(GOODS[a] * n), float(told.back[guid])) for guid, (a, _, n, _) in told.sold.items())
    wanted += Counter((float(GOODS["SV-005"] * n), 0.0) for n in told.orders.values())
    held = Counter((float(deal["opportunity"]), float(deal["UF_CRM_RETURNED"] or 0)) for deal in deals)
    numbers = Counter(row["НомерПоДаннымКлиента"] for row in shop.uchet.tables["Document_ЗаказКлиента"].values())
    numbers.pop("SVERKA")
    sales = requests.get(f"{shop.loyalty_url}/_sandbox/ledger", timeout=30).json()["sales"]
    sold = Counter(p["ext"] for s in sales if not s["parentId"] for p in s["positions"])
    back: Counter[str] = Counter()
    for p in (p for s in sales if s["parentId"] for p in s["positions"]):
        back[p["ext"]] += p["totalSum"]
    bought = {p["ext"]: p for s in sales if not s["parentId"] for p in s["positions"]}
    net = sum(p["sum"] * (1 - back[ext] / p["totalSum"]) for ext, p in bought.items())  # the card's discount is the programme's affair
    due = sum(GOODS[a] * n for a, _, n, phone in told.sold.values() if phone) - sum(told.back[g] for g, x in told.sold.items() if x[3])
    due += sum(GOODS["SV-005"] * told.orders[number] for number in told.paid)
    with shop.hub.store.read() as at:
        standing = [row for row in at.execute(record.select().where(record.c.entity == "order")).mappings() if not row["merged_into"]]
    return {
        "purchases": sum(wanted.values()), "orders": len(standing), "returns": sum(s[2] - s[1] for s in told.sold.values()),
        "deals": sorted(((held - wanted) + (wanted - held)).items()),
        "documents": [n for n in told.orders if numbers[n] != 1] + [n for n in numbers if n not in told.orders],
        "posted": [] if abs(net - due) < 0.5 else [net, due], "twice": [ext for ext, times in sold.items() if times > 1],
        "dead": [row for row in shop.queue() if row[2] in ("dead", "unknown")],
    }  # fmt: skip


def play(folder: Path, seed: int, troubles: int) -> dict[str, Any]:
    """Until so many calls broke or processes died; then calm, a last exchange, and the verdict."""
    with opened(folder, wrap=mortal) as shop:
        shop.sync()
        storm = Storm(shop, shop.urls, seed, faulty=0.0)
        people = Sellers(shop, storm)
        people.meet()
        shop.sync()
        storm = Storm(shop, shop.urls, seed)
        while storm.troubles < troubles:
            for _ in range(ACTS):
                people.act()
            storm.turn()
        told = {"seed": seed, "broken": dict(storm.broken()), "killed": storm.deaths}
        shop.exchange()
        storm.calm()
        return told | {"settled": storm.settled} | verdict(shop, people)


if __name__ == "__main__":
    command(play, 500)()
