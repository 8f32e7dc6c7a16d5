"""The vendors' systems as the people of a flow use them: the vendor's own API with a person's or a till's own key."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sandbox.judge.api import Api
from sandbox.judge.bitrix24 import DESK
from sandbox.judge.views import numbers

Json = Any
CONTACT, DEAL = 3, 2  # entity types of the portal (bitrix24 docs: crm.item)


class Desk:
    """One system. ``api`` calls it as a person; ``shows`` reads what its stand-in keeps beside the vendor's API: books, counted side effects."""

    def __init__(self, vendor: str, url: str) -> None:
        self.vendor, self.api = vendor, APIS[vendor](url)

    def shows(self, what: str) -> Json:
        return self.api.session.get(f"{self.api.url}/_sandbox/{what}", timeout=30).json()

    def pages(self, path: str, key: str = "", size: int = 100, **params: Any) -> list[Json]:
        """All rows of a list that takes ``page`` and ``per_page``."""
        rows: list[Json] = []
        while True:
            page = self.api("GET", path, per_page=size, page=len(rows) // size + 1, **params)
            rows += page[key] if key else page
            if len(rows) % size or not (page[key] if key else page):
                return rows


class Portal(Desk):
    """A Bitrix24 portal."""

    def items(self, kind: int, **chosen: Any) -> list[Json]:
        """All items of a type, with the names of custom fields as people see them."""
        rows: list[Json] = []
        while True:
            body = {
                "entityTypeId": kind,
                "select": ["*"],
                "filter": {">id": rows[-1]["id"] if rows else 0, **chosen},
                "order": {"id": "ASC"},
                "useOriginalUfNames": "Y",
                "start": -1,
            }
            page = self.api("POST", "crm.item.list", body)["result"]["items"]
            rows += page
            if len(page) < 50:
                return rows

    def planned(self, **chosen: Any) -> list[Json]:
        """Planned calls that another program has put into the sellers' lists, each with whom to call."""
        rows: list[Json] = []
        while True:
            wanted = {"ORIGINATOR_ID": "sverka", "TYPE_ID": 2, ">ID": int(rows[-1]["ID"]) if rows else 0, **chosen}
            body = {"filter": wanted, "order": {"ID": "ASC"}, "select": ["*", "COMMUNICATIONS"], "start": -1}
            page = self.api("POST", "crm.activity.list", body)["result"]
            rows += page
            if len(page) < 50:
                return rows


class Warehouse(Desk):
    """A MoySklad account."""

    def rows(self, kind: str, **params: Any) -> list[Json]:
        rows: list[Json] = []
        while True:
            page = self.api("GET", kind, limit=100, offset=len(rows), order="id,asc", **params)["rows"]
            rows += page
            if len(page) < 100:
                return rows

    def ring_up(self, phone: str) -> bool:
        """A receipt of a till for whom the tills know by this phone; False where they know nobody."""
        (shift, *_), (goods, *_) = self.rows("retailshift"), self.rows("product")
        agent = next((row for row in self.rows("counterparty") if phone in numbers(row.get("phone"))), None)
        if agent is None:
            return False
        position = {"quantity": 1, "price": 100.0, "assortment": {"meta": goods["meta"]}}
        body = {"retailShift": {"meta": shift["meta"]}, "agent": {"meta": agent["meta"]}, "positions": [position]}
        self.api("POST", "retaildemand", body)
        return True


class Base(Desk):
    """A 1C base: read over OData as a person; what its programs write by themselves is put into it beside OData, as tills do."""

    def __init__(self, vendor: str, url: str) -> None:
        super().__init__(vendor, url)
        self._named: dict[str, dict[str, str]] = {}

    def rows(self, name: str) -> list[Json]:
        return list(self.api("GET", quote(name), **{"$format": "json"})["value"])

    def load(self, name: str, row: Json) -> None:
        self.api.control("load", {name: [row]})

    def patch(self, name: str, ref: str, values: Json) -> None:
        """What a person types into an object."""
        self.api("PATCH", quote(f"{name}(guid'{ref}')"), values, **{"$format": "json"})

    def named(self, catalogue: str, title: str) -> str:
        """The identifier of what a catalogue calls so."""
        if catalogue not in self._named:
            self._named[catalogue] = {row["Description"]: row["Ref_Key"] for row in self.rows(catalogue)}
        return self._named[catalogue][title]

    def goods(self, article: str) -> str:
        return next(key for key, known in self._articles().items() if known == article)

    def article(self, ref: str) -> str:
        return self._articles()[ref]

    def _articles(self) -> dict[str, str]:
        if "articles" not in self._named:
            self._named["articles"] = {row["Ref_Key"]: row["Артикул"] for row in self.rows("Catalog_Номенклатура") if row["Артикул"]}
        return self._named["articles"]


def _onec(url: str) -> Api:
    root, _, published = url.rpartition("/")
    return Api(root, f"/{published}/odata/standard.odata/", auth=("Администратор".encode(), "админ".encode()))


def _moysklad(url: str) -> Api:
    return Api(url, "/api/remap/1.2/entity/", headers={"Authorization": "Bearer sandbox-moysklad-people", "Accept-Encoding": "gzip"})


def _bonusplus(url: str) -> Api:
    return Api(url, "/api/", headers={"Authorization": f"ApiKey {base64.b64encode(b'sandbox-bonusplus-till').decode()}"})


def _sms(url: str) -> Api:
    return Api(url.removesuffix("/v2"), "/v2/", auth=("shop@example.ru", "sandbox-sms-key-0123456789abcdef"))


APIS: Mapping[str, Any] = {
    "moysklad": _moysklad,
    "bitrix24": lambda url: Api(url, "/rest/1/sandboxsecret/", headers=DESK),
    "woocommerce": lambda url: Api(url, "/wp-json/wc/v3/", auth=("ck_sandbox", "cs_sandbox")),
    "bonusplus": _bonusplus,
    "mindbox": lambda url: Api(url, "/v3/operations/sync", headers={"Authorization": "SecretKey sandbox-mindbox-site"}),
    "onec": _onec,
    "sms": _sms,
    "retailcrm": lambda url: Api(url, "/api/v5/", headers={"X-API-KEY": "sandbox-retailcrm-people"}),
    "yandex_audiences": lambda url: Api(url, "/v1/management/", headers={"Authorization": "OAuth sandbox-yandex-token"}),
    "vk_ads": lambda url: Api(url, "/api/v2/remarketing/"),
}
KINDS: Mapping[str, type[Desk]] = {"bitrix24": Portal, "moysklad": Warehouse, "onec": Base}


def desks(systems: list[str]) -> dict[str, Any]:
    """``["sklad=moysklad=http://...", ...]`` as desks by the system's name."""
    parts = [text.split("=", 2) for text in systems]
    return {name: KINDS.get(vendor, Desk)(vendor, url) for name, vendor, url in parts}
