"""Fields of SMS Aero's objects as the connector shows them; "-" before the type: read only."""

from __future__ import annotations

from connectors.contract import RemoteField
from connectors.gateways import FIELDS

MESSAGE = {"id": "-integer"} | FIELDS
STOP = {"id": "-string", "number": "string", "refused": "boolean", "names": "-string"}
STATIC = {"message": MESSAGE, "stop": STOP}


def fields(resource: str) -> list[RemoteField]:
    """The published fields: the vendor has no custom ones that the hub reads."""
    return [RemoteField(path, kind.lstrip("-"), not kind.startswith("-")) for path, kind in STATIC[resource].items()]
