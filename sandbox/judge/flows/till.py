"""F3: a sale at a till is one purchase in the CRM, its buyer's or nobody's; an order of the site that is paid there is that order's, in however many bases."""

from __future__ import annotations

import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

from sandbox.judge.flows.books import balances, returned_too_much, sold_twice, standing
from sandbox.judge.flows.desks import CONTACT, DEAL, Base
from sandbox.judge.flows.flow import Flow
from sandbox.judge.people import SPELLINGS, WOMEN
from sandbox.judge.views import numbers

Json = Any
GOODS = {"SV-005": 490, "SV-006": 2790, "SV-007": 890, "SV-010": 990}  # roubles, as the sandbox sells them
STORES = ("Уфа, Мега", "Уфа, Ленина 10")


class TillSale(Flow):
    """``told``: {"people": [{"phone", "account"}], "receipts": [{"ref", "number", "who", "order", "sku", "pieces", "back"}], "orders":
    {number: {"who", "sku", "pieces"}}}; ``who``: the place of a person in the list, or None; ``back``: pieces that were brought back."""

    def before(self) -> None:
        self.told |= {"people": [], "receipts": [], "orders": {}}

    def work(self) -> None:
        """First people register, order on the site and buy; in later rounds those who ordered pay at a till, and some bring goods back."""
        again = bool(self.told["people"])
        if again:
            self._exchange_orders()
            for number in [n for n in self.told["orders"] if not self._paid(n)]:
                self._pay_at_the_till(number)
            for sold in [one for one in self.told["receipts"] if not one["back"] and self.rng.random() < 0.3]:
                self._bring_back(sold)
        for _ in range(max(1, self.size // 4)):
            self._register()
        for _ in range(max(1, self.size // 2)):
            self._sell()
            if self.rng.random() < 0.4:
                self._order()
        self._exchange_receipts()

    def _register(self) -> None:
        number = len(self.told["people"])
        phone = f"9{self.rng.randrange(10, 99)}{1_230_001 + number:07d}"
        body = {"email": f"client{number}@example.ru", "first_name": self.rng.choice(WOMEN), "billing": {"phone": f"+7{phone}"}}
        self.told["people"].append({"phone": phone, "account": self.desks["site"].api("POST", "customers", body)["id"]})

    def _order(self) -> None:
        who, sku, pieces = self.rng.randrange(len(self.told["people"])), self.rng.choice(list(GOODS)), self.rng.randint(1, 3)
        lines = [{"sku": sku, "quantity": pieces}]
        body = {
            "customer_id": self.told["people"][who]["account"],
            "status": "processing",
            "payment_method": "cod",
            "created_via": "checkout",
        }
        made = self.desks["site"].api("POST", "orders", body | {"line_items": lines})
        self.told["orders"][str(made["number"])] = {"who": who, "sku": sku, "pieces": pieces}

    def _sell(self) -> None:
        """Six of ten receipts are nobody's; the others bear a phone."""
        who = None if self.rng.random() < 0.6 else self.rng.randrange(len(self.told["people"]))
        more = {} if who is None else {"Телефон": self.rng.choice(SPELLINGS).format(self.told["people"][who]["phone"])}
        self._ring_up(who, self.rng.choice(list(GOODS)), self.rng.randint(1, 3), **more)

    def _pay_at_the_till(self, number: str) -> None:
        order = self.told["orders"][number]
        found = [row for row in self.books.rows("Document_ЗаказКлиента") if row["НомерПоДаннымКлиента"] == number]
        if found:
            self._ring_up(order["who"], order["sku"], order["pieces"], number, ЗаказПокупателя_Key=found[0]["Ref_Key"])

    def _bring_back(self, sold: Json) -> None:
        sold["back"] = self.rng.randint(1, sold["pieces"])
        number = 5000 + len(self.told["receipts"]) + sold["number"]
        self._document(sold["sku"], sold["back"], number, ВидОперации="Возврат", ЧекККМПродажа_Key=sold["ref"])

    def _ring_up(self, who: int | None, sku: str, pieces: int, order: str = "", **more: Json) -> None:
        number = len(self.told["receipts"]) + 1
        ref = self._document(sku, pieces, number, ВидОперации="Продажа", **more)
        self.told["receipts"].append({"ref": ref, "number": number, "who": who, "order": order, "sku": sku, "pieces": pieces, "back": 0})

    def _document(self, sku: str, pieces: int, number: int, **more: Json) -> str:
        """A receipt of a till, in cash, as the till's program writes it."""
        till, total, ref = self.tills, pieces * GOODS[sku], str(uuid.UUID(int=self.rng.getrandbits(128), version=4))
        row = {
            "Ref_Key": ref,
            "НомерЧекаККМ": number,
            "СтатусЧекаККМ": "Пробитый",
            "Posted": True,
            "СуммаДокумента": total,
            "Магазин_Key": till.named("Catalog_Магазины", self.rng.choice(STORES)),
            "Организация_Key": till.named("Catalog_Организации", "ООО Лавка"),
            "Товары": [{"Номенклатура_Key": till.goods(sku), "Количество": pieces, "Цена": GOODS[sku], "Сумма": total}],
            "Оплата": [{"ВидОплаты_Key": till.named("Catalog_ВидыОплатЧекаККМ", "Наличные"), "Сумма": total}],
        }
        till.load("Document_ЧекККМ", row | more)
        return ref

    @property
    def tills(self) -> Base:
        return self.desks["kassa"]

    @property
    def books(self) -> Base:
        return self.desks["uchet"]

    def _exchange_receipts(self) -> None:
        """The programs' own exchange brings receipts and returns to the books, under their identifiers."""
        there = {row["Ref_Key"] for name in ("Document_ЧекККМ", "Document_ЧекККМВозврат") for row in self.books.rows(name)}
        for row in self.tills.rows("Document_ЧекККМ"):
            back = row["ВидОперации"] == "Возврат"
            more = {"ЧекККМ_Key": row["ЧекККМПродажа_Key"]} if back else {"ПолученоНаличными": row["СуммаДокумента"]}
            if row["Ref_Key"] not in there:
                self.books.load(
                    "Document_ЧекККМВозврат" if back else "Document_ЧекККМ",
                    self._copied(row, self.tills, self.books) | more | {"Статус": "Пробит"},
                )

    def _exchange_orders(self) -> None:
        there = {row["Ref_Key"] for row in self.tills.rows("Document_ЗаказПокупателя")}
        for row in self.books.rows("Document_ЗаказКлиента"):
            if row["Ref_Key"] not in there and row["НомерПоДаннымКлиента"] in self.told["orders"]:
                self.tills.load("Document_ЗаказПокупателя", self._copied(row, self.books, self.tills) | {"Статус": "Открыт"})

    @staticmethod
    def _copied(row: Json, of: Base, into: Base) -> Json:
        lines = [{"Номенклатура_Key": into.goods(of.article(x["Номенклатура_Key"]))} | {k: x[k] for k in ("Количество", "Цена", "Сумма")} for x in row["Товары"]]  # fmt: skip
        both = ("Ref_Key", "Date", "Number", "Posted", "СуммаДокумента", "НомерЧекаККМ")
        return {name: row[name] for name in both if name in row} | {"Товары": lines}

    @property
    def ran(self) -> int:
        return len(self.told["receipts"])

    def _paid(self, number: str) -> bool:
        return any(one["order"] == number for one in self.told["receipts"])

    def violations(self) -> list[str]:
        books = self.desks["loyalty"].shows("ledger")
        contacts = {row["id"]: numbers(" / ".join(one["value"] for one in row["fm"])) for row in self.desks["crm"].items(CONTACT)}
        deals = self.desks["crm"].items(DEAL)
        found = [text for one in self.told["receipts"] for text in self._of_receipt(one, deals, contacts)]
        found += [text for number in self.told["orders"] for text in self._of_order(number, deals)]
        owed = len(self.told["orders"]) + sum(not one["order"] for one in self.told["receipts"])
        found += [f"{len(deals)} deals in the CRM for {owed} purchases"] if len(deals) != owed else []
        return [*found, *sold_twice(books), *returned_too_much(books), *balances(books), *self._sums(books)]

    def _of_receipt(self, one: Json, deals: list[Json], contacts: Json) -> list[str]:
        """A receipt is in one deal, which is its buyer's and says what came back."""
        name = f"receipt {one['number']}" + (f" of order {one['order']}" if one["order"] else "")
        mine = [row for row in deals if str(row["UF_CRM_RECEIPT_NUMBER"]) == str(one["number"])]
        if len(mine) != 1:
            return [f"{name}: {len(mine)} deals"]
        (deal,), wrong = mine, []
        if one["order"] and str(deal["UF_CRM_ORDER_NUMBER"]) != one["order"]:
            wrong.append(f"in the deal of order {deal['UF_CRM_ORDER_NUMBER']}")
        phones = contacts.get(deal["contactId"], frozenset())
        if phones != ({self.told["people"][one["who"]]["phone"]} if one["who"] is not None else set()):
            wrong.append(f"its buyer is {sorted(phones) or 'nobody'}")
        returned, price = Decimal(str(deal["UF_CRM_RETURNED"] or 0)), GOODS[one["sku"]]
        if (Decimal(str(deal["opportunity"])), returned) != (one["pieces"] * price, one["back"] * price):
            wrong.append(f"{deal['opportunity']} with {returned} returned, instead of {one['pieces'] * price} with {one['back'] * price}")
        return [f"{name}: {text}" for text in wrong]

    def _of_order(self, number: str, deals: list[Json]) -> list[str]:
        documents = Counter(row["НомерПоДаннымКлиента"] for row in self.books.rows("Document_ЗаказКлиента"))[number]
        mine = sum(str(row["UF_CRM_ORDER_NUMBER"]) == number for row in deals)
        return [f"order {number}: {n} in {where}" for where, n in (("the books", documents), ("the CRM", mine)) if n != 1]

    def _sums(self, books: Json) -> list[str]:
        """The programme holds what known people bought at tills and did not bring back."""
        known = [one for one in self.told["receipts"] if one["who"] is not None]
        stands, wanted = standing(books), sum(GOODS[one["sku"]] * (one["pieces"] - one["back"]) for one in known)
        return [] if abs(stands - wanted) < 1 else [f"the programme holds purchases of {stands:.2f}, the tills of {wanted}"]
