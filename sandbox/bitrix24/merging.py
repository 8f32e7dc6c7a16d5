"""``crm.entity.mergeBatch``: contacts made one, the first named stays (bitrix24 docs: crm.entity.mergeBatch).

Choices where the vendor's page is silent: the survivor takes the phones and e-mails that it lacks and fills its empty fields, is told as
updated and the others as deleted, in that order; two values of one field are no conflict, the survivor's stays.
"""

from __future__ import annotations

from typing import Any

from sandbox.bitrix24 import crm
from sandbox.bitrix24.collection import Row
from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.fields import CONTACT, DEAL
from sandbox.bitrix24.params import Params, to_int
from sandbox.bitrix24.registry import Call, method

FILLED = ("NAME", "LAST_NAME", "SECOND_NAME", "BIRTHDATE", "COMMENTS", "UF_CRM_CARD")


@method("crm.entity.mergeBatch", "crm", cost=1.0)
def merge(call: Call) -> Any:
    params, portal = Params(call.params.mapping("params")), call.portal
    ids = [to_int(one) for one in params.items_of("entityIds")]
    rows = [portal.crm[CONTACT].rows.get(one) for one in ids]
    if params.integer("entityTypeId") != CONTACT or len(ids) < 2 or None in rows:
        raise RestError("NOT_FOUND", "Entity is not found")
    main, *others = [row for row in rows if row is not None]
    who = crm.writer(call)
    for other in others:
        _deals(call, other["ID"], main["ID"])
    portal.crm[CONTACT].put(_taking(main, others, call))
    crm.touch(who, CONTACT, main)
    for other in others:
        crm.remove(who, CONTACT, other["ID"])
    return {"STATUS": "SUCCESS", "ENTITY_IDS": [other["ID"] for other in others]}


def _taking(main: Row, others: list[Row], call: Call) -> Row:
    held = {(entry["TYPE_ID"], entry["VALUE"]) for entry in main["FM"]}
    for other in others:
        for entry in other["FM"]:
            if (key := (entry["TYPE_ID"], entry["VALUE"])) not in held:
                held.add(key)
                main["FM"] = [*main["FM"], entry | {"ID": call.portal.number("fm")}]
        main |= {name: other[name] for name in FILLED if name in main and not main[name] and other.get(name)}
    return main


def _deals(call: Call, other: int, main: int) -> None:
    """The deals of the one that goes become the survivor's."""
    deals = call.portal.crm[DEAL]
    for deal_id in sorted(deals.equal("CONTACT_IDS", other)):
        deal = deals.rows[deal_id]
        deal["CONTACT_IDS"] = list(dict.fromkeys(main if one == other else one for one in deal["CONTACT_IDS"]))
        deal["CONTACT_ID"] = next(iter(deal["CONTACT_IDS"]), 0)
        crm.touch(crm.writer(call), DEAL, deal)
