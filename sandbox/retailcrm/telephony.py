"""Calls: uploaded, and never read back; a repeated ``externalId`` is told as a duplicate."""

from __future__ import annotations

import re
from typing import Any

from flask import request

from .orders import digits
from .state import Account
from .wire import ApiError, invalid, json_field

Json = Any
RESULTS = ("answered", "busy", "failed", "no answer", "not allowed", "unknown")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def upload(account: Account) -> dict[str, Json]:
    """``POST /telephony/calls/upload``."""
    given = json_field("calls", list)
    duplicates: list[Json] = []
    new: list[Json] = []
    for n, call in enumerate(given):
        if call.get("type") not in ("in", "out") or call.get("result") not in RESULTS or not TIME.fullmatch(str(call.get("date"))):
            raise invalid(f"calls[{n}]", "This value is not valid.")
        if not call.get("phone"):
            raise invalid(f"calls[{n}].phone", "This value should not be blank.")
        if call.get("userId") and call["userId"] not in {user["id"] for user in account.users}:
            raise invalid(f"calls[{n}].userId", f"User with id {call['userId']} not found.")
        known = call.get("externalId") and str(call["externalId"]) in account.calls
        (duplicates if known else new).append(call)
    for call in new:
        account.calls[str(call.get("externalId") or f"#{len(account.calls)}")] = call
    return {"success": True, "processedCallsCount": len(new), "duplicateCalls": [str(call["externalId"]) for call in duplicates]}


def manager(account: Account) -> dict[str, Json]:
    """``GET /telephony/manager``: who looks after the customer with this phone."""
    phone = digits(request.args.get("phone"))
    if not phone:
        raise ApiError(400, "Errors in the input parameters", {"phone": "This value should not be blank."})
    for row in account.tables["customers"].values():
        if phone in {digits(one["number"]) for one in row.get("phones") or ()}:
            who = next((user for user in account.users if user["id"] == row.get("managerId")), None)
            customer = {key: row[key] for key in ("id", "externalId", "phones", "firstName", "lastName") if key in row}
            return {"success": True, "customer": customer} | ({"manager": who} if who else {})
    return {"success": True}
