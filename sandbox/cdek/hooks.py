"""Webhooks of statuses: unsigned, to one address of the account for each type, each sent once and never again."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

from sandbox.frame.outgoing import Outgoing

from .state import ApiError, Parcel, Row

STATUS = "ORDER_STATUS"
TYPES = (STATUS, "ORDER_MODIFIED", "DELIV_PROBLEM", "DELIV_AGREEMENT", "PRINT_FORM", "RECEIPT", "DOWNLOAD_PHOTO", "PREALERT_CLOSED")
JSON = {"Content-Type": "application/json"}


class Hooks(Outgoing):
    """``held``: type -> subscription. Only loopback addresses, and those only when allowed."""

    patience = 15.0

    def __init__(self, allow_loopback: bool) -> None:
        super().__init__(allow_loopback)
        self.held = dict[str, Row]()

    def subscribe(self, body: Row) -> Row:
        """A second address of a type replaces the first. Raises ApiError."""
        if body.get("type") not in TYPES:
            raise ApiError("v2_webhook_type_incorrect", "[type] is incorrect")
        self.held[body["type"]] = made = {"uuid": str(uuid.uuid4()), "type": body["type"], "url": str(body.get("url") or "")}
        return made

    def tell(self, one: Parcel, status: Row) -> None:
        """Queue a webhook of a status."""
        hook = self.held.get(STATUS)
        if hook is None:
            return
        said: dict[str, Any] = {"is_return": one.is_return, "is_reverse": False, "is_client_return": False, "cdek_number": one.cdek_number, "number": one.number,
                                "code": status["code"], "status_code": "12", "status_reason_code": status["reason_code"], "status_date_time": status["date_time"],
                                "city_name": status["city"], "city_code": "424", "deleted": False, "related_entities": []}  # fmt: skip
        body = json.dumps(
            {"type": STATUS, "date_time": status["date_time"], "uuid": one.uuid, "attributes": said}, ensure_ascii=False
        ).encode()
        self.queue(partial(self.call, str(hook["url"]), body, JSON))
