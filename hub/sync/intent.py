"""An open intent is resolved before anything else of its link is planned: was the write that we lost sight of done, and as what?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.storage.links import Link
from hub.sync.observe import DROPPED_FOR, FLIP_WINDOW, TICK, Look, Rules, contribute, edit_time, empty

Json = Any
KEPT_DOUBTS = 8
EARLY = 2  # an entry of what was dropped is longer than [value, until] where its request may still act


def open_intent(link: Link, values: dict[str, Json], times: dict[str, float], *, now: float, settles_after: float) -> None:
    """Say what is about to be written; committed before the call."""
    link.intent = {"values": values, "times": times, "at": now, "settles": settles_after}
    link.replaced = {"since": link.looked_at, "values": {path: link.base[path] for path in values if path in link.base}}


def close_intent(link: Link, stored: dict[str, Json], rules: Rules, *, now: float) -> list[str]:
    """The answer came: sent is what was sent, base what the system stored (what was sent, where nothing shows it).
    Values seen in doubt that are not the stored form were a person's edits: the last is contributed. Returns those paths."""
    intent = link.intent or {"values": {}, "times": {}}
    edits = []
    for path, value in intent["values"].items():
        if _stored(link, path, value, stored.get(path, value), intent["times"].get(path), rules, now):
            edits.append(path)
        if not _may_still_act(link, path, value, now):
            link.dropped.pop(path, None)
    link.intent = None
    link.wrote_at = now
    link.write_gen += 1
    link.written = {p: at for p, at in link.written.items() if now - at < FLIP_WINDOW}
    return edits


def _stored(link: Link, path: str, value: Json, kept: Json, at: float | None, rules: Rules, written: float) -> bool:
    """The system holds ``kept`` for the ``value`` that was sent. True when a person's edit had been seen meanwhile."""
    link.sent[path], link.base[path], link.written[path] = value, kept, written
    if at is not None:
        link.times[path] = at
    doubts = [seen for seen in link.doubt.pop(path, []) if seen[0] != kept and not rules.alike(path, seen[0], kept)]
    if not doubts or path in rules.write_only:
        return False
    seen, moment = doubts[-1]
    contribute(link, path, kept, seen, max(moment, link.times.get(path, 0.0) + TICK), rules)
    return True


def forget_intent(link: Link) -> None:
    """The system refused: nothing was written. What was seen in doubt is a difference that the next look takes for what it is."""
    link.intent = None
    link.doubt = {}


def _may_still_act(link: Link, path: str, value: Json, now: float) -> bool:
    """Whether a write of another value, which was let go of early, may come true after this one."""
    given_up: list[Json] = link.dropped.get(path, [])
    return len(given_up) > EARLY and given_up[0] != value and now < given_up[1]


def let_go(link: Link, rules: Rules) -> bool:
    """Give an open intent up though its request may still act, for what must not wait: paths that may be said again without harm. Until it cannot act
    any more, its values are late effects and no edits. False, and nothing is changed, where saying it again might do harm."""
    if link.intent is None or not rules.safe_update or any(path in rules.effects or path in link.doubt for path in link.intent["values"]):
        return False
    due = float(link.intent["at"] + link.intent["settles"])
    link.dropped |= {path: [value, due, "early"] for path, value in link.intent["values"].items() if value is not None}
    link.wrote_at, link.write_gen, link.intent = max(link.wrote_at, link.intent["at"]), link.write_gen + 1, None
    return True


def drop_intent(link: Link, paths: list[str], *, now: float) -> None:
    """These were not written. For a day a value equal to them is their late effect, not an edit."""
    if link.intent is None:
        return
    for path in paths:
        value = link.intent["values"].pop(path, None)
        link.doubt.pop(path, None)
        if value is not None:
            link.dropped[path] = [value, now + DROPPED_FOR]
    if not link.intent["values"]:
        link.intent = None


@dataclass(slots=True)
class Resolution:
    """What a re-read says of an open intent. ``wait_until``: it may still act. ``again``: paths to say once more. ``edits``: a person's."""

    wait_until: float | None = None
    again: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)


def resolve(link: Link, look: Look, rules: Rules, *, now: float) -> Resolution:
    """Compare a look made after the request left with the intent. Unchanged: dropped once it cannot act any more. Like the intent:
    its stored form. Else: a person's edit where repeating would do harm, or doubt, to be settled by saying the value again."""
    result = Resolution()
    intent = link.intent
    if intent is None or look.at <= intent["at"]:
        return result
    deadline = intent["at"] + intent["settles"]
    unchanged = []
    for path, value in list(intent["values"].items()):
        if path not in look.values and path in link.base and not look.whole:
            result.wait_until = deadline  # this view does not show it
            continue
        seen = look.values.get(path)
        if seen != value and (seen == link.base.get(path) or (path not in link.base and empty(seen))):  # or a create done in part
            unchanged.append(path)
        elif seen == value or rules.alike(path, seen, value):
            del intent["values"][path]
            if _stored(link, path, value, seen, intent["times"].get(path), rules, intent["at"]):
                result.edits.append(path)
        elif path in rules.effects or not rules.safe_update:
            before, link.base[path], link.sent[path] = link.base.get(path), seen, seen
            contribute(link, path, before, seen, edit_time(link, path, look), rules)
            del intent["values"][path]
            result.edits.append(path)
        else:
            _doubt(link, path, seen, look)
            result.again.append(path)
    if unchanged and look.at < deadline:
        result.wait_until = deadline
    elif unchanged:
        drop_intent(link, unchanged, now=now)
    if link.intent is not None and not link.intent["values"]:
        link.intent = None
    if link.intent is None:
        link.wrote_at = max(link.wrote_at, intent["at"])
        link.write_gen += 1
    return result


def _doubt(link: Link, path: str, seen: Json, look: Look) -> None:
    seen_before = link.doubt.get(path, [])
    if not seen_before or seen_before[-1][0] != seen:
        link.doubt[path] = [*seen_before, [seen, edit_time(link, path, look)]][-KEPT_DOUBTS:]
