"""Goods, offers and the lists that both name -> what is seen of them, piece by piece; and the looks that the pieces of several files make. Pure.

One product stands in several files: what it is in `import`, its sizes, prices and stocks in `offers` (`prices`, `rests`), names of groups, price
types and stores in a classifier that comes once. Each file is put over what is known; a look is made of all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors.exchange import Brought
from connectors.onec.commerceml.markup import Node, Piece
from connectors.onec.commerceml.values import number, plain, requisites, truth

Json = Any
Row = Mapping[str, Json]
GOODS, STOCK, LISTS = "site_goods", "site_stock", "site_lists"
ITEM, OFFER = "Товар", "Предложение"
NAMED = (
    "Группа",
    "Свойство",
    "СвойствоНоменклатуры",
    "ТипЦены",
    "Склад",
)  # elements of lists: an id and a name; the third is 2.03's second
WANTED = frozenset({ITEM, OFFER, *NAMED})
DELETED = "удален"
ROUBLES = frozenset({"", "rub", "rur", "руб", "руб.", "643", "российский рубль"})
SIZE, COLOUR = "размер", "цвет"
Names = Callable[[Sequence[str]], Mapping[str, str]]


class Reader:
    """Reads the elements of one file. ``price_types``: names of the types of prices that are kept; ``known``: names of list elements that earlier
    files told."""

    def __init__(self, price_types: frozenset[str], known: Names) -> None:
        self.price_types, self.known = price_types, known
        self.types: dict[str, str] = {}
        self.foreign: set[tuple[str, str]] = set()  # types of prices that are told in another currency, each of which is told once

    def read(self, piece: Piece) -> Iterator[Brought]:
        """What an element tells. Raises ValueError for one without an id."""
        node = piece.node
        if node.name not in NAMED:
            full = any(one.get("СодержитТолькоИзменения", "").casefold() == "false" for one in piece.around.values())
            for one in _read(node, piece.line, self._kept):
                yield replace(one, full=full)
            yield from self._in_other_money(node, piece.line)
            return
        for one in _named(node, piece.line):
            if node.name == "ТипЦены":
                self.types[one.number] = str(one.seen["name"])
            yield one

    def _in_other_money(self, node: Node, line: int) -> Iterator[Brought]:
        """That a type of prices which is asked for is not in roubles: once of a file, not of each of its goods."""
        for one in node.all("Цены", "Цена"):
            kind, currency = one.word("ИдТипаЦены"), one.word("Валюта")
            told = (kind, currency.casefold())
            if currency.casefold() not in ROUBLES and number(one.word("ЦенаЗаЕдиницу")) and self._kept(kind) and told not in self.foreign:
                self.foreign.add(told)
                name = self.types[kind]
                yield Brought(trouble=f"цены «{name}» в валюте «{currency}»: берутся только рубли; выгружайте вид цен в рублях", line=line)

    def _kept(self, kind: str) -> bool:
        """Whether prices of a type are among those that are named: all others are let fall here, and stand nowhere."""
        if kind not in self.types:
            self.types[kind] = self.known([kind]).get(kind, "")
        return self.types[kind] in self.price_types


def _read(node: Node, line: int, kept: Callable[[str], bool]) -> Iterator[Brought]:
    ident = node.word("Ид")
    if not ident:
        raise ValueError(f"нет идентификатора («{node.word('Наименование')[:100]}»)")
    said = requisites(node)
    seen = _words(node, said) | (_item(node, said) if node.name == ITEM else _offer(node)) | _prices(node, kept) | _stores(node)
    beside = tuple((STOCK, f"{ident}@{store}") for store in held(seen))
    yield Brought(GOODS, ident, seen, beside=beside, line=line)
    item, _, variant = ident.partition("#")
    if variant:  # the item itself is not sold: what it says counts for its variants
        yield Brought(GOODS, item, {"variants": True}, beside=((GOODS, ident),), line=line)


def _named(node: Node, line: int) -> Iterator[Brought]:
    """An element of a list, with those inside of it: groups of a group, values of a property."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        waiting += one.all("Группы", "Группа")
        values = [(v.word("ИдЗначения"), v.word("Значение")) for v in one.all("ВариантыЗначений", "Справочник")]
        for ident, name in [(one.word("Ид"), one.word("Наименование")), *values]:
            if ident and name:
                yield Brought(LISTS, ident, {"name": name}, whole=True, line=line)


def _words(node: Node, said: Row) -> dict[str, Json]:
    """What goods and offers tell alike; what is not there is not told."""
    codes = [one.text for one in node.children if one.name.casefold() == "штрихкод"]  # some modules write «ШтрихКод»
    codes += [one.text for one in node.all("Штрихкоды", "Штрихкод")] + [said.get("штрихкод", "")]
    own = {one.word("Наименование").casefold(): one.word("Значение") for one in node.all("ХарактеристикиТовара", "ХарактеристикаТовара")}
    properties = {one.word("Ид"): one.word("Значение") for one in node.all("ЗначенияСвойств", "ЗначенияСвойства")}
    found = {
        "name" if node.name == ITEM else "offer": node.word("Наименование"),
        "article": node.word("Артикул") or said.get("артикул", ""),
        "barcodes": list(dict.fromkeys(filter(None, codes))),
        "own": {name: value for name, value in own.items() if value},
        "properties": {name: value for name, value in properties.items() if name and value},
    }
    return {name: value for name, value in found.items() if value}


def _item(node: Node, said: Row) -> dict[str, Json]:
    deleted = (node.attributes.get("Статус") or node.word("Статус")).casefold() == DELETED or truth(
        said.get("пометкаудаления", "") or node.word("ПометкаУдаления")
    )
    found: dict[str, Json] = {"archived": deleted, "groups": [one.text for one in node.all("Группы", "Ид") if one.text]}
    found |= {"description": node.word("Описание"), "service": said.get("типноменклатуры", "").casefold() in ("услуга", "работа")}
    return {name: value for name, value in found.items() if value not in ("", [])}


def _offer(node: Node) -> dict[str, Json]:
    """Whether the offer is marked for deletion (2.09 on), where it says so: its item says that of itself."""
    return {"withdrawn": truth(node.word("ПометкаУдаления"))} if node.word("ПометкаУдаления") else {}


def _prices(node: Node, kept: Callable[[str], bool]) -> dict[str, Json]:
    """Prices in roubles by the id of their type. A price of nothing is that of a type which is not set."""
    if node.one("Цены") is None:
        return {}
    found = {}
    for one in node.all("Цены", "Цена"):
        value, currency = number(one.word("ЦенаЗаЕдиницу")), one.word("Валюта").casefold()
        if value and kept(one.word("ИдТипаЦены")) and currency in ROUBLES:
            found[one.word("ИдТипаЦены")] = f"{value:.2f}"
    return {"prices": pairs(found)}


def _stores(node: Node) -> dict[str, Json]:
    """What each store holds: ``stores``, a table of all of them (2.05 to 2.08), or ``rests``, those that the file names (2.09 on); without
    stores what there is in all, under no store."""
    told = [
        (one.attributes.get("ИдСклада", ""), one.attributes.get("КоличествоНаСкладе", ""))
        for one in [*node.all("Склад"), *node.all("Склады")]
    ]
    told += [(one.word("ИдСклада"), one.word("Количество")) for one in node.all("КоличествоНаСкладах", "КоличествоНаСкладе")]
    told += [(one.word("Ид"), one.word("Количество")) for one in node.all("Склады", "Склад")]
    if stores := _amounts(told):
        return {"stores": pairs(stores)}
    rests = _amounts([(one.word("Ид"), one.word("Количество")) for one in node.all("Остатки", "Остаток", "Склад")])
    whole = number(node.word("Количество") or node.word("Остатки", "Остаток", "Количество"))
    if rests:
        return {"rests": rests}
    return {} if whole is None else {"stores": [["", plain(whole)]]}


def _amounts(told: Sequence[tuple[str, str]]) -> dict[str, str]:
    return {store: plain(value) for store, text in told if store and (value := number(text)) is not None}


def held(seen: Row) -> dict[str, str]:
    """Store -> what it holds, of all that was told."""
    return {**dict(seen.get("stores") or ()), **(seen.get("rests") or {})}


def pairs(values: Mapping[str, str]) -> list[list[str]]:
    """A table that replaces an earlier one as a whole."""
    return [list(one) for one in sorted(values.items())]


def lists_of(rows: Sequence[Row]) -> list[str]:
    """Ids of list elements that these rows name."""
    found: dict[str, None] = {}
    for row in rows:
        for kind, _ in row.get("prices") or ():
            found[kind] = None
        found |= dict.fromkeys(held(row))
        found |= dict.fromkeys(row.get("groups") or ())
        for name, value in (row.get("properties") or {}).items():
            found |= {name: None, value: None}
    return [one for one in found if one]


def product(ident: str, item: Row, own: Row, called: Mapping[str, str], options: Row) -> dict[str, Json]:
    """The look of a product: a variant has of its item what it does not say itself. ``called``: names of list elements. Prices are
    those of the named types alone."""
    both = (
        {**{name: value for name, value in item.items() if name not in ("variants", "stores", "rests", "barcodes", "prices")}, **own}
        if "#" in ident
        else own
    )
    kinds = set(map(str, options.get("price_types") or ()))
    marks = {called.get(name, "").casefold(): called.get(value, value) for name, value in (both.get("properties") or {}).items()}
    marks |= both.get("own") or {}
    found: dict[str, Json] = {"Ид": ident, "variants": bool(own.get("variants")) and "#" not in ident, "service": bool(both.get("service"))}
    found |= {theirs: both[ours] for ours, theirs in PATHS.items() if both.get(ours) is not None}
    called_there = [both.get("offer"), both.get("name")] if "#" in ident else [both.get("name"), both.get("offer")]
    if name := next(filter(None, called_there), ""):
        found["Наименование"] = name
    found["archived"] = bool(both.get("archived") or own.get("withdrawn"))
    if group := next((called[one] for one in both.get("groups") or () if one in called), ""):
        found["group"] = group
    for path, word in (("size", str(options.get("size") or SIZE)), ("colour", str(options.get("colour") or COLOUR))):
        if marks.get(word.casefold()):
            found[path] = marks[word.casefold()]
    prices = own["prices"] if "prices" in own else item.get("prices") or ()
    if "prices" in own or "prices" in item:
        found["prices"] = [{"kind": called[kind], "value": value} for kind, value in prices if called.get(kind) in kinds]
    return found


PATHS = {"article": "Артикул", "barcodes": "barcodes", "description": "Описание"}


def stock(ident: str, own: Row, called: Mapping[str, str], options: Row) -> dict[str, Json] | None:
    """The look of a stock, ``goods@store``: a store that is not told of any more holds nothing. None where the store is not known by name, and
    of services."""
    if own.get("service"):
        return None
    goods, _, store = ident.rpartition("@")
    name = called.get(store) if store else options.get("stock_store")
    return {"Ид": ident, "goods": goods, "store": name, "available": held(own).get(store, "0")} if name else None


def names(ident: str, seen: Row) -> list[str]:
    """What lines may call goods by. Sizes of one article are told by barcode alone, and the item that has sizes by nothing."""
    if seen.get("variants") and "#" not in ident:
        return []
    article = [seen["article"]] if seen.get("article") and "#" not in ident else []
    return list(dict.fromkeys([*article, *(seen.get("barcodes") or ())]))
