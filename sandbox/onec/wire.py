"""What the interface says: JSON in three levels of metadata, Atom by default, errors with the platform's own numbers, pages of the web server."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

from flask import Response, request

PLATFORM = "http://v8.1c.ru/8.2/virtual-resource-system"
ATOM, DATA = "http://www.w3.org/2005/Atom", "http://schemas.microsoft.com/ado/2007/08/dataservices"
MAINTENANCE = (
    "<!DOCTYPE html><html><head><meta charset='utf-8'><title>1С:Предприятие</title></head><body><h1>Ведутся технические работы</h1>"
    "<p>Начало работы с информационной базой будет доступно позже.</p></body></html>"
)


class ODataError(Exception):
    """``code`` is the platform's own number, no HTTP status."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


class WebError(Exception):
    """An error of the web extension, before the interface is reached: no session, no licence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Raw(Response):
    """Sends ``Location`` as it is, with the bytes of Cyrillic in it, as the platform does."""

    def get_wsgi_headers(self, environ: Any) -> Any:
        headers = super().get_wsgi_headers(environ)
        if "Location" in self.headers:
            headers["Location"] = self.headers["Location"].encode().decode("latin-1")
        return headers


def level() -> str:
    """``atom``, or how much metadata the JSON shall bear."""
    asked = request.args.get("$format") or request.headers.get("Accept", "")
    if "json" not in asked:
        return "atom"
    return next((name for name in ("nometadata", "fullmetadata") if name in asked), "minimalmetadata")


def refused(error: ODataError) -> Response:
    if level() == "atom":
        text = f'<m:error xmlns:m="{DATA}/metadata"><m:code>{error.code}</m:code><m:message>{escape(error.text)}</m:message></m:error>'
        return Response(text, error.status, mimetype="application/xml")
    body = {"odata.error": {"code": str(error.code), "message": {"lang": "ru", "value": error.text}}}
    return Response(json.dumps(body, ensure_ascii=False), error.status, content_type="application/json;charset=utf-8")


def turned_away(error: WebError) -> Response:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><exception xmlns="{PLATFORM}" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'reason="{error.status}"><descr xsi:type="xs:string" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{escape(error.text)}</descr></exception>'
    )
    return Response(text, error.status, mimetype="application/xml")


def answered(body: Any, status: int = 200, charset: str = "utf-8", location: str = "") -> Response:
    """JSON, always UTF-8 whatever ``charset`` says, or Atom where nobody asked for JSON."""
    if level() == "atom":
        rows = body.get("value", [body])
        answer: Response = Raw(feed(rows), status, mimetype="application/atom+xml")
    else:
        if level() == "nometadata" and isinstance(body, dict):
            body = bare(body)
        answer = Raw(
            json.dumps(body, ensure_ascii=False).encode(), status, content_type=f"application/json;odata={level()};charset={charset}"
        )
    if location:
        answer.headers["Location"] = location
    return answer


def bare(value: Any) -> Any:
    """Without what only describes."""
    if isinstance(value, list):
        return [bare(one) for one in value]
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if not k.startswith("odata.") and "@" not in k or k == "odata.count"}
    return value


def feed(rows: list[dict[str, Any]]) -> str:
    """Entries with their plain properties; tabular parts as collections."""
    entries = "".join(
        f"<entry><content type='application/xml'><m:properties>{properties(row)}</m:properties></content></entry>" for row in rows
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="{ATOM}" xmlns:d="{DATA}" xmlns:m="{DATA}/metadata">{entries}</feed>'


def properties(row: dict[str, Any]) -> str:
    parts = []
    for name, value in row.items():
        if "@" in name or name.startswith("odata."):
            continue
        if isinstance(value, list):
            parts.append(f"<d:{name}>{''.join(f'<d:element>{properties(one)}</d:element>' for one in value)}</d:{name}>")
        else:
            text = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
            parts.append(f"<d:{name}>{escape(str(text))}</d:{name}>")
    return "".join(parts)
