"""When a task may be given out: while its store is open, on the store's own clock, with receipts that were read since it was opened. Pure."""

from __future__ import annotations

from dataclasses import replace

from hub.config.sections.campaigns import Campaign
from hub.config.sections.stores import Store


def opened_since(store: Store | None, campaign: Campaign, now: float, zone: str) -> float | None:
    """Since when the store is open, None where it is shut. One that names no hours keeps the campaign's."""
    known = store or Store("")
    return (known if known.hours else replace(known, hours=campaign.hours)).open_since(now, zone)


def is_due(not_before: float | None, offered_at: float | None, opened: float, now: float) -> bool:
    """Whether a task is to be given out now: its time has come, and it was not given out since the store was opened."""
    return (not_before is None or not_before <= now) and (offered_at is None or offered_at < opened)


def is_fresh(read_at: float | None, opened: float, campaign: Campaign, now: float) -> bool:
    """Whether receipts that were read then are new enough: since the store was opened, and not too long ago."""
    return read_at is not None and read_at >= max(opened, now - campaign.fresh_minutes * 60)
