"""Points spent while a customer pays in the site's basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from connectors.contract.objects import Json


@dataclass(frozen=True, slots=True)
class Balance:
    """A customer's points, as decimal text. ``next_burn``: what burns next and when, as ``2026-12-01: 100.00``; empty: nothing."""

    active: str
    pending: str
    next_burn: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the loyalty service makes of a basket. ``most``: points that may be spent on it; ``accrues``: points that it would earn."""

    most: str
    accrues: str


@runtime_checkable
class Spends(Protocol):
    """Points spent during a checkout. ``ident``: the customer's id there. ``document``: the site's number of the order, unique."""

    def balance(self, ident: str) -> Balance: ...

    def quote(self, ident: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote:
        """``lines``: sku, quantity, price, sum. Nothing is changed by asking."""

    def reserve(self, ident: str, document: str, points: str) -> None:
        """Hold points for an order: as many as said in all, however often it is said. Raises Rejected where they are not there."""

    def release(self, ident: str, document: str) -> None:
        """Let go of what is held for an order; nothing where nothing is held."""
