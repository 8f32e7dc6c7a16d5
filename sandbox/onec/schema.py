"""What a set of a base is: its fields with their types, its tabular parts. Written as one line a set, read into :class:`Set`.

``Имя:S100`` text (``S``: of any length) · ``N`` number · ``I`` Int64, which travels as text · ``B`` boolean · ``D`` date · ``E(а|б)``
enumeration · ``R(Catalog_X)`` reference, which travels as ``Имя_Key`` · ``C(Catalog_X|String)`` composite, with ``Имя_Type`` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ZERO = "00000000-0000-0000-0000-000000000000"
NEVER = "0001-01-01T00:00:00"
UNDEFINED = "StandardODATA.Undefined"
FIELD = re.compile(r"(\w+):([A-Z])(\d*)(?:\(([^)]*)\))?")
EMPTY: dict[str, Any] = {"S": "", "N": 0, "I": "0", "B": False, "D": NEVER, "E": "", "R": ZERO, "C": ""}
EDM = {"S": "Edm.String", "N": "Edm.Double", "I": "Edm.Int64", "B": "Edm.Boolean", "D": "Edm.DateTime", "R": "Edm.Guid", "C": "Edm.String"}


@dataclass(frozen=True)
class Field:
    """``size``: longest text, 0 for any. ``of``: values of an enumeration, or sets that a reference may lead to."""

    name: str
    kind: str
    size: int = 0
    of: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """How the field is called in JSON."""
        return f"{self.name}_Key" if self.kind == "R" else self.name


def fields(text: str) -> dict[str, Field]:
    """Fields by the name that they have in JSON."""
    found = [Field(name, kind, int(size or 0), tuple(filter(None, of.split("|")))) for name, kind, size, of in FIELD.findall(text)]
    return {one.key: one for one in found}


@dataclass(frozen=True)
class Set:
    """``key``: names of the key, ``Ref_Key`` for objects, the dimensions of a register that has none."""

    name: str
    fields: Mapping[str, Field]
    parts: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)
    key: tuple[str, ...] = ("Ref_Key",)

    @property
    def kind(self) -> str:
        return self.name.partition("_")[0]

    @property
    def title(self) -> str:
        return self.name.partition("_")[2]

    @property
    def objects(self) -> bool:
        return self.key == ("Ref_Key",)


STANDARD = {
    "Catalog": "Ref:G DataVersion:S DeletionMark:B Code:S11 Description:S100 Predefined:B PredefinedDataName:S",
    "ChartOfCharacteristicTypes": "Ref:G DataVersion:S DeletionMark:B Code:S11 Description:S100 Predefined:B PredefinedDataName:S",
    "Document": "Ref:G DataVersion:S DeletionMark:B Number:S11 Date:D Posted:B",
    "InformationRegister": "",
    "AccumulationRegister": "LineNumber:I Period:D Active:B RecordType:E(Receipt|Expense)",
}


def made(name: str, text: str, parts: Mapping[str, str] | None = None, key: tuple[str, ...] = ("Ref_Key",)) -> Set:
    """A set with the standard fields of its kind before its own."""
    standard = {("Ref_Key" if one.kind == "G" else k): one for k, one in fields(STANDARD[name.partition("_")[0]]).items()}
    tables = {part: fields(f"LineNumber:I {rows}") for part, rows in (parts or {}).items()}
    return Set(name, standard | fields(text), tables, key)


def blank(table: Mapping[str, Field]) -> dict[str, Any]:
    """A row with nothing in it: almost nothing is null in this interface."""
    row: dict[str, Any] = {}
    for name, one in table.items():
        row[name] = EMPTY.get(one.kind, ZERO)
        if one.kind == "C":
            row[f"{name}_Type"] = UNDEFINED
    return row
