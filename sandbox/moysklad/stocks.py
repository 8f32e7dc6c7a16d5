"""What stores hold, as the short stock report tells it: a bare array, without what is empty (moysklad docs: stock report, current stocks)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from .state import Store
from .wire import ApiError, reply

TYPES = ("stock", "reserve", "freeStock")


class Stocks:
    """Stocks of one account: (goods, store) -> [stock, reserve]. Documents do not move them here: people and tests do."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.held: dict[tuple[str, str], tuple[float, float]] = {}

    def put(self, goods: str, store: str, stock: float, reserve: float = 0.0) -> None:
        self.held[goods, store] = (float(stock), float(reserve))

    def current(self) -> Response:
        kind = request.args.get("stockType", "stock")
        if kind not in TYPES:
            raise ApiError(400, 1041, "Ошибка параметра 'stockType': недопустимое значение", "stockType")
        wanted: dict[str, set[str]] = {}
        for condition in filter(None, request.args.get("filter", "").split(";")):
            name, _, values = condition.partition("=")
            wanted.setdefault(name, set()).update(values.split(","))
        with self.store.lock:
            rows = [
                {"assortmentId": goods, "storeId": store, "stock": figure(kind, *held)}
                for (goods, store), held in self.held.items()
                if goods in wanted.get("assortmentId", {goods}) and store in wanted.get("storeId", {store})
            ]
        return reply([row for row in rows if row["stock"] or request.args.get("include") == "zeroLines"])


def figure(kind: str, stock: float, reserve: float) -> Any:
    return {"stock": stock, "reserve": reserve, "freeStock": stock - reserve}[kind]
