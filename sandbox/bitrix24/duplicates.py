"""``crm.duplicate.findbycomm``: who has this phone or e-mail."""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24.collection import COMMUNICATIONS
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.fields import CONTACT
from sandbox.bitrix24.registry import Call, method

MOST = 20  # values in a call, and hits of a type (bitrix24 docs: crm.duplicate.findbycomm)


@method("crm.duplicate.findbycomm", "crm", cost=0.1)
def find(call: Call) -> Any:
    """Ids by entity type; types without hits are absent, so nothing found is ``[]``. Errors carry their text as the code."""
    kind = call.params.text("type").upper()
    values = [str(value) for value in call.params.items_of("values") if value not in ("", None)]
    if kind not in COMMUNICATIONS:
        raise RestError("Communication type is not defined", "Communication type is not defined")
    if not values:
        raise RestError("Communication values is not defined", "Communication values is not defined")
    if call.params.text("entity_type", "CONTACT").upper() != "CONTACT":
        return []
    hits: list[int] = []
    for value in values[:MOST]:
        hits += sorted(call.portal.crm[CONTACT].equal(kind, value))
    found = list(dict.fromkeys(hits))[:MOST]
    return {"CONTACT": found} if found else []
