"""An open intent is resolved before anything else of its link is planned: was the write that we lost sight of done, and as what?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.storage.links import Link
from hub.sync.observe import DROPPED_FOR, Look, Rules, contribute, edit_time

Json = Any


def open_intent(link: Link, values: dict[str, Json], times: dict[str, float], *, now: float, settles_after: float) -> None:
    """Say what is about to be written; committed before the call."""
    link.intent = {"values": values, "times": times, "at": now, "settles": settles_after}


def close_intent(link: Link, stored: dict[str, Json], rules: Rules, *, now: float) -> list[str]:
    """The answer came: sent is what was sent, base what the system stored (what was sent, where the answer does not carry it).
    Values seen in doubt that are not the stored form were a person's edits: they are contributed. Returns those paths."""
    intent = link.intent or {"values": {}, "times": {}}
    edits = []
    for path, value in intent["values"].items():
        kept = stored.get(path, value)
        link.sent[path], link.base[path] = value, kept
        if path in intent["times"]:
            link.times[path] = intent["times"][path]
        doubt = link.doubt.pop(path, None)
        if doubt and doubt[0] != kept and path not in rules.write_only:
            contribute(link, path, kept, doubt[0], max(doubt[1], link.times.get(path, 0.0) + 0.001), rules)
            edits.append(path)
        link.dropped.pop(path, None)
    link.intent = None
    link.wrote_at = now
    link.write_gen += 1
    return edits


def drop_intent(link: Link, paths: list[str], *, now: float) -> None:
    """These were not written. For a day a value equal to them is their late effect, not an edit."""
    if link.intent is None:
        return
    for path in paths:
        value = link.intent["values"].pop(path, None)
        if value is not None:
            link.dropped[path] = [value, now + DROPPED_FOR]
    if not link.intent["values"]:
        link.intent = None


@dataclass(slots=True)
class Resolution:
    """What a re-read says of an open intent. ``wait_until``: it may still act. ``again``: paths to say once more."""

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
    unchanged = []
    for path, value in list(intent["values"].items()):
        seen = look.values.get(path, link.base.get(path))
        if seen == link.base.get(path) and seen != value:
            unchanged.append(path)
        elif seen == value or rules.alike(path, seen, value):
            link.base[path], link.sent[path] = seen, value
            link.times[path] = intent["times"].get(path, link.times.get(path, 0.0))
            link.doubt.pop(path, None)
            del intent["values"][path]
        elif path in rules.effects or not rules.safe_update:
            before, link.base[path], link.sent[path] = link.base.get(path), seen, seen
            contribute(link, path, before, seen, edit_time(link, path, look, now=now), rules)
            del intent["values"][path]
            result.edits.append(path)
        else:
            if link.doubt.get(path, [None])[0] != seen:
                link.doubt[path] = [seen, edit_time(link, path, look, now=now)]
            result.again.append(path)
    deadline = intent["at"] + intent["settles"]
    if unchanged and now < deadline:
        result.wait_until = deadline
    elif unchanged:
        drop_intent(link, unchanged, now=now)
    if link.intent is not None and not link.intent["values"]:
        link.intent = None
    if link.intent is None:
        link.wrote_at = max(link.wrote_at, intent["at"])
    return result
