"""Points during a checkout. UDS holds nothing for an order: what a reserve can say is only that the points are there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.contract import Balance, Quote
from connectors.errors import Rejected
from connectors.purchases import money_text
from connectors.uds.api import Api
from connectors.uds.operations import participant

Json = Any


class Spending:
    """Of one company."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def balance(self, ident: str) -> Balance:
        """Points that wait and points that burn are not told by the API."""
        return Balance(money_text(self._customer(ident)["participant"].get("points")), "0.00")

    def quote(self, ident: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote:
        """Nothing may be spent where the company wants the code of the app, which only the buyer has."""
        total = sum((Decimal(str(line["sum"])) for line in lines), Decimal(0))
        receipt = {"total": float(total), "points": float(points or 0) if self._by_phone() else 0.0}
        found = self.api.calculate({"participant": participant(self._customer(ident)), "receipt": receipt})["purchase"]
        return Quote(money_text(found.get("maxPoints") if self._by_phone() else 0), money_text(found.get("cashBack")))

    def reserve(self, ident: str, points: str) -> None:
        """Raises Rejected where the points are not there, or may not be spent without a code."""
        if not self._by_phone():
            raise Rejected("points may be spent with the code of the app alone", code="withdrawNotPermitted", field="points")
        held = Decimal(str(self._customer(ident)["participant"].get("points") or 0))
        if held < Decimal(points):
            raise Rejected(f"there are {held:.2f} points", code="insufficientFunds", field="points")

    def _by_phone(self) -> bool:
        return bool(self.api.get("settings").get("usePointsByPhone"))

    def _customer(self, ident: str) -> dict[str, Json]:
        return dict(self.api.get(f"customers/{ident}"))
