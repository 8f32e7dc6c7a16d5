"""Duplicates decided one by one or by rule: pairs are grouped by what they have alike, and a rule decides a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.decisions.many import decide_each
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import records as record_rows
from hub.storage import unions
from hub.sync.batch import Absorbed
from hub.sync.identify import match_keys, same_name
from hub.sync.uniting import kept_of, merge_within, undo

Json = Any
SAME_NAME, OTHER_NAME, NO_NAME = "same-name", "other-name", "no-name"
NAMED = {True: SAME_NAME, False: OTHER_NAME, None: NO_NAME}
KINDS = ("phone", "email", "card")
PERSON = "customer"
SAMPLES, ROUNDS = 3, 20


@dataclass(slots=True)
class Group:
    """Open pairs that have the same alike. ``key``: what a rule names, as ``phone+same-name``, or the entity where it is not that of people;
    ``name``: how the first names stand."""

    key: str
    kinds: tuple[str, ...]
    name: str
    pairs: list[dict[str, Json]] = field(default_factory=list)

    @property
    def samples(self) -> list[dict[str, Json]]:
        return self.pairs[:SAMPLES]


def likeness(a: Mapping[str, Json], b: Mapping[str, Json]) -> tuple[tuple[str, ...], str]:
    """(kinds of match keys that two customers share, how their first names stand)."""
    shared = match_keys("customer", a, KINDS) & match_keys("customer", b, KINDS)
    return tuple(kind for kind in KINDS if any(k == kind for k, _ in shared)), NAMED[same_name(a, b)]


def groups(at: Connection) -> list[Group]:
    """The open pairs by what they have alike, the largest group first."""
    pairs = unions.open_pairs(at)
    data = _data(at, pairs)
    found: dict[str, Group] = {}
    for pair in pairs:
        if pair["record_a"] not in data or pair["record_b"] not in data:
            continue
        person = pair["entity"] == PERSON
        kinds, name = likeness(data[pair["record_a"]], data[pair["record_b"]]) if person else ((), "")
        key = "+".join([*kinds, name]) if person else pair["entity"]
        found.setdefault(key, Group(key, kinds, name)).pairs.append(pair)
    return sorted(found.values(), key=lambda g: (-len(g.pairs), g.key))


def decide(hub: Hub, pair_id: str, decision: str, *, actor: str) -> None:
    """One pair: ``same`` merges the two records, ``different`` keeps them apart and is remembered. Raises Refused."""
    with hub.store.read() as at:
        pair = unions.pair(at, pair_id)
    if pair is None or pair["decision"]:
        raise Refused(N_("pair %(pair)s: there is none, or it is decided already"), pair=pair_id)
    if refused := _decide_all(hub, [pair], decision, actor)[1]:
        raise refused[0]


def decide_group(hub: Hub, key: str, decision: str, *, actor: str) -> tuple[int, list[Refused]]:
    """All open pairs of a group. A merge may bring others into it, so it is gone through until nothing is left. Returns how many pairs were
    decided, and why others were not."""
    done, tried, moment = 0, set[str](), hub.clock()
    problems: list[Refused] = []
    for _ in range(ROUNDS):
        with hub.store.read() as at:
            group = next((g for g in groups(at) if g.key == key), None)
        left = [pair for pair in group.pairs if pair["id"] not in tried] if group else []
        if not left:
            break
        tried |= {pair["id"] for pair in left}
        count, refused = _decide_all(hub, left, decision, actor, moment)
        done, problems = done + count, problems + refused
    return done, problems


def _decide_all(
    hub: Hub, pairs: Sequence[dict[str, Json]], decision: str, actor: str, moment: float | None = None
) -> tuple[int, list[Refused]]:
    now = hub.clock() if moment is None else moment

    def one(at: Connection, named: Mapping[str, Json], absorbed: Absorbed) -> bool:
        pair = unions.pair(at, named["id"])
        if pair is None or pair["decision"]:
            return False
        a, b = pair["record_a"], pair["record_b"]
        if decision == unions.SAME:
            keep, other = kept_of(hub, at, a, b)
            merge_within(hub, at, keep, other, absorbed, actor=actor, moment=now)
        else:
            unions.decide(at, [pair["id"]], unions.DIFFERENT, actor=actor, now=now)
            audit.write(at, [audit.Entry("operator.keep apart", actor, "", pair["entity"], a, b, "ok")], now=hub.clock())
        return True

    return decide_each(hub, pairs, one)


def again(hub: Hub, pair_id: str, *, actor: str) -> None:
    """Ask about a pair kept apart once more. Raises Refused."""
    with hub.store.write() as at:
        pair = unions.pair(at, pair_id)
        if pair is None or pair["decision"] != unions.DIFFERENT:
            raise Refused(N_("pair %(pair)s: it is not kept apart"), pair=pair_id)
        unions.decide(at, [pair_id], None, actor=actor, now=hub.clock())
        audit.write(at, [audit.Entry("operator.ask again", actor, "", pair["entity"], pair["record_a"], pair["record_b"], "ok")], now=hub.clock())  # fmt: skip


def together(at: Connection, ident: str) -> tuple[list[str], list[str]]:
    """(merges, pairs kept apart) that one answer decided, by the id of any of them. What was decided alone is alone."""
    if step := unions.step(at, ident):
        return unions.together(at, step["actor"], step["at"])
    pair = unions.pair(at, ident)
    return unions.together(at, pair["decided_by"], pair["decided_at"]) if pair and pair["decided_at"] else ([], [])


def undo_together(hub: Hub, ident: str, *, actor: str) -> tuple[int, list[Refused]]:
    """Take back all that one answer decided, by the id of any of it: merges, the last first, and pairs kept apart. Returns how much was taken
    back, and why the rest was not."""
    with hub.store.read() as at:
        merges, pairs = together(at, ident)
    done, problems = 0, list[Refused]()
    for work, ids in ((undo, merges), (again, pairs)):
        for one in ids:
            try:
                work(hub, one, actor=actor)
                done += 1
            except Refused as why:
                problems.append(why)
    return done, problems


def _data(at: Connection, pairs: Sequence[Mapping[str, Json]]) -> dict[str, Mapping[str, Json]]:
    ids = sorted({one for pair in pairs for one in (pair["record_a"], pair["record_b"])})
    return {ident: record.data for ident, record in record_rows.load(at, ids).items() if not record.merged_into}
