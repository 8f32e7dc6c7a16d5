"""A mapping at work: read an object, decode its values, project a record back, nest the result in the vendor's shape."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mappings import paths
from mappings.adopt import Adopted
from mappings.codec import BadValue, Codec, Context, types_of
from mappings.compile import compile_decode, compile_identity, compile_project, compile_read
from mappings.expressions import Expression
from mappings.fields import FieldMap, FieldProblem
from mappings.scalars import Text

Json = Any
CALLED = "called"  # the name under which an object's own number stands, for the path of `called`: looked at, and no field of the record
HUB_KEY = "hub key"  # the name under which a record gives its own id, for the path of `adopted_key`


@dataclass(frozen=True, slots=True)
class Read:
    """What a mapping takes from one object. ``values``: remote path -> value in remote form, only paths that were carried."""

    id: str
    modified: datetime | None
    hub_key: str | None
    values: dict[str, Json]
    fulfils: Json | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A remote object and the canonical fields it gives. ``ignore``: fields that an overlay changed after the example was written."""

    name: str
    remote: dict[str, Json]
    canonical: dict[str, Json]
    ignore: frozenset[str] = frozenset()
    place: tuple[str, ...] = ()


@dataclass(slots=True, repr=False)
class Mapping:
    """Both directions between one vendor resource and one entity; compiled when it is made."""

    connector: str
    entity: str
    resource: str
    fields: tuple[FieldMap, ...]
    id_path: str = "id"
    modified_path: str = ""
    modified_codec: Codec | None = None
    key_path: str = ""
    adopted_path: str = ""
    called_path: str = ""
    hub_key: Expression | None = None
    adopt: tuple[Adopted, ...] = ()
    fulfils: str = ""
    adds: bool = False
    also: tuple[str, ...] = ()  # paths of other names by which objects of the same system call this one
    when: Expression | None = None
    create: dict[str, Json] = field(default_factory=dict)
    give: bool = True
    requires: tuple[str, ...] = ()
    stand_in: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    file: str = ""
    source: str = ""
    by_path: dict[str, tuple[FieldMap, ...]] = field(default_factory=dict)
    clearing: frozenset[str] = frozenset()  # paths that the system may empty
    write_only: frozenset[str] = frozenset()
    counting: frozenset[str] = frozenset()  # paths that the vendor counts down by itself
    everywhere: frozenset[str] = frozenset()  # paths that are written to aliases, too
    once: frozenset[str] = frozenset()  # paths that are written when the hub creates an object, and never after
    refs: tuple[tuple[str, str, str], ...] = ()  # (remote path, canonical field, entity) of values that name another object
    project: Callable[[Dict[str, Json], Dict[str, Json], Context], tuple[dict[str, Json], list[FieldProblem]]] = field(init=False)
    """(record, held, ctx) -> the record as this system would hold it, {remote path: value}, and what could not be said.
    Fields that the record does not have are not projected."""
    decode_all: Callable[[Dict[str, Json], Context], tuple[dict[str, Json], list[FieldProblem]]] = field(init=False)
    """(values, ctx) -> all values of an object as canonical fields, and what could not be used."""
    _identity: Callable[[Json], list[Json]] = field(init=False)
    _decoders: dict[str, Callable[..., Any]] = field(default_factory=dict)
    _readers: dict[Any, Callable[..., Any]] = field(default_factory=dict)
    _views: dict[Any, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.adopted_path:
            self.fields = (*self.fields, FieldMap(HUB_KEY, self.adopted_path, Foreign(), only="write"))
        if self.called_path:
            self.fields = (*self.fields, FieldMap(CALLED, self.called_path, Text(), only="read"))
        for one in self.fields:
            self.by_path[one.path] = (*self.by_path.get(one.path, ()), one)
        self.clearing = frozenset(one.path for one in self.fields if one.clears)
        self.counting = frozenset(one.path for one in self.fields if one.counts == "down")
        self.refs = tuple(
            (one.path, one.field, name) for one in self.fields for kind, name in types_of(one.codec).asks if one.codec and kind == "ref"
        )
        self.write_only = self._where_all(lambda one: one.only == "write")
        self.everywhere = self._where_all(lambda one: one.aliases)
        self.once = self._where_all(lambda one: one.once)
        self._compile()

    def _where_all(self, holds: Callable[[FieldMap], bool]) -> frozenset[str]:
        """Paths of which every field is so."""
        return frozenset(path for path, found in self.by_path.items() if all(map(holds, found)))

    def _compile(self) -> None:
        identity = [self.id_path, self.modified_path, self.key_path, self.fulfils, self.adopted_path, *self.also]
        sources = [
            compile_read(self.fields, frozenset(self.by_path), True),
            compile_identity([path or "id" for path in identity]),
            compile_decode([one for one in self.fields if one.only != "write" and one.field != CALLED]),
            compile_project(self.fields),
        ]
        self.source = "\n\n".join(source.text() for source in sources)
        _, self._identity, self.decode_all, self.project = (source.function() for source in sources)
        for path, found in self.by_path.items():
            said = [one for one in found if one.field != CALLED]
            read = [one for one in said if one.only != "write"] or said
            self._decoders[path] = compile_decode(read, "decode").function()

    def __repr__(self) -> str:
        return f"<mapping {self.connector}/{self.resource} of {self.entity}>"

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.by_path)

    def applies(self, remote: Json) -> bool:
        """Whether this mapping speaks of the object (``when``)."""
        return self.when is None or bool(self.when.search(remote))

    def read(
        self, remote: dict[str, Json], carries: frozenset[str] | None, lacks: frozenset[str], absent_is_empty: bool, ctx: Context
    ) -> Read:
        """The object's identity and its values in remote form. A value of a shape that its path cannot enter is read as
        {"unreadable": it}, which no codec takes. Raises TypeError for what is no object."""
        if not isinstance(remote, dict):
            raise TypeError("an object was expected")
        reader = self._readers.get((carries, lacks, absent_is_empty)) or self._reader(carries, lacks, absent_is_empty)
        ident, changed, key, fulfils, adopted_key, *also = self._identity(remote)
        return Read(
            id=_text(ident),
            modified=self._modified(changed, ctx) if self.modified_path else None,
            hub_key=self._key(remote, key, adopted_key),
            values=reader(remote),
            fulfils=(fulfils or None) if self.fulfils else None,
            also=tuple(filter(None, map(_text, also))),
        )

    def _reader(self, carries: frozenset[str] | None, lacks: frozenset[str], absent_is_empty: bool) -> Callable[..., Any]:
        """The reading function for one representation, made once."""
        made = compile_read(self.fields, self._carried(carries, lacks), absent_is_empty).function()
        self._readers[carries, lacks, absent_is_empty] = made
        return made

    def _modified(self, value: Json, ctx: Context) -> datetime | None:
        try:
            text = self.modified_codec.decode(value, ctx) if self.modified_codec else None
            return datetime.fromisoformat(text) if text else None
        except (BadValue, ValueError):
            return None

    def _key(self, remote: dict[str, Json], key: Json, adopted_key: Json) -> str | None:
        """The hub key inside the object, or None. In objects made elsewhere it stands at ``adopted_key``."""
        if self.adopted_path and (found := _text(adopted_key)):
            return found
        if self.hub_key is not None:
            return _text(self.hub_key.search(remote)) or None
        return (_text(key) or None) if self.key_path else None

    def _carried(self, carries: frozenset[str] | None, lacks: frozenset[str]) -> frozenset[str]:
        """Mapped paths that a representation carries."""
        if (carries, lacks) not in self._views:
            self._views[carries, lacks] = frozenset(path for path in self.by_path if self.carries(path, carries, lacks))
        return self._views[carries, lacks]

    @staticmethod
    def carries(path: str, carries: frozenset[str] | None, lacks: frozenset[str]) -> bool:
        """Whether a representation with these ``carries`` and ``lacks`` shows a mapped path."""
        if path.startswith("("):
            return True
        roots = paths.roots(path)
        return not any(r in lacks for r in roots) and (carries is None or any(r in carries for r in roots))

    def hidden(self, carries: frozenset[str] | None, lacks: frozenset[str], whole: Any) -> frozenset[str]:
        """Mapped paths that a representation does not show and the ``whole`` one (with ``carries`` and ``lacks``) does."""
        return self._carried(whole.carries, whole.lacks) - self._carried(carries, lacks)

    def decode(self, path: str, value: Json, ctx: Context) -> tuple[dict[str, Json], list[FieldProblem]]:
        """One remote path's value as canonical fields, those that are only written too, and what could not be used."""
        decoder = self._decoders.get(path)
        if decoder is None:
            return {}, []
        found: tuple[dict[str, Json], list[FieldProblem]] = decoder({path: value}, ctx)
        return found

    def nest(self, values: Dict[str, Json], held: Dict[str, Json] | None = None) -> dict[str, Json]:
        """{path: value} as an object of the vendor's shape, holding only these."""
        made: dict[str, Json] = {}
        for path, value in values.items():
            paths.put(made, path, value)
        return made


class Foreign(Text):
    """The hub key in an object made elsewhere: written where nothing stands, and never over a foreign one."""

    def encode(self, value: Json, held: Json, ctx: Context) -> Json:
        return held or value


def _text(value: Json) -> str:
    return "" if value is paths.MISSING or value is None or isinstance(value, (dict, list)) else str(value)
