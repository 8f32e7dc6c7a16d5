"""What a service takes and tells by its WSDL, compared with what the configuration describes. Over zeep's types, without any request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.onec.soap import paths
from connectors.onec.soap.description import EACH, Call, Described
from connectors.strict import nearest

Json = Any


def parts(of: Any) -> dict[str, Any]:
    """Name -> element of a complex type; of any other none."""
    return {name: element for name, element in getattr(of, "elements", ()) if hasattr(element, "type")}


def open_ended(of: Any) -> bool:
    """Whether a type tells nothing of what is in it."""
    return type(of).__name__ in ("AnyType", "AnySimpleType") or any(
        not hasattr(element, "type") for _, element in getattr(of, "elements", ())
    )


def completed(of: Any, value: Json) -> Json:
    """The arguments with nil for what is required, may be nil, and was not said: 1C wants the element to be there. A text that is said to be
    nothing is sent empty, else it would stay as it is there."""
    if isinstance(value, list):
        return [completed(of, one) for one in value]
    known = parts(of)
    if not known or not isinstance(value, Mapping):
        return value
    made = {name: completed(known[name].type, one) if name in known else one for name, one in value.items()}
    for name, element in known.items():
        if made.get(name) is None:
            if name in made and empty(element.type) == "":
                made[name] = ""
            elif element.is_optional:
                made.pop(name, None)
            else:
                made[name] = None if element.nillable else empty(element.type)
    return made


def empty(of: Any) -> Json:
    """How an empty value of a type is said that may not be nil."""
    return "" if type(of).__name__ == "String" else None


def complaints(place: str, call: Call, operation: Any, described: Described) -> Iterator[str]:
    """What of a call the WSDL does not know, each in a sentence."""
    yield from arguments(f"{place}.arguments", operation.input.body.type, call.arguments)
    shown = operation.output.body.type
    if call.json:
        yield from _path(f"{place}.json", shown, call.json)
        return  # what the text of JSON holds no WSDL tells
    for name in ("result", "id"):
        if where := getattr(call, name):
            yield from _path(f"{place}.{name}", shown, where)
    row, problem = inside(shown, call.result) if call.result else (None, "")
    if row is None or problem or not call.whole or not parts(row):
        return
    for name, where in (("id", described.id), ("modified", described.modified)):
        if where:
            yield from _path(name, row, where)
    for name, where in described.fields.items():
        yield from _field(f"fields.{name}", row, where)


def _field(place: str, row: Any, where: Json) -> Iterator[str]:
    if not isinstance(where, Mapping):
        yield from _path(place, row, where)
        return
    yield from _path(f"{place}.each", row, where["each"])
    line, problem = inside(row, where["each"])
    if line is not None and not problem:
        for name, path in where.items():
            if name != "each":
                yield from _path(f"{place}.{name}", line, path)


def arguments(place: str, of: Any, value: Json) -> Iterator[str]:
    """What of the arguments the WSDL does not know, and what it requires besides."""
    if open_ended(of):
        return
    known = parts(of)
    if isinstance(value, list):
        for one in value:
            yield from arguments(place, of, one)
    elif isinstance(value, Mapping):
        if not known:
            yield f"{place}: the WSDL has one value there, not several"
            return
        for name, one in value.items():
            if name == EACH:
                continue
            if name not in known:
                yield f"{place}: the WSDL has no {name}{nearest(name, known)}"
            else:
                yield from arguments(f"{place}.{name}", known[name].type, one)
        for name, element in known.items():
            if name not in value and not element.is_optional and not element.nillable:
                yield f"{place}: {name} is required by the WSDL"
    elif known and not (isinstance(value, str) and value.startswith("$")):
        yield f"{place}: the WSDL has several values there: {', '.join(known)}"


def _path(place: str, of: Any, path: str) -> Iterator[str]:
    _, problem = inside(of, path)
    if problem:
        yield f"{place}: {problem}"


def inside(of: Any, path: str) -> tuple[Any, str]:
    """(type of what stands at a path, or None where the WSDL does not tell; what is wrong with the path)."""
    for step in paths.parsed(path):
        if open_ended(of):
            return None, ""
        known = parts(of)
        if step.name not in known:
            return None, f"the WSDL has no {step.name}{nearest(step.name, known) if known else ' there'}"
        of = known[step.name].type
        if step.key and parts(of) and step.key not in parts(of):
            return None, f"the WSDL has no {step.key}{nearest(step.key, parts(of))}"
    return of, ""
