"""Orders in memory: vendors that add up totals in their own ways, behind the same connector contract as people."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.property.vendors import Thing, Traits, Vendor
from tests.property.world import World

Json = Any
CENT = Decimal("0.01")
MAPPING = """
system: {name}
entity: order
resource: orders
id: id
modified: {{remote: modified, as: utc_time}}
external_key: key
fields:
  number:   {{remote: number}}
  status:   {{remote: status}}
  comment:  {{remote: note}}
  lines:
    remote: rows
    key: [id, [sku]]
    each:
      sku:      {{remote: sku}}
      quantity: {{remote: count, as: decimal}}
      price:    {{remote: price, as: money}}
      sum:      {{remote: sum, as: money}}
  total:    {{remote: total, as: money, only: read}}
  rounding: {{remote: fee, as: {{money: {{text: true}}}}}}
"""
LINES_ONLY = MAPPING.replace("as: money, only: read}}", "as: money, only: read, counts: lines}}")


@dataclass
class TillTraits(Traits):
    """``kopecks``: what the vendor's own arithmetic adds for each line. ``fees``: its rounding is a fee that its total counts.
    ``typed``: a total typed by hand stays, whatever the lines say."""

    kopecks: int = 0
    fees: bool = True
    typed: bool = False


class Till(Vendor):
    """A vendor of orders; ``rows`` get ids and sums of its own, the total follows."""

    traits: TillTraits

    def store(self, thing: Thing, path: str, value: Json) -> Json:
        if path == "rows":
            numbers = itertools.count(max([0, *(row["id"] for row in thing.values.get("rows") or ())]) + 1)
            value = [{**row, "id": row.get("id") or next(numbers)} for row in value or ()]
            for row in value:
                row["sum"] = str((Decimal(str(row["price"])) * Decimal(str(row["count"]))).quantize(CENT))
        thing.values[path] = value
        if path != "total" and not (self.traits.typed and "total" in thing.values):
            thing.values["total"] = self._total(thing)
        return value

    def _total(self, thing: Thing) -> str:
        rows = thing.values.get("rows") or ()
        fee = Decimal(thing.values.get("fee") or 0) if self.traits.fees else Decimal(0)
        return str(sum((Decimal(row["sum"]) for row in rows), Decimal(0)) + CENT * self.traits.kopecks * len(rows) + fee)

    def user_edits(self, thing_id: str, path: str, value: Json) -> Json:
        self.tick()
        thing = self.things[thing_id]
        if thing.values.get(path) == value:
            return None
        self.store(thing, path, value)
        self._touch(thing)
        return thing.values[path]


class Orders(World):
    """Orders in some systems; ``lines_only``: their totals count the lines alone."""

    resource, entity, mapping, kind = "orders", "order", MAPPING, Till

    def __init__(self, traits: Mapping[str, Traits], *, lines_only: bool = False, **settings: Any) -> None:
        self.mapping = LINES_ONLY if lines_only else MAPPING
        super().__init__(traits, **settings)

    def value(self, system: str, path: str) -> Json:
        """What the only order of a system holds."""
        (thing,) = self.vendors[system].things.values()
        return thing.values.get(path)


def row(sku: str, count: int, price: str) -> dict[str, Json]:
    return {"sku": sku, "count": count, "price": price}
