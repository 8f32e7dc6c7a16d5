"""Between what a base shows and what it takes: names of УТ for every configuration, short lists by name, a name in three parts, lines with
their goods, sums that the interface does not reckon. Pure but for the short lists."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contract import SystemSettings, Write
from connectors.errors import Unauthorized
from connectors.onec.api import ABSENT
from connectors.onec.lists import Lists
from connectors.onec.profiles import Place, Profile
from connectors.onec.states import said, stands

Json = Any
Row = dict[str, Json]
ZERO = "00000000-0000-0000-0000-000000000000"
NEVER = "0001-01-01T00:00:00"
RETURNS = frozenset({"returns", "goods_returns"})
CONTACTS, LINES = "КонтактнаяИнформация", "Товары"
CLIENTS = "НомерПоДаннымКлиента"  # the number that an order has elsewhere
KINDS = "Catalog_ВидыКонтактнойИнформации"
NAMELESS, NO_FIRST = "Без имени", "(без имени)"
DATES = ("ДатаРождения",)
CASH, CARD = "Наличные", "Платежная карта"


class Shapes:
    """Objects of one base as mappings see them, and back."""

    def __init__(self, profile: Profile, lists: Lists, settings: SystemSettings) -> None:
        self.profile, self.lists = profile, lists
        self.nobody = frozenset(str(name) for name in settings.options.get("stand_ins") or ())

    def shown(self, resource: str, row: Mapping[str, Json]) -> Row:
        """A row with УТ's names, names beside the references of short lists, and no guid where there is no reference."""
        place = self.profile.places[resource]
        found = {name: value for name, value in row.items() if "@" not in name}
        for ours, theirs in place.names.items():
            if theirs in found:
                found[ours] = found.pop(theirs)
        found = {name: None if value == ZERO else value for name, value in found.items()}
        for name, of in self.profile.lists.items():
            key = name if name in place.composite else f"{name}_Key"
            if key in found:
                title = self.lists.name_of(of, found[key]) if found[key] else None
                found[name] = title if key == name else {"Description": title}
        found["hub_key"] = own_key(str(row.get("Ref_Key", "")))
        if place.changed:
            found["changed"] = row.get(place.changed)
        if place.lines:
            found[LINES] = [self._line(place, line) for line in row.get(place.lines) or ()]
        if resource == "customers":
            self._customer(found)
        elif resource == "orders":
            found["Статус"] = stands(found.get("Статус"), row)
            found["number"] = found.get(CLIENTS) or found.get("Number")  # one that was born here has its own alone
        elif resource == "receipts":
            self._receipt(found, row)
        elif resource in RETURNS:
            found["sold"] = found.get("ЧекККМ_Key") or self.order_shipped(row.get("ДокументРеализации"))
        return found

    def _customer(self, found: Row) -> None:
        field, value = self.profile.person
        found["name"] = str(found.get("Description") or "")
        found["names"] = split(found["name"])
        person = not found.get("IsFolder") and (not field or found.get(field) == value)
        found["firm"] = not person and found["name"] not in self.nobody

    def _line(self, place: Place, line: Mapping[str, Json]) -> Row:
        found = {name: value for name, value in line.items() if "@" not in name and name != "Ref_Key"}
        for ours, theirs in place.line_names.items():
            if theirs in found:
                found[ours] = found.pop(theirs)
        goods, variant = found.get("Номенклатура_Key"), found.get("Характеристика_Key")
        found["goods"] = None if goods in (None, ZERO, "") else goods if variant in (None, ZERO, "") else f"{goods}/{variant}"
        return found

    def _receipt(self, found: Row, row: Mapping[str, Json]) -> None:
        """How it was paid, and the number of the card that was shown."""
        found["card"] = self._card(found.get("КартаЛояльности_Key"))
        sums: dict[str, float] = {}
        for line in row.get(self.profile.cashless) or ():
            kind = self.kind_of(line, CARD)
            sums[kind] = round(sums.get(kind, 0.0) + float(line.get("Сумма") or 0), 2)
        total = float(row.get("СуммаДокумента") or 0)
        cash = min(float(row.get("ПолученоНаличными") or 0), round(total - sum(sums.values()), 2))  # more is handed over than is owed
        if cash > 0:
            sums = {CASH: cash, **sums}
        found["payments"] = [
            {"kind": kind, "sum": value, "time": row.get("Date"), "id": row.get("Number")} for kind, value in sums.items() if value
        ]

    def order_shipped(self, ident: str | None) -> str | None:
        """The order behind the shipment that a return or a payment names; None where shipments are not in the composition: it names none then."""
        shipments, order = self.profile.money.shipments
        try:
            row = self.lists.of(shipments, [ident]).get(ident, {}) if ident not in (None, "", ZERO) else {}
        except Unauthorized as error:
            if error.code != ABSENT:
                raise
            return None
        found, kind = row.get(order), str(row.get(f"{order}_Type") or "")
        another = (
            kind.startswith("StandardODATA.Document_") and kind != f"StandardODATA.{self.profile.money.orders}"
        )  # an order to a supplier
        return None if found in (None, "", ZERO) or another else str(found)

    def _card(self, ident: str | None) -> str:
        """Number of a card; none where cards are not in the composition: a receipt is one without its card, too."""
        of, field = self.profile.cards
        try:
            return str(self.lists.of(of, [ident]).get(ident, {}).get(field) or "") if ident else ""
        except Unauthorized as error:
            if error.code != ABSENT:
                raise
            return ""

    def kind_of(self, row: Mapping[str, Json], usual: str) -> str:
        """How a row of a receipt, or a document of money, is paid: as it says itself, else as usual."""
        if self.profile.payment_kinds and row.get("ВидОплаты_Key") not in (None, "", ZERO):
            return self.lists.name_of(self.profile.payment_kinds, str(row["ВидОплаты_Key"]))
        return str(row.get("ВидОплаты") or usual)

    def body(self, resource: str, write: Write, raw: Mapping[str, Json]) -> Row:
        """What a write sends: with the base's own names and guids. ``raw``: the object as it is now, {} for a new one. Raises Rejected for
        names that the base does not have."""
        place = self.profile.places[resource]
        body: Row = {}
        for name, value in write.data.items():
            if name == "names":
                body |= self._named(value or {}, str(raw.get("Description") or ""))
            elif name in self.profile.lists:
                key = name if name in place.composite else f"{name}_Key"
                title = value if key == name else (value or {}).get("Description")
                body[key] = self.lists.by_name(self.profile.lists[name], title, f"{name}.Description") if title else ZERO
            elif name == "Статус" and resource == "orders":
                body[name] = said(value)
            elif name == "number":
                body[CLIENTS] = value
            elif name == CONTACTS:
                body[CONTACTS] = self._contacts(value or ())
                body |= {field: first(body[CONTACTS], sort) for sort, field in self.profile.search.items()}
            elif name != LINES:
                body[name] = NEVER if name in DATES and not value else ZERO if name.endswith("_Key") and not value else value
        return self.theirs(place, body)

    def theirs(self, place: Place, body: Mapping[str, Json]) -> Row:
        """The same with the names of this configuration; a composite field says where it leads."""
        found: Row = {}
        for name, value in body.items():
            if not (key := place.names.get(name, name)):
                continue
            found[key] = value
            if name in place.composite:
                found[f"{key}_Type"] = f"StandardODATA.{place.composite[name]}" if value not in (None, ZERO) else "StandardODATA.Undefined"
        return found

    def _named(self, parts: Mapping[str, Json], held: str) -> Row:
        name = joined({**split(held), **parts})
        return {"Description": name[:100], **dict.fromkeys(self.profile.full_names, name)}

    def _contacts(self, rows: Sequence[Mapping[str, Json]]) -> list[Row]:
        """The whole table: rows numbered from one without a gap, each of a kind."""
        found = []
        for number, row in enumerate(rows, 1):
            line = {name: value for name, value in row.items() if "@" not in name and name != "Ref_Key"} | {"LineNumber": str(number)}
            if line.get("Вид_Key") in (None, ZERO) and (kind := self._kind(str(row.get("Тип")))):
                line["Вид_Key"] = kind
            found.append({name: ZERO if name.endswith("_Key") and value is None else value for name, value in line.items()})
        return found

    def _kind(self, sort: str) -> str:
        """Guid of the predefined kind of a customer's phone, e-mail or address."""
        wanted = self.profile.kinds.get(sort)
        for ident, row in self.lists.rows(KINDS).items():
            if wanted and wanted in (row.get("PredefinedDataName"), row.get("ИмяПредопределенногоВида")):
                return ident
        return ""


def first(rows: Sequence[Mapping[str, Json]], sort: str) -> str:
    """What the first row of a type is found by."""
    found = next((row for row in rows if row.get("Тип") == sort), {})
    return str(found.get("НомерТелефона") or found.get("АдресЭП") or "")


def own_key(ident: str) -> str:
    """The hub's key inside an object: its guid, where the hub chose it. The hub's keys are of version 7, which the platform never makes."""
    try:
        return ident if uuid.UUID(ident).version == 7 else ""
    except ValueError:
        return ""


def split(name: str) -> dict[str, str]:
    """``Фамилия Имя Отчество`` in parts; one word alone is a first name. The stand-ins for names that are missing are nothing."""
    text = " ".join(name.split())
    if text == NAMELESS:
        text = ""
    if text.endswith(NO_FIRST):
        return {"last": text.removesuffix(NO_FIRST).strip(), "first": "", "middle": ""}
    words = text.split(" ", 2)
    if len(words) < 2:
        return {"last": "", "first": words[0], "middle": ""}
    return {"last": words[0], "first": words[1], "middle": words[2] if len(words) == 3 else ""}


def joined(parts: Mapping[str, Json]) -> str:
    """The parts as one name that reads back the same."""
    last, first, middle = (" ".join(str(parts.get(part) or "").split()) for part in ("last", "first", "middle"))
    if last and not first:
        return f"{last} {NO_FIRST}"
    return " ".join(filter(None, (last, first, middle))) or NAMELESS


def agrees(held: Json, now: Json) -> bool:
    """Whether an object as it is now still shows what a write was made of. What ``held`` does not tell is not compared."""
    if isinstance(held, Mapping):
        return isinstance(now, Mapping) and all(agrees(value, now.get(name)) for name, value in held.items())
    if isinstance(held, list):
        return isinstance(now, list) and len(held) == len(now) and all(agrees(a, b) for a, b in zip(held, now, strict=True))
    return bool(held == now) or (held in (None, "") and now in (None, ""))
