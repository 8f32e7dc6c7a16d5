"""Fields of SMSC.ru's messages as the connector shows them; "-" before the type: read only."""

from __future__ import annotations

from connectors.contract import RemoteField
from connectors.gateways import FIELDS, MESSAGE

STATIC = {MESSAGE: {"id": "-string"} | FIELDS | {"parts": "-integer"}}


def fields(resource: str) -> list[RemoteField]:
    """The published fields: the vendor has no custom ones."""
    return [RemoteField(path, kind.lstrip("-"), False) for path, kind in STATIC[resource].items()]
