"""A storm over the lives of orders: placed, changed, confirmed, packed, shipped, delivered and brought back, while calls break and the hub dies.

``python -m tests.scenarios.order_storm --troubles 500 --seed 7`` plays as many as asked for and prints the verdict."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.scenarios.onec_shop import EXAMPLE, Books, opened
from tests.scenarios.storm import Storm, command, mortal

LIFE = EXAMPLE.parent / "order-life.yaml"
DEAL, PRICE = 2, 890
ACTS = 2
STAGES = {
    "new": "NEW",
    "confirmed": "PREPARATION",
    "packed": "EXECUTING",
    "shipped": "FINAL_INVOICE",
    "done": "WON",
    "returned": "RETURNED",
}
SITE = {
    "new": "on-hold",
    "confirmed": "processing",
    "packed": "processing",
    "shipped": "processing",
    "done": "completed",
    "returned": "refunded",
}
BOOKS = {"confirmed": "КОбеспечению", "packed": "КОтгрузке", "shipped": "КОтгрузке", "done": "Закрыт", "returned": "Закрыт"}
NEXT = {"new": "confirmed", "confirmed": "packed", "packed": "shipped", "shipped": "done", "done": "returned"}


@dataclass
class Order:
    """``pieces``: in it; ``status``: the step that people took last; ``shipment``: its guid."""

    ident: int
    pieces: int
    status: str = "new"
    shipment: str = ""


class People:
    """One step at a time for each order: the next is taken once everybody can see the last."""

    def __init__(self, shop: Books, storm: Storm) -> None:
        self.shop, self.random = shop, storm.random
        self.orders: dict[str, Order] = {}
        body = {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}}
        self.anna = shop.site("POST", "customers", body)["id"]

    def act(self) -> None:
        ready = [number for number, order in self.orders.items() if order.status in NEXT and self._seen(number)]
        if not ready or self.random.random() < 0.25:
            return self._place()
        number = self.random.choice(ready)
        if self.orders[number].status in ("new", "confirmed") and self.random.random() < 0.4:
            return self._change(number)
        return self._step(number)

    def _place(self) -> None:
        pieces = self.random.randint(2, 5)
        body = {"customer_id": self.anna, "status": "on-hold", "payment_method": "cod", "created_via": "checkout"}
        made = self.shop.site("POST", "orders", body | {"line_items": [{"sku": "SV-007", "quantity": pieces}]})
        self.orders[made["number"]] = Order(made["id"], pieces)

    def deals(self, number: str) -> list[dict[str, Any]]:
        found = self.shop.crm("crm.item.list", entityTypeId=DEAL, select=["*"], useOriginalUfNames="Y")["items"]
        return [one for one in found if one["UF_CRM_ORDER_NUMBER"] == number]

    def rows(self, deal: int) -> list[dict[str, Any]]:
        return list(self.shop.crm("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": deal})["productRows"])

    def documents(self, number: str) -> list[dict[str, Any]]:
        return [row for row in self.shop.documents() if row["НомерПоДаннымКлиента"] == number]

    def _seen(self, number: str) -> bool:
        """Whether the last step stands everywhere, with the pieces that are in the order."""
        return not self.amiss(number)

    def amiss(self, number: str) -> list[Any]:
        """What is not as it should be: [what, there, wanted]."""
        order, deals, documents = self.orders[number], self.deals(number), self.documents(number)
        if len(deals) != 1 or len(documents) != (order.status != "new"):
            return [["objects", [len(deals), len(documents)], order.status]]
        site = self.shop.site("GET", f"orders/{order.ident}")
        rows = self.rows(deals[0]["id"])
        found = [
            ["stage", deals[0]["stageId"], STAGES[order.status]], ["site", site["status"], SITE[order.status]],
            ["pieces of the deal", [row["quantity"] for row in rows], [order.pieces]],
            ["pieces of the site", [row["quantity"] for row in site["line_items"]], [order.pieces]],
        ]  # fmt: skip
        for row in documents:
            found.append(["1c", row["Статус"], BOOKS[order.status]])
            found.append(["pieces of 1c", [line["Количество"] for line in row["Товары"]], [order.pieces]])
        return [one for one in found if one[1] != one[2]]

    def _change(self, number: str) -> None:
        """Its owner changes the lines: the CRM before the gate, 1C behind it."""
        order = self.orders[number]
        order.pieces = 1 + order.pieces % 5
        if order.status == "new":
            (row,) = self.rows(self.deals(number)[0]["id"])
            self.shop.crm("crm.item.productrow.update", id=row["id"], fields={"quantity": order.pieces})
        else:
            (row,) = self.documents(number)
            lines = [{**row["Товары"][0], "Количество": order.pieces, "Сумма": order.pieces * PRICE}]
            self._keep("Document_ЗаказКлиента", {**row, "Товары": lines})

    def _keep(self, name: str, row: dict[str, Any]) -> None:
        base = self.shop.uchet_app.base
        with base.lock:
            base.keep(base.sets[name], row)

    def _step(self, number: str) -> None:
        order = self.orders[number]
        order.status = NEXT[order.status]
        base = self.shop.uchet_app.base
        if order.status in ("confirmed", "done"):
            self.shop.crm("crm.item.update", entityTypeId=DEAL, id=self.deals(number)[0]["id"], fields={"stageId": STAGES[order.status]})
            return
        (row,) = self.documents(number)
        if order.status == "packed":
            self._keep("Document_ЗаказКлиента", {**row, "Статус": "КОтгрузке"})
        elif order.status == "shipped":
            order.shipment = base.add("Document_РеализацияТоваровУслуг", Posted=True, ЗаказКлиента=row["Ref_Key"])["Ref_Key"]
            name = "InformationRegister_СостоянияЗаказовКлиентов"
            self._keep(name, base.tables[name][row["Ref_Key"]] | {"Состояние": "ОжидаетсяОплатаПослеОтгрузки", "ПроцентОтгрузки": 100})
        else:
            line = {"Номенклатура_Key": self.shop.goods("SV-007"), "Количество": order.pieces, "Цена": PRICE, "Сумма": order.pieces * PRICE}
            kind = {"ДокументРеализации": order.shipment, "ДокументРеализации_Type": "StandardODATA.Document_РеализацияТоваровУслуг"}
            base.add("Document_ВозвратТоваровОтКлиента", Posted=True, СуммаДокумента=line["Сумма"], Товары=[line], **kind)


def play(folder: Path, seed: int, troubles: int) -> dict[str, Any]:
    """Until so many calls broke or processes died; then calm, and the verdict: every list empty."""
    with opened(folder, example=LIFE, wrap=mortal, reference_wait=30.0) as shop:
        shop.sync()
        urls = {"uchet": shop.uchet_url, "crm": shop.crm_url, "site": shop.site_url}
        storm = Storm(shop, urls, seed)
        people = People(shop, storm)
        while storm.troubles < troubles:
            for _ in range(ACTS):
                people.act()
            storm.turn()
        told = {"seed": seed, "broken": dict(storm.broken()), "killed": storm.deaths, "orders": len(people.orders)}
        storm.calm()
        numbers = Counter(row["НомерПоДаннымКлиента"] for row in shop.documents())
        return told | {
            "steps": dict(Counter(order.status for order in people.orders.values())),
            "amiss": [[number, *what] for number in people.orders for what in people.amiss(number)],
            "twice": [number for number, times in numbers.items() if times > 1],
            "dead": [row for row in shop.queue() if row[2] in ("dead", "unknown")],
        }


if __name__ == "__main__":
    command(play, 500)()
