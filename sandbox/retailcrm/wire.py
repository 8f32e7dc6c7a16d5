"""What stands on the wire: form fields with JSON inside, bracket filters, the error shape, PHP's empty maps."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response, request

Json = Any
STEP = re.compile(r"\[([^\]]*)\]")
FORM = ("application/x-www-form-urlencoded", "multipart/form-data")


class ApiError(Exception):
    """An answer ``{"success": false, "errorMsg": ..., "errors": ...}``; ``more``: other members (``combinedTo``, ``failedOrders``)."""

    def __init__(self, status: int, text: str, errors: Json = None, **more: Json) -> None:
        super().__init__(text)
        self.status, self.text, self.errors = status, text, errors
        self.body = {"success": False, "errorMsg": text, **({"errors": errors} if errors else {}), **more}


def invalid(field: str, text: str) -> ApiError:
    """One field of an entity that is not as it should be."""
    return ApiError(400, "Errors in the entity format", {field: text})


def reply(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(php(body), ensure_ascii=False), status, mimetype="application/json")


def php(value: Json) -> Json:
    """As PHP prints it: an empty map is an empty list."""
    if isinstance(value, dict):
        return {key: php(inner) for key, inner in value.items()} or []
    return [php(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def plain_field(name: str) -> str:
    """A field of the form, or of the query."""
    return str(request.form.get(name) or request.args.get(name) or "")


def json_field(name: str, kind: type) -> Json:
    """The JSON inside a form field. Raises ApiError for a body of another type, a missing field, and what is no such JSON."""
    if request.mimetype not in FORM:  # a JSON body is refused
        raise ApiError(400, f"Parameter '{name}' is missing")
    if name not in request.form:
        raise ApiError(400, f"Parameter '{name}' is missing")
    try:
        found = json.loads(request.form[name])
    except ValueError:
        raise ApiError(400, f"Parameter '{name}' is not a valid JSON") from None
    if not isinstance(found, kind):
        raise ApiError(400, "Errors in the input parameters", {name: "This value is not valid."})
    return found


def filters() -> dict[str, Json]:
    """``filter[ids][]=1&filter[customFields][code]=x`` as {ids: [1], customFields: {code: x}}. Raises ApiError for ``filter=None``."""
    found: dict[str, Json] = {}
    for key, value in request.args.items(multi=True):
        name, *steps = [key.partition("[")[0], *STEP.findall(key)]
        if name != "filter":
            continue
        if not steps:
            raise ApiError(400, "Errors in the input parameters", {"filter": "This value is not valid."})
        if len(steps) == 1:
            found[steps[0]] = value
        elif steps[1] == "" or steps[1].isdigit():
            found.setdefault(steps[0], []).append(value)
        else:
            found.setdefault(steps[0], {})[steps[1]] = value
    return found


def number(name: str, default: int) -> int:
    text = request.args.get(name)
    if text is None or text == "None":  # the official Python client prints its defaults
        return default
    if not text.isdigit() or not int(text):
        raise ApiError(400, "Errors in the pagination parameters")
    return int(text)


def limit_asked(allowed: tuple[int, ...] = (20, 50, 100)) -> int:
    """Raises ApiError for a page size that the vendor does not offer."""
    limit = number("limit", 20)
    if limit not in allowed:
        raise ApiError(400, "Errors in the pagination parameters")
    return limit


def paged(name: str, rows: list[Json], allowed: tuple[int, ...] = (20, 50, 100)) -> dict[str, Json]:
    """A page of a list with its ``pagination``; a page behind the last one is empty."""
    limit, page = limit_asked(allowed), number("page", 1)
    start = (page - 1) * limit
    about = {"limit": limit, "totalCount": len(rows), "currentPage": page, "totalPageCount": -(-len(rows) // limit)}
    return {"success": True, "pagination": about, name: rows[start : start + limit]}
