"""When a customer is to be left alone: a purchase, a refusal, a number that is not hers, so many calls and messages. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hub.config.sections.campaigns import GIVEN, Campaign
from hub.entities.call_task import BOUGHT, INVALID, LATE, LEFT, LIMIT, NO_CONSENT, NOBODY, REFUSED

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a task's customer. ``consent``: to calls, None is unknown. ``phone``: a number that may be hers, or empty.
    ``bought_at``: her last purchase. ``calls`` and ``messages``: counted as the campaign counts them.
    ``left``: the segment for which she was to be called is hers no longer."""

    person: bool = True
    phone: str = ""
    consent: bool | None = None
    bought_at: float | None = None
    calls: int = 0
    messages: int = 0
    left: bool = False


def why_closed(known: Known, campaign: Campaign, asked: float, now: float) -> str:
    """Why a task is to be closed, the weightiest first; empty: it is not."""
    if not known.person:
        return NOBODY
    if known.consent is False:
        return REFUSED
    if known.bought_at is not None and known.bought_at > asked - campaign.purchase_days * DAY:
        return BOUGHT
    if known.left:
        return LEFT
    if not known.phone:
        return INVALID
    if campaign.consent == GIVEN and known.consent is not True:
        return NO_CONSENT
    if (campaign.max_calls and known.calls >= campaign.max_calls) or (campaign.max_messages and known.messages >= campaign.max_messages):
        return LIMIT
    return LATE if now > asked + campaign.last_days * DAY else ""
