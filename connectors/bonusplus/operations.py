"""Purchases and returns, posted one at a time. No key tells a request from its repeat (bonusplus docs: POST retail, PUT retail/back); what was
posted is found again by the ids of its positions, which are ours and unique, among the movements of the customer's points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any

from connectors.bonusplus.api import Api
from connectors.bonusplus.shape import digits
from connectors.bonusplus.spending import Spending
from connectors.contract import Outcome, Remote, Write
from connectors.errors import ConnectorError, Missing, Rejected, Unknown

Json = Any
Row = dict[str, Json]
PURCHASE = "purchase"
THERE = frozenset({"RETAIL_EXT_NOT_UNIQUE", "RETAIL_ALREADY_EXISTS"})  # refusals of a repeat, where the account is set so
MOVEMENTS = 1000  # rows of one list (bonusplus docs: rowCount)
BEFORE = timedelta(hours=1)  # the service may date a movement by its own clock
CENT = Decimal("0.01")


class Operations:
    """Facts of one account."""

    def __init__(self, api: Api, created_for: str) -> None:
        self.api, self.created_for, self.spending = api, created_for, Spending(api)

    def write(self, write: Write) -> Outcome:
        """Post one fact. A repeat that the service refuses as one was done before."""
        try:
            ident = self._purchase(write) if write.data["kind"] == PURCHASE else self._return(write)
        except Rejected as error:
            done = next(iter(self.found([write])), None) if error.code in THERE else None
            return Outcome(done) if done is not None else Outcome(error=error)
        except ConnectorError as error:
            return Outcome(error=error)
        return Outcome(Remote(ident, {**write.data, "id": ident}, "answer"))

    def _purchase(self, write: Write) -> str:
        data = write.data
        items = [{name: item[name] for name in ("ext", "product", "qnt", "price", "sum")} for item in data["items"]]
        for item in items:
            item |= {"qnt": float(item["qnt"]) or 1.0, "price": float(item["price"]), "sum": float(item["sum"])}
        phone, spent = self.spending.phone(str(data["customer"])), float(data.get("bonusDebit") or 0)
        body: Row = {"phone": phone, "items": items, "bonusDebit": spent, "externalId": write.key}
        body |= {name: data[name] for name in ("store", "desc") if data.get(name)} | {"date": _aware(data["date"])}
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

    def _part(self, sale: str, item: Mapping[str, Json]) -> Decimal:
        """What a part costs in the service's own sums, which its discounts have made smaller. Raises Rejected, Missing."""
        position = next((one for one in self._positions(sale) if one.get("ext") == item["ext"]), None)
        if position is None:
            raise Rejected(f"the sale {sale} has no position {item['ext']}", code="POSITION_NOT_FOUND", field="items")
        whole, due = Decimal(str(position["sum"])), Decimal(str(position["totalSum"]))
        return (Decimal(str(item["sum"])) * due / whole).quantize(CENT, ROUND_DOWN) if whole else Decimal(0)

    def _positions(self, sale: str) -> list[Row]:
        return list(self.api.get(f"retail/{sale}")["positions"])

    # looking up -------------------------------------------------------------------------------------------

    def found(self, writes: Sequence[Write]) -> list[Remote]:
        """Sales and returns that these facts, whose answers were lost, may have made. One that belongs to another fact, since a line was given
        back in two equal parts, is known by its id already."""
        return [self._as_told(write, ident) for write in writes for ident in self._candidates(write)]

    def _candidates(self, write: Write) -> Iterator[str]:
        exts = {item["ext"] for item in write.data["items"]}
        sale = None if write.data["kind"] == PURCHASE else str(write.data["sale"])
        for ident in self._sales_since(self._buyer(write), str(write.data["date"])):
            try:
                row = self.api.get(f"retail/{ident}")
            except Missing:
                continue
            parent = row.get("parentId")
            if (str(parent) if parent else None) == sale and exts <= {one.get("ext") for one in row["positions"]}:
                yield ident

    def _buyer(self, write: Write) -> str:
        """The phone of whose points are moved: a return's are those of whom the sale was, whoever is one with whom since."""
        if write.data["kind"] == PURCHASE:
            return self.spending.phone(str(write.data["customer"]))
        return digits(self.api.get(f"retail/{write.data['sale']}")["customerPhone"])

    def _sales_since(self, phone: str, moment: str) -> list[str]:
        """Numbers of sales and returns that moved the points of a customer, the newest first."""
        since = (datetime.fromisoformat(_aware(moment)) - BEFORE).isoformat()
        asked: Row = {"phone": phone, "creationDate": {"from": since}, "startRow": 1, "rowCount": MOVEMENTS, "sort": -1}
        rows = self.api.ask("retail/bonusActivities", asked)["bonusActivities"]
        return list(dict.fromkeys(str(row["purchaseId"]) for row in rows if row.get("purchaseId")))

    def _as_told(self, write: Write, ident: str) -> Remote:
        return Remote(ident, {**write.data, "id": ident, self.created_for: write.key}, "fetch")

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """Sales and returns that exist."""
        found = []
        for ident in ids:
            try:
                row = self.api.get(f"retail/{ident}")
            except Missing:
                continue
            found.append(Remote(ident, {"id": ident, "kind": "return" if row.get("parentId") else PURCHASE}, "fetch"))
        return found


def _aware(moment: Json) -> str:
    """A time of the hub's, with its zone: a naive one would be taken for the account's."""
    text = str(moment)
    return text if text.endswith("Z") or "+" in text else f"{text}+00:00"
