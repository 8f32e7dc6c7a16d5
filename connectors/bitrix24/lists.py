"""Short lists and look-ups of a portal: stages, people, sources, goods by SKU, options of list fields, and the fields themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.bitrix24.api import Api, Command, chunks
from connectors.bitrix24.catalogue import CALL_TASK, PRODUCT
from connectors.bitrix24.faults import RIGHTS
from connectors.bitrix24.funnel import WORDS, Funnel
from connectors.bitrix24.shape import TYPES, item
from connectors.contract import DirectoryValue, RemoteField
from connectors.errors import ConnectorError, Rejected

Json = Any
PAGE = 50
ENUM = "enum:"
GOODS = "goods_by_sku"
NO_SKU = "#"  # stands before the id of goods without a SKU: no other system knows it, which is then said as such
READ_ONLY_CALL = ("CALL_ID", "EXTERNAL_CALL_ID", "CALL_CATEGORY", "COST", "COMMENT", "CRM_ACTIVITY_ID")
WRITABLE_CALL = ("CALL_TYPE", "PHONE_NUMBER", "CALL_START_DATE", "CALL_DURATION", "CALL_FAILED_CODE", "PORTAL_USER_ID", "CONTACT_ID")


class Lists:
    """What one portal calls things."""

    def __init__(self, api: Api, iblocks: tuple[int, ...], funnel: Funnel | None = None) -> None:
        self.api, self.funnel = api, funnel
        self._iblocks = iblocks
        self._own: int | None = None

    def own_user(self) -> int:
        """The id of the user that the hub acts as."""
        if self._own is None:
            self._own = int(self.api.call("profile").result["ID"])
        return self._own

    def directory(self, name: str) -> list[DirectoryValue]:
        if name == "order_status":
            return self._stages()
        if name == "source":
            return [DirectoryValue(s["STATUS_ID"], s["NAME"]) for s in self._statuses("SOURCE")]
        if name == "employee":
            return [_employee(row) for row in self._listed("user.get", {})]
        return []

    def _stages(self) -> list[DirectoryValue]:
        """Stages of all funnels of orders, without the prefix of the funnel: ``C3:WON`` and ``WON`` mean the same."""
        funnels = self.api.call("crm.category.list", {"entityTypeId": TYPES["deal"]}).result["categories"]
        lists = [
            "DEAL_STAGE" if not f["id"] else f"DEAL_STAGE_{f['id']}" for f in funnels if not self.funnel or f["id"] != self.funnel.category
        ]
        found: dict[str, DirectoryValue] = {}
        for name in lists:
            for status in self._statuses(name):
                value = status["STATUS_ID"].rpartition(":")[2]
                found.setdefault(value, DirectoryValue(value, status["NAME"]))
        return list(found.values())

    def _statuses(self, name: str) -> list[dict[str, Json]]:
        return self._listed("crm.status.list", {"filter": {"ENTITY_ID": name}, "order": {"SORT": "ASC"}})

    def _listed(self, method: str, params: Mapping[str, Json]) -> list[dict[str, Json]]:
        """All pages of a short list."""
        rows: list[dict[str, Json]] = []
        start: int | None = 0
        while start is not None:
            answer = self.api.call(method, {**params, "start": start})
            rows += answer.result or []
            start = answer.next
        return rows

    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """``goods_by_sku``: SKU -> product id, by ``xmlId``; ``enum:<field>``: text -> id of the option."""
        if name.startswith(ENUM):
            return {text: ident for ident, text in self._options(name.removeprefix(ENUM)).items() if text in keys}
        found: dict[str, Json] = {key: int(key[1:]) for key in keys if key.startswith(NO_SKU) and key[1:].isdigit()}
        try:
            return found | {str(row["xmlId"]): row["id"] for row in self._products("@xmlId", [k for k in keys if k not in found])}
        except Rejected as error:
            if error.code not in RIGHTS:
                raise
            return found  # without the right to see the catalogue every line is a free row; `check` says so

    def lookup_back(self, name: str, values: Sequence[Json]) -> dict[str, str]:
        if name.startswith(ENUM):
            options = self._options(name.removeprefix(ENUM))
            return {str(v): options[int(v)] for v in values if str(v).isdigit() and int(v) in options}
        skus = {str(row["id"]): str(row.get("xmlId") or "") for row in self._products("@id", [int(v) for v in values])}
        return {str(v): skus.get(str(v)) or f"{NO_SKU}{v}" for v in values}

    def _products(self, field: str, values: Sequence[Json]) -> Iterable[dict[str, Json]]:
        commands = {
            f"{block}_{n}": Command(
                "catalog.product.list",
                {
                    "select": ["id", "iblockId", "xmlId"],
                    "filter": {"iblockId": block, field: list(chunk)},
                    "order": {"id": "ASC"},
                    "start": -1,
                },
            )
            for block in (self.blocks() if values else ())
            for n, chunk in enumerate(chunks(list(values), PAGE))
        }
        for answer in self.api.many(commands).values():
            if isinstance(answer, ConnectorError):
                raise answer
            yield from answer.result["products"]

    def blocks(self) -> tuple[int, ...]:
        """The catalogue's information blocks (bitrix24 docs: catalog.product.list wants one)."""
        if not self._iblocks:
            self._iblocks = tuple(int(c["iblockId"]) for c in self.api.call("catalog.catalog.list").result["catalogs"])
        return self._iblocks

    def _options(self, field: str) -> dict[int, str]:
        for resource in TYPES:
            about = self._described(resource).get(field)
            if about is not None:
                return {int(option["ID"]): str(option["VALUE"]) for option in about.get("items") or ()}
        raise Rejected(f"there is no list field {field}", code="field", field=field, ru=f"нет списочного поля {field}")

    def fields(self, resource: str) -> list[RemoteField]:
        if resource == "product":
            return [RemoteField(path, kind, False) for path, kind in PRODUCT.items()]
        if resource == "call_task":
            return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in CALL_TASK.items()]
        if resource == "call":
            return [RemoteField(n, writable=False) for n in READ_ONLY_CALL] + [RemoteField(n) for n in WRITABLE_CALL]
        found = [_field(name, about) for name, about in self._described(resource).items()]
        more = {"deal": RemoteField("productRows", "rows", title="Товары"), "call_deal": RemoteField("stage", options=WORDS)}
        return found + ([more[resource]] if resource in more else [])

    def _described(self, resource: str) -> dict[str, dict[str, Json]]:
        found: dict[str, dict[str, Json]] = self.api.call("crm.item.fields", item(resource)).result["fields"]
        return found


def _field(name: str, about: Mapping[str, Json]) -> RemoteField:
    options = tuple(str(option["VALUE"]) for option in about.get("items") or ())
    kind, title = str(about.get("type", "string")), str(about.get("title", ""))
    return RemoteField(name, kind, not about.get("isReadOnly"), title, options, bool(about.get("isMultiple")))


def _employee(row: Mapping[str, Json]) -> DirectoryValue:
    """A user of the portal. Objects name him by his number; one who has left keeps what is his (bitrix24 docs: user.get, ACTIVE)."""
    name = f"{row.get('LAST_NAME') or ''} {row.get('NAME') or ''}".strip()
    phones = tuple(str(row[field]) for field in ("WORK_PHONE", "PERSONAL_MOBILE") if row.get(field))
    return DirectoryValue(int(row["ID"]), name, bool(row.get("ACTIVE")), (str(row.get("EMAIL") or ""),), phones)
