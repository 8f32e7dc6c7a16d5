"""Lists of a set: filter, order, page, selection, opened references, the presentations of references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from .filters import PLAIN, Guid, Parser, parsing
from .schema import ZERO, Field, Set
from .state import Infobase
from .wire import ODataError

Row = dict[str, Any]
OPTIONS = {"$format", "$filter", "$orderby", "$top", "$skip", "$select", "$expand", "$inlinecount", "allowedOnly"}
PRESENTATION = "____Presentation"


def options(query: bytes) -> dict[str, str]:
    """The options of a query string. A plus is no blank here. Raises ODataError."""
    found = {}
    for pair in filter(None, query.decode("latin-1").split("&")):
        name, _, value = pair.partition("=")
        if "+" in value:
            raise ODataError(500, -1, "Произошла внутренняя ошибка OData сервиса: недопустимый символ '+'")
        found[unquote(name)] = unquote(value)
    if unknown := set(found) - OPTIONS - {"PostingModeOperational"}:
        raise ODataError(400, 0, f"Параметр '{min(unknown)}' не поддерживается")
    return found


class Reader:
    """Reads one set of a base for one request. ``allowed``: rows that the user's rights leave out are passed over, not complained of."""

    def __init__(self, base: Infobase, of: Set, asked: Mapping[str, str], restricted: bool) -> None:
        self.base, self.of, self.asked, self.restricted = base, of, asked, restricted

    def matching(self) -> list[Row]:
        """The rows that the filter lets through, in their order."""
        rows = list(self.base.rows(self.of))
        if self.restricted and self.base.unseen:
            seen = [row for row in rows if row.get("Ref_Key") not in self.base.unseen]
            if len(seen) < len(rows) and self.asked.get("allowedOnly") != "true":
                raise ODataError(401, 20, f"Недостаточно прав для чтения объектов: {self.of.title}")
            rows = seen
        if text := self.asked.get("$filter"):
            test = Parser(text, self.value).parsed()
            rows = [row for row in rows if test(row)]
        for one in reversed(list(filter(None, self.asked.get("$orderby", "").split(",")))):
            path, _, way = one.strip().partition(" ")
            rows.sort(key=lambda row: _order(self.value(row, path)), reverse=way.strip() == "desc")
        return rows

    def page(self) -> dict[str, Any]:
        rows = self.matching()
        body: dict[str, Any] = {"odata.metadata": f"$metadata#{self.of.name}"}
        if self.asked.get("$inlinecount") == "allpages":  # pages and the count exclude each other
            body["odata.count"] = str(len(rows))
        else:
            skip, top = self.number("$skip", 0), self.number("$top", len(rows))
            rows = rows[skip : skip + top]
        return body | {"value": [self.shown(row) for row in rows]}

    def number(self, name: str, default: int) -> int:
        text = self.asked.get(name)
        if text is None:
            return default
        if not text.isdigit():
            raise parsing(f"{name}={text}")
        return int(text)

    def value(self, row: Row, path: str) -> Any:
        """A value for comparing: references as Guid. Raises ODataError 10."""
        if "" in row:  # a line inside any(): paths that name its part begin with the part
            part, _, rest = path.partition("/")
            return self._plain(self.of.parts[part], row[part][0], rest) if part in row and part else self.value(row[""], path)
        head, _, rest = path.partition("/")
        if rest and (target := self.target(head, row)) is not None:
            return target[1].get(rest, "") if target[1] else ""
        return self._plain(self.of.fields, row, path)

    def _plain(self, table: Mapping[str, Field], row: Row, name: str) -> Any:
        if name not in table and not (name.endswith("_Type") and name in row):
            raise ODataError(400, 10, f"Свойство '{name}' не найдено в сущности '{self.of.title}'")
        one = table.get(name)
        if one is not None and one.kind in "RG":
            return Guid(row[name], PLAIN)
        if one is not None and one.kind == "C" and len(str(row[name])) == 36:
            return Guid(row[name], str(row[f"{name}_Type"]).partition(".")[2])
        return row[name]

    def target(self, name: str, row: Row) -> tuple[str, Row | None] | None:
        """(set, row) that a reference of this name leads to; None where there is no such reference."""
        one = self.of.fields.get(f"{name}_Key") or self.of.fields.get(name)
        if one is None or one.kind not in "RC":
            return None
        of = one.of[0] if one.kind == "R" else str(row[f"{name}_Type"]).partition(".")[2]
        return of, self.base.tables.get(of, {}).get(row[one.key])

    def shown(self, row: Row) -> Row:
        chosen = [word.strip() for word in self.asked.get("$select", "").split(",") if word.strip()]
        opened = [word.strip().partition("/")[0] for word in self.asked.get("$expand", "").split(",") if word.strip()]
        found = {k: v for k, v in row.items() if not chosen or self._chosen(k, chosen)}
        for name in self._presented(chosen):
            found[f"{name}{PRESENTATION}"] = self.presentation(row, name)
        for part in self.of.parts:
            columns = [word.partition("/")[2] for word in chosen if word.startswith(f"{part}/")]
            if columns and part not in chosen:
                found[part] = [{k: line[k] for k in columns if k in line} for line in row[part]]
        for one in self.of.fields.values():
            if one.kind == "R" and one.key in found and row[one.key] != ZERO:
                found[f"{one.name}@navigationLinkUrl"] = f"{self.of.name}(guid'{row.get('Ref_Key')}')/{one.name}"
        for name in opened:
            if (led := self.target(name, row)) is None:
                raise ODataError(400, 10, f"Свойство '{name}' не найдено в сущности '{self.of.title}'")
            columns = [word.partition("/")[2] for word in chosen if word.startswith(f"{name}/")]
            if not chosen or columns or name in chosen:  # opened and not selected is not shown
                row_there = {k: v for k, v in (led[1] or {}).items() if not isinstance(v, list)}
                found[name] = {k: v for k, v in row_there.items() if not columns or k in columns} or None
        return found

    def _presented(self, chosen: list[str]) -> list[str]:
        """References whose presentation is asked for: by name, or all of them."""
        named = [word.removesuffix(PRESENTATION) for word in chosen if word.endswith(PRESENTATION)]
        return [one.name for one in self.of.fields.values() if one.kind in "RC"] if "*" in named else named

    def _chosen(self, name: str, chosen: list[str]) -> bool:
        return name in chosen or "*" in chosen or ("**" in chosen and name not in self.of.parts) or name.removesuffix("_Type") in chosen

    def presentation(self, row: Row, name: str) -> str:
        led = self.target(name.removesuffix("_Key"), row)
        return str((led[1] or {}).get("Description", "")) if led and led[1] else ""


def rows_of(base: Infobase, of: Set, part: str) -> tuple[Set, list[Row]]:
    """A tabular part as a set of its own: only read."""
    table = {"Ref_Key": Field("Ref", "G"), **of.parts[part]}
    return Set(f"{of.name}_{part}", table), [line for row in base.rows(of) for line in row[part]]


def _order(value: Any) -> tuple[bool, Any]:
    """Whole numbers travel as text and are ordered as numbers; barcodes may be either."""
    if isinstance(value, Guid):
        return True, value.value
    number = isinstance(value, str) and value.isdigit() and len(value) < 15
    return isinstance(value, str) and not number, float(value) if number else value
