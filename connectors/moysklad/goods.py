"""Goods of an account: products without variants, and variants, each an object of its own; their stocks by store.

Prices of the types that ``options.price_types`` names are shown and written; the list of prices is replaced as a whole, so that the others go
back as they were. What an account holds in its stores is changed by documents alone: stocks are only read (moysklad docs: product, variant,
assortment, stock report).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Outcome, Page, Remote, SystemSettings, Write
from connectors.errors import ConnectorError, Missing, Rejected, Unknown
from connectors.moysklad.api import BASE, Api, conditions
from connectors.moysklad.lists import BOTH, Lists

Json = Any
Row = dict[str, Json]
ASSORTMENT, STOCK = "assortment", "stock"
PAGE, GROUP = 100, 50
REPORT = 5.0  # units that a stock report costs, whoever asks
KIND = {13: "ean13", 8: "ean8"}  # what a barcode of so many digits is called, where its check digit is right
CHARACTERISTICS = "entity/variant/metadata/characteristics"


class Goods:
    """Goods of one account. Options: ``price_types``; ``size``, ``colour``: names of the characteristics that hold them."""

    def __init__(self, api: Api, lists: Lists, settings: SystemSettings) -> None:
        self.api, self.lists = api, lists
        self.named = [str(name) for name in settings.options.get("price_types") or ()]
        self.looks = {"size": str(settings.options.get("size") or "Размер"), "colour": str(settings.options.get("colour") or "Цвет")}

    def shown(self, row: Row) -> Row:
        """A row of the assortment as mappings see it. ``guid``: the external code, where an exchange with 1C keeps its identifier; ``hub_key``:
        the key of a product that the hub made."""
        product = row.get("product") or {}
        told = {str(one.get("name")): one.get("value") for one in row.get("characteristics") or ()}
        more = {
            "title": product.get("name") if row["meta"]["type"] == "variant" else row.get("name"),
            "article": row.get("article") or product.get("article"),
            "barcodes": [str(code) for one in row.get("barcodes") or () for code in one.values()],
            "prices": [
                {"kind": one["priceType"]["name"], "value": one["value"]}
                for one in row.get("salePrices") or ()
                if (one.get("priceType") or {}).get("name") in self.named
            ],
            "guid": row.get("externalCode"),
            "hub_key": row.get("syncId") if ours(row.get("syncId")) else "",
            **{field: told.get(name) for field, name in self.looks.items()},
        }
        return row | more

    def stocks(self, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """All places that hold anything, in one answer: the report has no pages."""
        yield Page([self._stock(place, held, "list") for place, held in self._report().items()], {}, True)

    def fetch_stocks(self, ids: Sequence[str]) -> list[Remote]:
        """Each of these places, one that holds nothing too."""
        places = [(goods, store) for goods, _, store in (ident.partition("@") for ident in ids) if goods and store]
        found: dict[tuple[str, str], Row] = {}
        for condition in conditions("assortmentId", list(dict.fromkeys(goods for goods, _ in places))):
            found |= self._report(condition)
        return [self._stock(place, found.get(place, {}), "fetch") for place in places]

    def _report(self, condition: str = "") -> dict[tuple[str, str], Row]:
        """(goods, store) -> what is there and what of it is reserved. A reserve of no store is of none."""
        found: dict[tuple[str, str], Row] = {}
        for kind in ("stock", "reserve"):
            asked = {"stockType": kind} | ({"filter": condition.replace(";assortmentId=", ",")} if condition else {})
            for row in self.api.get("report/stock/bystore/current", asked, weight=REPORT):
                if row.get("storeId"):
                    found.setdefault((row["assortmentId"], row["storeId"]), {})[kind] = row["stock"]
        return found

    def _stock(self, place: tuple[str, str], held: Mapping[str, Json], view: str) -> Remote:
        goods, store = place
        ident, title = f"{goods}@{store}", self.lists.name_of("entity/store", f"{BASE}/entity/store/{store}")
        shown = {"id": ident, "assortment": goods, "store": {"name": title}}
        return Remote(ident, shown | {kind: held.get(kind) or 0 for kind in ("stock", "reserve")}, view)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        """Updates in arrays, products and variants apart; creates one by one, a variant after its product."""
        try:
            raw = self._raw([write.id for write in writes if write.id])
        except ConnectorError as error:
            return [Outcome(error=error) for _ in writes]
        outcomes: dict[int, Outcome] = {}
        groups: dict[str, list[tuple[Write, Row]]] = {"product": [], "variant": []}
        for write in writes:
            held = raw.get(write.id or "")
            kind = held["meta"]["type"] if held else ""
            if write.id is None:
                outcomes[id(write)] = self._created(write)
            elif held is None or kind not in groups:
                outcomes[id(write)] = Outcome(error=Missing("there is no such product", code="1021", ru="такого товара нет"))
            else:
                groups[kind].append((write, held))
        for kind, group in groups.items():
            for start in range(0, len(group), GROUP):
                outcomes |= self._update(kind, group[start : start + GROUP])
        return [outcomes[id(write)] for write in writes]

    def _raw(self, ids: Sequence[str]) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for condition in conditions("id", list(ids)):
            asked = {"filter": f"{condition};{BOTH}", "limit": PAGE, "expand": "product"}
            rows |= {row["id"]: row for row in self.api.get(f"entity/{ASSORTMENT}", asked)["rows"]}
        return rows

    def _update(self, kind: str, group: Sequence[tuple[Write, Row]]) -> dict[int, Outcome]:
        found: dict[int, Outcome] = {}
        bodies: list[tuple[Write, Row, Row]] = []
        for write, raw in group:
            try:
                bodies.append((write, raw, self._body(kind, write.data, raw) | {"meta": raw["meta"]}))
            except ConnectorError as error:
                found[id(write)] = Outcome(error=error)
        try:
            answer = self.api.send("POST", f"entity/{kind}", [body for _, _, body in bodies]) if bodies else []
        except ConnectorError as error:
            return found | {id(write): Outcome(error=error) for write, _, _ in bodies}
        told = list(answer) + [None] * (len(bodies) - len(answer))
        return found | {id(write): self._outcome(row, raw.get("product")) for (write, raw, _), row in zip(bodies, told, strict=True)}

    def _outcome(self, row: Json, product: Json) -> Outcome:
        if not isinstance(row, dict):
            return Outcome(error=Unknown("the answer lacks this item", ru="в ответе нет этого объекта"))
        if "errors" in row:
            return Outcome(error=self.api.error(row))
        return Outcome(Remote(str(row["id"]), self.shown(row | ({"product": product} if product else {})), "answer"))

    def _body(self, kind: str, data: Mapping[str, Json], raw: Mapping[str, Json]) -> Row:
        """What a write sends. Name, article and description of a variant are its product's: written there by the product's own variants would
        be one against the other, so that they are left."""
        body: Row = {}
        if kind == "product":
            body = {
                theirs: data[ours_]
                for ours_, theirs in (("title", "name"), ("article", "article"), ("description", "description"))
                if ours_ in data
            }
        elif set(self.looks) & data.keys():
            body["characteristics"] = self._characteristics(data, raw)
        if "archived" in data:
            body["archived"] = bool(data["archived"])
        if "barcodes" in data:
            body["barcodes"] = [{barcode_kind(code): code} for code in data["barcodes"] or ()]
        if "prices" in data:
            body["salePrices"] = self._prices(data["prices"] or (), raw.get("salePrices") or ())
        return body

    def _prices(self, wanted: Sequence[Mapping[str, Json]], held: Sequence[Row]) -> list[Row]:
        """The whole list: named types as wanted, the others as they were. Raises Rejected for a type that the account does not have."""
        types = {str(one["name"]): one for one in self.lists.rows("context/companysettings/pricetype")}
        kept = [one for one in held if (one.get("priceType") or {}).get("name") not in self.named]
        for one in wanted:
            if one["kind"] not in types:
                raise Rejected(
                    f"there is no price type named {one['kind']!r}", code="name", field="prices", ru=f"нет вида цен «{one['kind']}»"
                )
            kept.append({"value": one["value"], "priceType": {"meta": types[one["kind"]]["meta"]}})
        return kept

    def _characteristics(self, data: Mapping[str, Json], raw: Mapping[str, Json]) -> list[Row]:
        """All of a variant's: those that hold size and colour as wanted, the others as they were."""
        names = set(self.looks.values())
        kept = [{"name": one["name"], "value": one["value"]} for one in raw.get("characteristics") or () if one["name"] not in names]
        told = {str(one["name"]): one["value"] for one in raw.get("characteristics") or ()}
        told |= {name: data[field] for field, name in self.looks.items() if field in data}
        return kept + [{"name": name, "value": told[name]} for name in self.looks.values() if told.get(name)]

    def _created(self, write: Write) -> Outcome:
        """A product, or a variant of the product whose identifier stands before the #. What an earlier try made is found by the same code."""
        try:
            guid = str(write.data.get("guid") or "")
            if "#" not in guid:
                code = guid or write.key
                body = self._body("product", write.data, {}) | {"externalCode": code, "syncId": write.key}
                return self._outcome(self.api.send("POST", "entity/product", _filled(body)), None)
            product = self._product(guid.partition("#")[0], write.data)
            body = self._body("variant", write.data, {}) | {"externalCode": guid, "product": {"meta": product["meta"]}}
            if not body.get("characteristics"):
                raise Rejected(
                    "a variant needs a size or a colour", code="characteristics", field="size", ru="модификации нужен размер или цвет"
                )
            self._known(one["name"] for one in body["characteristics"])
            return self._outcome(self.api.send("POST", "entity/variant", _filled(body)), product)
        except ConnectorError as error:
            return Outcome(error=error)

    def _product(self, guid: str, data: Mapping[str, Json]) -> Row:
        """The product of variants: the one with this code, else made, by the guid as its syncId, so that two tries make one."""
        rows = self.api.get("entity/product", {"filter": f"externalCode={guid};{BOTH}", "limit": 1})["rows"]
        if rows:
            return dict(rows[0])
        body = {"name": data.get("title"), "article": data.get("article"), "externalCode": guid, "syncId": str(uuid.UUID(guid))}
        return dict(self.api.send("POST", "entity/product", _filled(body)))

    def _known(self, names: Iterator[str]) -> None:
        """Make the characteristics that the account does not have yet."""
        known = {str(one["name"]) for one in self.api.get("entity/variant/metadata").get("characteristics") or ()}
        for name in names:
            if name not in known:
                self.api.send("POST", CHARACTERISTICS, {"name": name})

    def made(self, writes: Sequence[Write]) -> list[Remote]:
        """Objects that creates without an answer may have made: by their codes."""
        keys = {str(write.data.get("guid") or write.key): write.key for write in writes}
        found: list[Remote] = []
        for condition in conditions("externalCode", list(keys)):
            asked = {"filter": f"{condition};{BOTH}", "limit": PAGE, "expand": "product"}
            for row in self.api.get(f"entity/{ASSORTMENT}", asked)["rows"]:
                found.append(Remote(str(row["id"]), self.shown(row) | {"hub_key": keys[row["externalCode"]]}, "fetch"))
        return found


def _filled(body: Mapping[str, Json]) -> Row:
    return {name: value for name, value in body.items() if value not in (None, "", [])}


def ours(key: Json) -> bool:
    """Whether a key is one of the hub's, which are of version 7."""
    try:
        return uuid.UUID(str(key)).version == 7
    except ValueError:
        return False


def barcode_kind(code: str) -> str:
    """``ean13``, ``ean8`` where the last digit is the check digit of the others; else ``code128``, which takes anything."""
    kind = KIND.get(len(code)) if code.isdigit() else None
    if kind is None:
        return "code128"
    digits = [int(one) for one in reversed(code[:-1])]
    check = -sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits)) % 10
    return kind if check == int(code[-1]) else "code128"
