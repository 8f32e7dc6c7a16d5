"""The floor of I3, counted by cause: edits that no hub could order, and edits that fell between our re-read and our write. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.storage.links import Link
from hub.sync.observe import Look, Rules, empty
from hub.sync.statement import HUB, Said

Json = Any
ONE_INTERVAL, BEFORE_WRITE = "floor_one_interval", "floor_before_write"  # names of the counters
Place = tuple[str, str]  # link id, path


def orderable_either_way(
    edited: Iterable[Place], names: Mapping[Place, Sequence[str]], said: Mapping[str, Sequence[Said]], links: Sequence[Link]
) -> int:
    """How many of the new edits say otherwise than an edit of the same field in another place, both made between looks that overlap in
    time: a vendor that dates the whole object, or nothing, does not tell which was the later. ``names``: fields of each place."""
    spans = {(x.id, path): entry["span"] for x in links for path, entry in x.contribution.items() if entry.get("span")}
    pairs = set()
    for place in edited:
        mine = spans.get(place)
        if mine is None:
            continue
        for name in names.get(place, ()):
            own = next((s for s in said.get(name, ()) if s.link == place[0]), None)
            for other in said.get(name, ()):
                theirs = _span_of(other, name, names, spans)
                if own is None or theirs is None or other.link == place[0] or other.system == HUB or other.value == own.value:
                    continue
                if max(mine[0], theirs[0]) <= min(mine[1], theirs[1]):
                    pairs.add((name, *sorted((place[0], other.link))))
    return len(pairs)


def _span_of(said: Said, name: str, names: Mapping[Place, Sequence[str]], spans: Mapping[Place, Sequence[float]]) -> Sequence[float] | None:
    return next((span for place, span in spans.items() if place[0] == said.link and name in names.get(place, ())), None)


def overwritten(link: Link, look: Look, rules: Rules) -> list[str]:
    """Paths of which a look, made after our last re-read and before our write ended, shows what neither the re-read nor our write says:
    somebody's edit that the write hit. Each is told once."""
    last = link.replaced
    if not last or not last["since"] < look.at <= link.wrote_at:
        return []
    found = []
    for path, before in list(last["values"].items()):
        value = look.values.get(path)
        ours = (link.base.get(path), link.sent.get(path), before)
        if path not in look.values or empty(value) or any(value == x or rules.alike(path, value, x) for x in ours):
            continue
        found.append(path)
        del last["values"][path]
    return found
