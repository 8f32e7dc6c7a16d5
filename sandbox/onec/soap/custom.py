"""A service such as a programmer of a shop writes for his base: customers, orders and receipts, pages, a fault for what is not there, an
``ErrorMessage`` for what is refused, and a request id by which a repeated call is known."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .shop import EMPTY, STATES, Row, Shop
from .wire import Fault, Operation, WebService
from .xdto import Field, Types

SPACE = "http://www.example.ru/shop"
ALIAS = "shop.1cws"
PERSON = (
    Field("Id", optional=True), Field("ExternalId", optional=True), Field("Name"), Field("Phone", optional=True), Field("Email", optional=True),
    Field("Sex", optional=True), Field("Birthday", "dateTime", optional=True), Field("CardCode", optional=True), Field("Comment", optional=True),
    Field("ModifiedAt", "dateTime", optional=True), Field("Deleted", "boolean", optional=True),
)  # fmt: skip
LINE = (Field("Article"), Field("Name", optional=True), Field("Quantity", "decimal"), Field("Price", "decimal"), Field("Sum", "decimal"))
LINES = (Field("Line", "Line", many=True),)
PAYMENT = (Field("Kind"), Field("Sum", "decimal"))
DOCUMENT = (
    Field("Id", optional=True), Field("ExternalId", optional=True), Field("Number", optional=True), Field("Date", "dateTime", optional=True),
    Field("CustomerId", optional=True), Field("Phone", optional=True), Field("Store", optional=True), Field("Status", optional=True),
    Field("Lines", "Lines"), Field("Total", "decimal", optional=True), Field("Comment", optional=True), Field("Payments", "Payments", optional=True),
    Field("ModifiedAt", "dateTime", optional=True), Field("Deleted", "boolean", optional=True),
)  # fmt: skip
TYPES = Types(SPACE, {
    "Customer": PERSON, "Customers": (Field("Customer", "Customer", many=True),), "Line": LINE, "Lines": LINES, "Payment": PAYMENT,
    "Payments": (Field("Payment", "Payment", many=True),), "Document": DOCUMENT, "Documents": (Field("Document", "Document", many=True),),
})  # fmt: skip
PAGE = (Field("Since", "dateTime", nil=True), Field("Page", "int"), Field("PageSize", "int"))
ERROR = Field("ErrorMessage", nil=True)


class ShopService:
    """``requests``: ids of requests that were done -> what they were answered with; ``deaf``: pages are not heeded."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.requests, self.refuse, self.locked, self.deaf = shop, dict[str, str](), "", 0, False
        self.service = WebService("ShopService", ALIAS, TYPES, {op.name: op for op in self._operations()})

    def _operations(self) -> list[Operation]:
        found = []
        for name, table, kind, many in (
            ("Customer", "customers", "Customer", "Customers"), ("Order", "orders", "Document", "Documents"), ("Receipt", "receipts", "Document", "Documents"),
        ):  # fmt: skip
            found += [
                Operation(f"Get{name}s", PAGE, (Field("return", many), ERROR), self._lists(table, kind)),
                Operation(f"Get{name}", (Field("Id"),), (Field("return", kind), ERROR), self._gets(table)),
                Operation(
                    f"Find{name}s",
                    (Field("ExternalId", nil=True), Field("Phone", nil=True)),
                    (Field("return", many), ERROR),
                    self._finds(table, kind),
                ),
            ]
            if table != "receipts":
                takes = (Field(name, kind), Field("RequestId", nil=True))
                found.append(Operation(f"Save{name}", takes, (Field("return", nil=True), ERROR), self._saves(table, name)))
        return found

    def _lists(self, table: str, kind: str) -> Any:
        def does(asked: Mapping[str, Any]) -> dict[str, Any]:
            rows = self.shop.changed(table, asked["Since"] or EMPTY)
            start = 0 if self.deaf else (asked["Page"] - 1) * asked["PageSize"]
            return {"return": {kind: rows[start : start + asked["PageSize"]]}}

        return does

    def _gets(self, table: str) -> Any:
        def does(asked: Mapping[str, Any]) -> dict[str, Any]:
            row = self.shop.tables[table].get(asked["Id"])
            if row is None:
                raise Fault("Объект не найден")
            return {"return": row}

        return does

    def _finds(self, table: str, kind: str) -> Any:
        def does(asked: Mapping[str, Any]) -> dict[str, Any]:
            def fits(row: Row) -> bool:
                phone, external = digits(asked["Phone"]), asked["ExternalId"]
                return bool(phone and digits(row.get("Phone")) == phone) or bool(external and row.get("ExternalId") == external)

            return {"return": {kind: [row for row in self.shop.tables[table].values() if fits(row)]}}

        return does

    def _saves(self, table: str, name: str) -> Any:
        def does(asked: Mapping[str, Any]) -> dict[str, Any]:
            if self.locked:
                self.locked -= 1
                raise Fault(
                    "Конфликт блокировок при выполнении транзакции:\nпо причине:\nПревышено максимальное время ожидания предоставления блокировки"
                )
            if self.refuse:
                return {"return": None, "ErrorMessage": self.refuse}
            if asked["RequestId"] and asked["RequestId"] in self.requests and not asked[name].get("Id"):
                return {"return": self.requests[asked["RequestId"]]}
            row = dict(asked[name])
            if problem := wrong(table, row):
                return {"return": None, "ErrorMessage": problem}
            row = {key: value for key, value in row.items() if key not in ("ModifiedAt", "Total") and (key != "Id" or value)}
            if table == "orders":
                row["Total"] = sum((line["Sum"] for line in row["Lines"]["Line"]), Decimal(0))
            made = self.shop.keep(table, row)
            if asked["RequestId"]:
                self.requests[asked["RequestId"]] = made["Id"]
            return {"return": made["Id"]}

        return does


def wrong(table: str, row: Row) -> str:
    """What the service does not take."""
    if table == "customers" and not (row.get("Name") or "").strip():
        return "Не заполнено имя клиента"
    if row.get("Status") and row["Status"] not in STATES:
        return f"Неизвестный статус заказа «{row['Status']}»"
    if table == "orders" and not row["Lines"]["Line"]:
        return "В заказе нет товаров"
    return ""


def digits(phone: Any) -> str:
    return "".join(ch for ch in str(phone or "") if ch.isdigit())[-10:]
