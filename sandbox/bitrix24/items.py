"""The universal family ``crm.item.*`` for contacts (entityTypeId 3) and deals (2)."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24 import crm, multifields
from sandbox.bitrix24.checks import invalid
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError, item_not_found
from sandbox.bitrix24.fields import CONTACT, SWITCHED_OFF, Field
from sandbox.bitrix24.filters import Column, Page, page_of
from sandbox.bitrix24.listing import select
from sandbox.bitrix24.params import Params, as_mapping, is_yes, to_int
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.values import parse_time, show_item, store

IMPORT_BATCH = 20
IMPORT_SECONDS = 0.2  # run time of one imported item, alone or together
_BACK_DATED = {"createdTime": "DATE_CREATE", "updatedTime": "DATE_MODIFY", "movedTime": "MOVED_TIME", "createdBy": "CREATED_BY_ID"}


def kind_of(params: Params) -> int:
    kind = params.integer("entityTypeId")
    if kind not in (2, 3):
        raise RestError("NOT_FOUND", "Смарт-процесс не найден")
    return kind


def original_names(params: Params) -> bool:
    return is_yes(params.get("useOriginalUfNames"))


def find_row(call: Call, kind: int) -> Row:
    row = call.portal.crm[kind].rows.get(call.params.integer("id"))
    if row is None:
        raise item_not_found()
    return row


def given_fields(portal: Portal, kind: int, sent: dict[str, Any], original: bool, entries: list[Row]) -> Row:
    """Stored values of the writable fields sent; unknown and read-only ones are ignored without a word."""
    table = portal.tables[kind]
    given: Row = {}
    for name, value in sent.items():
        field = table.find_item(name, original)
        if field is None or field.readonly:
            continue
        try:
            given[field.name] = store(field.kind, value, field.multiple)
        except RestError as refusal:
            raise refusal if refusal.code == "100" else invalid(field.title or field.name, strict=True) from None
    if kind == CONTACT and "fm" in sent:
        given["FM"] = multifields.write_item(entries, sent["fm"], lambda: portal.number("fm"))
    return given


def show(portal: Portal, kind: int, row: Row, names: list[str], original: bool) -> dict[str, Any]:
    """An item on the wire. ``fm`` comes only with ``*`` (no names), it cannot be selected (bitrix24 docs: crm.item.list)."""
    every = not names or "*" in names
    fields = portal.tables[kind].shown(original)
    item: dict[str, Any] = {"id": row["ID"]}
    item |= {name: show_item(sort, row.get(stored)) for name, stored, sort in fields if every or name in names}
    if every:
        item["entityTypeId"] = kind
        item |= _extras(kind, row)
    elif kind == CONTACT:
        item |= {name: value for name, value in multifields.aliases(row["FM"]).items() if name in names}
    return item


def _extras(kind: int, row: Row) -> dict[str, Any]:
    if kind == CONTACT:
        return {**multifields.aliases(row["FM"]), "fm": multifields.show_item(row["FM"])}
    return dict.fromkeys(SWITCHED_OFF)


def column(portal: Portal, kind: int, name: str, original: bool) -> Column | None:
    """The field a filter or an order names; ``ID`` is understood as ``id``, other names are exact."""
    field: Field | None = portal.tables[kind].find_item("id" if name == "ID" else name, original)
    if field is None:
        return None
    stored = field.name
    return Column(lambda row: row.get(stored), "flag" if field.dynamic and field.kind == "boolean" else field.kind, stored)


@method("crm.item.add", "crm", cost=0.35)
def add(call: Call) -> Any:
    kind, original = kind_of(call.params), original_names(call.params)
    given = given_fields(call.portal, kind, call.params.mapping("fields"), original, [])
    row = crm.create(crm.writer(call), kind, given, strict=True)
    return {"item": show(call.portal, kind, row, [], original)}


@method("crm.item.update", "crm", cost=0.3)
def update(call: Call) -> Any:
    kind, original = kind_of(call.params), original_names(call.params)
    row = find_row(call, kind)
    given = given_fields(call.portal, kind, call.params.mapping("fields"), original, row["FM"])
    crm.change(crm.writer(call), kind, row, given, strict=True)
    return {"item": show(call.portal, kind, row, [], original)}


@method("crm.item.get", "crm", cost=0.05)
def get(call: Call) -> Any:
    kind = kind_of(call.params)
    return {"item": show(call.portal, kind, find_row(call, kind), [], original_names(call.params))}


@method("crm.item.list", "crm", cost=0.15)
def list_items(call: Call) -> Page:
    kind, original = kind_of(call.params), original_names(call.params)
    portal = call.portal

    def find(name: str) -> Column | None:
        return column(portal, kind, name, original)

    rows = select(portal.crm[kind], call.params, find, strict=True, default={"id": "ASC"})
    names = [str(name) for name in call.params.items_of("select")]
    return page_of(call.params, rows, lambda row: show(portal, kind, row, names, original), lambda piece: {"items": piece})


@method("crm.item.delete", "crm", cost=0.5)
def delete(call: Call) -> Any:
    kind = kind_of(call.params)
    crm.remove(crm.writer(call), kind, find_row(call, kind)["ID"])
    return []


@method("crm.item.fields", "crm")
def fields(call: Call) -> Any:
    kind, original = kind_of(call.params), original_names(call.params)
    table = call.portal.tables[kind]
    shown = {table.item_name(field, original): describe(field) | {"upperName": field.name} for field in table.fields if field.camel}
    if kind == CONTACT:
        shown["fm"] = describe(Field("FM", "fm", "crm_multifield", multiple=True)) | {"upperName": "FM"}
    return {"fields": shown}


def describe(field: Field) -> dict[str, Any]:
    """Metadata of one field, both families."""
    about: dict[str, Any] = {
        "type": {"link": f"crm_{field.name.split('_')[0].lower()}", "money": "double"}.get(field.kind, field.kind),
        "isRequired": False, "isReadOnly": field.readonly, "isImmutable": False, "isMultiple": field.multiple,
        "isDynamic": field.dynamic, "title": field.title or field.name,
    }  # fmt: skip
    if field.status_type:
        about["statusType"] = field.status_type
    if field.options:
        about["items"] = [{"ID": str(number), "VALUE": value} for number, value in field.options]
    return about


def _import(call: Call, kind: int, sent: dict[str, Any]) -> dict[str, Any]:
    """A record with its past: no robots; times may be set, not in the future and not before the newest record."""
    portal = call.portal
    given = given_fields(portal, kind, sent, original_names(call.params), [])
    for name, stored in _BACK_DATED.items():
        if sent.get(name):
            given[stored] = to_int(sent[name]) if name == "createdBy" else parse_time(sent[name])
    created = given.get("DATE_CREATE")
    rows = portal.crm[kind]
    newest = rows.rows[rows.ids[-1]]["DATE_CREATE"] if rows.ids else None
    if created and (created > portal.moment() or newest and created < newest):
        raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", "Недопустимое значение поля createdTime")
    row = crm.create(crm.writer(call, robots=False), kind, given, strict=True)
    return {"item": {"id": row["ID"]}}


@method("crm.item.import", "crm", cost=IMPORT_SECONDS)
def import_item(call: Call) -> Any:
    return _import(call, kind_of(call.params), call.params.mapping("fields"))


@method("crm.item.batchImport", "crm", cost=0.0)  # charged by the item
def batch_import(call: Call) -> Any:
    kind = kind_of(call.params)
    sent = call.params.items_of("data")
    if len(sent) > IMPORT_BATCH:
        raise RestError("MAX_IMPORT_BATCH_SIZE_EXCEEDED", f"Максимальный размер пакета: {IMPORT_BATCH}")
    call.portal.limits.spend(call.identity.client, call.method, IMPORT_SECONDS * len(sent))
    results: list[dict[str, Any]] = []
    for one in sent:
        try:
            results.append(_import(call, kind, as_mapping(one)))
        except RestError as refusal:
            results.append(refusal.body())
    return {"items": results}
