"""What is to become of the open tasks now: closed, answered, dealt, given out, worded. Pure; the same book asks for nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hub.calling import wording
from hub.calling.case import Book, Case, moment, seconds
from hub.calling.dealing import Undealt, deal, to_be_dealt_again
from hub.calling.hours import is_due, is_fresh, opened_since
from hub.calling.limits import why_closed
from hub.calling.outcomes import AGAIN, BOUGHT, BUSY, CALL_LATER, REFUSED, WRONG_NUMBER, Settled, of_stage, settled, word_of
from hub.config.sections.stores import Store
from hub.entities.call_task import BOUGHT as HAS_BOUGHT
from hub.entities.call_task import BY_HAND, CANCELLED, CLOSED_STAGE, DONE, INVALID, LATE, LIMIT, OPEN, TWICE
from hub.entities.call_task import REFUSED as HAS_REFUSED

Json = Any
DAY = 86_400.0
REASONS = {REFUSED: HAS_REFUSED, WRONG_NUMBER: INVALID, BOUGHT: HAS_BOUGHT}


@dataclass(slots=True)
class Decisions:
    """``changes``: task -> field -> value. ``refused`` and ``wrong``: tasks whose customer is not to be called any more, or not at that number.
    ``offers``: tasks that may be given out once their customers were looked at anew."""

    changes: dict[str, dict[str, Json]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)

    def change(self, case: Case, **values: Json) -> None:
        held = self.changes.get(case.task.id, {})
        moved = {name: value for name, value in values.items() if (held.get(name) if name in held else case.data.get(name)) != value}
        if moved:
            self.changes.setdefault(case.task.id, {}).update(moved)

    def now(self, case: Case, name: str) -> Json:
        """A field as it is decided to be."""
        held = self.changes.get(case.task.id, {})
        return held[name] if name in held else case.data.get(name)


def decide(book: Book, stores: Mapping[str, Store], shop_zone: str, given: frozenset[str] = frozenset()) -> Decisions:
    """``given``: tasks whose customers were looked at a moment ago: those that may still be given out, are."""
    made = Decisions()
    for case in book.cases.values():
        if (answer := _answer(case, book.now)) is not None:
            _answered(case, answer, made, book.now)
        elif reason := _reason(case, book.now):
            _close(case, made, CANCELLED, book.now, closed_reason=reason)
    living = _one_each([case for case in book.cases.values() if made.now(case, "state") == "open"], made, book.now)
    book = _with_just_closed(book, living, made)
    _deal(book, living, made)
    _offer(book, living, made, stores, shop_zone, given)
    _word(book, living, made)
    return made


def _since(case: Case) -> float | None:
    """Since when what happens belongs to this try; None while the task was never given out. A call whose row comes late, after its seller's word,
    is the one that the word was of."""
    offered, before = (seconds(case.data.get(name)) for name in ("offered_at", "outcome_at"))
    return max((t for t in (offered, before and before + case.campaign.word_minutes * 60) if t is not None), default=None)


def _calls(case: Case) -> list[tuple[float, Mapping[str, Json]]]:
    """Calls that were begun in this try."""
    since = _since(case)
    return [] if since is None else [(end, call) for end, call in case.calls if end - float(call.get("duration") or 0) >= since]


def awaits(case: Case) -> bool:
    """Whether a call of this try waits for its seller's word."""
    return bool(_calls(case))


def _answer(case: Case, now: float) -> Settled | None:
    remark, today, calls = str(case.data.get("remark") or ""), datetime.fromtimestamp(now, UTC), _calls(case)
    word = of_stage(case.stage, word_of(remark, today, case.zone), remark, today, case.zone)
    if case.stage == CLOSED_STAGE and not word.outcome and not calls:
        return None
    return settled(word, case.marked_at, calls, case.campaign.min_seconds, case.campaign.word_minutes * 60, now)


def _answered(case: Case, answer: Settled, made: Decisions, now: float) -> None:
    remark, at = str(case.data.get("remark") or ""), answer.at
    said = f"{wording.local(at, case.zone)} {remark}".strip() if remark else ""
    comment = "; ".join(part for part in (str(case.data.get("comment") or ""), said) if part)
    tries = int(case.data.get("tries") or 0) + 1
    common: dict[str, Json] = {"outcome": answer.outcome, "outcome_at": moment(at), "tries": tries, "comment": comment or None}
    made.refused += [case.task.id] if answer.outcome == REFUSED else []
    made.wrong += [case.task.id] if answer.outcome == WRONG_NUMBER else []
    most, so_far = case.campaign.max_calls, max(case.known.calls, tries)
    if answer.outcome not in AGAIN or (answer.outcome != CALL_LATER and most and so_far >= most):
        reason = REASONS.get(answer.outcome, LIMIT if answer.outcome in AGAIN else None)
        _close(case, made, DONE, at, closed_reason=reason, **common)
        return
    wait = DAY if answer.outcome == CALL_LATER else case.campaign.retry_minutes * 60 / (4 if answer.outcome == BUSY else 1)
    moved = case.put_off if answer.outcome == CALL_LATER and (case.put_off or 0.0) > now else None
    later = answer.later or moved or at + wait
    put_off = {"call_later_at": moment(later)} if answer.outcome == CALL_LATER else {}
    again = {"not_before": moment(later), "deadline": moment(later + DAY), "offered_at": None, "marked": False, "remark": None}
    made.change(case, **common, **again, **put_off)
    made.changes[case.task.id]["stage"] = answer.outcome  # said by the hub, too, where the seller has said it: a stage counts once


def _reason(case: Case, now: float) -> str:
    """Why it is closed without an answer. While one is awaited, the call that it is of is not held against it."""
    if case.gone or case.stage == CLOSED_STAGE:
        return BY_HAND
    reason = why_closed(case.known, case.campaign, case.asked, now)
    return "" if reason in (LIMIT, LATE) and (_calls(case) or case.marked_at is not None) else reason


def _one_each(living: list[Case], made: Decisions, now: float) -> list[Case]:
    """Nobody is called by two: of several tasks of one customer the one that was given out stays, else the first."""
    kept: dict[str, Case] = {}
    for case in sorted(living, key=lambda one: (not one.data.get("title"), one.asked, one.task.id)):
        first = kept.setdefault(str(case.data.get("customer") or case.task.id), case)
        if first is not case:
            _close(case, made, CANCELLED, now, closed_reason=TWICE)
    return list(kept.values())


def _close(case: Case, made: Decisions, state: str, at: float, **more: Json) -> None:
    outcome = more.get("outcome") or CLOSED_STAGE
    made.change(case, state=state, marked=True, stage=CLOSED_STAGE if outcome in AGAIN else outcome, closed_at=moment(at), **more)


def _with_just_closed(book: Book, living: list[Case], made: Decisions) -> Book:
    """The book with the tasks that are closed at this very moment: they fill their seller's day, too."""
    left = {case.task.id for case in living}
    just = [case for case in book.cases.values() if case.task.id not in left and case.data.get("seller")]
    closed = Counter(str(case.data["seller"]) for case in just)
    called = Counter(str(case.data["seller"]) for case in just if made.now(case, "state") == DONE)
    return replace(book, closed=Counter(book.closed) + closed, called=Counter(book.called) + called)


def _deal(book: Book, living: list[Case], made: Decisions) -> None:
    again = set(to_be_dealt_again({c.task.id: str(c.data.get("seller") or "") for c in living}, book.present))
    tasks = [Undealt(c.task.id, c.store, c.former if c.campaign.former_seller else "") for c in sorted(living, key=_turn)
             if c.store and (not c.data.get("seller") or c.task.id in again)]  # fmt: skip
    stay = [str(c.data["seller"]) for c in living if c.data.get("seller") and c.task.id not in again]
    dealt = deal(tasks, book.sellers(stay))
    for case in living:
        if case.task.id in dealt:
            made.change(case, seller=dealt[case.task.id], store=case.store, offered_at=None)
        elif case.task.id in again:
            made.change(case, seller=None, offered_at=None)
        elif case.store and not case.data.get("seller"):
            made.change(case, store=case.store)  # so that people see in which store nobody has room


def _turn(case: Case) -> tuple[float, str]:
    return seconds(case.data.get("not_before")) or case.asked, case.task.id


def _offer(book: Book, living: list[Case], made: Decisions, stores: Mapping[str, Store], shop_zone: str, given: frozenset[str]) -> None:
    for case in sorted(living, key=_turn):
        opened = opened_since(stores.get(case.store), case.campaign, book.now, shop_zone)
        before, offered = (seconds(made.now(case, name)) for name in ("not_before", "offered_at"))
        if made.now(case, "seller") and opened is not None and is_due(before, offered, opened, book.now):
            if not is_fresh(book.read_at, opened, case.campaign, book.now):
                continue
            made.offers.append(case.task.id)
            if case.task.id in given:
                now = moment(book.now)
                start = made.now(case, "not_before") or now
                due = made.now(case, "deadline") or moment(book.now + DAY)
                made.change(
                    case,
                    offered_at=now,
                    as_of=moment(book.read_at or book.now),
                    not_before=start,
                    deadline=due,
                    phone=case.known.phone,
                    stage=OPEN,
                )


def _word(book: Book, living: list[Case], made: Decisions) -> None:
    """The texts of what is given out. The first task of each seller bears how many are called and how many are left: so that one closed task is
    one write, and not all that he has; in its title alone, so that no text is written while he types his word into it. One that he has marked counts
    as called and is left as it is: it has gone from his list, and he may be typing there."""
    mine = [c for c in living if made.now(c, "seller") and (made.now(c, "offered_at") or c.data.get("title"))]
    shown = sorted((c for c in mine if not _is_marked(c, made)), key=lambda c: (str(made.now(c, "not_before") or ""), c.task.id))
    left = Counter(str(made.now(c, "seller")) for c in shown)
    called = Counter(book.called) + Counter(str(made.now(c, "seller")) for c in mine if _is_marked(c, made))
    first: set[str] = set()
    for case in shown:
        name = str(made.now(case, "seller"))
        progress = None if name in first else (called[name], left[name])
        first.add(name)
        as_of = seconds(made.now(case, "as_of")) or book.now
        person = case.customer.data if case.customer else {}
        text = wording.text(case.campaign.text, str(made.now(case, "comment") or ""), case.last, as_of, case.zone)
        made.change(case, title=wording.title(person, progress), text=text)


def _is_marked(case: Case, made: Decisions) -> bool:
    """Whether a seller's mark of this try is on it still, and what it came to is not known yet."""
    return case.marked_at is not None and "outcome" not in made.changes.get(case.task.id, {})
