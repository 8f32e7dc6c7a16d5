"""One HTTP request as a method call: the three URL forms, and parameters from query, form and JSON alike."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import orjson
from flask import Request, Response

from sandbox.bitrix24.auth import Identity, Tokens, identify_webhook
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.params import Params, nest


def parameters(request: Request) -> dict[str, Any]:
    """Query, then form or JSON over it, as PHP merges them. Unreadable JSON counts as none; of a file its name."""
    found = nest(list(request.args.items(multi=True)))
    if request.mimetype == "application/json":
        try:
            body = orjson.loads(request.get_data() or b"{}")
        except orjson.JSONDecodeError:
            body = {}
        return found | body if isinstance(body, dict) else found
    files = {name: file.filename or "file" for name, file in request.files.items()}
    return found | nest(list(request.form.items(multi=True))) | files


def caller(path: str, params: dict[str, Any], tokens: Tokens) -> tuple[Identity, str]:
    """Who calls which method: ``<user>/<secret>/<method>`` or ``<method>`` with ``auth``. Raises RestError 401, 403 or 404."""
    parts = path.strip("/").split("/")
    if len(parts) == 3:
        return identify_webhook(parts[0], parts[1]), parts[2]
    if len(parts) != 1 or not parts[0]:
        raise RestError("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
    token = Params(params).get("auth")
    if isinstance(token, dict):  # the auth block of an event, sent back whole
        token = token.get("access_token")
    return tokens.identify(str(token or "")), parts[0]


def source(request: Request) -> str:
    """The address the request limit counts by: a proxy's ``X-Forwarded-For``, so that people and the hub may differ on one machine."""
    return request.headers.get("X-Forwarded-For", request.remote_addr or "").partition(",")[0].strip()


def reply(body: Any, status: int = 200, path: str = "") -> Response:
    """JSON, or XML where the method's name ends in ``.xml``."""
    if path.lower().rstrip("/").endswith(".xml"):
        text = f'<?xml version="1.0" encoding="utf-8"?><response>{_xml(body)}</response>'
        return Response(text, status, content_type="text/xml; charset=utf-8")
    return Response(orjson.dumps(body), status, content_type="application/json; charset=utf-8")


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in ((_tag(key), inner) for key, inner in value.items()))
    if isinstance(value, list):
        return "".join(f"<item>{_xml(inner)}</item>" for inner in value)
    return "" if value is None else escape(str(int(value) if isinstance(value, bool) else value))


def _tag(key: Any) -> str:
    """Elements may not begin with a digit."""
    return f"item_{key}" if str(key)[:1].isdigit() else str(key)
