"""The sections `campaigns` and `employees`: whom shops call and when, how often a customer may be spoken to, and who calls in which store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields, validate

from hub.config.fields import Strict, about, nearest
from hub.config.sections.stores import known_hours, minutes_of

GIVEN, NOT_REFUSED = "given", "not_refused"
CAMPAIGN, EVER = "campaign", "ever"
Leave = tuple[date, date]  # first and last day of an absence
CAP = 30  # tasks given to one seller in a day, unless told otherwise


@dataclass(frozen=True, slots=True)
class Cart:
    """Orders of the site that were begun and not placed. ``statuses``: of the directory order_status. ``minutes``: without a change."""

    statuses: tuple[str, ...] = ()
    minutes: float = 60.0


@dataclass(frozen=True, slots=True)
class Campaign:
    """``max_calls``, ``max_messages``: after so many a customer is not called (0: no limit), counted since the campaign first asked for her, or
    ``ever``. ``min_seconds``: a shorter talk was none. ``consent``: given (a yes) or not_refused. ``call_centre``: the store that calls who has
    none. ``hours``: of stores that name none. ``purchase_days``: a purchase so many days before the request counts, too."""

    name: str
    text: str = ""
    segment: tuple[str, str] | None = None  # system, name there
    cart: Cart | None = None
    max_calls: int = 3
    max_messages: int = 0
    counted: str = CAMPAIGN
    min_seconds: int = 20
    consent: str = GIVEN
    former_seller: bool = True
    call_centre: str = ""
    hours: tuple[tuple[int, int], ...] = ()
    purchase_days: float = 1.0
    retry_minutes: float = 120.0
    word_minutes: float = 10.0
    fresh_minutes: float = 60.0
    last_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Employee:
    """``store``: where she sells; empty: nowhere, and she is given no calls. ``cap``: tasks a day. ``leave``: days on which she is away."""

    store: str = ""
    cap: int = CAP
    leave: tuple[Leave, ...] = ()

    def is_away(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.leave)


def leave_of(text: str) -> Leave:
    """``2026-12-01/2026-12-14`` or one day. Raises ValueError."""
    first, _, last = text.strip().partition("/")
    made = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    if made[1] < made[0]:
        raise ValueError("the last day lies before the first")
    return made


def known_leave(value: str) -> None:
    try:
        leave_of(value)
    except ValueError:
        raise ValidationError("write days such as 2026-12-01/2026-12-14, or one day") from None


class SegmentSchema(Strict):
    system = fields.String(required=True, metadata=about("The system whose marketers keep the segment."))
    name = fields.String(required=True, metadata=about("Its name there."))


class CartSchema(Strict):
    statuses = fields.List(
        fields.String(),
        load_default=list,
        metadata=about("Values of the directory order_status that mean a cart, not an order; empty: the site's script tells of carts."),
    )
    minutes = fields.Float(
        load_default=60.0, validate=validate.Range(min=0), metadata=about("Minutes without a change after which a cart is abandoned.")
    )


class CampaignSchema(Strict):
    text = fields.String(load_default="", metadata=about("What the seller reads first: why the customer is called, what to offer."))
    segment = fields.Nested(SegmentSchema, load_default=None, allow_none=True, metadata=about("A segment whose members are called."))
    cart = fields.Nested(CartSchema, load_default=None, allow_none=True, metadata=about("Carts of the site that are called about."))
    max_calls = fields.Integer(
        load_default=3, validate=validate.Range(min=0), metadata=about("Calls after which a customer is left alone; 0: no limit.")
    )
    max_messages = fields.Integer(
        load_default=0, validate=validate.Range(min=0), metadata=about("Messages after which a customer is not called; 0: no limit.")
    )
    counted = fields.String(
        load_default=CAMPAIGN,
        validate=validate.OneOf([CAMPAIGN, EVER]),
        metadata=about("campaign: contacts since the campaign first asked for the customer; ever: all."),
    )
    min_seconds = fields.Integer(
        load_default=20, validate=validate.Range(min=0), metadata=about("Seconds that a call must last to count as a talk.")
    )
    consent = fields.String(
        load_default=GIVEN,
        validate=validate.OneOf([GIVEN, NOT_REFUSED]),
        metadata=about("given: only who said yes to calls is called; not_refused: who said nothing, too."),
    )
    former_seller = fields.Boolean(
        load_default=True, metadata=about("Whether the seller of the last purchase comes first, as far as evenness allows.")
    )
    call_centre = fields.String(load_default="", metadata=about("The store (directory store) that calls customers without one."))
    hours = fields.List(
        fields.String(validate=known_hours),
        load_default=lambda: ["10:00-20:00"],
        metadata=about("When stores that name no hours of their own call."),
    )
    purchase_days = fields.Float(
        load_default=1.0,
        validate=validate.Range(min=0),
        metadata=about("A purchase within so many days before the request closes the task, too."),
    )
    retry_minutes = fields.Float(
        load_default=120.0, validate=validate.Range(min=1), metadata=about("Minutes after an unanswered call before the next try.")
    )
    word_minutes = fields.Float(
        load_default=10.0, validate=validate.Range(min=0), metadata=about("Minutes that a call waits for its seller's word.")
    )
    fresh_minutes = fields.Float(
        load_default=60.0, validate=validate.Range(min=1), metadata=about("How old the receipts may be when a task is given out.")
    )
    last_days = fields.Float(
        load_default=7.0, validate=validate.Range(min=0.1), metadata=about("Days after which a task that came to nothing is closed.")
    )


class EmployeeSchema(Strict):
    store = fields.String(load_default="", metadata=about("Where she sells: a value of the directory `store`."))
    cap = fields.Integer(load_default=CAP, validate=validate.Range(min=0), metadata=about("Call tasks that she is given in a day."))
    leave = fields.List(
        fields.String(validate=known_leave), load_default=list, metadata=about('Days on which she is away: ["2026-12-01/2026-12-14"].')
    )


def wrong(raw: Mapping[str, Any], systems: Collection[str]) -> Iterator[tuple[str, str, str, str]]:
    """(section, name, setting, what is wrong) for stores and systems that the configuration does not have."""
    stores = (raw.get("directories") or {}).get("store") or {}
    for section, setting in (("employees", "store"), ("campaigns", "call_centre")):
        for name, one in (raw.get(section) or {}).items():
            store = one.get(setting) if isinstance(one, Mapping) else None
            if store and stores and store not in stores:
                yield section, str(name), setting, f"no such store: {store}{nearest(str(store), stores)}"
    for name, one in (raw.get("campaigns") or {}).items():
        segment = one.get("segment") if isinstance(one, Mapping) else None
        system = segment.get("system") if isinstance(segment, Mapping) else None
        if system and system not in systems:
            yield "campaigns", str(name), "segment", f"no such system: {system}{nearest(str(system), systems)}"


def build(data: Mapping[str, Any]) -> dict[str, Campaign]:
    """Campaigns by name."""
    return {
        name: Campaign(
            **{key: value for key, value in one.items() if key not in ("segment", "cart", "hours")},
            name=name,
            segment=(one["segment"]["system"], one["segment"]["name"]) if one["segment"] else None,
            cart=Cart(tuple(one["cart"]["statuses"]), one["cart"]["minutes"]) if one["cart"] else None,
            hours=tuple(pair for text in one["hours"] for pair in minutes_of(text)),
        )
        for name, one in data.items()
    }


def employees(data: Mapping[str, Any]) -> dict[str, Employee]:
    """What the configuration says of employees, by their value in the directory."""
    return {name: Employee(one["store"], one["cap"], tuple(map(leave_of, one["leave"]))) for name, one in data.items()}
