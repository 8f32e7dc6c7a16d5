"""Calls of an outside telephone exchange: register, finish, find the person behind a number.

Choices where the vendor's pages are silent: a person found by the number is the oldest contact with it; one created for an unknown
number is a contact named by it; a call bound to nobody gets no activity.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.bitrix24 import activities, crm, multifields
from sandbox.bitrix24.auth import APPS
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.fields import CONTACT
from sandbox.bitrix24.lines import line
from sandbox.bitrix24.params import is_yes
from sandbox.bitrix24.registry import Call, method
from sandbox.bitrix24.state import Portal
from sandbox.bitrix24.values import digits, parse_decimal, parse_time, show_time

REPEAT = timedelta(minutes=30)
OUT, IN = 1, 2
OUTGOING = frozenset({1, 4, 5})
SHORTEST = 3


@method("telephony.externalCall.register", "telephony", cost=0.2, app_only=True)
def register(call: Call) -> Any:
    """A repeat within 30 minutes with the same number, type, user, line and outside id gives the first CALL_ID, also of a finished call."""
    params, portal = call.params, call.portal
    user, phone, kind = _user(call), params.text("PHONE_NUMBER"), params.integer("TYPE")
    if kind not in (1, 2, 3, 4, 5):
        raise RestError("ERROR_CORE", "Unknown TYPE")
    if len(digits(phone)) < SHORTEST:
        raise RestError("ERROR_CORE", "Unsupported phone number format")
    start = _start(call)
    key = (call.identity.client, digits(phone), kind, user, params.text("LINE_NUMBER"), params.text("EXTERNAL_CALL_ID"))
    held = portal.registered.get(key)
    if held is not None and portal.now() - held["REGISTERED"] < REPEAT:
        return _registered(held, [])
    made: list[Row] = []
    token = hashlib.md5(f"{key}{portal.number('call')}".encode(), usedforsecurity=False).hexdigest()
    held = {
        "CALL_ID": f"externalCall.{token}.{int(portal.now().timestamp())}", "CLIENT": call.identity.client, "REGISTERED": portal.now(),
        "START": start, "USER": user, "PHONE": phone, "TYPE": kind, "LINE": params.text("LINE_NUMBER"),
        "EXTERNAL": params.text("EXTERNAL_CALL_ID") or None, "CONTACT": _person(call, phone, kind, user, made),
    }  # fmt: skip
    portal.registered[key] = portal.open_calls[held["CALL_ID"]] = held
    if is_yes(params.get("SHOW"), default=True):
        portal.side_effect("call_cards")
    if is_yes(params.get("ADD_TO_CHAT"), default=True):
        portal.side_effect("messages")
    return _registered(held, made)


@method("telephony.externalCall.finish", "telephony", cost=0.4, app_only=True)
def finish(call: Call) -> Any:
    """The row of the statistics and the activity of the call. A second finish of one call is refused."""
    params, portal = call.params, call.portal
    if not isinstance(params.get("CALL_ID"), str):
        raise RestError("INVALID_ARGUMENT", "CALL_ID must be a string")
    user = _user(call)
    held = portal.open_calls.pop(params.text("CALL_ID"), None)
    if held is None:
        raise RestError("ERROR_CORE", "Call is not found (call should be registered prior to finishing")
    duration = max(0, params.integer("DURATION"))
    row = _statistics(portal, held, user, duration) | {
        "CALL_FAILED_CODE": params.text("STATUS_CODE") or ("200" if duration else "304"),
        "CALL_FAILED_REASON": params.text("FAILED_REASON"), "CALL_VOTE": params.integer("VOTE"),
        "COST": parse_decimal(params.get("COST")) or Decimal(0), "COST_CURRENCY": params.text("COST_CURRENCY"),
        "CALL_RECORD_URL": params.text("RECORD_URL") or None,
    }  # fmt: skip
    row["CRM_ACTIVITY_ID"] = _activity(call, held, row)
    portal.calls.put(row)
    if is_yes(params.get("ADD_TO_CHAT"), default=True):
        portal.side_effect("messages")
    _announce(call, held, row)
    return _finished(row)


def _statistics(portal: Portal, held: Row, user: int, duration: int) -> Row:
    app = APPS[held["CLIENT"]]
    return {
        "ID": portal.calls.next_id(), "PORTAL_USER_ID": user, "PORTAL_NUMBER": held["LINE"] or "REST_APP:",
        "PHONE_NUMBER": digits(held["PHONE"]), "CALL_ID": held["CALL_ID"], "EXTERNAL_CALL_ID": held["EXTERNAL"],
        "CALL_CATEGORY": "external", "CALL_LOG": None, "CALL_DURATION": duration, "CALL_START_DATE": held["START"],
        "CRM_ENTITY_TYPE": "CONTACT" if held["CONTACT"] else None, "CRM_ENTITY_ID": held["CONTACT"], "REST_APP_ID": app.id,
        "REST_APP_NAME": app.name, "TRANSCRIPT_ID": None, "TRANSCRIPT_PENDING": "N", "SESSION_ID": None, "REDIAL_ATTEMPT": None,
        "COMMENT": None, "RECORD_DURATION": None, "RECORD_FILE_ID": None, "CALL_TYPE": held["TYPE"],
    }  # fmt: skip


def _activity(call: Call, held: Row, row: Row) -> int | None:
    """A call of the timeline: done, unless it was missed. Its ORIGIN_ID names the call."""
    portal, contact = call.portal, call.portal.crm[CONTACT].rows.get(held["CONTACT"] or 0)
    if contact is None:
        return None
    outgoing, missed = held["TYPE"] in OUTGOING, row["CALL_FAILED_CODE"] != "200"
    entry = {"TYPE": "PHONE", "VALUE": held["PHONE"], "ENTITY_ID": contact["ID"], "ENTITY_TYPE_ID": CONTACT}
    values: Row = {
        "OWNER_TYPE_ID": CONTACT, "OWNER_ID": contact["ID"], "TYPE_ID": activities.CALL,
        "SUBJECT": f"{'Исходящий' if outgoing else 'Входящий'} звонок {_full_name(contact)}".strip(),
        "DIRECTION": activities.OUTGOING if outgoing else activities.INCOMING, "START_TIME": held["START"],
        "END_TIME": held["START"] + timedelta(seconds=row["CALL_DURATION"]), "COMPLETED": "N" if missed and not outgoing else "Y",
        "RESPONSIBLE_ID": row["PORTAL_USER_ID"], "ORIGIN_ID": f"VI_{held['CALL_ID']}", "COMMUNICATIONS": [entry],
        "SETTINGS": {"MISSED_CALL": True} if missed and not outgoing else {},
    }  # fmt: skip
    return int(activities.create(crm.Writer(portal, row["PORTAL_USER_ID"], call.connector), values)["ID"])


def _announce(call: Call, held: Row, row: Row) -> None:
    data = {
        "CALL_ID": row["CALL_ID"], "CALL_TYPE": row["CALL_TYPE"], "PHONE_NUMBER": held["PHONE"], "PORTAL_NUMBER": row["PORTAL_NUMBER"],
        "PORTAL_USER_ID": row["PORTAL_USER_ID"], "CALL_DURATION": row["CALL_DURATION"], "CALL_START_DATE": show_time(row["CALL_START_DATE"]),
        "COST": f"{row['COST']:f}", "COST_CURRENCY": row["COST_CURRENCY"], "CALL_FAILED_CODE": row["CALL_FAILED_CODE"],
        "CALL_FAILED_REASON": row["CALL_FAILED_REASON"], "CRM_ACTIVITY_ID": row["CRM_ACTIVITY_ID"],
    }  # fmt: skip
    moment = call.portal.moment()
    call.portal.events.emit("ONVOXIMPLANTCALLEND", row["CALL_ID"], data, moment, row["PORTAL_USER_ID"], call.connector)


def _registered(held: Row, made: list[Row]) -> dict[str, Any]:
    return {
        "CALL_ID": held["CALL_ID"], "CRM_CREATED_LEAD": None, "CRM_CREATED_ENTITIES": made, "CRM_ENTITY_TYPE": "CONTACT" if held["CONTACT"] else "",
        "CRM_ENTITY_ID": held["CONTACT"] or 0,
    }  # fmt: skip


def _finished(row: Row) -> dict[str, Any]:
    """The vendor's answer with its traps: no start, the type as ``INCOMING``, the phone as digits."""
    named = ("CALL_ID", "EXTERNAL_CALL_ID", "PORTAL_USER_ID", "PHONE_NUMBER", "PORTAL_NUMBER", "CALL_DURATION", "CALL_VOTE", "COST_CURRENCY",
             "CALL_FAILED_CODE", "CALL_FAILED_REASON", "REST_APP_NAME", "CRM_ACTIVITY_ID", "COMMENT", "CRM_ENTITY_TYPE", "CRM_ENTITY_ID", "ID")  # fmt: skip
    return {name: row[name] for name in named} | {
        "INCOMING": str(row["CALL_TYPE"]), "CALL_START_DATE": {}, "CALL_STATUS": int(row["CALL_FAILED_CODE"] == "200"),
        "COST": float(row["COST"]), "REST_APP_ID": str(row["REST_APP_ID"]),
    }  # fmt: skip


def _user(call: Call) -> int:
    number, inner = call.params.get("USER_ID"), call.params.text("USER_PHONE_INNER")
    if number in (None, "") and not inner:
        raise RestError("ERROR_CORE", "USER_ID or USER_PHONE_INNER should be set")
    for user in call.portal.users.values():
        if user["ACTIVE"] and (user["ID"] == str(number) or number in (None, "") and user["UF_PHONE_INNER"] == inner):
            return int(user["ID"])
    raise RestError("ERROR_CORE", "User is not found or is not active")


def _start(call: Call) -> datetime:
    try:
        return parse_time(call.params.get("CALL_START_DATE")) or call.portal.moment()
    except RestError:
        raise RestError("ERROR_CORE", "CALL_START_DATE should be in the ISO-8601 format") from None


def _person(call: Call, phone: str, kind: int, user: int, made: list[Row]) -> int | None:
    """The contact the call belongs to: named, found by number, or created when asked for; else None."""
    params, contacts = call.params, call.portal.crm[CONTACT]
    named = params.integer("CRM_ENTITY_ID") if params.text("CRM_ENTITY_TYPE") == "CONTACT" else 0
    if named in contacts.rows:
        return named
    found = min(contacts.equal("PHONE", phone), default=None)
    if found is not None or not is_yes(params.get("CRM_CREATE")):
        return found
    own = line(call, params.text("LINE_NUMBER"))
    if kind == OUT and own is not None and own["CRM_AUTO_CREATE"] == "N":
        return None
    entries = multifields.write_item([], [{"typeId": "PHONE", "value": phone}], lambda: call.portal.number("fm"))
    given = {"NAME": phone, "FM": entries, "SOURCE_ID": params.text("CRM_SOURCE") or "CALL", "ASSIGNED_BY_ID": user}
    number = int(crm.create(crm.writer(call), CONTACT, given, strict=False)["ID"])
    made.append({"ENTITY_TYPE": "CONTACT", "ENTITY_ID": number})
    return number


def _full_name(contact: Row) -> str:
    return " ".join(part for part in (contact["NAME"], contact["LAST_NAME"]) if part)


@method("telephony.externalCall.searchCrmEntities", "telephony", cost=0.1)
def search(call: Call) -> Any:
    phone = call.params.text("PHONE_NUMBER")
    if not phone:
        raise RestError("ERROR_CORE", "PHONE_NUMBER is empty")
    contacts = call.portal.crm[CONTACT]
    return [_found(call.portal, contacts.rows[number]) for number in sorted(contacts.equal("PHONE", phone))]


def _found(portal: Portal, contact: Row) -> dict[str, Any]:
    user = portal.users[contact["ASSIGNED_BY_ID"]]
    person = {"ID": user["ID"], "TIMEMAN_STATUS": "OPENED", "USER_PHONE_INNER": user["UF_PHONE_INNER"], "WORK_PHONE": user["WORK_PHONE"] or None,
              "PERSONAL_PHONE": None, "PERSONAL_MOBILE": user["PERSONAL_MOBILE"] or None}  # fmt: skip
    return {
        "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": contact["ID"], "ASSIGNED_BY_ID": contact["ASSIGNED_BY_ID"],
        "NAME": _full_name(contact), "ASSIGNED_BY": person,
    }  # fmt: skip
