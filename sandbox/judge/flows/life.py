"""F4: an order is made on the site and in the CRM, passes the gate into 1C, which owns it from there on, and each step of it is everywhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.judge.flows.desks import DEAL
from sandbox.judge.flows.flow import Flow

Json = Any
SKU, PRICE = "SV-007", 890
MONEY = ("Document_ПоступлениеБезналичныхДенежныхСредств", "Document_ПриходныйКассовыйОрдер", "Document_ОперацияПоПлатежнойКарте")
ROAD = (
    "new",
    "recounted",
    "confirmed",
    "corrected",
    "packed",
    "shipped",
    "done",
)  # the steps of an order in their order; some stop on the way
WORDS = {  # status -> what the CRM, the site and 1C call it; 1C hears of nothing before the gate
    "new": ("NEW", "on-hold", None),
    "cancelled": ("LOSE", "cancelled", None),
    "confirmed": ("PREPARATION", "processing", "КОбеспечению"),
    "packed": ("EXECUTING", "processing", "КОтгрузке"),
    "shipped": ("FINAL_INVOICE", "processing", "КОтгрузке"),  # in 1C a register says so, and the order's own status stays
    "done": ("WON", "completed", "Закрыт"),
}


class OrderLife(Flow):
    """``told``: {"orders": [{"id", "number", "step", "stops", "status", "pieces", "paid"}]}; ``paid``: what 1C took for it, in roubles."""

    def before(self) -> None:
        self.told["orders"] = []

    def work(self) -> None:
        """Each order that has not come to its end takes one step; in the first round all are placed."""
        if not self.told["orders"]:
            for number in range(self.size):
                self._place(number)
            return
        deals = {str(row["UF_CRM_ORDER_NUMBER"]): row for row in self.desks["crm"].items(DEAL)}
        for one in self.told["orders"]:
            if one["step"] < one["stops"] and one["number"] in deals:
                one["step"] += 1
                getattr(self, f"_{ROAD[one['step']]}")(one, deals[one["number"]])

    def _place(self, number: int) -> None:
        billing = {"first_name": "Анна", "email": f"client{number}@example.ru", "phone": f"+7927{1_230_001 + number}"}
        body = {"status": "on-hold", "payment_method": "cod", "created_via": "checkout", "billing": billing}
        pieces = self.rng.randint(1, 3)
        made = self.desks["site"].api("POST", "orders", body | {"line_items": [{"sku": SKU, "quantity": pieces}]})
        stops = self.rng.randint(1, len(ROAD) - 1)
        told = {"id": made["id"], "number": str(made["number"]), "step": 0, "stops": stops, "status": "new", "pieces": pieces, "paid": 0}
        self.told["orders"].append(told)

    def _recounted(self, one: Json, deal: Json) -> None:
        """A manager changes how many there are, before the gate; one who stops here cancels instead, in the CRM or on the site."""
        crm = self.desks["crm"].api
        if one["stops"] == one["step"]:
            one["status"] = "cancelled"
            if self.rng.random() < 0.5:
                self._stage(deal, "LOSE")
            else:
                self.desks["site"].api("PUT", f"orders/{one['id']}", {"status": "cancelled"})
            return
        rows = crm("POST", "crm.item.productrow.list", {"filter": {"=ownerType": "D", "=ownerId": deal["id"]}})["result"]["productRows"]
        one["pieces"] += 1
        crm("POST", "crm.item.productrow.update", {"id": rows[0]["id"], "fields": {"quantity": one["pieces"]}})

    def _confirmed(self, one: Json, deal: Json) -> None:
        one["status"] = "confirmed"
        if self.rng.random() < 0.5:
            self._stage(deal, "PREPARATION")
        else:
            self.desks["site"].api("PUT", f"orders/{one['id']}", {"status": "processing"})

    def _corrected(self, one: Json, deal: Json) -> None:
        """The warehouse has one more, or one less: behind the gate the order is its."""
        one["pieces"] += self.rng.choice([1, -1]) if one["pieces"] > 1 else 1
        for document in self._documents(one):
            line = document["Товары"][0] | {"Количество": one["pieces"], "Сумма": one["pieces"] * PRICE}
            self._typed(document, {"Товары": [line], "СуммаДокумента": one["pieces"] * PRICE})

    def _packed(self, one: Json, deal: Json) -> None:
        """Meanwhile the bank, or the cash desk, took a part of the money, or all of it."""
        one["status"] = "packed"
        for document in self._documents(one):
            self._typed(document, {"Статус": "КОтгрузке"})
            self._paid(one, document)

    def _paid(self, one: Json, document: Json) -> None:
        """A document of money, of one row or of two; one that the bank has not carried out is no money."""
        base = self.desks["uchet"]
        of = next(row["Ref_Key"] for row in base.rows("Catalog_ОбъектыРасчетов") if row["Объект"] == document["Ref_Key"])
        kind, carried = self.rng.choice(MONEY), self.rng.random() < 0.8
        sums = self.rng.choice([[one["pieces"] * PRICE], [PRICE / 2], [100, 200]])
        rows = [{"ОбъектРасчетов_Key": of, "Сумма": part} for part in sums]
        row = {"Posted": True, "ХозяйственнаяОперация": "ПоступлениеОплатыОтКлиента", "РасшифровкаПлатежа": rows}
        base.load(kind, row | ({"ПроведеноБанком": carried} if kind == MONEY[0] else {}))
        one["paid"] += sum(sums) if carried or kind != MONEY[0] else 0

    def _shipped(self, one: Json, deal: Json) -> None:
        """1C posts a shipment: a register of states moves."""
        one["status"], base = "shipped", self.desks["uchet"]
        states = {row["Заказ_Key"]: row for row in base.rows("InformationRegister_СостоянияЗаказовКлиентов")}
        for document in self._documents(one):
            sold = {"Posted": True, "ЗаказКлиента": document["Ref_Key"], "СуммаДокумента": document["СуммаДокумента"]}
            base.load("Document_РеализацияТоваровУслуг", sold)
            moved = {"Состояние": "ОжидаетсяОплатаПослеОтгрузки", "ПроцентОтгрузки": 100}
            base.load("InformationRegister_СостоянияЗаказовКлиентов", states[document["Ref_Key"]] | moved)

    def _done(self, one: Json, deal: Json) -> None:
        one["status"] = "done"
        self._stage(deal, "WON")

    def _stage(self, deal: Json, name: str) -> None:
        body = {"entityTypeId": DEAL, "id": deal["id"], "fields": {"stageId": name}}
        self.desks["crm"].api("POST", "crm.item.update", body)

    def _documents(self, one: Json) -> list[Json]:
        return [row for row in self.desks["uchet"].rows("Document_ЗаказКлиента") if row["НомерПоДаннымКлиента"] == one["number"]]

    def _typed(self, document: Json, values: Json) -> None:
        self.desks["uchet"].patch("Document_ЗаказКлиента", document["Ref_Key"], values)

    @property
    def ran(self) -> int:
        return len(self.told["orders"])

    def violations(self) -> list[str]:
        deals: dict[str, list[Json]] = {}
        for row in self.desks["crm"].items(DEAL):
            deals.setdefault(str(row["UF_CRM_ORDER_NUMBER"]), []).append(row)
        found = [f"{len(rows)} deals of an order {number} that nobody placed" for number, rows in deals.items() if number not in {o["number"] for o in self.told["orders"]}]  # fmt: skip
        return found + [
            f"order {one['number']} ({one['status']}): {text}" for one in self.told["orders"] for text in self._wrong(one, deals)
        ]

    def _wrong(self, one: Json, deals: dict[str, list[Json]]) -> list[str]:
        mine, documents = deals.get(one["number"], []), self._documents(one)
        stage, status, word = WORDS[one["status"]]
        if (len(mine), len(documents)) != (1, 1 if word else 0):
            return [f"{len(mine)} deals, and {len(documents)} orders in 1C"]
        site = self.desks["site"].api("GET", f"orders/{one['id']}")
        held = {"the CRM": mine[0]["stageId"], "the site": site["status"]} | ({"1C": documents[0]["Статус"]} if documents else {})
        wanted = {"the CRM": stage, "the site": status, "1C": word}
        wrong = [f"{held[where]} in {where} instead of {wanted[where]}" for where in held if held[where] != wanted[where]]
        counts = {"the CRM": Decimal(str(mine[0]["opportunity"])) / PRICE, "the site": Decimal(site["line_items"][0]["quantity"])}
        counts |= {"1C": Decimal(str(documents[0]["Товары"][0]["Количество"]))} if documents else {}
        meta = next((row["value"] for row in site["meta_data"] if row["key"] == "paid"), 0)
        money = {"the CRM": Decimal(str(mine[0]["UF_CRM_PAID_TOTAL"] or 0)), "the site": Decimal(str(meta or 0))}
        wrong += [f"{sum_} roubles paid in {where} instead of {one['paid']}" for where, sum_ in money.items() if sum_ != Decimal(str(one["paid"]))]  # fmt: skip
        return wrong + [
            f"{count} pieces in {where} instead of {one['pieces']}" for where, count in counts.items() if count != one["pieces"]
        ]
