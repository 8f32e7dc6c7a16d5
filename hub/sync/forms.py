"""After a restore: a system's own form of another system's word is no word of its own.

The base forgot what the hub had sent, so everything that was written since the backup looks like an edit of the system it was written to. A
value that another system's value explains (the same but for case, spaces and signs, or cut short) is taken for what that system made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.app import Hub
from hub.entities import FACTS
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import walks
from hub.storage.links import Link
from hub.storage.records import Record
from hub.storage.restoration import Restoration
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.context import STAND_IN, BatchContext
from hub.sync.follow import follow
from hub.sync.merge import HUB
from hub.sync.observe import TICK, empty
from hub.sync.rules import flat, rules_for
from hub.sync.said import Statements
from mappings import Mapping as CompiledMapping

Json = Any
CHUNK = 200
SHORTEST = 3  # letters that a cut value must have kept to be recognised


@dataclass(frozen=True, slots=True)
class Word:
    """What one link says of one field. ``path``: where it stands there."""

    link: str
    path: str
    value: Json
    at: float
    trust: float


def derived(words: Sequence[Word]) -> dict[tuple[str, str], float]:
    """(link, path) of the words that are forms of another one -> the time of that one. Pure."""
    found: dict[tuple[str, str], float] = {}
    for word in words:
        sources = [other for other in words if other is not word and _before(other, word) and form_of(word.value, other.value)]
        if sources:
            found[word.link, word.path] = min(other.at for other in sources)
    return found


def _before(source: Word, word: Word) -> bool:
    """Which of two alike words is the original: the longer one, then that of the system trusted more."""
    return (len(str(source.value)), source.trust, source.link) > (len(str(word.value)), word.trust, word.link)


def form_of(value: Json, source: Json) -> bool:
    """Whether a system may hold this where it was sent the other."""
    if value == source:
        return False
    left, right = flat(value), flat(source)
    if left == right:
        return True
    return isinstance(left, str) and isinstance(right, str) and len(left) >= SHORTEST and right.startswith(left)


class Settler:
    """Goes through the records that the scan after a restore touched, and settles what each system made of them."""

    def __init__(self, hub: Hub, restored: Restoration) -> None:
        self.hub, self.restored = hub, restored
        names = hub.settings.trust
        self.trust = {name: float(len(names) - i) for i, name in enumerate(names)}

    def run(self) -> int:
        """All of them, in groups. Returns how many words were taken for forms."""
        last, count = "", 0
        while ids := self._next(last):
            count += self._settle(ids)
            last = ids[-1]
        return count

    def _next(self, last: str) -> list[str]:
        with self.hub.store.read() as at:
            return walks.touched_since(at, self.restored.restored_at, but=FACTS, after=last, limit=CHUNK)

    def _settle(self, ids: Sequence[str]) -> int:
        absorbed, count = Absorbed(), 0
        with self.hub.store.state() as at:
            statements = Statements(self.hub, at)
            records, links = record_rows.load(at, ids), link_rows.by_records(at, ids)
            changed: dict[str, Link] = {}
            for record_id, record in records.items():
                forms = {
                    key
                    for words in self._words(record, links[record_id], statements).values()
                    for key in self._demote(words, links[record_id])
                }
                changed |= {link.id: link for link in links[record_id] if any(link.id == of for of, _ in forms)}
                count += len(forms)
            link_rows.save(at, list(changed.values()))
            Absorber(self.hub).remerge_within(at, [link.record_id for link in changed.values()], absorbed)
            records, links = record_rows.load(at, ids), link_rows.by_records(at, ids)
            said = [link for record in records.values() for link in links[record.id] if self._agree(record, link, statements)]
            link_rows.save(at, said)
        follow(self.hub, absorbed)
        return count

    def _words(self, record: Record, links: Sequence[Link], statements: Statements) -> Mapping[str, list[Word]]:
        """Field -> what links have said of it since the backup."""
        found: dict[str, list[Word]] = {}
        for link, mapping in self._live(links):
            context = statements.context(link.system)
            for path, entry in link.contribution.items():
                if entry["t"] is None or entry["t"] < self.restored.taken_at or path not in mapping.by_path or "ops" in entry:
                    continue
                data, wrong = mapping.decode(path, entry["v"], context)
                for name, value in data.items() if not wrong else ():
                    found.setdefault(name, []).append(Word(link.id, path, value, entry["t"], self.trust.get(link.system, 0.0)))
        return found

    def _demote(self, words: list[Word], links: Sequence[Link]) -> Iterator[tuple[str, str]]:
        by_id = {link.id: link for link in links}
        for (link_id, path), at in derived(words).items():
            entry = by_id[link_id].contribution[path]
            entry["t"] = by_id[link_id].times[path] = min(entry["t"], at - TICK)
            yield link_id, path

    def _agree(self, record: Record, link: Link, statements: Statements) -> bool:
        """Remember as sent what a system holds in its own form. Whether there is anything to remember."""
        mapping = next((m for x, m in self._live([link])), None)
        if mapping is None or not mapping.give or link.role != "primary":
            return False
        context = statements.context(link.system)
        data = dict(record.data) | {name: STAND_IN for name in mapping.stand_in if empty(record.data.get(name))}
        projected, _ = mapping.project(data, link.base, context)
        alike = {path: value for path, value in projected.items() if self._holds(mapping, link, path, value, context)}
        link.sent |= alike
        return bool(alike)

    def _holds(self, mapping: CompiledMapping, link: Link, path: str, value: Json, context: BatchContext) -> bool:
        base = link.base.get(path)
        if path not in link.base or value == base or link.sent.get(path) == value or empty(base):
            return False
        return rules_for(self.hub, mapping, link.system, context).alike(path, base, value) or form_of(base, value)

    def _live(self, links: Sequence[Link]) -> Iterator[tuple[Link, CompiledMapping]]:
        for link in links:
            known = link.system != HUB and link.state == "live" and link.system in self.hub.settings.systems
            mapping = self.hub.mapping(link.system, link.resource) if known else None
            if mapping is not None:
                yield link, mapping
