"""Points during a checkout: asked for, held for an order, let go (bonusplus docs: retail/calc, balance/reserve)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.bonusplus.api import Api
from connectors.contract import Balance, Quote
from connectors.errors import Missing, Rejected, Unknown
from connectors.purchases import money_text

Json = Any


class Spending:
    """Of one account."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def balance(self, ident: str) -> Balance:
        row = self.api.get("customer", id=ident)
        amount, day = row.get("nearestBonusesExpirationAmount"), str(row.get("nearestBonusesExpirationDate") or "")[:10]
        burn = f"{day}: {money_text(amount)}" if amount and day else ""
        return Balance(money_text(row.get("availableBonuses")), money_text(row.get("notActiveBonuses")), burn)

    def quote(self, ident: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote:
        items = [
            {"ext": str(at), "product": str(line.get("sku") or ""), "qnt": float(line["quantity"]), "price": float(line["price"]), "sum": float(line["sum"])}
            for at, line in enumerate(lines, start=1)
        ]  # fmt: skip
        body = {"phone": self.phone(ident), "items": items, "bonusDebit": float(points)}
        answer = self.api.calculate(body)
        credited = sum((Decimal(str(line.get("cb") or 0)) for line in answer.get("discount") or ()), Decimal(0))
        return Quote(money_text(answer.get("maxDebitBonuses")), money_text(credited))

    def reserve(self, ident: str, document: str, points: str) -> None:
        """What a second positive call with the same id does is nowhere said: what is held is read first, and after an answer that was lost."""
        phone = self.phone(ident)
        missing = Decimal(points) - self.held(phone, document)
        if not missing:
            return
        try:
            self.api.send("PATCH", f"customer/{phone}/balance/reserve", {"id": document, "amount": float(missing)})
        except Unknown:
            if self.held(phone, document) != Decimal(points):
                raise

    def release(self, ident: str, document: str) -> None:
        phone = self.phone(ident)
        if held := self.held(phone, document):
            self.api.send("PATCH", f"customer/{phone}/balance/reserve", {"id": document, "amount": float(-held)})

    def held(self, phone: str, document: str) -> Decimal:
        """Points held under the number of an order."""
        try:
            row = self.api.get(f"customer/{phone}/balance/reserve/{document}")
        except (Missing, Rejected):  # that there is none is a refusal of business
            return Decimal(0)
        return Decimal(str((row or {}).get("amount") or 0))

    def phone(self, ident: str) -> str:
        """The phone that a customer has now: all that a sale or a reserve knows a person by."""
        return str(self.api.get("customer", id=ident)["phone"])
