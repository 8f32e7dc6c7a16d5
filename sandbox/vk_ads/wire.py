"""Errors in both of the vendor's shapes, and its way of listing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request

Json = Any
Row = dict[str, Any]


class ApiError(Exception):
    """An error of a request: nested; of access (``flat``) it stands by itself."""

    def __init__(self, status: int, code: str, message: str, *, field: str = "", flat: bool = False) -> None:
        super().__init__(message)
        told: Row = {"code": code, "message": message}
        if field:
            told = {"code": "validation_failed", "fields": {field: told}}
        self.status, self.body = status, told if flat else {"error": told}


def page(rows: Sequence[Row]) -> Row:
    """One page of a list: ``_name``, ``limit`` (20, at most 50), ``offset``, newest first where asked."""
    asked = request.args
    found = [row for row in rows if asked.get("_name") in (None, row["name"])]
    if asked.get("sorting") == "-created":
        found = sorted(found, key=lambda row: -int(row["id"]))
    limit, offset = int(asked.get("limit", 20)), int(asked.get("offset", 0))
    if not 1 <= limit <= 50:
        raise ApiError(400, "invalid_limit", "Limit must be between 1 and 50", field="limit")
    return {"count": len(found), "offset": offset, "limit": limit, "items": found[offset : offset + limit]}
