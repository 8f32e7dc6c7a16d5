"""What stands on the wire: answers with a status inside, times without a zone, phones as numbers, names of fields in camelCase."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Response

Json = Any
Row = dict[str, Any]
CLEAR = "%CLEAR%"
FORMS = ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ",
         "%d.%m.%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d")  # fmt: skip


class ProtocolError(Exception):
    """A request that cannot be understood, names what is not there, or may not be made. ``status``: of HTTP."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text, self.status = text, status

    def body(self) -> Row:
        return {"status": "ProtocolError", "errorMessage": self.text, "errorId": str(uuid.uuid4()), "httpStatusCode": self.status}


class Invalid(Exception):
    """A refusal of business: HTTP 200 with ``ValidationError``. ``location``: of the field, as a path with slashes."""

    def __init__(self, message: str, location: str) -> None:
        super().__init__(message)
        self.message, self.location = message, location

    def body(self) -> Row:
        return {"status": "ValidationError", "validationMessages": [{"message": self.message, "location": self.location}]}


def reply(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, default=float), status, mimetype="application/json")


def moment(text: Json, location: str) -> datetime:
    """A time of a request, in UTC. Raises Invalid."""
    for form in FORMS:
        try:
            return datetime.strptime(str(text), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise Invalid("Некорректная дата", location)


def stamp(at: datetime) -> str:
    """``2026-02-03 10:15:07.431``: UTC, without a mark of it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def phone_of(value: Json) -> str:
    """``7XXXXXXXXXX``. Raises Invalid."""
    digits = re.sub(r"\D", "", str(value))
    if len(digits) == 11 and digits[0] == "8":
        digits = f"7{digits[1:]}"
    if not re.fullmatch(r"[1-9]\d{10,14}", digits):
        raise Invalid("Телефон указан неверно", "/customer/mobilePhone")
    return digits


def email_of(value: Json) -> str:
    """In small letters. Raises Invalid."""
    text = str(value).strip().lower()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise Invalid("Email указан неверно", "/customer/email")
    return text


def camel(name: str) -> str:
    """As answers call a field of the project, whatever its system name begins with."""
    return name[:1].lower() + name[1:]
