"""An infobase in memory: objects by set and guid, versions that grow with every write, numbers, and the clock of its own zone."""

from __future__ import annotations

import base64
import random
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .profiles import Profile
from .schema import Set, blank, fields
from .wire import ODataError

Row = dict[str, Any]
OBJECTS, SETTLED = "Catalog_ОбъектыРасчетов", ("Document_ЗаказКлиента", "Document_РеализацияТоваровУслуг")


class Infobase:
    """All state of one base. Callers hold ``lock``. ``now`` gives aware UTC; dates are kept in the base's ``zone``, without saying so.

    Habits that differ from base to base: ``own_keys``: a guid chosen by the writer is kept (else the base makes its own), ``if_match``: the
    header is heeded, ``closed_before``: a date up to which documents may not change, ``unpostable``: why no document can be posted.
    """

    def __init__(self, profile: Profile, seed: int, now: Callable[[], datetime], zone: str) -> None:
        self.lock, self.random, self.now, self.zone = threading.RLock(), random.Random(seed), now, ZoneInfo(zone)
        self.profile, self.sets = profile, dict(profile.sets)
        self.tables: dict[str, dict[Any, Row]] = {name: {} for name in self.sets}
        self.numbers: Counter[str] = Counter()
        self.own_keys = self.if_match = True
        self.closed_before = self.unpostable = ""
        self.hidden: set[str] = set()  # sets that are not in the composition
        self.unseen: set[str] = set()  # guids of rows that the rights of the hub's user leave out

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=1))

    def local(self) -> str:
        """Now on the base's clock."""
        return self.now().astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S")

    def known(self, name: str) -> Set:
        """A published set. Raises ODataError 8."""
        found = self.sets.get(name)
        if found is None or name in self.hidden:
            raise ODataError(404, 8, f"Сущность '{name}' не найдена")
        return found

    def row(self, of: Set, key: str) -> Row:
        """Raises ODataError 9."""
        found = self.tables[of.name].get(key.lower() if of.objects else key)
        if found is None:
            raise ODataError(404, 9, f'Экземпляр сущности "{of.title}" не найден по переданному ключу.')
        return found

    def rows(self, of: Set) -> Iterator[Row]:
        yield from list(self.tables[of.name].values())

    def blank(self, of: Set) -> Row:
        row = blank(of.fields)
        row.update({part: [] for part in of.parts})
        return row

    def add(self, name: str, **values: Any) -> Row:
        """A row as the program itself would write it: defaults, number, version. For what a shop begins with and what its tills send."""
        of = self.sets[name]
        row = self.blank(of) | values
        if of.objects:
            row["Ref_Key"] = str(values.get("Ref_Key") or self.new_id()).lower()
            self.name(of, row)
            for part in of.parts:
                row[part] = [
                    blank(of.parts[part]) | {"Ref_Key": row["Ref_Key"], "LineNumber": str(n)} | line for n, line in enumerate(row[part], 1)
                ]
        return self.keep(of, row)

    def reshape(self, name: str, added: str, renamed: Mapping[str, str]) -> None:
        """What a programmer or a release does with a set: ``added`` attributes, as a line of schema.py, stand in every row at once; ``renamed``
        ones, old name -> new, keep what they hold."""
        of = self.sets[name]
        more = fields(added)
        self.sets[name] = replace(
            of, fields={renamed.get(old, old): replace(one, name=renamed.get(old, one.name)) for old, one in of.fields.items()} | more
        )
        for key, row in self.tables[name].items():
            self.tables[name][key] = blank(more) | {renamed.get(old, old): value for old, value in row.items()}

    def name(self, of: Set, row: Row) -> None:
        """Code or number, and the date, where the writer said none."""
        self.numbers[of.name] += 1
        if of.kind == "Document":
            row["Number"] = row["Number"] or f"ЛВ00-{self.numbers[of.name]:06d}"
            row["Date"] = row["Date"] if row["Date"] > "0002" else self.local()
        else:
            row["Code"] = row["Code"] or f"00-{self.numbers[of.name]:08d}"

    def keep(self, of: Set, row: Row) -> Row:
        """Store a row as written once more."""
        if not of.objects:  # a row of a register that has no key of one field is kept by its place
            self.tables[of.name][row[of.key[0]] if of.key else len(self.tables[of.name])] = row
            return row
        before = self.tables[of.name].get(row["Ref_Key"])
        row["DataVersion"] = base64.b64encode(((version_of(before) if before else -1) + 1).to_bytes(8, "big")).decode()
        if "ДатаИзменения" in of.fields:
            row["ДатаИзменения"] = self.local()
        self.tables[of.name][row["Ref_Key"]] = row
        if before is None and of.name in SETTLED and OBJECTS in self.sets:  # the program makes it with the document that is to be paid
            self.add(OBJECTS, Объект=row["Ref_Key"], Объект_Type=f"StandardODATA.{of.name}", Номер=row["Number"], Дата=row["Date"])
        return row

    def object_of(self, document: str) -> str:
        """Guid of the object of settlements of a document."""
        return next(str(row["Ref_Key"]) for row in self.tables[OBJECTS].values() if row["Объект"] == document)

    def named(self, name: str, description: str) -> str:
        """Guid of the row of a list that is called so."""
        return next(str(row["Ref_Key"]) for row in self.tables[name].values() if row["Description"] == description)


def version_of(row: Row) -> int:
    return int.from_bytes(base64.b64decode(row["DataVersion"]), "big")
