"""Purchases and returns, posted one at a time. No key tells a request from its repeat (bonusplus docs: POST retail, PUT retail/back); what was
posted is found again by the ids of its positions, which are ours and unique, among the movements of the customer's points. What moves no points
stands there nowhere, and nothing else lists sales: of that the customer's total of purchases, read before the call, tells that nothing was sold
since. Where somebody sold something meanwhile, a person looks into the cabinet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from connectors.bonusplus.api import Api
from connectors.bonusplus.shape import digits
from connectors.bonusplus.spending import Spending
from connectors.contract import Outcome, Posting, Remote, Write
from connectors.errors import ConnectorError, Missing, Rejected, Unknown
from connectors.purchases import CENT, PURCHASE, RELEASE, RELEASED, SAME_RECEIPT, apart, aware

Json = Any
Row = dict[str, Json]
THERE = frozenset({"RETAIL_EXT_NOT_UNIQUE", "RETAIL_ALREADY_EXISTS"})  # refusals of a repeat, where the account is set so
ABSENT = frozenset({"RETAIL_NOT_FOUND", "NOT_FOUND", "404"})
MOVEMENTS = 1000  # rows of one list (bonusplus docs: rowCount)
BEFORE = timedelta(hours=1)  # the service may date a movement by its own clock


class Operations:
    """Facts of one account."""

    def __init__(self, api: Api, created_for: str) -> None:
        self.api, self.created_for, self.spending = api, created_for, Spending(api)

    def write(self, write: Write) -> Outcome:
        """Post one fact. A repeat that the service refuses as one was done before."""
        try:
            ident = {PURCHASE: self._purchase, RELEASE: self._release}.get(write.data["kind"], self._return)(write)
        except Rejected as error:
            done = next(iter(self.found([write])), None) if error.code in THERE else None
            return Outcome(done) if done is not None else Outcome(error=error)
        except ConnectorError as error:
            return Outcome(error=error)
        return Outcome(Remote(ident, {**write.data, "id": ident}, "answer"))

    def _purchase(self, write: Write) -> str:
        data = write.data
        phone, spent = self.spending.phone(str(data["customer"])), float(data.get("bonusDebit") or 0)
        body: Row = {"phone": phone, "items": _items(write), "bonusDebit": spent, "externalId": write.key}
        body |= {name: data[name] for name in ("store", "desc") if data.get(name)} | {"date": aware(data["date"])}
        if spent and data.get("desc") and self.spending.held(phone, str(data["desc"])):
            body["reserveId"] = str(data["desc"])
        answer = self.api.send("POST", "retail", body)
        if not isinstance(answer, dict) or not answer.get("id"):
            raise Unknown("the answer does not show the sale")
        return str(answer["id"])

    def _return(self, write: Write) -> str:
        (item,) = write.data["items"]
        body: Row = {"ext": item["ext"]}
        if not item.get("last"):
            body["sum"] = float(self._part(str(write.data["sale"]), item))
        answer = self.api.send("PUT", "retail/back", body)
        if not isinstance(answer, dict) or not answer.get("returnedPurchaseId"):
            raise Unknown("the answer does not show the return")
        return str(answer["returnedPurchaseId"])

    def _release(self, write: Write) -> str:
        """What is held under the order's number is let go of. Said twice it lets go once: what is held is read first."""
        if write.data.get("desc"):
            self.spending.release(str(write.data["customer"]), str(write.data["desc"]))
        return f"{RELEASED}{write.key}"

    def _part(self, sale: str, item: Mapping[str, Json]) -> Decimal:
        """What a part costs in the service's own sums, which its discounts have made smaller. Raises Rejected, Missing."""
        position = next((one for one in self._positions(sale) if one.get("ext") == item["ext"]), None)
        if position is None:
            raise Rejected(f"the sale {sale} has no position {item['ext']}", code="POSITION_NOT_FOUND", field="items")
        whole, due = Decimal(str(position["sum"])), Decimal(str(position["totalSum"]))
        return (Decimal(str(item["sum"])) * due / whole).quantize(CENT, ROUND_DOWN) if whole else Decimal(0)

    def _positions(self, sale: str) -> list[Row]:
        return list(self.api.get(f"retail/{sale}")["positions"])

    def found(self, writes: Sequence[Write]) -> list[Remote]:
        """Sales and returns that these facts, whose answers were lost, may have made. One that belongs to another fact, since a line was given
        back in two equal parts, is known by its id already."""
        return [self._as_told(write, ident) for write in writes for ident in self._candidates(write)]

    def foresee(self, write: Write) -> Row:
        """Whether a fact will move points, and else what the customer has bought so far. Raises ConnectorError."""
        if write.data["kind"] == RELEASE:
            return {"moves": True}
        moves = self._earns(write) if write.data["kind"] == PURCHASE else self._takes_back(write)
        return {"moves": True} if moves else {"moves": False, **self._bought(self._buyer(write))}

    def _earns(self, write: Write) -> bool:
        if float(write.data.get("bonusDebit") or 0):
            return True
        body = {"phone": self._buyer(write), "items": _items(write), "bonusDebit": 0.0}
        body |= {"store": write.data["store"]} if write.data.get("store") else {}
        return any(Decimal(str(line.get("cb") or 0)) > 0 for line in self.api.calculate(body).get("discount") or ())

    def _takes_back(self, write: Write) -> bool:
        """At least one whole point: how parts of points are rounded is nowhere said."""
        (item,) = write.data["items"]
        position = next((one for one in self._positions(str(write.data["sale"])) if one.get("ext") == item["ext"]), {})
        points = sum((Decimal(str(position.get(name) or 0)) for name in ("bonusCredit", "bonusDebit")), Decimal(0))
        whole = Decimal(str(position.get("sum") or 0))
        return bool(whole) and points * Decimal(str(item["sum"])) / whole >= 1

    def _bought(self, phone: str) -> Row:
        row = self.api.get("customer", phone=phone)
        return {"total": str(row.get("purchasesTotalSum")), "last": str(row.get("lastPurchaseDate"))}

    def untold(self, write: Write, foreseen: Json) -> str:
        """Empty: a fact that was looked for and not found was not posted. Raises ConnectorError."""
        if foreseen and foreseen["moves"]:
            return ""
        try:
            now = self._bought(self._buyer(write))
        except Missing:
            return "it moves no points, and the customer is not there any more"
        before = {name: (foreseen or {}).get(name) for name in now}
        if now == before:
            return ""
        return f"it moves no points, so that no list shows it, and the customer's purchases went from {before['total']} to {now['total']} roubles meanwhile"

    def _candidates(self, write: Write) -> Iterator[str]:
        if write.data["kind"] == RELEASE:  # done again: what is not held any more is not let go of twice
            return
        exts = {item["ext"] for item in write.data["items"]}
        sale = None if write.data["kind"] == PURCHASE else str(write.data["sale"])
        try:
            buyer = self._buyer(write)
        except Missing:
            return
        for ident in self._sales_since(buyer, str(write.data["date"])):
            row = self._sale(ident)
            if row is None:
                continue
            parent = row.get("parentId")
            if (str(parent) if parent else None) == sale and exts <= {one.get("ext") for one in row["positions"]}:
                yield ident

    def _buyer(self, write: Write) -> str:
        """The phone of whose points are moved: a return's are those of whom the sale was, whoever is one with whom since."""
        if write.data["kind"] == PURCHASE:
            return self.spending.phone(str(write.data["customer"]))
        return digits(self.api.get(f"retail/{write.data['sale']}")["customerPhone"])

    def _sales_since(self, phone: str, moment: str, near: timedelta = timedelta.max) -> list[str]:
        """Numbers of sales and returns that moved the points of a customer, the newest first. ``near``: how far from the moment a receipt may be."""
        since = (datetime.fromisoformat(aware(moment)) - BEFORE).isoformat()
        asked: Row = {"phone": phone, "creationDate": {"from": since}, "startRow": 1, "rowCount": MOVEMENTS, "sort": -1}
        rows = self.api.ask("retail/bonusActivities", asked)["bonusActivities"]
        return list(
            dict.fromkeys(str(row["purchaseId"]) for row in rows if row.get("purchaseId") and apart(row.get("receiptDate"), moment) <= near)
        )

    def foreign(self, write: Write) -> Iterator[Posting]:
        """Sales of the same customer, store and sum at about the same time that bear other positions than these."""
        exts = {item["ext"] for item in write.data["items"]}
        due, moment = sum((Decimal(str(item["sum"])) for item in write.data["items"]), Decimal(0)), aware(write.data["date"])
        try:
            buyer = self._buyer(write)
        except Missing:
            return
        for ident in self._sales_since(buyer, moment, SAME_RECEIPT):
            row = self._sale(ident)
            if row is None or row.get("parentId") or exts & {one.get("ext") for one in row["positions"]}:
                continue
            sums = (sum(Decimal(str(one["sum"])) for one in row["positions"]), Decimal(str(row["totalSum"])))
            elsewhere = row.get("storeName") and write.data.get("store") and row["storeName"] != write.data["store"]
            if not elsewhere and apart(row["date"], moment) <= SAME_RECEIPT and any(abs(one - due) <= 1 for one in sums):
                yield Posting(write.key, ident, f"№ {ident}, {row['totalSum']} ₽, {str(row['date'])[:16].replace('T', ' ')}")

    def _as_told(self, write: Write, ident: str) -> Remote:
        return Remote(ident, {**write.data, "id": ident, self.created_for: write.key}, "fetch")

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """Sales and returns that exist."""
        released = [Remote(ident, {"id": ident, "kind": RELEASE}, "fetch") for ident in ids if ident.startswith(RELEASED)]
        rows = {ident: row for ident in ids if not ident.startswith(RELEASED) and (row := self._sale(ident)) is not None}
        sales = [
            Remote(ident, {"id": ident, "kind": "return" if row.get("parentId") else PURCHASE}, "fetch") for ident, row in rows.items()
        ]
        return released + sales

    def _sale(self, ident: str) -> Row | None:
        """A sale or return; None: there is none. By which code the vendor says so is nowhere stated."""
        try:
            return dict(self.api.get(f"retail/{ident}"))
        except (Missing, Rejected) as error:
            if isinstance(error, Missing) or error.code in ABSENT:
                return None
            raise


def _items(write: Write) -> list[Row]:
    """Positions of a purchase, as POST retail and PUT retail/calc take them."""
    items = [{name: item[name] for name in ("ext", "product", "qnt", "price", "sum")} for item in write.data["items"]]
    return [item | {"qnt": float(item["qnt"]) or 1.0, "price": float(item["price"]), "sum": float(item["sum"])} for item in items]
