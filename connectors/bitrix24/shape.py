"""From written objects to the vendor's commands: multifields by record id, product rows by row id. Pure.

bitrix24 docs, multifields: an update names records by id and new ones by ``n0``; a list would append. Product rows: ``set`` replaces
the whole list and what it does not name, so an update goes row by row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.bitrix24.api import Command, Result
from connectors.bitrix24.manifest import HUB_KEY, ORIGINATOR
from connectors.contract import Write

Json = Any
TYPES = {"contact": 3, "deal": 2, "call_deal": 2}
OWNER = "D"
NUMBER = "UF_CRM_ORDER_NUMBER"
ROW = (
    "productId", "productName", "price", "quantity", "discountTypeId", "discountRate", "discountSum", "taxRate", "taxIncluded",
    "measureCode", "sort", "storeId",
)  # fmt: skip
NAMELESS = "Без имени"  # a contact must have a name (bitrix24 docs: crm.item.add)


def item(resource: str, **params: Json) -> dict[str, Json]:
    """Parameters of a ``crm.item`` method, user fields under their own names."""
    return {"entityTypeId": TYPES[resource], "useOriginalUfNames": "Y", **params}


def listing(resource: str, wanted: Mapping[str, Json], start: int = -1) -> Command:
    """The items that a filter wants, whole and by id; not counted, unless they are to be from a ``start`` (bitrix24 docs: start=-1)."""
    return Command("crm.item.list", item(resource, select=["*"], filter=wanted, order={"id": "ASC"}, start=start))


def commands(resource: str, write: Write, name: str) -> dict[str, Command]:
    """The commands of one write, in order, each called ``name`` and a number; the last ones of a change show the object as stored."""
    steps = created(resource, write, name) if write.id is None else updated(resource, write)
    return {f"{name}_{i}": step for i, step in enumerate(steps)}


def created(resource: str, write: Write, name: str) -> list[Command]:
    """An item and its rows."""
    fields = {k: v for k, v in write.data.items() if v is not None and k not in ("productRows", "id")}
    fields |= {"originatorId": ORIGINATOR, HUB_KEY: write.key}
    if resource == "contact" and not (fields.get("name") or fields.get("lastName")):
        fields["name"] = NAMELESS
    if resource == "deal" and not fields.get("title") and (number := fields.get(NUMBER) or write.called):
        fields["title"] = f"Заказ № {number}"
    method = "crm.item.import" if write.quiet else "crm.item.add"
    steps = [Command(method, item(resource, fields=fields))]
    if rows := write.data.get("productRows"):
        made = Result(f"$result[{name}_0][item][id]")
        steps.append(Command("crm.item.productrow.set", {"ownerType": OWNER, "ownerId": made, "productRows": [bare(row) for row in rows]}))
    return steps


def updated(resource: str, write: Write) -> list[Command]:
    """The rows that change, then the other fields; without any, the item is only shown."""
    ident = int(write.id or 0)
    fields = {k: v for k, v in write.data.items() if k != "productRows"}
    held = write.held or {}
    if isinstance(fields.get("fm"), list):
        fields["fm"] = multifields(fields["fm"], held.get("fm") or ())
    steps = []
    if "productRows" in write.data:
        steps = row_steps(write.data["productRows"] or (), held.get("productRows") or (), ident)
    if fields:
        steps.append(Command("crm.item.update", item(resource, id=ident, fields=fields)))
    else:
        steps.append(Command("crm.item.get", item(resource, id=ident)))
    if "productRows" in write.data:
        steps.append(row_list(ident))
    return steps


def multifields(wanted: Sequence[Mapping[str, Json]], held: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Records that change, by id; new ones as ``n0``, ``n1`` ...; those that go with an empty value. The others are not mentioned."""
    before = {str(record["id"]): record for record in held if record.get("id")}
    body: dict[str, Json] = {}
    for record in wanted:
        ident = str(record.get("id") or "")
        if ident in before:
            if record != before[ident]:
                body[ident] = said(record)
        elif not ident:
            body[f"n{sum(1 for key in body if key.startswith('n'))}"] = said(record)
    stay = {str(record.get("id") or "") for record in wanted}
    return body | {ident: {"typeId": record["typeId"], "value": ""} for ident, record in before.items() if ident not in stay}


def said(record: Mapping[str, Json]) -> dict[str, Json]:
    return {key: record[key] for key in ("typeId", "valueType", "value") if key in record}


def row_steps(wanted: Sequence[Mapping[str, Json]], held: Sequence[Mapping[str, Json]], owner: int) -> list[Command]:
    """Deletions, changes by row id, additions. A row that stays as it is, is not touched."""
    before = {int(row["id"]): row for row in held if row.get("id")}
    stay = {int(row["id"]) for row in wanted if row.get("id")}
    steps = [Command("crm.item.productrow.delete", {"id": ident}) for ident in before if ident not in stay]
    for row in wanted:
        if not row.get("id"):
            steps.append(Command("crm.item.productrow.add", {"fields": {"ownerType": OWNER, "ownerId": owner, **bare(row)}}))
        elif row != before.get(int(row["id"])):
            steps.append(Command("crm.item.productrow.update", {"id": int(row["id"]), "fields": bare(row)}))
    return steps


def bare(row: Mapping[str, Json]) -> dict[str, Json]:
    """A row as it may be written: what the vendor counts or owns is refused by it."""
    return {key: row[key] for key in ROW if row.get(key) is not None}


def row_list(owner: int, start: int = 0) -> Command:
    """A page of the rows of a deal, oldest first."""
    return Command("crm.item.productrow.list", {"filter": {"=ownerType": OWNER, "=ownerId": owner}, "order": {"id": "ASC"}, "start": start})
