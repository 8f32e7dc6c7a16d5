"""What loyalty services are told of an order, alike for every vendor: a purchase, what of it was given back, points that are let go of. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

Json = Any
PURCHASE, RETURN, RELEASE = "purchase", "return", "release"
RELEASED = "release:"  # before the hub's key: the id of a release, of which a service keeps nothing
SAME_RECEIPT = timedelta(hours=3)  # between the hub's and a till's time of one receipt, whose clock may be wrong
CENT = Decimal("0.01")


def money_text(value: Json) -> str:
    """Roubles or points with two digits; nothing is zero."""
    return f"{Decimal(str(value or 0)).quantize(CENT):.2f}"


def aware(moment: Json) -> str:
    """A time of the hub's, with its zone: a naive one would be taken for the service's."""
    text = str(moment)
    return text if text.endswith("Z") or "+" in text else f"{text}+00:00"


def apart(one: Json, other: Json) -> timedelta:
    """How far two moments are from each other; one that is not told is near any."""
    return abs(datetime.fromisoformat(aware(one)) - datetime.fromisoformat(aware(other))) if one else timedelta(0)
