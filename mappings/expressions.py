"""JMESPath for one-way fields and conditions, turned into Python where the expression is plain, ten times as fast as interpreting it.

Fields, indexes, literals, comparisons, ``&& || !``, lists and functions become one Python expression; projections, filters, slices and
the like are left to the jmespath library. Both give the same answers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, cast

import jmespath
from jmespath.functions import Functions

Json = Any
Node = dict[str, Any]


INWARD = ("subexpression", "index_expression", "projection", "value_projection", "filter_projection", "flatten", "pipe")


class ExpressionError(ValueError):
    """The text is not JMESPath."""


class Expression:
    """A compiled expression. ``search(data)``: its value, None where a function does not take what it is given."""

    def __init__(self, text: str) -> None:
        try:
            parsed = jmespath.compile(text)
            self._check(parsed)
        except jmespath.exceptions.JMESPathError as error:
            raise ExpressionError(str(error).splitlines()[0]) from None
        self.text = text
        nodes = list(_nodes(cast(Node, parsed.parsed)))
        self.whole = any(node["type"] in ("current", "identity") for node in nodes)
        """Whether it may look at all of what it is given."""
        self.roots = frozenset(str(node["value"]) for node in nodes if node["type"] == "field")
        """Names that it looks up in what it is given, and perhaps some that it looks up further inside."""
        self.outer = frozenset(_outer(cast(Node, parsed.parsed)))
        """Names that it looks up in what it is given, none of those further inside."""
        self._search = _plain(cast(Node, parsed.parsed)) or parsed.search

    @staticmethod
    def _check(parsed: Any) -> None:
        """Names of functions and counts of their arguments are known without data."""
        for node in _nodes(cast(Node, parsed.parsed)):
            if node["type"] == "function_expression" and node["value"] not in Functions.FUNCTION_TABLE:
                raise jmespath.exceptions.UnknownFunctionError(f"Unknown function: {node['value']}()")

    def search(self, data: Json) -> Json:
        try:
            return self._search(data)
        except (jmespath.exceptions.JMESPathError, TypeError):
            return None


@lru_cache(maxsize=1024)
def expression(text: str) -> Expression:
    """The compiled expression of a text. Raises ExpressionError."""
    return Expression(text)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _nodes(child)


def _outer(node: Node) -> Iterator[str]:
    """Fields of the outermost object: of steps into it the first alone, of what is said of each item of a list nothing."""
    if node["type"] == "field":
        yield str(node["value"])
    elif node["type"] != "expref":
        for child in node["children"][: 1 if node["type"] in INWARD else None]:
            if isinstance(child, dict):
                yield from _outer(child)


def false(value: Json) -> bool:
    """JMESPath's false: null, false, "", [] and {}; zero is true."""
    return not value and (value is None or value is False or value == "" or value == [] or value == {})


def same(a: Json, b: Json) -> bool:
    """JMESPath's ``==``: a boolean never equals a number."""
    return bool(a == b) and (
        isinstance(a, bool) is isinstance(b, bool) or not isinstance(a, (int, float)) or not isinstance(b, (int, float))
    )


def compared(a: Json, b: Json, holds: Callable[[Json, Json], bool]) -> bool | None:
    """``<`` and its kin, null for what has no order."""
    if isinstance(a, bool) or isinstance(b, bool) or not isinstance(a, (int, float, str)) or not isinstance(b, (int, float, str)):
        return None
    return holds(a, b)


def at(value: Json, index: int) -> Json:
    return value[index] if isinstance(value, list) and -len(value) <= index < len(value) else None


def negated(value: Json) -> bool:
    """``!``: zero is true, so its negation is false."""
    return False if isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0 else not value


def not_null(*values: Json) -> Json:
    for value in values:
        if value is not None:
            return value
    return None


def join(glue: Json, words: Json) -> Json:
    """Raises TypeError for what is no list of texts."""
    if glue.__class__ is str and words.__class__ is list:
        return glue.join(words)
    raise TypeError


_GIVEN: dict[str, Any] = {
    "false": false,
    "same": same,
    "compared": compared,
    "at": at,
    "negated": negated,
    "not_null": not_null,
    "join": join,
    "call": Functions().call_function,
}
_ORDER = {"lt": "<", "gt": ">", "lte": "<=", "gte": ">="}


class _NotPlain(Exception):
    """A part that only the library's interpreter knows."""


def _plain(node: Node) -> Callable[[Json], Json] | None:
    """The expression as a Python function, or None where a part of it is not plain."""
    try:
        code = _Writer().write(node, "data")
    except _NotPlain:
        return None
    scope = dict(_GIVEN)
    exec(compile(f"def search(data):\n    return {code}\n", "<jmespath>", "exec"), scope)  # noqa: S102 - the source is made here
    found: Callable[[Json], Json] = scope["search"]
    return found


class _Writer:
    """Nodes as Python source. ``here``: the name of the variable that the node is evaluated over."""

    def __init__(self) -> None:
        self._names = (f"v{n}" for n in itertools.count())

    def write(self, node: Node, here: str) -> str:
        writer = getattr(self, f"_{node['type']}", None)
        if writer is None:
            raise _NotPlain
        return str(writer(node, here))

    def _field(self, node: Node, here: str) -> str:
        return f"({here}.get({node['value']!r}) if {here}.__class__ is dict else None)"

    def _literal(self, node: Node, here: str) -> str:
        if not isinstance(node["value"], (str, int, float, bool, type(None))):
            raise _NotPlain  # a list or object would be shared between answers
        return repr(node["value"])

    def _identity(self, node: Node, here: str) -> str:
        return here

    _current = _identity

    def _subexpression(self, node: Node, here: str) -> str:
        left, right = node["children"]
        name = next(self._names)
        return f"(({name} := {self.write(left, here)}), {self.write(right, name)})[1]"

    _index_expression = _pipe = _subexpression

    def _index(self, node: Node, here: str) -> str:
        return f"at({here}, {int(node['value'])})"

    def _or_expression(self, node: Node, here: str) -> str:
        left, right = node["children"]
        name = next(self._names)
        return f"({self.write(right, here)} if false({name} := {self.write(left, here)}) else {name})"

    def _and_expression(self, node: Node, here: str) -> str:
        left, right = node["children"]
        name = next(self._names)
        return f"({name} if false({name} := {self.write(left, here)}) else {self.write(right, here)})"

    def _not_expression(self, node: Node, here: str) -> str:
        return f"negated({self.write(node['children'][0], here)})"

    def _comparator(self, node: Node, here: str) -> str:
        left, right = (self.write(child, here) for child in node["children"])
        if node["value"] in ("eq", "ne"):
            return f"({'not ' if node['value'] == 'ne' else ''}same({left}, {right}))"
        return f"compared({left}, {right}, lambda a, b: a {_ORDER[node['value']]} b)"

    def _multi_select_list(self, node: Node, here: str) -> str:
        return f"(None if {here} is None else [{', '.join(self.write(child, here) for child in node['children'])}])"

    def _function_expression(self, node: Node, here: str) -> str:
        arguments = [self.write(child, here) for child in node["children"]]
        if node["value"] == "not_null" and arguments:
            return f"not_null({', '.join(arguments)})"
        if node["value"] == "join" and len(arguments) == 2:
            return f"join({', '.join(arguments)})"
        return f"call({node['value']!r}, [{', '.join(arguments)}])"
