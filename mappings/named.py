"""Rules that lint holds the names inside a mapping to: those of its expressions, constants and cross-references. What is spelt wrong there
is no error when it is run: it is nothing, a condition that leaves out every object, or a field that is never written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from mappings.declaration import Place, near
from mappings.expressions import Expression
from mappings.subject import Subject

STEP = re.compile(r"[.\[]")


def first_steps(paths: Iterable[str]) -> list[str]:
    """Names with which paths begin."""
    return sorted({STEP.split(path, maxsplit=1)[0] for path in paths})


def remote_names(it: Subject) -> None:
    """Names that the vendor's object does not have, in conditions, in what is only read, and among the constants of a create."""
    if it.catalogue is None:
        return
    known = first_steps(it.catalogue)
    for place, said in _of_the_object(it):
        _unknown(it, place, said.outer, known, f"{it.mapping.connector} {it.mapping.resource} has no field")
    for name in it.mapping.create:
        _unknown(it, ("create", name), first_steps([name]), known, f"{it.mapping.connector} {it.mapping.resource} has no field")


def _of_the_object(it: Subject) -> Iterator[tuple[Place, Expression]]:
    of = it.mapping
    if of.when is not None:
        yield ("when",), of.when
    if of.hub_key is not None:
        yield ("hub_key",), of.hub_key
    yield from ((("adopt", str(index), "when"), one.when) for index, one in enumerate(of.adopt) if one.when is not None)
    yield from ((("fields", one.field, "read"), one.read) for one in it.fields if one.read is not None)


def canonical_names(it: Subject) -> None:
    """Names in `write` that the entity does not have: what they come to is nothing."""
    if not it.schema:
        return
    known = first_steps(it.schema)
    for one in it.fields:
        if one.write is not None:
            _unknown(it, ("fields", one.field, "write"), one.write.outer, known, f"{it.mapping.entity} has no field")


def _unknown(it: Subject, place: Place, names: Iterable[str], known: Iterable[str], lacks: str) -> None:
    for name in sorted(names):
        if not any(_is(name, one) for one in known):
            it.complain(place, f"{lacks} {name!r}", f"{near(name, known)}What is not there is nothing here")


def _is(name: str, known: str) -> bool:
    return name == known or ("*" in known and re.fullmatch(re.escape(known).replace(r"\*", ".*"), name) is not None)


def referred(it: Subject) -> None:
    """Systems of cross-references that are none of the configuration, nor connectors."""
    known = sorted({*it.world.systems, *it.world.connectors})
    for index, one in enumerate(it.mapping.adopt):
        if it.world.systems and one.system not in known:
            there = ", ".join(it.world.systems)
            it.complain(("adopt", str(index), "system"), f"no system {one.system!r}", f"{near(one.system, known)}There are: {there}")


NAMES: tuple[Callable[[Subject], None], ...] = (remote_names, canonical_names, referred)
