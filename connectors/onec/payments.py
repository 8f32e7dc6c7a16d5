"""Payments of orders in УТ: a receipt at the bank, a cash order, an operation with a card. Each row of such a document names what it settles.

Names are those of the metadata of УТ 11.5.18. A row names an object of settlements, behind which stands the order, or a shipment of one where the
agreement settles by shipments; a document that was made out of an order names it in its head. One document may pay several orders, so that a
payment is a row of it: its id is the document's guid, ``#`` and the row's number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Page, Remote
from connectors.errors import Unauthorized
from connectors.onec.api import ABSENT
from connectors.onec.shape import CARD, CASH, SHIPMENTS, ZERO, Shapes

Json = Any
Look = Callable[[str, Mapping[str, Json]], Iterator[Page]]
PAYMENTS = "payments"
BANK = "Безналичная"
DOCUMENTS = {"bank_payments": BANK, "cash_payments": CASH, "card_payments": CARD}  # place of the profile -> how such a document is paid
ROWS, OBJECTS, ORDERS = "РасшифровкаПлатежа", "Catalog_ОбъектыРасчетов", "Document_ЗаказКлиента"
HEAD = ("Number", "Date", "Posted", "DeletionMark", "ХозяйственнаяОперация", "ПроведеноБанком", "Организация", "Комментарий")
MANY = "many"  # of the cursor: documents of several rows -> how many they had
KEPT = 1000


class Payments:
    """Reads the payments of one base through ``look``, which reads the documents of one kind."""

    def __init__(self, shapes: Shapes, look: Look) -> None:
        self.shapes, self.look = shapes, look
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
                alone = one.data if len(rows) == 1 else {}
                items.append(self._item(kind, one, number, self.order(row) or self._order_of(alone, "ДокументОснование"), row))
            items += [self._item(kind, one, number, None, {}) for number in range(len(rows) + 1, max(before, 1) + 1)]
        return items

    def _item(self, kind: str, document: Remote, number: int, order: str | None, row: Mapping[str, Json]) -> Remote:
        ident, head = f"{document.id}#{number}", {name: document.data[name] for name in HEAD if name in document.data}
        time = document.data.get("ДатаПроведенияБанком") if kind == "bank_payments" else None
        paid = {"kind": DOCUMENTS[kind], "sum": row.get("СуммаВзаиморасчетов") or row.get("Сумма"), "id": ident}
        paid["time"] = time if time and not str(time).startswith("0001") else document.data.get("Date")
        return Remote(ident, head | {"Ref_Key": ident, "order": order, PAYMENTS: [paid] if order else []}, document.representation)

    # whose payment it is ------------------------------------------------------------------------------------------

    def _expect(self, rows: Sequence[Mapping[str, Json]]) -> None:
        """Ask at once for what all rows settle."""
        self._objects([str(row.get("ОбъектРасчетов_Key") or "") for row in rows])

    def _objects(self, idents: Sequence[str]) -> Mapping[str, Json]:
        try:
            return self.shapes.lists.of(OBJECTS, [one for one in idents if one not in ("", ZERO)])
        except Unauthorized as error:
            if error.code != ABSENT:
                raise
            return {}

    def order(self, row: Mapping[str, Json]) -> str | None:
        """The order that a row pays, or None: an agreement, another debt, or a composition without objects of settlements."""
        ident = str(row.get("ОбъектРасчетов_Key") or "")
        return self._order_of(self._objects([ident]).get(ident, {}), "Объект")

    def _order_of(self, row: Mapping[str, Json], field: str) -> str | None:
        """What a composite field leads to, where that is an order or the shipment of one."""
        ident, kind = row.get(field), str(row.get(f"{field}_Type") or "").removeprefix("StandardODATA.")
        if ident in (None, "", ZERO):
            return None
        return str(ident) if kind == ORDERS else self.shapes.order_shipped(str(ident)) if kind == SHIPMENTS else None
