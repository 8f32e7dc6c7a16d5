"""Consents of all systems as one list: stricter wins, unless a newer explicit yes exists; unknown is neither yes nor no. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.sync.statement import Event, Said, Stamp, events

Json = Any
Key = tuple[str, str, str]  # purpose, channel, brand
HISTORY = 50  # words kept of one person
UNDATED = float("-inf")


@dataclass(frozen=True, slots=True)
class Word:
    """One explicit yes or no. ``time``: when it was given, -inf where nobody knows."""

    key: Key
    value: bool
    time: float
    stamp: Stamp
    item: Mapping[str, Json]
    system: str

    @property
    def order(self) -> tuple[Any, ...]:
        """Of two words of one moment the no is the later one: a tie is strict."""
        return (self.time, not self.value, self.stamp, str(sorted(self.item.items(), key=str)))


def consents_of(statements: Sequence[Said], trust: Mapping[str, float]) -> tuple[list[Json], list[Json], Event | None]:
    """The consents, their history (oldest first), and the newest edit. A yes counts where no no is as new; what has no date
    gives way to what has one. A consent that nobody answered stays in the list with the value None."""
    words: dict[Key, list[Word]] = {}
    asked: dict[Key, Mapping[str, Json]] = {}
    newest: Event | None = None
    for said in statements:
        for event in events(said, trust):
            for key, item in _items(event.after).items():
                if key not in asked or _text(item) < _text(asked[key]):
                    asked[key] = item
            for word in _words(event):
                words.setdefault(word.key, []).append(word)
            if newest is None or event.stamp > newest.stamp:
                newest = event
    made = [_decided(key, words.get(key, ()), asked[key]) for key in sorted(asked)]
    history = sorted((w for found in words.values() for w in found), key=lambda w: (w.order, w.key))
    told = list(dict.fromkeys(_told(w) for w in history))[-HISTORY:]
    return made, [dict(one) for one in told], newest


def refused(before: Json, after: Json) -> bool:
    """Whether a record's consents hold a no that they did not hold before."""
    held = {key for key, item in _items(before).items() if item.get("value") is False}
    return any(item.get("value") is False and key not in held for key, item in _items(after).items())


def _decided(key: Key, words: Sequence[Word], asked: Mapping[str, Json]) -> Json:
    if not words:
        return _shown(key, None, asked, UNDATED)
    last = max(words, key=lambda w: w.order)
    return _shown(key, last.value, last.item, last.time)


def _words(event: Event) -> Iterator[Word]:
    """The answers that an edit gave: new ones, and changed ones. A yes that became unknown is one taken back."""
    before = _items(event.before)
    for key, item in _items(event.after).items():
        old = before.get(key)
        value = item.get("value")
        if old is not None and old.get("value") is True and value is None:
            value = False
        if value is None or (old is not None and old.get("value") is value and old.get("time") == item.get("time")):
            continue
        yield Word(key, value, _time(item, old, event), event.stamp, item, event.said.system)


def _time(item: Mapping[str, Json], old: Mapping[str, Json] | None, event: Event) -> float:
    """When an answer was given: as it says itself, but never after it was seen; an edit that left the old time beside a new answer is as
    old as the edit. -inf where nobody knows."""
    own, at = _seconds(item.get("time")), event.at
    if at is None:
        return UNDATED if own is None else min(own, event.said.seen)
    return at if own is None or (old is not None and old.get("time") == item.get("time")) else min(own, at)


def _items(value: Json) -> dict[Key, Mapping[str, Json]]:
    """A list as {key: item}; of two items of one key the stricter."""
    found: dict[Key, Mapping[str, Json]] = {}
    for item in value or ():
        key = (str(item.get("purpose") or ""), str(item.get("channel") or ""), str(item.get("brand") or ""))
        held = found.get(key)
        if held is None or (item.get("value") is False and held.get("value") is not False):
            found[key] = item
    return found


def _shown(key: Key, value: bool | None, item: Mapping[str, Json], time: float) -> dict[str, Json]:
    own = item.get("time")
    made = {"purpose": key[0], "channel": key[1], "value": value, "source": item.get("source"), "time": own}
    if value is not None and time != UNDATED and _seconds(own) != time:
        made["time"] = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return made | ({"brand": key[2]} if key[2] else {}) | ({"text": item["text"]} if item.get("text") else {})


def _told(word: Word) -> tuple[tuple[str, Json], ...]:
    return tuple(_shown(word.key, word.value, word.item, word.time).items()) + (("system", word.system),)


def _seconds(time: Json) -> float | None:
    try:
        moment = datetime.fromisoformat(str(time)) if time else None
    except ValueError:
        return None
    return None if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text(item: Mapping[str, Json]) -> str:
    return str(sorted((k, str(v)) for k, v in item.items()))
