"""Goods of a base: each variant (a characteristic) is an object of its own, with its barcodes and its prices of the named kinds.

Registers have no versions: their rows are digested together with the versions of goods and characteristics, so that an item is read again
when its price or barcode changes. Only prices of kinds that the configuration of the hub names are asked for: no other leaves the base.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from connectors.contract import Page, Remote
from connectors.onec.api import Api, guid, pieces
from connectors.onec.lists import Lists
from connectors.onec.ordering import GOODS
from connectors.onec.profiles import Profile
from connectors.onec.scan import Scan
from connectors.onec.searching import BARCODES, is_guid
from connectors.onec.shape import ZERO

Json = Any
Row = dict[str, Json]
Pair = tuple[str, str]  # guids of an item and of a characteristic
VARIANTS, PROPERTIES = "Catalog_ХарактеристикиНоменклатуры", "ChartOfCharacteristicTypes_ДополнительныеРеквизитыИСведения"
VALUES, PRICE_KINDS = "Catalog_ЗначенияСвойствОбъектов", "Catalog_ВидыЦен"
USES, NOT_USED = "ИспользованиеХарактеристик", "НеИспользовать"  # whether goods are sold by characteristic (УТ)
KEYS_PAGE, ITEMS = 1000, 100  # rows of a scan, goods of a page
SIZE = re.compile(r"(?:\d{1,3}(?:[-/]\d{1,3})?|(?:[2-6]?X{0,3})[SML](?:/[SML])?|one size|единый)", re.I)


class Goods:
    """Reads the goods of one base. Options: ``price_types``: names of the kinds of prices that may leave it; ``size``, ``colour``: names of
    the properties of characteristics that hold them."""

    def __init__(self, api: Api, lists: Lists, profile: Profile, options: Mapping[str, Json]) -> None:
        self.api, self.lists, self.profile = api, lists, profile
        self.named = [str(name) for name in options.get("price_types") or ()]
        self.properties = {str(options.get("size") or "Размер"): "size", str(options.get("colour") or "Цвет"): "colour"}

    def changes(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Goods in whose bucket anything differs from the cursor's marks: at first all. Each page moves the marks of its buckets."""
        scan, marks, waiting = self._scan(), dict(cursor.get("marks") or {}), list[str]()
        for bucket, items in scan.differing(marks):
            if waiting and len(waiting) + len(items) > ITEMS:
                yield Page(self._shown(waiting), {"marks": dict(marks)}, False)
                waiting = []
            marks[bucket] = scan.marks[bucket]
            waiting += items
        yield Page(self._shown(waiting), {"marks": scan.marks}, True)

    def fetch(self, ids: Sequence[str]) -> list[Remote]:
        pairs = [(item, variant) for item, _, variant in (ident.partition("#") for ident in ids) if is_guid(item)]
        found = self._shown(list(dict.fromkeys(item for item, _ in pairs)), "fetch", [pair for pair in pairs if is_guid(pair[1])])
        wanted = set(ids)
        return [one for one in found if one.id in wanted]

    def _scan(self) -> Scan:
        """Versions of goods and characteristics, and all barcodes and named prices, under the guid of their item."""
        scan = Scan(by_date=False)
        for row in self._all(GOODS, "Ref_Key", select="Ref_Key,DataVersion"):
            scan.add(row)
        for row in self._all(VARIANTS, "Ref_Key", select="Ref_Key,DataVersion,Owner"):
            if is_guid(str(row.get("Owner"))):
                scan.add({"Ref_Key": row["Owner"], "DataVersion": f"{row['Ref_Key']} {row['DataVersion']}"})
        for row in self._all(BARCODES, "Штрихкод"):
            scan.add({"Ref_Key": row["Номенклатура_Key"], "DataVersion": f"{row['Штрихкод']} {row.get('Характеристика_Key')}"})
        balance = self._balance()
        for row in self._all(balance, "Номенклатура_Key") if balance else ():
            scan.add({"Ref_Key": row["Номенклатура_Key"], "DataVersion": f"there {row['Характеристика_Key']}"})
        for kind, condition in self._kinds().items():
            for row in self._all(self._slice(condition), "Номенклатура_Key"):
                scan.add({"Ref_Key": row["Номенклатура_Key"], "DataVersion": f"{kind} {self._variant_of(row)} {row['Цена']}"})
        return scan

    def _all(self, place: str, order: str, select: str = "") -> Iterator[Row]:
        skip = 0
        while True:
            rows = self.api.rows(place, orderby=order, select=select, top=KEYS_PAGE, skip=skip)
            yield from rows
            skip += len(rows)
            if len(rows) < KEYS_PAGE:
                return

    @cached_property
    def _published(self) -> frozenset[str]:
        return self.api.sets()

    def _balance(self, condition: str = "") -> str:
        """The place where pairs of goods and characteristics that any store has are asked for; empty where the base does not publish it."""
        registers = self.profile.registers
        if registers.balance not in self._published:
            return ""
        asked = f"Condition='{condition}'," if condition else ""
        return f"{registers.balance}/Balance({asked}Dimensions='Номенклатура,Характеристика')"

    def _kinds(self) -> dict[str, str]:
        """Named kind of prices -> the condition that asks for it alone. Raises Rejected for a name that the base does not have."""
        field = f"{self.profile.registers.price_kind}_Key"
        return {name: f"{field} eq {guid(self.lists.by_name(PRICE_KINDS, name, 'price_types'))}" for name in self.named}

    def _slice(self, condition: str) -> str:
        sets = self.profile.registers.prices
        return f"{next((name for name in sets if name in self._published), sets[0])}/SliceLast(Condition='{condition}')"

    def _variant_of(self, row: Mapping[str, Json]) -> str:
        return next((str(row[field]) for field in self.profile.registers.price_variant if row.get(field)), ZERO)

    def _prices(self, guids: Sequence[str]) -> dict[tuple[str, str], dict[str, Json]]:
        """(item, variant) -> name of the kind -> price; a price of all variants is kept under ZERO. One without force any more is none."""
        found: dict[tuple[str, str], dict[str, Json]] = {}
        for kind, condition in self._kinds().items():
            for piece in pieces("Номенклатура_Key", guids):
                for row in self.api.rows(self._slice(f"{condition} and {piece}")):
                    if row.get("Актуальность") is not False and row["Цена"]:
                        found.setdefault((str(row["Номенклатура_Key"]), self._variant_of(row)), {})[kind] = row["Цена"]
        return found

    def _shown(self, items: Sequence[str], view: str = "list", asked: Sequence[Pair] = ()) -> list[Remote]:
        """The variants of these items, or the item itself where it has none. ``asked``: variants that somebody has named already."""
        guids = [guid(item) for item in items]
        rows = {str(row["Ref_Key"]): row for row in self.api.matching(GOODS, "Ref_Key", guids) if not row.get("IsFolder")}
        if not rows:
            return []
        guids = [guid(item) for item in rows]
        codes = self.api.matching(BARCODES, "Номенклатура_Key", guids)
        paired = [(str(one["Номенклатура_Key"]), str(one.get("Характеристика_Key") or ZERO)) for one in (*codes, *self._there(guids))]
        variants, prices = self._variants(rows, [*paired, *asked]), self._prices(guids)
        folders = self.lists.of(GOODS, [str(row.get("Parent_Key")) for row in rows.values() if row.get("Parent_Key") not in (None, ZERO)])
        found = []
        for item, row in rows.items():
            group = folders.get(str(row.get("Parent_Key")), {}).get("Description")
            alone: dict[str, Row] = {} if row.get(USES) not in (None, "", NOT_USED) else {ZERO: {}}
            for variant, held in variants.get(item, alone).items():
                ident = item if variant == ZERO else f"{item}#{variant}"
                worth = prices.get((item, ZERO), {}) | prices.get((item, variant), {})
                found.append(Remote(ident, {
                    **{name: value for name, value in row.items() if "@" not in name and not isinstance(value, list)},
                    "Ref_Key": ident,
                    "DeletionMark": bool(row.get("DeletionMark") or held.get("DeletionMark")),
                    "group": {"Description": group},
                    **self._looks(held),
                    "barcodes": sorted(str(c["Штрихкод"]) for c in codes if (c["Номенклатура_Key"], c.get("Характеристика_Key") or ZERO) == (item, variant)),
                    "prices": [{"kind": kind, "value": worth[kind]} for kind in self.named if kind in worth],
                }, view))  # fmt: skip
        return found

    def _there(self, guids: Sequence[str]) -> list[Row]:
        """Pairs of these goods and their characteristics that any store has."""
        places = [self._balance(piece) for piece in pieces("Номенклатура_Key", guids)]
        return [row for place in places if place for row in self.api.rows(place)]

    def _variants(self, rows: Mapping[str, Row], paired: Iterable[Pair]) -> dict[str, dict[str, Row]]:
        """Item -> its characteristics by guid: its own, and those of its kind, which all goods of the kind share, that a barcode or a
        balance pairs it with."""
        literals = [f"cast({guid(item)},'{GOODS}')" for item in rows]  # a bare guid is compared with nothing in a composite field
        found: dict[str, dict[str, Row]] = {}
        for row in self.api.matching(VARIANTS, "Owner", literals):
            found.setdefault(str(row["Owner"]), {})[str(row["Ref_Key"])] = row
        lacking = [(item, variant) for item, variant in paired if variant != ZERO and variant not in found.get(item, {})]
        known = self.lists.of(VARIANTS, [variant for _, variant in lacking])
        for item, variant in lacking:
            if variant in known and item in rows:
                found.setdefault(item, {})[variant] = known[variant]
        return found

    def _looks(self, variant: Mapping[str, Json]) -> Row:
        """Size and colour of a characteristic: by its properties, else by the words of its name."""
        found: Row = {"size": None, "colour": None}
        if rows := [row for row in variant.get("ДополнительныеРеквизиты") or () if row.get("Свойство_Key") not in (None, ZERO)]:
            for row in rows:
                name = self.properties.get(self.lists.name_of(PROPERTIES, str(row["Свойство_Key"])).partition(" (")[0])
                if name:
                    found[name] = self._said(row)
        return found if any(found.values()) else looks_of(str(variant.get("Description") or ""))

    def _said(self, row: Mapping[str, Json]) -> str:
        """A property's value: a text, or the name of a value from a list."""
        value = str(row.get("Значение") or "")
        listed = str(row.get("Значение_Type") or "").endswith(VALUES)
        return str(self.lists.of(VALUES, [value]).get(value, {}).get("Description") or "") if listed else value.strip()


def looks_of(name: str) -> Row:
    """``M, красный`` as size and colour; words that are neither are the size: a characteristic must be told from its sisters."""
    words = [word.strip() for word in re.split(r"[,;]|\s/\s", name) if word.strip()]
    sizes = [word for word in words if SIZE.fullmatch(word)]
    others = [word for word in words if word not in sizes]
    if not sizes:
        return {"size": ", ".join(others) or None, "colour": None}
    return {"size": ", ".join(sizes), "colour": ", ".join(others) or None}
