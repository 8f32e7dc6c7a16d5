"""What an account says about its own kinds: statuses, additional fields, settings, price types (moysklad docs: metadata, context)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from .listing import envelope
from .seed import definition
from .state import Store
from .values import missing
from .wire import BASE, ApiError, read_body, reply

Row = dict[str, Any]
FIELD_TYPES = ("string", "text", "link", "time", "long", "double", "boolean", "file", "customentity", "counterparty", "product", "employee",
               "store", "project", "contract")  # fmt: skip


class Metadata:
    """Routes of one account's metadata. Callers' rights were looked at before."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def table(self, prefix: str) -> list[tuple[str, str, Any]]:
        about = prefix + "/entity/<kind>/metadata"
        return [
            ("GET", about, self.all),
            ("GET", about + "/<family>", self.rows),
            ("GET", about + "/<family>/<ident>", self.one),
            ("POST", about + "/states", self.add_state),
            ("POST", prefix + "/entity/variant/metadata/characteristics", self.add_characteristic),
            ("POST", about + "/attributes", self.add_attribute),
            ("GET", prefix + "/context/companysettings", self.settings),
            ("GET", prefix + "/context/companysettings/pricetype", self.price_types),
            ("GET", prefix + "/context/companysettings/pricetype/<ident>", self.price_type),
        ]

    def all(self, kind: str) -> Response:
        href = f"{BASE}/entity/{kind}/metadata"
        size = len(self.store.attributes[kind])
        array = {"href": f"{href}/attributes", "type": "attributemetadata", "mediaType": "application/json", "size": size, "limit": 1000}
        body = {
            "meta": {"href": href, "mediaType": "application/json"},
            "attributes": {"meta": array | {"offset": 0}},
            "createShared": False,
        }
        body |= {"characteristics": self.store.characteristics} if kind == "variant" else {}
        return reply(body | ({"states": self.store.states[kind]} if self.store.states[kind] else {}))

    def _family(self, kind: str, family: str) -> list[Row]:
        rows = {"attributes": self.store.attributes, "states": self.store.states}.get(family)
        if rows is None:
            raise ApiError(404, 1002, "Неизвестный путь")
        return rows[kind]

    def rows(self, kind: str, family: str) -> Response:
        rows = self._family(kind, family)
        return reply(
            {"meta": envelope(request, "attributemetadata" if family == "attributes" else "state", len(rows), 1000, 0), "rows": rows}
        )

    def one(self, kind: str, family: str, ident: str) -> Response:
        """What the href of a status, or of an additional field, leads to."""
        found = next((row for row in self._family(kind, family) if row["id"] == ident), None)
        if found is None:
            raise ApiError(404, 1021, f"Объект с идентификатором '{ident}' не найден")
        return reply(found)

    def add_state(self, kind: str) -> Response:
        """A new status of documents of this type: the account's people name their own."""
        body = self._named(kind, "states")
        with self.store.lock:
            return reply(self.store.add_state(kind, body["name"], body.get("stateType") or "Regular", int(body.get("color") or 15106326)))

    def add_attribute(self, kind: str) -> Response:
        """A new additional field."""
        body = self._named(kind, "attributes")
        if body.get("type") not in FIELD_TYPES:
            raise ApiError(412, 14003, "Неверный тип дополнительного поля", "type")
        with self.store.lock:
            made = definition(self.store, kind, "attributes", "attributemetadata", body["name"], type=body["type"],
                              required=bool(body.get("required")), show=bool(body.get("show", True)))  # fmt: skip
            self.store.attributes[kind].append(made)
        return reply(made)

    def _named(self, kind: str, family: str) -> Row:
        body: Row = read_body()
        if kind not in self.store.tables:
            raise ApiError(404, 1005, f"Неизвестный тип: '{kind}'")
        if not body.get("name"):
            raise missing("name")
        if any(row["name"] == body["name"] for row in self._family(kind, family)):
            raise ApiError(412, 3006, "Ошибка сохранения объекта: нарушена уникальность параметра 'name'", "name")
        return body

    def settings(self) -> Response:
        href = f"{BASE}/context/companysettings"
        about = {"href": href, "metadataHref": f"{href}/metadata", "type": "companysettings", "mediaType": "application/json"}
        return reply(
            {
                "meta": about,
                "useRecycleBin": True,
                "checkShippingStock": False,
                "globalOperationNumbering": False,
                "discountStrategy": "bySum",
            }
        )

    def add_characteristic(self) -> Response:
        given = read_body()
        if not given.get("name"):
            raise missing("name")
        with self.store.lock:
            made = definition(
                self.store, "variant", "characteristics", "attributemetadata", str(given["name"]), type="string", required=False
            )
            self.store.characteristics.append(made)
        return reply(made)

    def price_types(self) -> Response:
        """A bare array, unlike every other list."""
        return reply(self.store.price_types)

    def price_type(self, ident: str) -> Response:
        """One by its id, or the ``default`` one."""
        found = next((one for one in self.store.price_types if ident in ("default", one["id"])), None)
        if found is None:
            raise ApiError(404, 1021, f"Объект с идентификатором '{ident}' не найден")
        return reply(found)
