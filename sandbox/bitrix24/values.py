"""Values in three forms: stored (typed), Legacy wire (strings) and Item wire (JSON numbers); all times carry the portal's offset."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sandbox.bitrix24.errors import RestError
from sandbox.bitrix24.params import as_list, is_yes, to_int

PORTAL_ZONE = timezone(timedelta(hours=5))
CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 15
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%Y-%m-%d")


def parse_time(value: Any) -> datetime | None:
    """A time from the wire as UTC; without an offset it is the portal's own. None for empty, RestError for nonsense."""
    if value in (None, "", False):
        return None
    text = str(value).strip().replace(" ", "T", 1) if "T" not in str(value) and str(value)[4:5] == "-" else str(value).strip()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _by_format(str(value).strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=PORTAL_ZONE)
    return moment.astimezone(UTC).replace(microsecond=0)


def _by_format(text: str) -> datetime:
    for pattern in _FORMATS:
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise RestError("INVALID_ARG_VALUE", f"Некорректная дата: {text}")


def show_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(PORTAL_ZONE).isoformat(timespec="seconds")


def show_date(day: str | None) -> str | None:
    """A date field comes back as a datetime that shows the server's offset in its clock (bitrix24 docs: data types)."""
    return f"{day}T05:00:00+05:00" if day else None


def parse_decimal(value: Any) -> Decimal | None:
    """A number, also as ``300|RUB`` or with a comma; what is none counts as 0, as in PHP."""
    if value in (None, "", False):
        return None
    try:
        number = Decimal(str(value).partition("|")[0].replace(",", ".").strip())
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() and abs(number) < LARGEST else Decimal(0)


def parse_date(value: Any) -> str | None:
    if value in (None, "", False):
        return None
    text = str(value)[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return _by_format(text).date().isoformat()


def store(kind: str, value: Any, multiple: bool = False) -> Any:
    """A wire value as it is kept. Unknown kinds are kept as text."""
    if multiple:
        if value not in (None, "", False) and not isinstance(value, list | dict):
            raise RestError("100", "Expected iterable value for multiple field, but got scalar instead")
        return [item for item in (store(kind, inner) for inner in as_list(value)) if item is not None]
    if kind in ("integer", "user", "employee", "link"):
        return to_int(value)
    if kind == "enumeration":
        return to_int(value) or None
    if kind in ("double", "money"):
        number = parse_decimal(value)
        return None if number is None else number.quantize(CENT, ROUND_HALF_UP)  # two digits are the default of user fields too
    if kind == "boolean":
        return "Y" if is_yes(value) else "N"
    if kind == "datetime":
        return parse_time(value)
    if kind == "date":
        return parse_date(value)
    if isinstance(value, dict | list):
        raise RestError("CRM_FIELD_ERROR_VALUE_NOT_VALID", "Значение поля имеет неверный тип")
    return None if value is None else str(value)


def show_item(kind: str, value: Any) -> Any:
    """Item wire: JSON numbers."""
    if value is None or value.__class__ in (int, str) and kind != "date":  # nearly all values, and half the time of a long list
        return value
    if isinstance(value, list):
        return [show_item(kind, inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return _show_times(kind, value)


def show_legacy(kind: str, value: Any) -> Any:
    """Legacy wire: everything is a string."""
    if isinstance(value, list):
        return [show_legacy(kind, inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:.2f}" if kind == "money" else f"{value.normalize():f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _show_times(kind, value)


def _show_times(kind: str, value: Any) -> Any:
    if kind == "date":
        return show_date(value)
    return show_time(value) if isinstance(value, datetime) else value


def digits(phone: Any) -> str:
    """The form the duplicate index compares: digits only, a leading Russian 8 of eleven digits read as 7."""
    plain = "".join(char for char in str(phone) if char.isdigit())
    return "7" + plain[1:] if len(plain) == 11 and plain.startswith("8") else plain
