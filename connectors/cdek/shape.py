"""A parcel as mappings see it: where it is, its number, and what the recipient paid. Nothing of the recipient is kept. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connectors.cdek.states import iso, newest, word
from connectors.contract import Remote

Json = Any


def shown(answer: Mapping[str, Json]) -> dict[str, Json]:
    """The ``entity`` of an answer. ``state``: the vendor's code; ``status``: in our words."""
    entity = answer["entity"]
    last = newest(entity.get("statuses") or ())
    code, paid = str(last.get("code") or ""), entity.get("delivery_detail") or {}
    first = min((iso(one.get("date_time")) for one in entity.get("statuses") or () if one.get("date_time")), default="")
    delivered = iso(last.get("date_time")) if word(code) == "delivered" else ""
    return {
        "uuid": str(entity["uuid"]),
        "number": str(entity.get("number") or ""),
        "cdek_number": str(entity.get("cdek_number") or ""),  # text in the documentation, a number in an older SDK
        "state": code,
        "status": word(code),
        "reason": str(last.get("reason_code") or ""),
        "city": str(last.get("city") or ""),
        "is_return": any(bool(entity.get(name)) for name in ("is_return", "is_reverse", "is_client_return")),
        "moved": iso(last.get("date_time")),
        "created": first,
        "delivered": delivered,
        "payments": _payments(paid, str(entity["uuid"]), delivered),
        "keep_free_until": str(entity.get("keep_free_until") or ""),
    }


def _payments(paid: Mapping[str, Json], uuid: str, delivered: str) -> list[dict[str, Json]]:
    """What the recipient paid, by kind; less than the order where a part was refused."""
    rows = [one for one in paid.get("payment_info") or () if _money(one.get("sum"))]
    return [{"kind": str(one.get("type") or "").lower(), "amount": _money(one["sum"]), "time": delivered or None, "id": f"{uuid}-{n}"}
            for n, one in enumerate(rows, 1)]  # fmt: skip


def _money(value: Json) -> str:
    """Roubles as decimal text; empty for nothing. A float of JSON becomes the figures that were meant."""
    amount = Decimal(str(value or 0)).quantize(Decimal("0.01"))
    return str(amount) if amount else ""


def remote(answer: Mapping[str, Json], view: str) -> Remote:
    """A parcel as a look saw it."""
    data = shown(answer)
    return Remote(data["uuid"], data, view)
