"""What stands on the wire: error bodies, decimals, phones of any format, times with the offset of Moscow."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from flask import Response, request

Json = Any
MOSCOW = timezone(timedelta(hours=3))
CENT = Decimal("0.01")


class ApiError(Exception):
    """An answer ``{"code": ..., "msg": ...}``. 412 is every refusal of business; what was wrong is in ``code`` alone."""

    def __init__(self, code: str, msg: str, status: int = 412) -> None:
        super().__init__(msg)
        self.status, self.body = status, {"code": code, "msg": msg}


def wrong(field: str, msg: str = "Некорректное значение поля") -> ApiError:
    return ApiError("INCORRECT_DATA", f"{msg}: {field}")


def reply(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, default=float), status, mimetype="application/json")


def done() -> Response:
    """204: done, and nothing to say."""
    return Response(status=204)


def given() -> dict[str, Json]:
    """The JSON object of the body, numbers as Decimal. Raises ApiError (400) for anything else."""
    try:
        found = json.loads(request.get_data(), parse_float=Decimal)
    except ValueError:
        raise ApiError("BAD_REQUEST", "Некорректная структура JSON", 400) from None
    if not isinstance(found, dict):
        raise ApiError("BAD_REQUEST", "Некорректная структура JSON", 400)
    return found


def phone_of(value: Json) -> str:
    """``7XXXXXXXXXX`` out of any format with 11 digits or more. Raises ApiError."""
    digits = re.sub(r"\D", "", str(value or ""))
    if len(digits) < 11:
        raise ApiError("PHONE_INCORRECT", "Номер телефона должен содержать минимум 11 цифр")
    return f"7{digits[1:]}" if len(digits) == 11 and digits[0] == "8" else digits


def money_of(body: dict[str, Json], name: str, default: Json = None) -> Decimal:
    """A decimal of the body to the kopeck. Raises ApiError where it is neither there nor has a default."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise wrong(name)
    return Decimal(value).quantize(CENT)


def moment_of(value: Json, field: str) -> datetime:
    """ISO, or ``2026-02-01 18:44:10``; without an offset on the clock of Moscow. Raises ApiError."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise wrong(field) from None
    return (found if found.tzinfo else found.replace(tzinfo=MOSCOW)).astimezone(UTC)


def stamp(moment: datetime | None) -> str | None:
    return moment.astimezone(MOSCOW).isoformat(timespec="seconds") if moment else None


def within(moment: datetime, asked: Json, field: str) -> bool:
    """Whether a moment lies in one interval ``{from, to}``, or in one of several; both ends belong to it."""
    intervals = asked if isinstance(asked, list) else [asked]
    return any(
        (not one.get("from") or moment >= moment_of(one["from"], field)) and (not one.get("to") or moment <= moment_of(one["to"], field))
        for one in intervals
    )
