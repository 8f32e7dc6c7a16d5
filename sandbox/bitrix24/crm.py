"""Creating, changing and deleting contacts and deals: the part both method families share.

Choices where the vendor's pages are silent: imports fire events but start no robots; a change of product rows saves its deal.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.bitrix24.checks import check, invalid
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.fields import CONTACT, DEAL, NAMES
from sandbox.bitrix24.registry import Call
from sandbox.bitrix24.state import Portal


@dataclass(frozen=True)
class Writer:
    """Who writes and how loudly."""

    portal: Portal
    user_id: int
    connector: str = ""
    robots: bool = True

    def emit(self, event: str, number: int, extra: dict[str, Any] | None = None) -> None:
        data = {"FIELDS": {"ID": str(number), **(extra or {})}}
        self.portal.events.emit(event, str(number), data, self.portal.moment(), self.user_id, self.connector)


def writer(call: Call, robots: bool = True) -> Writer:
    return Writer(call.portal, call.identity.user_id, call.connector, robots)


def blank(portal: Portal, kind: int, user_id: int) -> Row:
    """A new row with the portal's defaults. Links are null until they were filled once; cleared they are 0."""
    now = portal.moment()
    row: Row = {}
    for field in portal.tables[kind].fields:
        row[field.name] = [] if field.multiple else "N" if field.kind == "boolean" and not field.dynamic else None
    row |= {"ASSIGNED_BY_ID": user_id, "CREATED_BY_ID": user_id, "MODIFY_BY_ID": user_id, "LAST_ACTIVITY_BY": user_id, "OPENED": "Y"}
    row |= {"DATE_CREATE": now, "DATE_MODIFY": now, "LAST_ACTIVITY_TIME": now, "FM": []}
    if kind == CONTACT:
        return row | {"EXPORT": "Y", "TYPE_ID": "CLIENT", "SOURCE_ID": "CALL"}
    today = now.date()
    row |= {"STAGE_ID": None, "OPPORTUNITY": Decimal(0), "TAX_VALUE": Decimal(0), "CURRENCY_ID": "RUB", "TYPE_ID": "SALE"}
    row |= {"BEGINDATE": today.isoformat(), "CLOSEDATE": (today + timedelta(days=7)).isoformat(), "IS_NEW": "Y", "MOVED_TIME": now}
    return row | {"MOVED_BY_ID": user_id}


def create(who: Writer, kind: int, given: Row, strict: bool) -> Row:
    """Store a new row. Raises RestError on a missing name or an unknown stage."""
    portal = who.portal
    check(portal, kind, given, [], strict)
    row = blank(portal, kind, who.user_id)
    if kind == DEAL:
        row["CATEGORY_ID"] = given.get("CATEGORY_ID") or 0
        given = {"STAGE_ID": _first_stage(portal, row["CATEGORY_ID"]), **{key: value for key, value in given.items() if value != ""}}
    _settle(portal, kind, row, given, strict)
    collection = portal.crm[kind]
    row["ID"] = collection.next_id()
    if kind == DEAL:
        row["TITLE"] = row["TITLE"] or f"Сделка #{row['ID']}"
        _note_stage(portal, row, 1)
    collection.put(row)
    who.emit(f"ONCRM{NAMES[kind]}ADD", row["ID"])
    _automate(who, kind, row)
    return row


def change(who: Writer, kind: int, row: Row, given: Row, strict: bool) -> bool:
    """Store what differs; False, and no event, when nothing does and the Item family asks (Legacy saves regardless)."""
    portal = who.portal
    check(portal, kind, given, row["FM"], strict)
    after = dict(row)
    _settle(portal, kind, after, given, strict)
    if after == row and strict:
        return False
    moved_funnel = kind == DEAL and after["CATEGORY_ID"] != row["CATEGORY_ID"]
    if kind == DEAL and after["STAGE_ID"] != row["STAGE_ID"]:
        after |= {"MOVED_TIME": portal.moment(), "MOVED_BY_ID": who.user_id, "IS_NEW": "N"}
        _note_stage(portal, after, 5 if moved_funnel else 2 if after["STAGE_SEMANTIC_ID"] == "P" else 3)
    row.update(after)
    touch(who, kind, row, moved_funnel)
    return True


def touch(who: Writer, kind: int, row: Row, moved_funnel: bool = False) -> None:
    """A save: modification time, author, event, robot. A move across funnels has an event of its own instead of the update."""
    row["DATE_MODIFY"] = who.portal.moment()
    row["MODIFY_BY_ID"] = who.user_id
    who.portal.crm[kind].put(row)
    if moved_funnel:
        who.emit("ONCRMDEALMOVETOCATEGORY", row["ID"], {"CATEGORY_ID": str(row["CATEGORY_ID"]), "STAGE_ID": row["STAGE_ID"]})
    else:
        who.emit(f"ONCRM{NAMES[kind]}UPDATE", row["ID"])
    _automate(who, kind, row)


def _automate(who: Writer, kind: int, row: Row) -> None:
    """Robots start; when they are set to write, each saves the item again, as nobody in particular (``robot_echoes`` of the portal)."""
    if not who.robots:
        return
    who.portal.side_effect("robots")
    for _ in range(who.portal.robot_echoes):
        Writer(who.portal, 0).emit(f"ONCRM{NAMES[kind]}UPDATE", row["ID"])


def remove(who: Writer, kind: int, number: int) -> None:
    """Delete for good: no tombstone stays; a contact leaves its deals, a deal takes its rows along."""
    portal = who.portal
    portal.crm[kind].drop(number)
    if kind == CONTACT:
        for deal_id in list(portal.crm[DEAL].equal("CONTACT_IDS", number)):
            deal = portal.crm[DEAL].rows[deal_id]
            deal["CONTACT_IDS"] = [other for other in deal["CONTACT_IDS"] if other != number]
            deal["CONTACT_ID"] = next(iter(deal["CONTACT_IDS"]), 0)
            portal.crm[DEAL].put(deal)
    else:
        for row_id in portal.rows_of.pop(("D", number), []):
            portal.product_rows.drop(row_id)
    for one in sorted(portal.activities.equal("OWNER_ID", number)):
        if portal.activities.rows[one]["OWNER_TYPE_ID"] == kind:
            portal.activities.drop(one)
            who.emit("ONCRMACTIVITYDELETE", one)
    who.emit(f"ONCRM{NAMES[kind]}DELETE", number)


def recount(portal: Portal, deal: Row, emptied: bool = False) -> bool:
    """With rows and no manual total the total is their sum. True when it moved. ``emptied``: having no rows is news."""
    rows = [portal.product_rows.rows[number] for number in portal.rows_of.get(("D", deal["ID"]), [])]
    if not (rows or emptied) or deal["IS_MANUAL_OPPORTUNITY"] == "Y":
        return False
    total = sum((row["price"] * row["quantity"] for row in rows), Decimal(0)).quantize(Decimal("0.01"))
    moved = bool(total != deal["OPPORTUNITY"])
    deal["OPPORTUNITY"] = total
    return moved


def _settle(portal: Portal, kind: int, row: Row, given: Row, strict: bool) -> None:
    row.update(given)
    row["ASSIGNED_BY_ID"] = row["ASSIGNED_BY_ID"] or row["CREATED_BY_ID"]
    if kind == CONTACT:
        if not (row["NAME"] or row["LAST_NAME"]):
            raise RestError("CRM_FIELD_ERROR_REQUIRED" if strict else "", 'Заполните хотя бы одно из полей "Имя", "Фамилия"')
        kinds = {entry["TYPE_ID"] for entry in row["FM"]}
        row |= {"HAS_PHONE": "Y" if "PHONE" in kinds else "N", "HAS_EMAIL": "Y" if "EMAIL" in kinds else "N"}
        return
    if "CATEGORY_ID" in given and "STAGE_ID" not in given:
        row["STAGE_ID"] = _first_stage(portal, row["CATEGORY_ID"])
    _settle_stage(portal, row, strict)
    _settle_contacts(row, given)
    if row.get("ID"):
        recount(portal, row)


def _settle_stage(portal: Portal, row: Row, strict: bool) -> None:
    stage = portal.stage(row["STAGE_ID"])
    if stage is None or int(stage["CATEGORY_ID"]) != row["CATEGORY_ID"]:
        raise invalid(portal.tables[DEAL].by_name["STAGE_ID"].title, strict)
    row["STAGE_SEMANTIC_ID"] = stage["SEMANTICS"] or "P"
    row["CLOSED"] = "N" if row["STAGE_SEMANTIC_ID"] == "P" else "Y"


def _settle_contacts(row: Row, given: Row) -> None:
    if "CONTACT_IDS" in given:
        bound = list(dict.fromkeys(number for number in given["CONTACT_IDS"] if number))
    elif given.get("CONTACT_ID"):
        bound = [given["CONTACT_ID"], *(number for number in row["CONTACT_IDS"][1:] if number != given["CONTACT_ID"])]
    elif "CONTACT_ID" in given:
        bound = row["CONTACT_IDS"][1:]
    else:
        return
    row["CONTACT_IDS"] = bound
    row["CONTACT_ID"] = next(iter(row["CONTACT_IDS"]), 0)


def _first_stage(portal: Portal, category: int) -> str:
    if not any(row["id"] == category for row in portal.categories):
        raise invalid(portal.tables[DEAL].by_name["CATEGORY_ID"].title, strict=True)
    return f"C{category}:NEW" if category else "NEW"


def _note_stage(portal: Portal, row: Row, what: int) -> None:
    portal.history.put({
        "ID": portal.history.next_id(), "TYPE_ID": what, "OWNER_ID": row["ID"], "CREATED_TIME": portal.moment(),
        "CATEGORY_ID": row["CATEGORY_ID"], "STAGE_SEMANTIC_ID": row["STAGE_SEMANTIC_ID"], "STAGE_ID": row["STAGE_ID"],
    })  # fmt: skip
