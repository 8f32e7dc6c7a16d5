"""Between what MoySklad shows and what it takes: short lists by name, additional fields by name, bodies of writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.contract import SystemSettings, Write
from connectors.errors import Rejected
from connectors.moysklad.api import BASE, Api
from connectors.moysklad.lists import PAYMENTS, Lists

Json = Any
RETURNS = frozenset({"retailsalesreturn", "salesreturn"})
DOCUMENTS = frozenset({"customerorder", "retaildemand"}) | RETURNS
NAMED = {"organization": "organization", "store": "store", "owner": "employee", "salesChannel": "saleschannel"}
VALUES = frozenset({"store", "employee", "project", "contract"})  # types of additional fields that hold a named reference
ADDRESSES = ("actualAddressFull", "shipmentAddressFull")
SET_OFF = frozenset({"advancePaymentSum", "prepaymentCashSum", "prepaymentNoCashSum", "prepaymentQrSum"})
ACCOUNTS = {"organization": "organizationAccount", "agent": "agentAccount"}


class Shapes:
    """Objects as mappings see them, and back."""

    def __init__(self, api: Api, settings: SystemSettings) -> None:
        self.api, self.lists = api, Lists(api)
        self.organisation = str(settings.options.get("organisation", ""))

    def warm(self, resource: str) -> None:
        """Read the short lists that objects of the resource name, unless they are known: an answer must be readable at once."""
        self.lists.itself()
        self.lists.rows("entity/employee")
        self.lists.rows(f"entity/{resource}/metadata/attributes")
        if resource in DOCUMENTS:
            self.lists.rows(f"entity/{resource}/metadata")
            for kind in NAMED.values():
                self.lists.rows(f"entity/{kind}")

    def shown(self, resource: str, row: dict[str, Json]) -> dict[str, Json]:
        """A row with names beside the references of short lists, so that mappings and people read names.

        ``owner`` is left out where it is the integration itself: that is nobody's choice. A receipt lists its ``payments``.
        """
        if isinstance(row.get("state"), dict):
            row["state"] = row["state"] | {"name": self._name(f"entity/{resource}/metadata", row["state"])}
        for key, kind in NAMED.items():
            if isinstance(row.get(key), dict) and "name" not in row[key]:
                row[key] = row[key] | {"name": self._name(f"entity/{kind}", row[key])}
        if isinstance(row.get("owner"), dict) and row["owner"]["meta"]["href"].endswith(self.lists.itself() or "?"):
            del row["owner"]
        if resource == "retaildemand":
            row["payments"] = payments(row)
        if resource in RETURNS and (found := sold(resource, row)):
            row["sold"] = found
        return row

    def _name(self, path: str, reference: Mapping[str, Json]) -> str:
        return self.lists.name_of(path, reference["meta"]["href"])

    def body(self, resource: str, write: Write, raw: Mapping[str, Json] | None = None) -> dict[str, Json]:
        """The body of one write. A create carries the hub key twice: as external code and as syncId. ``raw``: the object as it is now,
        where :func:`needs_raw` asks for it. Raises Rejected for names that the account does not have."""
        body = {key: self._value(resource, key, value) for key, value in write.data.items()}
        for name in ADDRESSES:
            if name in body:  # taken as a whole: the parts that are not written go back as they were
                body[name] = {**((raw or write.held or {}).get(name) or {}), **body[name]}
        for name, account in ACCOUNTS.items():
            if name in body and (raw or {}).get(account):
                body[account] = None  # an account of the former owner would be refused (moysklad docs: 17000, 17001)
        if "positions" in body:
            body["positions"] = [self._position(line) for line in body["positions"]["rows"]]
        if write.id is not None:
            meta = {"href": f"{BASE}/entity/{resource}/{write.id}", "type": resource, "mediaType": "application/json"}
            return body | {"meta": meta}
        if resource == "customerorder" and not body.get("organization"):
            body["organization"] = {"meta": self._own_organisation()}
        return {k: v for k, v in body.items() if v not in (None, "", [])} | {"externalCode": write.key, "syncId": write.key}

    def _own_organisation(self) -> Json:
        """The configured organisation, else the first that is in use: a document must have one."""
        if self.organisation:
            return self.lists.by_name("entity/organization", self.organisation, "organization")["meta"]
        for row in self.lists.rows("entity/organization"):
            if not row.get("archived"):
                return row["meta"]
        raise Rejected("the account has no organisation", code="name", field="organization.name", ru="в МоёмСкладе нет ни одного юрлица")

    def _value(self, resource: str, key: str, value: Json) -> Json:
        if key == "attributes":
            return [made for item in value if (made := self._attribute(resource, item)) is not None]
        if key == "state" and isinstance(value, dict) and "meta" not in value:
            found = self.lists.by_name(f"entity/{resource}/metadata", value["name"], "state.name") if value.get("name") else None
            return found and {"meta": found["meta"]}
        if key == "owner" and isinstance(value, dict) and not value.get("name") and "meta" not in value:
            return {"meta": reference(f"{BASE}/entity/employee/{own}")} if (own := self.lists.itself()) else None  # nobody: see shown()
        if key in NAMED and isinstance(value, dict) and "meta" not in value:
            found = self.lists.by_name(f"entity/{NAMED[key]}", value["name"], f"{key}.name") if value.get("name") else None
            return found and {"meta": found["meta"]}
        if isinstance(value, dict) and isinstance(value.get("meta"), dict):
            return {"meta": reference(value["meta"]["href"])} if value["meta"].get("href") else None
        return value

    def _attribute(self, resource: str, item: Mapping[str, Json]) -> dict[str, Json] | None:
        """One additional field, None where the account does not have it (`check` tells): this system cannot hold it."""
        name = item["name"]
        found = next((row for row in self.lists.rows(f"entity/{resource}/metadata/attributes") if row.get("name") == name), None)
        if found is None:
            return None
        value = item.get("value")
        if isinstance(value, dict) and "meta" not in value:
            value = self._named(found, value.get("name"), f"attributes[name='{name}'].value.name")
        return {"meta": found["meta"], "value": None if value == "" else value}

    def _named(self, definition: Mapping[str, Json], name: Json, path: str) -> Json:
        """A reference held by an additional field: a store, an employee ..., or a row of the account's own dictionary."""
        if not name:
            return None
        kind = str(definition.get("type", ""))
        where = f"entity/{kind}"
        if kind == "customentity":
            where = "entity/customentity/" + str(definition["customEntityMeta"]["href"]).rstrip("/").rsplit("/", 1)[-1]
        elif kind not in VALUES:
            raise Rejected(
                f"the additional field holds {kind}, not a name", code="type", field=path, ru=f"в доп. поле хранится {kind}, а не название"
            )
        return {"meta": self.lists.by_name(where, name, path)["meta"]}

    @staticmethod
    def _position(line: Mapping[str, Json]) -> dict[str, Json]:
        """A line of a write; a known id keeps what is not named (reserve, shipped, marking codes)."""
        row = {k: v for k, v in line.items() if k not in ("meta", "accountId")}
        if isinstance(row.get("assortment"), dict):
            row["assortment"] = {"meta": reference(row["assortment"]["meta"]["href"])}
        return row


def payments(row: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The sums of a receipt, each with the receipt's moment and number. A receipt that names an order leaves out what was paid before and
    is only set off in it: advances and prepayments are documents of their own (moysklad docs: prepayment)."""
    sums = [name for name in PAYMENTS if row.get(name) and not (row.get("customerOrder") and name in SET_OFF)]
    return [{"kind": name, "sum": row[name], "time": row.get("moment"), "id": row.get("name")} for name in sums]


def opened(resource: str) -> str:
    """What is opened inside a document: its lines, and of a return the sale that it names (moysklad docs: expand)."""
    return "positions,demand" if resource in RETURNS else "positions"


def sold(resource: str, row: Mapping[str, Json]) -> Json:
    """The receipt that a return at a till names, or the order whose shipment one in the stock names; None for one without."""
    sale = row.get("demand") or {}
    named = sale if resource == "retailsalesreturn" else sale.get("customerOrder") or {}
    return {"meta": named["meta"]} if named.get("meta") else None


def needs_raw(write: Write) -> bool:
    """Whether the object must be read before this update: parts of an address, or an owner that may have an account."""
    return write.id is not None and any(name in write.data for name in (*ADDRESSES, *ACCOUNTS))


def reference(href: str) -> dict[str, Json]:
    return {"href": href, "type": href.rstrip("/").split("/")[-2], "mediaType": "application/json"}


def path_named(data: Mapping[str, Json], field: str, text: str) -> str:
    """The written path that the vendor's ``parameter`` speaks of (``agent`` -> ``agent.meta.href``), or the parameter itself.
    Additional fields are told by their name in the vendor's text, lines by any of their own parameters."""
    if field == "attributes":
        for item in data.get("attributes") or ():
            if str(item.get("name")) in text:
                value = item.get("value")
                return f"attributes[name='{item['name']}'].value" + (".name" if isinstance(value, dict) else "")
    if "positions" in data and field in ("positions", "quantity", "price", "discount", "assortment", "reserve", "vat"):
        return "positions.rows"
    here: Json = data.get(field)
    path = field
    while isinstance(here, dict) and len(here) == 1:
        ((key, here),) = here.items()
        path = f"{path}.{key}"
    return path
