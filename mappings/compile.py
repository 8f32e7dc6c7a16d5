"""Mappings compiled to plain Python: reading, decoding and projecting are one generated function each; the hot path interprets nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from types import CodeType
from typing import Any

from mappings import paths
from mappings.codec import BadValue
from mappings.fields import FieldMap, nested, problem, shape_problem
from mappings.lists import ListOf
from mappings.scalars import Text

Json = Any
MISSING = paths.MISSING


class Odd:
    """A value of a shape that no path can enter, on its way to become ``shown``: an object that no codec takes, so its field alone waits."""

    def __init__(self, value: Json) -> None:
        self.shown = {"unreadable": value}


def odd(value: Json, blank: Json) -> Json:
    """What a step finds in something that is no object: nothing in nothing (PHP writes an empty map as []), else an Odd."""
    return value if value.__class__ is Odd else Odd(value) if value and value is not MISSING else blank


def indexed(items: Json, key: str) -> Json:
    """A list of objects as {what ``key`` says: item}, the first of equals; other shapes as they are."""
    if items.__class__ is not list:
        return Odd(items) if items and items is not MISSING else items
    found: dict[str, Json] = {}
    for item in items:
        if item.__class__ is dict:
            found.setdefault(str(item.get(key)), item)
    return found


def item_at(items: Json, index: int, blank: Json) -> Json:
    if items.__class__ is not list:
        return odd(items, blank)
    return items[index] if index < len(items) else blank


class Source:
    """The text of one generated function and the objects that it names."""

    def __init__(self, head: str) -> None:
        self.head = head
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {
            "MISSING": MISSING, "Odd": Odd, "odd": odd, "indexed": indexed, "item_at": item_at, "BadValue": BadValue,
            "problem": problem, "shape_problem": shape_problem, "nested": nested,
        }  # fmt: skip

    def add(self, *lines: str, depth: int = 1) -> None:
        self.lines += ["    " * depth + line for line in lines]

    def bind(self, value: Any, name: str) -> str:
        """A name by which the function knows ``value``."""
        self.scope[name] = value
        return name

    def text(self) -> str:
        return "\n".join([self.head, *self.lines]) + "\n"

    def function(self) -> Callable[..., Any]:
        exec(code(self.text()), self.scope)  # noqa: S102 - the source is made here, from parsed paths
        found: Callable[..., Any] = self.scope[self.head.split("(", 1)[0].removeprefix("def ")]
        return found


@cache
def code(text: str) -> CodeType:
    """A generated text as code, made once: the same mapping is loaded by many a hub of one process, and fields of two mappings are alike."""
    return compile(text, "<mapping>", "exec")


class Walk:
    """Paths through one object ``o``; what two paths have in common is walked once. ``blank``: what a step finds where there is nothing."""

    def __init__(self, source: Source, blank: str) -> None:
        self.source, self.blank = source, blank
        self.known: dict[tuple[paths.Step, ...], str] = {}

    def to(self, path: str) -> str:
        """The variable that holds the value at ``path``; an Odd where the way is barred."""
        steps: tuple[paths.Step, ...] = ()
        here = "o"
        for step in paths.parse(path):
            if step[0] == "pick":
                here = self._step((*steps, ("by", step[1])), f"indexed({here}, {step[1]!r})")
                here = self._step((*steps, step), self._key(here, step[2]))
            elif step[0] == "key":
                here = self._step((*steps, step), f"o.get({step[1]!r}, {self.blank})" if here == "o" else self._key(here, step[1]))
            else:
                here = self._step((*steps, step), f"item_at({here}, {int(step[1])}, {self.blank})")
            steps = (*steps, step)
        return here

    def _key(self, here: str, key: str) -> str:
        return f"{here}.get({key!r}, {self.blank}) if {here}.__class__ is dict else odd({here}, {self.blank})"

    def _step(self, steps: tuple[paths.Step, ...], code: str) -> str:
        if steps not in self.known:
            self.known[steps] = f"v{len(self.known)}"
            self.source.add(f"{self.known[steps]} = {code}")
        return self.known[steps]


def compile_read(fields: Sequence[FieldMap], carried: frozenset[str], absent_is_empty: bool) -> Source:
    """``read(o) -> {path: value}`` for the paths of ``carried``. Where absence means nothing, a path that is not there is left out."""
    source = Source("def read(o):")
    walk = Walk(source, "None" if absent_is_empty else "MISSING")
    source.add("values = {}")
    for number, one in enumerate({one.path: one for one in reversed(fields)}.values()):
        if one.path not in carried:
            continue
        if one.read is not None:
            source.add(f"values[{one.path!r}] = {source.bind(one.read.search, f'search_{number}')}(o)")
            continue
        value = walk.to(one.path)
        if "." in one.path or "[" in one.path:
            source.add(f"if {value}.__class__ is Odd: {value} = {value}.shown")
        if isinstance(one.codec, ListOf):
            source.add(f"if {value} and {value} is not MISSING: {value} = {source.bind(one.codec.reduce, f'reduce_{number}')}({value})")
        condition = "" if absent_is_empty else f"if {value} is not MISSING: "
        source.add(f"{condition}values[{one.path!r}] = {value}")
    source.add("return values")
    return source


def compile_identity(wanted: Sequence[str]) -> Source:
    """``identity(o) -> list`` of the values at the wanted paths, None where there is none."""
    source = Source("def identity(o):")
    walk = Walk(source, "None")
    source.add(f"return [{', '.join([walk.to(path) for path in wanted])}]")
    return source


def compile_decode(fields: Sequence[FieldMap], name: str = "decode_all") -> Source:
    """``decode_all(values, ctx) -> (data, problems)`` of all paths of an object, or of those that ``values`` has."""
    source = Source(f"def {name}(values, ctx):")
    source.add("data = {}", "problems = []")
    for number, one in enumerate(fields):
        field, decode = source.bind(one, f"field_{number}"), source.bind(one.codec.decode, f"decode_{number}")
        target = f"data[{one.field!r}]"
        source.add(f"v = values.get({one.path!r}, MISSING)")
        if type(one.codec) is Text:
            source.add(f"if v.__class__ is str: {target} = v.strip() or None", f"elif v is None: {target} = None", "elif v is not MISSING:")
        else:  # nothing there is None for every codec
            source.add(f"if v is None: {target} = None", "elif v is not MISSING:")
        source.add(f"try: {target} = {decode}(v, ctx)", *_caught(field), depth=2)
    source.add("return data, problems")
    return source


def _caught(field: str, *more: str) -> list[str]:
    rest = "".join(f"; {line}" for line in more)
    return [
        f"except BadValue as error: problems.append(problem({field}, error)){rest}",
        f"except Exception as error: problems.append(shape_problem({field}, error)){rest}",
    ]


def compile_project(fields: Sequence[FieldMap]) -> Source:
    """``project(record, held, ctx) -> (values, problems)``. A path that several fields write is left out when one of them cannot."""
    source = Source("def project(record, held, ctx):")
    source.add("values = {}", "problems = []", "was = held.get")
    written = [one for one in fields if one.only != "read"]
    asking = [one.write for one in written if one.write is not None]
    if asking:
        roots = source.bind(frozenset[str]().union(*(one.roots for one in asking)), "roots")
        flat = "False" if any(one.whole for one in asking) else f"{roots} <= record.keys()"  # dotted names are not asked for
        source.add(f"whole = record if {flat} else nested(record)")
    times = [one.path for one in written]
    shared = {path for path in times if times.count(path) > 1}
    if shared:
        source.add("broken = set()")
    for number, one in enumerate(written):
        _projected(source, number, one, one.path in shared)
    if shared:
        source.add("for path in broken: values.pop(path, None)")
    source.add("return values, problems")
    return source


def _projected(source: Source, number: int, one: FieldMap, shared: bool) -> None:
    """The lines that write one field."""
    field, encode = source.bind(one, f"field_{number}"), source.bind(one.codec.encode, f"encode_{number}")
    target, depth = f"values[{one.path!r}]", 1
    if one.write is not None:
        source.add(f"w = {source.bind(one.write.search, f'search_{number}')}(whole)")
        if one.default is None and one.write.roots:  # of what nobody has said nothing follows
            source.add(f"if w is not None or not {source.bind(one.write.roots, f'roots_{number}')}.isdisjoint(whole):")
            depth = 2
    else:
        source.add(f"w = record.get({one.field!r}, MISSING)", "if w is not MISSING:")
        depth = 2
    if one.default is not None:
        source.add(f"if w is None: w = {source.bind(one.default, f'default_{number}')}", depth=depth)
    source.add(
        f"h = values[{one.path!r}] if {one.path!r} in values else was({one.path!r})" if shared else f"h = was({one.path!r})", depth=depth
    )
    source.add(f"if w is None and h is None: {target} = None", depth=depth)
    if type(one.codec) is Text:
        cut = f"[:{one.codec.max}].rstrip()" if one.codec.max else ""
        source.add(f"elif w.__class__ is str and w == h: {target} = h", depth=depth)
        source.add(f"elif w.__class__ is str and h is None: {target} = w.strip(){cut} or None", depth=depth)
    source.add("else:", depth=depth)
    caught = _caught(field, *([f"broken.add({one.path!r})"] if shared else []))
    source.add(f"try: {target} = {encode}(w, h, ctx)", *caught, depth=depth + 1)
