"""Payments of orders: a receipt at the bank, a cash order, an operation with a card. Each row of such a document names what it settles.

Names are those of the metadata of УТ 11.5.18, УНФ 3.0.8 and Розница 2. A row of УТ names an object of settlements, behind which stands the order, or a
shipment of one where the agreement settles by shipments; in УНФ it names order or shipment itself; in Розница the whole document names the order. A
document that was made out of an order names it in its head. One document may pay several orders, so that a payment is a row of it: its id is the
document's guid, ``#`` and the row's number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Page, Remote
from connectors.errors import Unauthorized
from connectors.onec.api import ABSENT
from connectors.onec.shape import CARD, CASH, ZERO, Shapes

Json = Any
Look = Callable[[str, Mapping[str, Json]], Iterator[Page]]
PAYMENTS = "payments"
BANK = "Безналичная"
DOCUMENTS = {"bank_payments": BANK, "cash_payments": CASH, "card_payments": CARD}  # place of the profile -> how such a document is paid
ROWS, OPERATION = "РасшифровкаПлатежа", "ХозяйственнаяОперация"
SUMS = ("СуммаВзаиморасчетов", "СуммаРасчетов", "Сумма", "СуммаПлатежа")  # of a row, in the currency of its settlements first
HEAD = ("Number", "Date", "Posted", "DeletionMark", "ПроведеноБанком", "Организация", "Комментарий")
MANY = "many"  # of the cursor: documents of several rows -> how many they had
KEPT = 1000


class Payments:
    """Reads the payments of one base through ``look``, which reads the documents of one kind."""

    def __init__(self, shapes: Shapes, look: Look) -> None:
        self.shapes, self.look, self.money = shapes, look, shapes.profile.money
        self.kinds = [kind for kind in DOCUMENTS if kind in shapes.profile.places]

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """One kind after the other, each with a cursor of its own; kinds that are not in the composition are none. A row that a document has no more
        is shown once without its order."""
        held, many = {kind: dict(cursor.get(kind) or {}) for kind in self.kinds}, dict(cursor.get(MANY) or {})
        for kind in self.kinds:
            try:
                for page in self.look(kind, held[kind]):
                    held[kind] = dict(page.cursor)
                    items = self._items(kind, page.objects, many)
                    many = dict(list(many.items())[-KEPT:])
                    yield Page(items, {**held, MANY: many}, False)
            except Unauthorized as error:
                if error.code != ABSENT:
                    raise
        yield Page([], {**held, MANY: many}, True)

    def fetch(self, documents: Callable[[str, Sequence[str]], Sequence[Remote]], ids: Sequence[str]) -> list[Remote]:
        """These rows. ``documents``: reads documents of a kind by their guids."""
        wanted, found = list(dict.fromkeys(one.partition("#")[0] for one in ids)), list[Remote]()
        for kind in self.kinds:
            try:
                found += self._items(kind, documents(kind, wanted), {})
            except Unauthorized as error:
                if error.code != ABSENT:
                    raise
        return [one for one in found if one.id in ids]

    def _items(self, kind: str, documents: Sequence[Remote], many: dict[str, int]) -> list[Remote]:
        """Every document in its rows, and in those that it had before and has no more. ``many``: is kept up."""
        rows_of = {one.id: list(one.data.get(ROWS) or ()) for one in documents}
        self._expect([row for rows in rows_of.values() for row in rows])
        items: list[Remote] = []
        for one in documents:
            rows = rows_of[one.id]
            before = many.pop(one.id, 1)
            if len(rows) > 1:
                many[one.id] = len(rows)
            for number, row in enumerate(rows, 1):
                items.append(self._item(kind, one, number, self.order(row, one.data, alone=len(rows) == 1), row))
            items += [self._item(kind, one, number, None, {}) for number in range(len(rows) + 1, max(before, 1) + 1)]
        return items

    def _item(self, kind: str, document: Remote, number: int, order: str | None, row: Mapping[str, Json]) -> Remote:
        ident, head = f"{document.id}#{number}", {name: document.data[name] for name in HEAD if name in document.data}
        time = document.data.get("ДатаПроведенияБанком") if kind == "bank_payments" else None
        if OPERATION in document.data:
            operation = document.data[OPERATION]
            head[OPERATION] = self.money.operations.get(str(operation), operation)
        value = next((row[name] for name in SUMS if row.get(name)), None)
        paid = {"kind": self.shapes.kind_of(document.data, DOCUMENTS[kind]), "sum": value, "id": ident}
        paid["time"] = time if time and not str(time).startswith("0001") else document.data.get("Date")
        return Remote(ident, head | {"Ref_Key": ident, "order": order, PAYMENTS: [paid] if order else []}, document.representation)

    def _expect(self, rows: Sequence[Mapping[str, Json]]) -> None:
        """Ask at once for what all rows settle."""
        self._objects([str(row.get(self.money.objects[1]) or "") for row in rows])

    def _objects(self, idents: Sequence[str]) -> Mapping[str, Json]:
        objects, _ = self.money.objects
        wanted = [one for one in idents if one not in ("", ZERO)]
        try:
            return self.shapes.lists.of(objects, wanted) if objects and wanted else {}
        except Unauthorized as error:
            if error.code != ABSENT:
                raise
            return {}

    def order(self, row: Mapping[str, Json], document: Mapping[str, Json], *, alone: bool) -> str | None:
        """The order that a row pays, or None: an agreement, another debt, or a composition without objects of settlements. ``alone``: the document has
        no other row, and what it was made of is what this one pays."""
        ident = str(row.get(self.money.objects[1]) or "")
        named = [(self._objects([ident]).get(ident, {}), "Объект"), *((row, name) for name in self.money.row)]
        named += [(document, name) for name in self.money.head] if alone else []
        of_all = document.get(self.money.order)
        return next((order for of, name in named if (order := self._order_of(of, name))), None) or (
            None if of_all in (None, "", ZERO) else str(of_all)
        )

    def _order_of(self, row: Mapping[str, Json], field: str) -> str | None:
        """What a composite field leads to, where that is an order or the shipment of one."""
        ident, kind = row.get(field), str(row.get(f"{field}_Type") or "").removeprefix("StandardODATA.")
        if ident in (None, "", ZERO):
            return None
        if kind == self.money.orders:
            return str(ident)
        return self.shapes.order_shipped(str(ident)) if kind == self.money.shipments[0] else None
