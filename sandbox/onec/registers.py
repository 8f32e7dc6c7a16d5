"""Virtual tables of registers: ``SliceLast(Condition='…')`` of prices, ``Balance(Condition='…',Dimensions='…')`` of goods in stores.

Inner quotes of an argument are not doubled in the vendor's own examples, so that they are balanced here by what follows them (chapter 17.4).
A balance shows no row in which every resource is zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .filters import Parser, parsing
from .reading import Reader
from .schema import Set
from .state import Infobase
from .wire import ODataError

Row = dict[str, Any]
CALL = re.compile(r"(?P<table>SliceLast|Balance)(?:\((?P<said>.*)\))?")
ARGUMENT = re.compile(r"(\w+)=(?:datetime)?'(.*?)'(?=,\w+=|$)")
REST = ("LineNumber", "Period", "Active", "RecordType", "Валюта_Key", "Цена", "Актуальность")


def virtual(base: Infobase, of: Set, call: str) -> tuple[Set, list[Row]] | None:
    """The virtual table as a set of its own, and its rows; None where the call is of no such table. Raises ODataError."""
    found = CALL.fullmatch(call)
    if found is None:
        return None
    said = dict(ARGUMENT.findall(found["said"] or ""))
    dimensions = [key for key, one in of.fields.items() if one.kind == "R" and key not in REST]
    slice_of = found["table"] == "SliceLast"
    if slice_of != (of.kind == "InformationRegister") or set(said) - {"Period", "Condition", "Dimensions"}:
        raise parsing(call)
    rows = list(base.rows(of))
    if condition := said.get("Condition"):
        test = Parser(condition, Reader(base, of, {}, False).value).parsed()
        rows = [row for row in rows if test(row)]
    if slice_of:
        latest: dict[tuple[Any, ...], Row] = {}
        for row in sorted(rows, key=lambda row: str(row["Period"])):
            latest[tuple(row[key] for key in dimensions)] = row
        return of, list(latest.values())
    return _balance(of, rows, _chosen(dimensions, said.get("Dimensions", "")))


def _chosen(dimensions: list[str], said: str) -> list[str]:
    wanted = [f"{word.strip()}_Key" for word in said.split(",") if word.strip()]
    if set(wanted) - set(dimensions):
        raise ODataError(400, 10, f"Свойство '{min(set(wanted) - set(dimensions))}' не найдено")
    return wanted or dimensions


def _balance(of: Set, rows: list[Row], dimensions: list[str]) -> tuple[Set, list[Row]]:
    resources = [key for key, one in of.fields.items() if one.kind == "N"]
    sums: dict[tuple[Any, ...], dict[str, float]] = {}
    for row in rows:
        held = sums.setdefault(tuple(row[key] for key in dimensions), dict.fromkeys(resources, 0))
        for key in resources:
            held[key] += row[key] if row["RecordType"] != "Expense" else -row[key]
    shown = [
        dict(zip(dimensions, place, strict=True)) | {f"{key}Balance": value for key, value in held.items()}
        for place, held in sums.items()
        if any(held.values())
    ]
    fields: Mapping[str, Any] = {key: of.fields[key] for key in dimensions} | {f"{key}Balance": of.fields[key] for key in resources}
    return Set(of.name, fields, key=()), shown
