"""A mapping at work: read an object, decode its values, project a record back, nest the result in the vendor's shape."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mappings import paths
from mappings.codec import BadValue, Codec, Context, Needs
from mappings.lists import ListOf

Json = Any


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A value that a mapping could not use. ``kind``: bad_value | unknown_value | waits. ``needs``: what would make it usable."""

    field: str
    path: str
    code: str
    message_ru: str
    message_en: str
    kind: str = "bad_value"
    needs: Needs | None = None


@dataclass(frozen=True, slots=True)
class FieldMap:
    """One line of a mapping. ``path``: where the value stands; for a one-way read, the JMESPath in round brackets."""

    field: str
    path: str
    codec: Codec
    only: str = ""  # read | write
    clears: bool = False
    read: Any = None  # compiled JMESPath over the remote object
    write: Any = None  # compiled JMESPath over the record
    default: Json = None


@dataclass(frozen=True, slots=True)
class Read:
    """What a mapping takes from one object. ``values``: remote path -> value in remote form, only paths that were carried."""

    id: str
    modified: datetime | None
    hub_key: str | None
    adopted: dict[str, str]
    values: dict[str, Json]
    fulfils: Json | None = None


@dataclass(slots=True)
class Mapping:
    """Both directions between one vendor resource and one entity."""

    connector: str
    entity: str
    resource: str
    fields: tuple[FieldMap, ...]
    id_path: str = "id"
    modified_path: str = ""
    modified_codec: Codec | None = None
    key_path: str | None = None
    hub_key: Any = None
    adopt: tuple[tuple[str, str], ...] = ()
    fulfils: str = ""
    when: Any = None
    create: dict[str, Json] = field(default_factory=dict)
    give: bool = True
    requires: tuple[str, ...] = ()
    stand_in: tuple[str, ...] = ()
    examples: tuple[dict[str, Json], ...] = ()
    file: str = ""
    source: str = ""
    getters: Any = None
    by_path: dict[str, tuple[FieldMap, ...]] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.by_path)

    def applies(self, remote: Json) -> bool:
        """Whether this mapping speaks of the object (``when``)."""
        return self.when is None or bool(self.when.search(remote))

    def read(
        self, remote: dict[str, Json], carries: frozenset[str] | None, lacks: frozenset[str], absent_is_empty: bool, ctx: Context
    ) -> Read:
        """The object's identity and its values in remote form. Raises TypeError where the object has another shape."""
        if not isinstance(remote, dict):
            raise TypeError("an object was expected")
        values = self.getters(remote, self._carried(carries, lacks), absent_is_empty)
        adopted = {system: value for path, system in self.adopt if (value := _text(paths.get(remote, path)))}
        modified = None
        if self.modified_path and self.modified_codec:
            try:
                text = self.modified_codec.decode(_or_none(paths.get(remote, self.modified_path)), ctx)
                modified = datetime.fromisoformat(text) if text else None
            except (BadValue, ValueError):
                modified = None
        return Read(
            id=_text(paths.get(remote, self.id_path)),
            modified=modified,
            hub_key=self._key(remote),
            adopted=adopted,
            values=values,
            fulfils=_or_none(paths.get(remote, self.fulfils)) if self.fulfils else None,
        )

    def _key(self, remote: dict[str, Json]) -> str | None:
        """The hub key inside the object, or None."""
        if self.hub_key is not None:
            return _text(self.hub_key.search(remote)) or None
        return (_text(paths.get(remote, self.key_path)) or None) if self.key_path else None

    def _carried(self, carries: frozenset[str] | None, lacks: frozenset[str]) -> frozenset[str]:
        """Mapped paths that a representation carries."""
        return frozenset(
            path
            for path in self.by_path
            if path.startswith("(")
            or (not any(r in lacks for r in paths.roots(path)) and (carries is None or any(r in carries for r in paths.roots(path))))
        )

    def decode(self, path: str, value: Json, ctx: Context) -> tuple[dict[str, Json], list[FieldProblem]]:
        """One remote path's value as canonical fields, and what could not be used."""
        data: dict[str, Json] = {}
        problems: list[FieldProblem] = []
        for one in self.by_path.get(path, ()):
            try:
                data[one.field] = one.codec.decode(value, ctx)
            except BadValue as error:
                problems.append(problem(one, error))
            except Exception as error:  # a vendor's value may have any shape: this field waits, the record goes on
                problems.append(
                    FieldProblem(one.field, path, "shape", "Неожиданный вид значения", f"Unexpected shape: {type(error).__name__}")
                )
        return data, problems

    def decode_all(self, values: Dict[str, Json], ctx: Context) -> tuple[dict[str, Json], list[FieldProblem]]:
        """All values of an object as canonical fields."""
        data: dict[str, Json] = {}
        problems: list[FieldProblem] = []
        for path, value in values.items():
            found, wrong = self.decode(path, value, ctx)
            data |= found
            problems += wrong
        return data, problems

    def project(self, record: Dict[str, Json], held: Dict[str, Json], ctx: Context) -> tuple[dict[str, Json], list[FieldProblem]]:
        """The record as this system would hold it: remote path -> value. Fields that the record does not have are not projected."""
        values: dict[str, Json] = {}
        broken: set[str] = set()
        problems: list[FieldProblem] = []
        for one in self.fields:
            if one.only == "read" or one.path.startswith("("):
                continue
            if one.write is None and one.field not in record:
                continue
            wanted = one.write.search(nested(record)) if one.write is not None else record[one.field]
            wanted = one.default if wanted is None else wanted
            before = values.get(one.path, held.get(one.path))
            try:
                values[one.path] = one.codec.encode(wanted, before, ctx)
            except BadValue as error:
                problems.append(problem(one, error))
                broken.add(one.path)
        return {path: value for path, value in values.items() if path not in broken}, problems

    def nest(self, values: Dict[str, Json], held: Dict[str, Json] | None = None) -> dict[str, Json]:
        """{path: value} as an object of the vendor's shape, holding only these."""
        made: dict[str, Json] = {}
        for path, value in values.items():
            paths.put(made, path, value)
        return made


def problem(one: FieldMap, error: BadValue) -> FieldProblem:
    kind = "bad_value"
    if error.needs:
        kind = "unknown_value" if error.needs[0] == "directory" else "waits"
    return FieldProblem(one.field, one.path, error.code, error.ru, error.en, kind, error.needs)


def nested(record: Dict[str, Json]) -> dict[str, Json]:
    """A flat record with dotted names as nested objects, for JMESPath."""
    made: dict[str, Json] = {}
    for name, value in record.items():
        here = made
        *parents, last = name.split(".")
        for parent in parents:
            here = here.setdefault(parent, {})
        here[last] = value
    return made


def _or_none(value: Json) -> Json:
    return None if value is paths.MISSING else value


def _text(value: Json) -> str:
    return "" if value is paths.MISSING or value is None else str(value)


def list_codec(one: FieldMap) -> ListOf | None:
    """The keyed-list codec of a field, if it has one."""
    return one.codec if isinstance(one.codec, ListOf) else None
