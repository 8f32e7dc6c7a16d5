"""Fields of Mango Office's objects as the connector shows them: shape.py says what they are made of."""

from __future__ import annotations

from connectors.contract import RemoteField

# path: type; "-" before the type: read only
CALL = {
    "entry_id": "-string", "call_direction": "-integer", "number": "-string", "extension": "-string", "line_number": "-string",
    "create_time": "-integer", "talk": "-integer", "ended": "-string", "recording": "-string",
}  # fmt: skip
CALLBACK = {
    "command_id": "-string", "to_number": "string", "extension": "string", "wanted_at": "integer", "direction": "string", "ended": "string",
}  # fmt: skip
STATIC = {"call": CALL, "callback": CALLBACK}


def fields(resource: str) -> list[RemoteField]:
    return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items()]
