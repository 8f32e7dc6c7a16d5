"""One customer's points: what was credited lies in lots, each with its own beginning and end; every change is a movement of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

ZERO = Decimal(0)
LIFETIME = 365  # days from activation to burning (vendor: burnsInDays)
# names and numbers of the kinds: the vendor's pages name the two manual ones alone
KINDS = {
    "Credit_Manual": 0, "Debit_Manual": 1, "Credit_Purchase": 2, "Debit_Purchase": 3, "Credit_Registration": 4, "Debit_Burn": 5,
    "Credit_Return": 6, "Debit_Return": 7,
}  # fmt: skip
CREDITED = ("Credit_Manual", "Credit_Purchase", "Credit_Registration", "Debit_Return")  # a return takes credits back
DEBITED = ("Debit_Manual", "Debit_Purchase", "Credit_Return")  # and gives debits back


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of a balance, never changed afterwards. ``amount`` bears its sign; ``key``: whose request it was, empty for the service's own."""

    id: int
    person: int
    phone: str
    amount: Decimal
    kind: str
    at: datetime
    receipt: datetime
    valid_until: datetime | None
    purchase: int | None = None
    key: str = ""
    description: str = ""


@dataclass(slots=True)
class Lot:
    """Points of one credit that are still there: spendable from ``active`` until ``burns``."""

    left: Decimal
    active: datetime
    burns: datetime
    purchase: int | None = None


@dataclass(slots=True)
class Purse:
    """``debt``: points taken back that had been spent already. ``note``: keeps a movement."""

    note: Callable[[Decimal, str, datetime | None, int | None, datetime | None], None]
    lots: list[Lot] = field(default_factory=list)
    debt: Decimal = ZERO
    reserves: dict[str, Decimal] = field(default_factory=dict)
    totals: dict[str, Decimal] = field(default_factory=dict)

    def available(self, now: datetime) -> Decimal:
        """What may be spent: active, neither reserved nor owed."""
        return sum((lot.left for lot in self.lots if lot.active <= now), ZERO) - self.reserved - self.debt

    def pending(self, now: datetime) -> Decimal:
        return sum((lot.left for lot in self.lots if lot.active > now), ZERO)

    @property
    def reserved(self) -> Decimal:
        return sum(self.reserves.values(), ZERO)

    def total(self, kinds: Iterable[str]) -> Decimal:
        return abs(sum((self.totals.get(kind, ZERO) for kind in kinds), ZERO))

    def next_burn(self) -> tuple[Decimal, datetime | None]:
        """How much burns next, and when."""
        ends = [lot.burns for lot in self.lots if lot.left]
        soonest = min(ends, default=None)
        return sum((lot.left for lot in self.lots if lot.burns == soonest), ZERO), soonest

    def credit(
        self, amount: Decimal, kind: str, now: datetime, *, wait: int = 0, burns: int = LIFETIME, purchase: int | None = None,
        receipt: datetime | None = None,
    ) -> None:  # fmt: skip
        """New points, spendable after ``wait`` days, burning ``burns`` days later."""
        if not amount:
            return
        active = now + timedelta(days=wait)
        end = active + timedelta(days=burns)
        self.lots.append(Lot(amount, active, end, purchase if kind == "Credit_Purchase" else None))
        self._moved(amount, kind, end, purchase, receipt)

    def debit(self, amount: Decimal, kind: str, now: datetime, *, purchase: int | None = None, receipt: datetime | None = None) -> None:
        """Spend: what burns first goes first. Whether there is enough, the caller has seen."""
        if amount:
            self._take(amount, sorted((lot for lot in self.lots if lot.active <= now), key=lambda lot: lot.burns))
            self._moved(-amount, kind, None, purchase, receipt)

    def withdraw(self, amount: Decimal, sale: int, purchase: int) -> None:
        """Take back what a sale credited: its own points first, then others; what is spent already is owed."""
        if amount:
            self._take(amount, sorted(self.lots, key=lambda lot: (lot.purchase != sale, lot.burns)))
            self._moved(-amount, "Debit_Return", None, purchase, None)

    def burn(self, now: datetime) -> None:
        """What is past its end is gone."""
        for lot in [lot for lot in self.lots if lot.burns <= now]:
            if lot.left:
                self._moved(-lot.left, "Debit_Burn", lot.burns, None, lot.burns)
            self.lots.remove(lot)

    def _take(self, amount: Decimal, lots: Iterable[Lot]) -> None:
        for lot in lots:
            taken = min(lot.left, amount)
            lot.left -= taken
            amount -= taken
        self.debt += amount

    def _moved(self, amount: Decimal, kind: str, until: datetime | None, purchase: int | None, receipt: datetime | None) -> None:
        self.totals[kind] = self.totals.get(kind, ZERO) + amount
        self.note(amount, kind, until, purchase, receipt)
