"""What a call, or a seller's word, comes to: the words of sellers and the outcomes of telephonies as the canonical few. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = Any
TALKED, NO_ANSWER, BUSY, CALL_LATER, WRONG_NUMBER, REFUSED, PROMISED, BOUGHT = (
    "talked", "no_answer", "busy", "call_later", "wrong_number", "refused", "promised", "bought",
)  # fmt: skip
OF_STAGES = frozenset({TALKED, NO_ANSWER, BUSY, CALL_LATER, WRONG_NUMBER, REFUSED, PROMISED, BOUGHT})
AGAIN = frozenset({NO_ANSWER, BUSY, CALL_LATER})  # the customer is called once more
# how sellers begin their word; the longest that fits counts, "не тот номер" before "не"
WORDS = {
    "недозвон": NO_ANSWER, "не дозвон": NO_ANSWER, "не ответ": NO_ANSWER, "не взял": NO_ANSWER, "не бер": NO_ANSWER, "нет ответа": NO_ANSWER, "no answer": NO_ANSWER,
    "занят": BUSY, "busy": BUSY,
    "перезвон": CALL_LATER, "позвонить": CALL_LATER, "позже": CALL_LATER, "call later": CALL_LATER, "later": CALL_LATER,
    "не тот": WRONG_NUMBER, "неверн": WRONG_NUMBER, "чужой": WRONG_NUMBER, "ошиб": WRONG_NUMBER, "wrong": WRONG_NUMBER,
    "отказ": REFUSED, "не звон": REFUSED, "просил": REFUSED, "refus": REFUSED,
    "обещ": PROMISED, "придёт": PROMISED, "придет": PROMISED, "promis": PROMISED,
    "куп": BOUGHT, "уже куп": BOUGHT, "bought": BOUGHT,
    "поговор": TALKED, "дозвон": TALKED, "разговор": TALKED, "talk": TALKED,
}  # fmt: skip
HINT = "недозвон, занято, перезвонить 15.12 14:00, не тот номер, отказ, обещал, купил, поговорили"
WHEN = re.compile(r"(?:(\d{1,2})\.(\d{1,2})(?:\.(\d{4}))?)?\s*(?:в\s*)?(?:(\d{1,2}):(\d{2}))?")
LATEST = 366  # days ahead for which a call may be put off
MORNING = 12  # the hour of a day that was named without one


@dataclass(frozen=True, slots=True)
class Word:
    """What a seller wrote. ``outcome``: empty where it is no word that is known. ``later``: when to call again."""

    outcome: str = ""
    later: datetime | None = None


def word_of(remark: str, now: datetime, zone: ZoneInfo) -> Word:
    """The outcome that a remark begins with, and the time in it where one is asked to call later, on the store's clock."""
    text = " ".join(remark.casefold().split())
    fits = [begin for begin in WORDS if text.startswith(begin)]
    if not fits:
        return Word()
    outcome = WORDS[max(fits, key=len)]
    return Word(outcome, _later(text, now.astimezone(zone)) if outcome == CALL_LATER else None)


def of_stage(stage: str, word: Word, remark: str, now: datetime, zone: ZoneInfo) -> Word:
    """What the stage of a card and the remark on it say together: the stage, which was chosen and not typed; but of a talk the remark tells what
    came of it."""
    if stage not in OF_STAGES or (word.outcome and stage == TALKED):
        return word
    return Word(stage, _later(remark, now.astimezone(zone)) if stage == CALL_LATER else None)


def _later(text: str, now: datetime) -> datetime | None:
    """``15.12 14:00``, ``15.12``, ``14:00`` as the next such moment; None for none, or one that cannot be."""
    found = next((one for one in WHEN.finditer(text) if one[1] or one[4]), None)
    if found is None:
        return None
    day, month, year, hour, minute = (int(part) if part else None for part in found.groups())
    try:
        on = now if day is None else now.replace(year=year or now.year, month=month or now.month, day=day)
        moment = on.replace(hour=MORNING if hour is None else hour, minute=minute or 0, second=0, microsecond=0)
        if moment <= now and year is None:
            moment = moment + timedelta(days=1) if day is None else moment.replace(year=moment.year + 1)
    except ValueError:
        return None
    return moment if now < moment < now + timedelta(days=LATEST) else None


def of_call(call: Mapping[str, Json], min_seconds: int) -> str:
    """What a call came to. A talk shorter than ``min_seconds`` is none; a code that nobody knows says nothing."""
    outcome, seconds = str(call.get("outcome") or ""), call.get("duration")
    if outcome == TALKED and isinstance(seconds, int) and seconds < min_seconds:
        return NO_ANSWER
    return "" if outcome == "other" else outcome


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a task's call. ``at``: when, in seconds."""

    outcome: str
    at: float
    later: float | None = None


def settled(
    word: Word, marked_at: float | None, calls: Sequence[tuple[float, Mapping[str, Json]]], min_seconds: int, waits: float, now: float
) -> Settled | None:
    """What the seller's word says; without one, what the last call came to, once ``waits`` seconds went by in which the seller said nothing;
    a mark alone, without any call, is a talk by another telephone. None: nothing yet. ``calls``: (end, call) since the task was given out."""
    last = max(calls, key=lambda one: one[0], default=None)
    if word.outcome:
        at = max([marked_at or 0.0, last[0] if last else 0.0]) or now
        return Settled(word.outcome, at, word.later.timestamp() if word.later else None)
    known = [(end, outcome) for end, call in calls if (outcome := of_call(call, min_seconds))]
    if known:
        end, outcome = max(known)
        return Settled(outcome, end) if marked_at is not None or now - end >= waits else None
    if marked_at is not None and now - marked_at >= waits:
        return Settled(TALKED, marked_at)
    return None
