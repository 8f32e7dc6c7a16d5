"""Between what MoySklad shows and what it takes: short lists by name, additional fields by name, bodies of writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.contract import Write
from connectors.errors import Rejected
from connectors.moysklad.api import BASE, Api

Json = Any
DOCUMENTS = frozenset({"customerorder", "retaildemand"})
NAMED = {"organization": "organization", "store": "store", "owner": "employee"}


class Shapes:
    """Names of states, stores, organisations and additional fields, read once and again when a name is not known."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._lists: dict[str, dict[str, Json]] = {}

    def rows(self, path: str, fresh: bool = False) -> dict[str, Json]:
        """Name -> row of a short list."""
        if fresh or path not in self._lists:
            self._lists[path] = {str(row.get("name", "")): row for row in self.api.get(path)["rows"]}
        return self._lists[path]

    def states(self, resource: str, fresh: bool = False) -> dict[str, Json]:
        path = f"entity/{resource}/metadata"
        if fresh or path not in self._lists:
            self._lists[path] = {str(s["name"]): s for s in self.api.get(path).get("states") or ()}
        return self._lists[path]

    def warm(self, resource: str) -> None:
        """Read the short lists that objects of the resource name, unless they are known."""
        if resource in DOCUMENTS:
            self.states(resource)
            for kind in NAMED.values():
                self.rows(f"entity/{kind}")
        else:
            self.rows("entity/employee")

    def shown(self, resource: str, row: dict[str, Json]) -> dict[str, Json]:
        """A row with names beside the references of short lists, so that mappings and people read names."""
        if isinstance(row.get("state"), dict):
            row["state"] = row["state"] | {"name": self._name(self.states(resource), row["state"])}
        for key, kind in NAMED.items():
            if isinstance(row.get(key), dict) and "name" not in row[key]:
                row[key] = row[key] | {"name": self._name(self.rows(f"entity/{kind}"), row[key])}
        return row

    @staticmethod
    def _name(rows: Mapping[str, Json], reference: Mapping[str, Json]) -> str | None:
        href = reference["meta"]["href"]
        return next((name for name, row in rows.items() if row["meta"]["href"] == href), None)

    def body(self, resource: str, write: Write) -> dict[str, Json]:
        """The body of one write. A create carries the hub key twice: as external code and as syncId. Raises Rejected for unknown names."""
        body = {key: self._value(resource, key, value) for key, value in write.data.items()}
        if "actualAddressFull" in body:  # taken as a whole: the parts that are not written go back as they were
            body["actualAddressFull"] = {**((write.held or {}).get("actualAddressFull") or {}), **body["actualAddressFull"]}
        if "positions" in body:
            body["positions"] = [self._position(line) for line in body["positions"]["rows"]]
        if write.id is None:
            return {k: v for k, v in body.items() if v not in (None, "")} | {"externalCode": write.key, "syncId": write.key}
        meta = {"href": f"{BASE}/entity/{resource}/{write.id}", "type": resource, "mediaType": "application/json"}
        return body | {"meta": meta}

    def _value(self, resource: str, key: str, value: Json) -> Json:
        if key == "attributes":
            return [self._attribute(resource, item) for item in value]
        if key == "state" and isinstance(value, dict) and value.get("name"):
            return {"meta": self._known(self.states, resource, value["name"], key)["meta"]}
        if key in NAMED and isinstance(value, dict) and "meta" not in value:
            return {"meta": self._known(self.rows, f"entity/{NAMED[key]}", value.get("name"), key)["meta"]} if value.get("name") else None
        if isinstance(value, dict) and isinstance(value.get("meta"), dict):
            return {"meta": self._meta(value["meta"]["href"])} if value["meta"].get("href") else None
        return value

    @staticmethod
    def _known(read: Any, where: str, name: Json, field: str) -> Json:
        found = read(where).get(str(name)) or read(where, True).get(str(name))
        if found is None:
            raise Rejected(f"there is no {field} named {name!r}", code="name", field=field)
        return found

    def _attribute(self, resource: str, item: Mapping[str, Json]) -> dict[str, Json]:
        found = self._known(self.rows, f"entity/{resource}/metadata/attributes", item["name"], f"attributes[name='{item['name']}']")
        return {"meta": found["meta"], "value": item.get("value")}

    def _position(self, line: Mapping[str, Json]) -> dict[str, Json]:
        """A line of a write; a known id keeps what is not named (reserve, shipped, marking codes)."""
        row = {k: v for k, v in line.items() if k not in ("meta", "accountId")}
        if isinstance(row.get("assortment"), dict):
            row["assortment"] = {"meta": self._meta(row["assortment"]["meta"]["href"])}
        return row

    @staticmethod
    def _meta(href: str) -> dict[str, Json]:
        return {"href": href, "type": href.rstrip("/").split("/")[-2], "mediaType": "application/json"}
