"""Requests as WordPress sees them: the last of repeated parameters, bracketed lists, bodies as JSON or as a form, another method than HTTP's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from flask import Request

from .state import WooError

PART = re.compile(r"\[([^\]]*)\]")
OTHER_METHODS = ("PUT", "PATCH", "DELETE")
Json = Any


def query(request: Request) -> dict[str, str]:
    """Parameters by name: of repeated ones the last, of ``name[]=a&name[]=b`` the values joined by commas."""
    found: dict[str, str] = {}
    for name, values in request.args.lists():
        plain = PART.sub("", name)
        found[plain] = values[-1] if plain == name else ",".join([*filter(None, [found.get(plain)]), *values])
    return found


def yes(text: str | None) -> bool:
    """Booleans of parameters: ``true`` or ``1``."""
    return (text or "").lower() in ("true", "1")


def body(request: Request) -> dict[str, Json]:
    """The body as an object, empty for none. Raises WooError for JSON that cannot be read."""
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return nested(list(request.form.items(multi=True)))
    text = request.get_data()
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise WooError("rest_invalid_json", "Invalid JSON body passed.", json_error_code=4, json_error_message="Syntax error") from None
    return found if isinstance(found, dict) else {}


def nested(pairs: list[tuple[str, str]]) -> dict[str, Json]:
    """``billing[phone]=1&line_items[0][sku]=A`` as PHP reads it; keys 0, 1, ... make a list."""
    root: dict[str, Json] = {}
    for name, value in pairs:
        node, path = root, [name.partition("[")[0], *PART.findall(name)]
        for step in path[:-1]:
            node = node.setdefault(step or str(len(node)), {})
        node[path[-1] or str(len(node))] = value
    return {name: _lists(value) for name, value in root.items()}


def _lists(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(one) for key, one in value.items()}
    return list(inner.values()) if inner and list(inner) == [str(n) for n in range(len(inner))] else inner


def chosen(answer: Json, fields: str) -> Json:
    """What ``_fields=id,billing.phone`` leaves of an object, or of each object of a list."""
    if isinstance(answer, list):
        return [chosen(one, fields) for one in answer]
    if not isinstance(answer, Mapping):
        return answer
    out: dict[str, Json] = {}
    for path in filter(None, (one.strip() for one in fields.split(","))):
        name, _, rest = path.partition(".")
        if name in answer:
            inner = chosen(answer[name], rest) if rest else answer[name]
            out[name] = out[name] | inner if rest and isinstance(out.get(name), dict) else inner
    return out


class Overridden:
    """WSGI middleware: a POST that says it is another method (``_method`` or ``X-HTTP-Method-Override``)."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        if environ["REQUEST_METHOD"] == "POST":
            said = parse_qs(environ.get("QUERY_STRING", "")).get("_method", [environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "")])[-1].upper()
            if said in OTHER_METHODS:
                environ["REQUEST_METHOD"] = said
        return self.app(environ, start)
