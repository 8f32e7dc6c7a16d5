"""Where a parcel is: the vendor's two families of status codes as a few words of ours. A code that nobody knows is shown as it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Json = Any
CODES = {
    "accepted": "ACCEPTED CREATED",
    "shipped": "RECEIVED_AT_SHIPMENT_WAREHOUSE READY_TO_SHIP_AT_SENDING_OFFICE RETURNED_TO_SENDER_WAREHOUSE PASSED_TO_CARRIER_AT_SENDING_OFFICE "
    "RECEIVED_AT_SENDER_WAREHOUSE READY_FOR_SHIPMENT_IN_SENDER_CITY TAKEN_BY_TRANSPORTER_FROM_SENDER_CITY",
    "in_transit": "SEND_TO_TRANSIT_OFFICE MET_AT_TRANSIT_OFFICE ACCEPTED_TO_OFFICE_TRANSIT_WAREHOUSE RETURNED_TO_TRANSIT_WAREHOUSE "
    "READY_TO_SHIP_IN_TRANSIT_OFFICE PASSED_TO_CARRIER_AT_TRANSIT_OFFICE ENTERED_TO_OFFICE_TRANSIT_WAREHOUSE SEND_TO_RECIPIENT_OFFICE "
    "SENT_TO_TRANSIT_CITY ACCEPTED_IN_TRANSIT_CITY ACCEPTED_AT_TRANSIT_WAREHOUSE SENT_TO_RECIPIENT_CITY "
    "IN_CUSTOMS_INTERNATIONAL SHIPPED_TO_DESTINATION PASSED_TO_TRANSIT_CARRIER IN_CUSTOMS_LOCAL CUSTOMS_COMPLETE",
    "arrived": "MET_AT_RECIPIENT_OFFICE ENTERED_TO_DELIVERY_WAREHOUSE ACCEPTED_AT_DELIVERY_WAREHOUSE RETURNED_TO_DELIVERY_WAREHOUSE "
    "ACCEPTED_IN_RECIPIENT_CITY ACCEPTED_AT_RECIPIENT_CITY_WAREHOUSE RETURNED_TO_RECIPIENT_CITY_WAREHOUSE",
    "ready": "ACCEPTED_AT_WAREHOUSE_ON_DEMAND ENTERED_TO_WAREHOUSE_ON_DEMAND ACCEPTED_AT_PICK_UP_POINT POSTOMAT_POSTED",
    "courier": "ISSUED_FOR_DELIVERY TAKEN_BY_COURIER",
    "delivered": "DELIVERED POSTOMAT_RECEIVED",
    "not_delivered": "NOT_DELIVERED POSTOMAT_SEIZED",
    "invalid": "INVALID",
    "removed": "REMOVED",
}
STATES = {code: state for state, codes in CODES.items() for code in codes.split()}
ENDED = frozenset({"delivered", "not_delivered", "invalid", "removed"})


def moment(text: Json) -> datetime | None:
    """``2026-03-04T09:20:11+0000``, an offset without a colon; None for what is no time."""
    try:
        found = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
    return found.astimezone(UTC)


def iso(text: Json) -> str:
    """The same in UTC, ISO without a zone; empty for none."""
    found = moment(text)
    return found.isoformat(timespec="seconds").removesuffix("+00:00") if found else ""


def newest(statuses: Sequence[Mapping[str, Json]]) -> Mapping[str, Json]:
    """The last status that was not withdrawn, by its time: the order of the list is promised nowhere."""
    standing = [one for one in statuses if not one.get("deleted") and moment(one.get("date_time"))]
    return max(standing, key=lambda one: str(iso(one.get("date_time"))), default={})


def word(code: str) -> str:
    """A code in our words; an unknown one in small letters."""
    return STATES.get(code, code.lower())
