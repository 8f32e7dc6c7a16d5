"""The web services that a base publishes at ``/ws/``, and what a test may do with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

from .custom import ShopService
from .exchange import Exchange
from .shop import Row, Shop
from .wire import WebService, answer, definition

PAGE = "<html><body>404 - Файл или каталог не найден.</body></html>"


class Services:
    """``hidden``: aliases that are not published; ``inside``: the host by which the web server knows itself, behind a proxy another than ours."""

    def __init__(self, shop: Shop, goods: list[Row]) -> None:
        self.shop, self.custom, self.exchange = shop, ShopService(shop), Exchange(shop, goods)
        self.hidden: set[str] = set()
        self.inside = "http://srv-1c.local"
        self.published: dict[str, WebService] = {one.alias: one for one in (self.custom.service, self.exchange.service)}
        self.calls = 0

    def answer(self, alias: str, method: str, query: str, body: bytes, path: str) -> Response:
        service = self.published.get(alias)
        if service is None or alias in self.hidden:
            return Response(PAGE, 404, mimetype="text/html")
        if method == "GET":
            if query.casefold() != "wsdl":
                return Response("<html><body>400 - Bad Request</body></html>", 400, mimetype="text/html")
            return Response(definition(service, f"{self.inside}{path}"), 200, content_type="text/xml; charset=utf-8")
        self.calls += 1
        status, text, kind = answer(service, body)
        return Response(text, status, content_type=kind)

    def control(self, body: Mapping[str, Any]) -> Any:
        """exchange: {polls, fail, unloadable, forget}; refuse: what saving is refused with; locked: how many savings meet a lock; deaf: pages are not heeded; hidden: aliases; put: {table: [rows]}
        that people write."""
        for name in ("refuse", "locked", "deaf"):
            if name in body:
                setattr(self.custom, name, body[name])
        for name, value in (body.get("exchange") or {}).items():
            setattr(self.exchange, name, value)
        if "hidden" in body:
            self.hidden = set(body["hidden"])
        made = {table: [self.shop.keep(table, row) for row in rows] for table, rows in (body.get("put") or {}).items()}
        return Response(json.dumps(made, ensure_ascii=False, default=str), mimetype="application/json")

    def shown(self) -> Response:
        tables = {name: list(rows.values()) for name, rows in self.shop.tables.items()}
        return Response(json.dumps(tables, ensure_ascii=False, default=str, indent=1), mimetype="application/json")
