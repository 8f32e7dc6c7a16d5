"""Refunds of orders: listed order by order, told by their order, never changed (woocommerce docs: order refunds)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Page, Remote
from connectors.errors import Missing
from connectors.woocommerce.api import Api
from connectors.woocommerce.shape import LISTS, amount

Json = Any
REFUNDS = "refunds"
SOLD = "_refunded_item_id"  # meta of a line: the id of the order's line that it is of
SUMS = ("total", "subtotal", "total_tax", "subtotal_tax")
Orders = Callable[[Sequence[str]], list[Remote]]


class Refunds:
    """``id`` of a refund as the hub knows it: ``order/refund``."""

    def __init__(self, api: Api, orders: Orders) -> None:
        self.api, self.orders = api, orders

    def changes(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The refunds of changed orders: making one changes its order."""
        for page in pages:
            yield Page([one for order in page.objects for one in self._of(order.data)], page.cursor, page.last)

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        """By id."""
        wanted = {ident.partition("/")[0] for ident in ids if ident.partition("/")[2]}
        found = [one for order in self.orders(sorted(wanted)) for one in self._of(order.data)]
        return [one for one in found if one.id in set(ids)]

    def _of(self, order: Mapping[str, Json]) -> list[Remote]:
        if not order.get("refunds"):
            return []
        try:
            rows = self.api.get(f"orders/{order['id']}/refunds", {"per_page": 100})[0]
        except Missing:
            return []
        return [Remote(f"{order['id']}/{row['id']}", shown(row, order), "fetch") for row in rows]


def shown(row: Mapping[str, Json], order: Mapping[str, Json]) -> dict[str, Json]:
    """A refund with its goods in one list of positive figures, each with the number of the order's line that it is of (``sold``). A line of
    no pieces is money without goods, and no goods."""
    places = {str(line.get("id")): number for number, line in enumerate(order.get("items") or (), 1)}
    lines = [{"type": kind, **line} for kind, name in LISTS.items() for line in row.get(name) or ()]
    pieces = [line for line in lines if line["type"] != "line_item" or amount(line.get("quantity"))]
    kept = {name: value for name, value in row.items() if name not in LISTS.values()}
    return kept | {"ref": f"{order['id']}/{row['id']}", "order": order["id"], "items": [_positive(line, places) for line in pieces]}


def _positive(line: Mapping[str, Json], places: Mapping[str, int]) -> dict[str, Json]:
    named = next((str(m.get("value")) for m in line.get("meta_data") or () if m.get("key") == SOLD), "")
    turned = {name: f"{-amount(line[name])}" for name in SUMS if line.get(name) not in (None, "")}
    quantity = {"quantity": abs(int(amount(line["quantity"])))} if "quantity" in line else {}
    return {**line, **turned, **quantity, "sold": places.get(named)}
