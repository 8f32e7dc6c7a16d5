"""Which codec a mapping asks for: from ``as:`` and ``max:`` to a codec that is made, or a complaint that says what there is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from mappings.answers import Table
from mappings.codec import CODECS, Codec
from mappings.declaration import Declaration, Place, near

Json = Any


def build_codec(declared: Declaration, place: Place, spec: Json, max_length: int | None = None, key: str = "as") -> Codec | None:
    """A codec from ``as:``: a name, {name: arguments}, or a table {remote: canonical}."""
    at = (*place, key)
    if isinstance(spec, dict):
        if len(spec) == 1 and next(iter(spec)) in CODECS:
            ((name, arguments),) = spec.items()
            return _made(declared, at, name, arguments, max_length)
        return _table(declared, at, spec, max_length)
    name = "text" if spec is None else spec
    if name not in CODECS:
        declared.complain(at, f"no codec {name!r}", _there(name))
        return None
    return _made(declared, at, name, {}, max_length)


def _there(name: str) -> str:
    """The codec that was meant, else all that there are: they are over seventy."""
    return f"{near(name, CODECS)}docs/mappings.md lists them" if near(name, CODECS) else f"There are: {', '.join(sorted(CODECS))}"


def _made(declared: Declaration, at: Place, name: str, arguments: Json, max_length: int | None) -> Codec | None:
    make = CODECS[name]
    takes = takes_of(make)
    given = dict(arguments) if isinstance(arguments, dict) else {takes[0]: arguments} if takes else {"argument": arguments}
    if max_length is not None:
        if "max" not in takes:
            declared.complain((*at[:-1], "max"), f"the codec {name} takes no `max`", "Leave `max` out, or use text or squeezed")
            return None
        given["max"] = max_length
    try:
        return make(**given)
    except (TypeError, ValueError, AttributeError) as error:
        said = re.sub(r"^\w+\.__init__\(\) ", "", str(error))
        wants = f"It takes {', '.join(takes)}" if takes else "It takes none"
        declared.complain(at, f"the codec {name} does not take these arguments: {said}", wants)
        return None


def takes_of(make: Callable[..., Codec]) -> list[str]:
    """The names of a codec's arguments, in their order."""
    if getattr(make, "__init__", object.__init__) is object.__init__:
        return []
    return [name for name in inspect.signature(make).parameters if name not in ("args", "kwargs")]


def _table(declared: Declaration, at: Place, spec: dict[Json, Json], max_length: int | None) -> Codec | None:
    """A table; every entry is a canonical value or {read:, write:}."""
    if not spec:
        declared.complain(at, "an empty table understands nothing", "Write {remote: canonical}, or leave `as` out")
        return None
    good = max_length is None
    if not good:
        declared.complain((*at[:-1], "max"), "a table takes no `max`", "Leave it out")
    for remote, said in spec.items():
        unknown = said.keys() - {"read", "write"} if isinstance(said, dict) else set()
        if len(spec) == 1 and isinstance(remote, str) and (isinstance(said, dict) and unknown):
            declared.complain(at, f"no codec {remote!r}", _there(remote))
            return None
        if said is None or unknown or isinstance(said, list) or said == {}:
            declared.complain(
                (*at, str(remote)),
                f"the table says nothing usable of {remote!r}",
                "Write a canonical value, or {read: value}, or {read: value, write: [values]}",
            )
            good = False
    return Table(spec) if good else None
