"""Orders that the interface does not finish by itself: service fields from a template, the counterparty behind a customer, sums and VAT."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connectors.errors import Rejected
from connectors.onec.api import EXISTS, Api, guid, text
from connectors.onec.lists import Lists
from connectors.onec.profiles import Profile
from connectors.onec.shape import CLIENTS, LINES, ZERO, Row

Json = Any
TEMPLATE = "SVERKA"  # what an administrator writes into the number by the client's data of a hand-made order
FIRMS = uuid.UUID("6f0d3a52-6f4e-5f0c-9a57-2b7c1d9b7e11")
GOODS = "Catalog_Номенклатура"
ENUMERATED = {"НДС20": 20, "НДС22": 22, "НДС18": 18, "НДС10": 10, "НДС7": 7, "НДС5": 5}
CENT = Decimal("0.01")


class Ordering:
    """What a new order of one base needs beside what a record says."""

    def __init__(self, api: Api, lists: Lists, profile: Profile) -> None:
        self.api, self.lists, self.profile = api, lists, profile
        self.place = profile.places["orders"]

    def service(self) -> Row:
        """Service fields of a new order, with УТ's names: those of the template. Raises Rejected where there is none."""
        number = self.place.names.get(CLIENTS, CLIENTS)
        found = self.api.rows(self.place.set, filter=f"{number} eq {text(TEMPLATE)}", orderby="Date desc", top=1)
        if not found:
            raise Rejected(
                f"there is no template: make an order by hand with {number} = {TEMPLATE}, its service fields are copied", code="template"
            )
        names = {name: self.place.names.get(name, name) for name in self.profile.service}
        return {ours: found[0][theirs] for ours, theirs in names.items() if found[0].get(theirs) not in (None, ZERO, "")}

    def firm(self, customer: str) -> str:
        """Guid of the counterparty of a customer, made where there is none: its own is derived, so that a repeat makes no second one."""
        rows = self.api.rows(
            self.profile.firm, filter=f"Партнер_Key eq {guid(customer)} and DeletionMark eq false", select="Ref_Key", top=1
        )
        if rows:
            return str(rows[0]["Ref_Key"])
        name = str(self.api.one(self.profile.places["customers"].set, customer).get("Description") or "")
        ident = str(uuid.uuid5(FIRMS, customer))
        body = {"Ref_Key": ident, "Description": name, "НаименованиеПолное": name, "ЮрФизЛицо": "ФизЛицо",
                "ЮридическоеФизическоеЛицо": "ФизическоеЛицо", "Партнер_Key": customer}  # fmt: skip
        try:
            return str(self.api.create(self.profile.firm, body)["Ref_Key"])
        except Rejected as error:
            if error.code != EXISTS:
                raise
            return ident

    def lines(self, wanted: Sequence[Mapping[str, Json]], document: Mapping[str, Json]) -> list[Row]:
        """The part of goods as it is sent, with УТ's names: what no mapping names stays as the held line has it; numbers from one.
        ``document``: the order as it is or will be, with УТ's names too."""
        raw: Sequence[Mapping[str, Json]] = document.get(LINES) or ()
        held = {str(line.get("LineNumber")): line for line in raw}
        found = []
        goods = self.lists.of(GOODS, [str(line.get("goods") or "").partition("/")[0] for line in wanted])
        for number, line in enumerate(wanted, 1):
            before = held.get(str(line.get("LineNumber")), {})
            made: Row = {name: value for name, value in before.items() if "@" not in name and name not in ("goods", "Ref_Key")}
            made |= {name: value for name, value in line.items() if name != "goods"} | {"LineNumber": str(number)}
            item, _, variant = str(line.get("goods") or "").partition("/")
            made |= {"Номенклатура_Key": item or ZERO, "Характеристика_Key": variant or ZERO}
            if "Количество" in line:
                made["КоличествоУпаковок"] = line["Количество"]
            found.append(self._taxed(made, goods.get(item, {}), document))
        return found

    def _taxed(self, line: Row, item: Mapping[str, Json], document: Mapping[str, Json]) -> Row:
        """A line with its VAT, at its own rate or that of its goods; prices include it or not, as the document says."""
        for name in ("СтавкаНДС_Key", "СтавкаНДС"):
            if line.get(name) in (None, ZERO, "") and item.get(name) not in (None, ZERO, ""):
                line[name] = item[name]
        total = Decimal(str(line.get("Сумма") or 0))
        included = bool(document.get("ЦенаВключаетНДС"))
        rate = Decimal(0) if "НеОблагается" in str(document.get("НалогообложениеНДС")) else self._rate(line)
        tax = (total * rate / (100 + rate if included else 100)).quantize(CENT, ROUND_HALF_UP)
        return line | {"СуммаНДС": float(tax), "СуммаСНДС": float(total if included else total + tax)}

    def _rate(self, line: Mapping[str, Json]) -> Decimal:
        """Percent of a line: by a row of the list of rates, or by a value of the old enumeration."""
        if self.profile.rates and line.get("СтавкаНДС_Key") not in (None, ZERO, ""):
            return Decimal(str(self.lists.rows(self.profile.rates).get(str(line["СтавкаНДС_Key"]), {}).get("Ставка") or 0))
        return Decimal(ENUMERATED.get(str(line.get("СтавкаНДС")), 0))

    def sent(self, lines: Sequence[Mapping[str, Json]]) -> Row:
        """The part and the total of the document, with the names of this configuration: the interface reckons nothing."""
        total = sum((Decimal(str(line["СуммаСНДС"])) for line in lines), Decimal(0))
        names = self.place.line_names
        rows = []
        for line in lines:
            row = {names.get(name, name): value for name, value in line.items()}
            for ours, of in self.place.composite.items():
                if ours in names and ours in line:
                    row[f"{names[ours]}_Type"] = f"StandardODATA.{of}"
            rows.append(row)
        return {self.place.lines or LINES: rows, "СуммаДокумента": float(total)}
