"""``telephony.externalLine.*``: the lines of an application's telephone exchange."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.params import is_yes
from sandbox.bitrix24.registry import Call, method


@method("telephony.externalLine.add", "telephony", app_only=True)
def add(call: Call) -> Any:
    number = _number(call)
    if line(call, number) is not None:
        raise RestError("ERROR_CORE", "Line already exists")
    automatic = "Y" if is_yes(call.params.get("CRM_AUTO_CREATE"), default=True) else "N"
    made = {"ID": call.portal.number("line"), "NUMBER": number, "NAME": call.params.text("NAME"), "CRM_AUTO_CREATE": automatic}
    call.portal.lines[call.identity.client, number] = made
    return {"ID": made["ID"]}


@method("telephony.externalLine.update", "telephony", app_only=True)
def update(call: Call) -> Any:
    held = _known(call)
    if call.params.get("NAME") is None and call.params.get("CRM_AUTO_CREATE") is None:
        raise RestError("ERROR_CORE", "NAME or CRM_AUTO_CREATE should be set")
    held["NAME"] = call.params.text("NAME", held["NAME"])
    held["CRM_AUTO_CREATE"] = "Y" if is_yes(call.params.get("CRM_AUTO_CREATE"), default=held["CRM_AUTO_CREATE"] == "Y") else "N"
    return {"ID": held["ID"]}


@method("telephony.externalLine.get", "telephony", app_only=True)
def get(call: Call) -> Any:
    own = [held for (client, _), held in call.portal.lines.items() if client == call.identity.client]
    return [{name: value for name, value in held.items() if name != "ID"} for held in own]


@method("telephony.externalLine.delete", "telephony", app_only=True)
def delete(call: Call) -> Any:
    del call.portal.lines[call.identity.client, _known(call)["NUMBER"]]
    return True


def line(call: Call, number: str) -> Row | None:
    """A line of the caller's application."""
    return call.portal.lines.get((call.identity.client, number))


def _number(call: Call) -> str:
    number = call.params.text("NUMBER")
    if not number:
        raise RestError("ERROR_CORE", "NUMBER should not be empty")
    return number


def _known(call: Call) -> Row:
    held = line(call, _number(call))
    if held is None:
        raise RestError("ERROR_CORE", "Line is not found")
    return held
