"""Parcels of one account: made at once and found right or wrong later, moved by the carrier, handed over for money."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = Any
Row = dict[str, Any]
CHECKED = timedelta(seconds=2)  # until the vendor knows whether an order is right
PLACES = ("shipment_point", "from_location"), ("delivery_point", "to_location")


class ApiError(Exception):
    """A refusal with the vendor's code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Parcel:
    uuid: str
    body: Row
    created: datetime
    number: str = ""
    cdek_number: str = ""
    wrong: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)
    detail: Row = field(default_factory=dict)
    is_return: bool = False
    settled: bool = False


@dataclass
class Account:
    """``now``: the vendor's clock. ``told``: called with each status of a parcel."""

    now: Callable[[], datetime]
    told: Callable[[Parcel, Row], None] = lambda parcel, status: None
    parcels: dict[str, Parcel] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def create(self, body: Row, *, is_return: bool = False) -> Parcel:
        """Accepted, not done: what is wrong with it is known later. Raises ApiError for what is no order at all."""
        if not body.get("tariff_code"):
            raise ApiError("v2_field_is_empty", "[tariff_code] is empty")
        made = Parcel(str(uuid.uuid4()), body, self.now(), str(body.get("number") or ""), is_return=is_return)
        for names in PLACES:
            if sum(name in body for name in names) != 1:
                made.wrong.append({"code": f"v2_{names[0].split('_')[0]}_address_multivalued", "message": f"one of {' and '.join(names)}"})
        if not (body.get("recipient") or {}).get("name"):
            made.wrong.append({"code": "v2_field_is_empty", "message": "[recipient.name] is empty"})
        self.parcels[made.uuid] = made
        self._status(made, "ACCEPTED")
        return made

    def settle(self) -> None:
        """Orders whose check is over are right or wrong now."""
        for one in self.parcels.values():
            if not one.settled and self.now() - one.created >= CHECKED:
                one.settled = True
                if not one.wrong:
                    one.cdek_number = str(1_520_000_000 + len(self.parcels))
                self._status(one, "INVALID" if one.wrong else "CREATED")

    def move(self, ident: str, code: str, *, reason: str = "", withdrawn: bool = False, detail: Row | None = None) -> Parcel:
        """The carrier does something with a parcel. ``withdrawn``: the newest status of this code was a mistake."""
        one = self.known(ident)
        if withdrawn:
            next(row for row in reversed(one.statuses) if row["code"] == code)["deleted"] = True
            return one
        one.detail |= detail or {}
        self._status(one, code, reason)
        return one

    def _status(self, one: Parcel, code: str, reason: str = "") -> None:
        row = {"code": code, "name": code.replace("_", " ").capitalize(), "date_time": stamp(self.now()), "reason_code": reason or None,
               "city": "Казань", "deleted": False}  # fmt: skip
        one.statuses.append(row)
        self.told(one, row)

    def known(self, ident: str) -> Parcel:
        """Raises ApiError."""
        if ident not in self.parcels:
            raise ApiError("v2_entity_not_found", f"Entity is not found by id {ident}", 404)
        return self.parcels[ident]

    def by(self, name: str, value: str) -> Parcel:
        """The newest one of a number. Raises ApiError."""
        found = [one for one in self.parcels.values() if str(getattr(one, name)) == value]
        if not found:
            raise ApiError(
                "v2_entity_not_found_im_number" if name == "number" else "v2_entity_not_found_cdek_number", "Entity is not found"
            )
        return found[-1]


def stamp(moment: datetime) -> str:
    """An offset without a colon."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def request_of(kind: str, state: str, errors: list[Row], at: datetime) -> Row:
    return {"request_uuid": str(uuid.uuid4()), "type": kind, "state": state, "date_time": stamp(at), "errors": errors, "warnings": []}


def accepted(one: Parcel, kind: str, at: datetime) -> Row:
    """What a write is answered with: 202."""
    return {"entity": {"uuid": one.uuid}, "requests": [request_of(kind, "ACCEPTED", [], at)], "related_entities": []}


def shown(one: Parcel) -> Row:
    """What a read is answered with: statuses newest first."""
    state = "ACCEPTED" if not one.settled else "INVALID" if one.wrong else "SUCCESSFUL"
    entity = {"type": 1, **one.body, "uuid": one.uuid, "number": one.number, "statuses": list(reversed(one.statuses)), "is_return": one.is_return,
              "is_reverse": False, "is_client_return": False, "transacted_payment": False}  # fmt: skip
    entity |= {"cdek_number": one.cdek_number} if one.cdek_number else {}
    entity |= {"delivery_detail": one.detail} if one.detail else {}
    errors = one.wrong if one.settled else []
    return {"entity": entity, "requests": [request_of("CREATE", state, errors, one.created)], "related_entities": []}
