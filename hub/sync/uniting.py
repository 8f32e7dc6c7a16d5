"""Two records that are one person become one, and one that is two becomes two; both can be undone. Links move, nothing is lost: what each
object says is kept with its link, and the records are merged anew from that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import links as link_rows
from hub.storage import naming, past_keys, reviews, unions
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync import stocks
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.follow import follow
from hub.sync.goods import PRODUCT, STOCK

Json = Any
MERGED = ("customer", PRODUCT)
BY_HAND = "split by hand"  # why a pair is there
MERGED_IN = "merged in "  # who decided a merge that people made in a system, before the system's name
HERE = ("live", "archived")


def merge(hub: Hub, keep: str, other: str, *, actor: str) -> str:
    """Make two records one: ``other`` goes into ``keep``. Returns the step's id, by which it is undone. Raises Refused."""
    absorbed = Absorbed()
    with hub.store.state() as at:
        step = merge_within(hub, at, keep, other, absorbed, actor=actor)
    follow(hub, absorbed)
    return step


def merge_within(hub: Hub, at: Connection, keep: str, other: str, absorbed: Absorbed, *, actor: str, moment: float | None = None) -> str:
    """Like :func:`merge`, inside the caller's state transaction; ``absorbed`` takes what is to be followed. ``moment``: of an answer to many
    pairs, by which they are taken back together."""
    kept, gone = _pair(at, keep, other)
    links = link_rows.by_records(at, [keep, other])
    settled([*links[keep], *links[other], *_stocks(at, kept.entity, [keep, other])])
    before = [[x.id, x.record_id, x.role] for x in links[other]]
    held = {x.system for x in links[keep] if x.role == "primary" and x.state in HERE}
    for link in links[other]:
        link.record_id = keep
        if link.role == "primary" and link.system in held:
            link.role = "alias"
    link_rows.save(at, links[other])
    gone.merged_into = keep
    record_rows.save(at, [gone])
    _lose_keys(hub, at, gone.entity, other)
    reviews.set_waiting(at, [other], [], now=hub.clock())
    reviews.set_problems(at, [other], [])
    pairs = _pairs_follow(hub, at, kept, other, actor)
    step = _note(hub, at, "merge", kept, other, before, pairs, actor, moment)
    _anew(hub, at, [keep], naming.naming(at, kept.entity, [keep, other] if kept.entity == PRODUCT else [other]), absorbed)
    return step


def kept_of(hub: Hub, at: Connection, a: str, b: str) -> tuple[str, str]:
    """(the record that stays, the other): the one that more systems know as their own, else the older."""
    links, records = link_rows.by_records(at, [a, b]), record_rows.load(at, [a, b])

    def rank(one: str) -> tuple[int, float, str]:
        known = {x.system for x in links[one] if x.role == "primary" and x.system in hub.settings.systems}
        return -len(known), records[one].created_at if one in records else 0.0, one

    keep, other = sorted((a, b), key=rank)
    return keep, other


def split(hub: Hub, record_id: str, link_ids: Sequence[str], *, actor: str) -> str:
    """Make a record of its own of some links of a record: another person's objects. Returns the step's id. Raises Refused."""
    absorbed = Absorbed()
    with hub.store.state() as at:
        step = _split(hub, at, record_id, set(link_ids), absorbed, actor)
    follow(hub, absorbed)
    return step


def _split(hub: Hub, at: Connection, record_id: str, link_ids: set[str], absorbed: Absorbed, actor: str) -> str:
    record = _record(at, record_id)
    links = link_rows.by_records(at, [record_id])[record_id]
    moved = [x for x in links if x.id in link_ids]
    rest = [x for x in links if x.id not in link_ids and x.system in hub.settings.systems]
    if not moved or not rest:
        raise Refused(N_("record %(record)s: name some of its objects, not none and not all"), record=record_id)
    settled([*links, *_stocks(at, record.entity, [record_id])])
    before = [[x.id, x.record_id, x.role] for x in links]
    made = Record(new_id(), record.entity, 0, {}, {}, None, hub.clock(), hub.clock())
    record_rows.add(at, [made])
    for link in moved:
        link.record_id = made.id
    for some in (moved, rest):
        _one_primary(some)
    link_rows.save(at, [*moved, *rest])
    reviews.open_duplicate(at, record.entity, record_id, made.id, BY_HAND, now=hub.clock())
    found = unions.between(at, record_id, made.id)
    assert found is not None
    unions.decide(at, [found["id"]], unions.DIFFERENT, actor=actor, now=hub.clock())
    step = _note(hub, at, "split", record, made.id, before, [[found["id"], None]], actor)
    _anew(hub, at, [record_id, made.id], naming.naming(at, record.entity, [record_id]), absorbed)
    return step


def undo(hub: Hub, step_id: str, *, actor: str) -> None:
    """Take a merge or split back: links, roles and pairs are as they were. Raises Refused where a later step stands on it."""
    absorbed = Absorbed()
    with hub.store.state() as at:
        step = unions.step(at, step_id)
        if step is None or step["undone_at"]:
            raise Refused(N_("step %(step)s: there is none, or it is undone already"), step=step_id)
        kept, other = step["kept"], step["other"]
        since = [s for s in unions.steps(at, limit=1000) if (s["at"], s["id"]) > (step["at"], step["id"])]
        later = [s["id"] for s in since if {kept, other} & {s["kept"], s["other"]}]
        if later:
            raise Refused(
                N_("step %(step)s: the same records were merged or split since; undo %(later)s first"), step=step_id, later=later[0]
            )
        links = link_rows.by_records(at, [kept, other])
        now_there = {x.id: x for some in links.values() for x in some}
        settled([*now_there.values(), *_stocks(at, step["entity"], [kept, other])])
        for link_id, record_id, role in step["links"]:
            if link := now_there.get(link_id):
                link.record_id, link.role = record_id, role
        records = record_rows.load(at, [kept, other])
        records[other].merged_into = None if step["kind"] == "merge" else kept
        if step["kind"] == "split":
            for link in links[other]:
                link.record_id = kept
            _lose_keys(hub, at, step["entity"], other)
        link_rows.save(at, list(now_there.values()))
        record_rows.save(at, [records[other]])
        for pair_id, decision in step["pairs"]:
            unions.decide(at, [pair_id], decision, actor=actor, now=hub.clock())
        unions.undone(at, step_id, now=hub.clock())
        _audit(hub, at, f"undo {step['kind']}", records[kept], other, actor)
        living = [kept, other] if step["kind"] == "merge" else [kept]
        _anew(hub, at, living, naming.naming(at, step["entity"], [kept, other]), absorbed)
    follow(hub, absorbed)


def _lose_keys(hub: Hub, at: Connection, entity: str, record_id: str) -> None:
    """Find nothing by this record any more: its objects are another's now."""
    altered = record_rows.set_keys(at, entity, {record_id: set()})
    if entity == past_keys.CUSTOMER:
        past_keys.moved(at, hub.settings.secret_key, altered)


def _pairs_follow(hub: Hub, at: Connection, kept: Record, other: str, actor: str) -> list[list[Json]]:
    """The pair itself is decided; the other's pairs become pairs of the record that is left. Returns how they stood."""
    before, now = [], hub.clock()
    if mine := unions.between(at, kept.id, other):
        before.append([mine["id"], mine["decision"]])
        unions.decide(at, [mine["id"]], unions.SAME, actor=actor, now=now)
    for row in unions.pairs_of(at, other):
        before.append([row["id"], None])
        unions.decide(at, [row["id"]], unions.SUPERSEDED, actor=actor, now=now)
        third = row["record_a"] if row["record_b"] == other else row["record_b"]
        if third != kept.id:
            reviews.open_duplicate(at, kept.entity, kept.id, third, row["reason"], now=now)
    return before


def _anew(hub: Hub, at: Connection, people: Sequence[str], depending: Sequence[str], absorbed: Absorbed) -> None:
    """Merge the records and what depends on them again, and let every system be compared with them."""
    if any(
        r.entity == PRODUCT for r in record_rows.load(at, people).values()
    ):  # what the site may sell of a product is counted from its stocks
        Absorber(hub).remerge_within(at, stocks.gathered(hub, at, depending), absorbed)
        depending = ()
    Absorber(hub).remerge_within(at, people, absorbed)
    Absorber(hub).remerge_within(at, depending, absorbed)
    now = [r for r in record_rows.load(at, people).values() if not r.merged_into]
    rows = [(s, r.entity, r.id, r.version) for r in now for s in hub.takers(r.entity)]
    products = [r.id for r in now if r.entity == PRODUCT]
    rows += [row for s in hub.takers(STOCK) for row in naming.owed(at, s, PRODUCT, products)] if products else []
    hub.outbox.open(at, rows, now=hub.clock())


def _stocks(at: Connection, entity: str, ids: Sequence[str]) -> list[Link]:
    """The objects of these records' stocks, which move with them."""
    return stocks.links_of(at, ids) if entity == PRODUCT else []


def _one_primary(links: Sequence[Link]) -> None:
    """Of the objects of one system exactly one is the record's own."""
    for system in {x.system for x in links}:
        mine = [x for x in links if x.system == system and x.role in ("primary", "alias") and x.state in HERE]
        if mine and all(x.role == "alias" for x in mine):
            mine[0].role = "primary"


def _note(
    hub: Hub, at: Connection, kind: str, kept: Record, other: str, links: Json, pairs: Json, actor: str, moment: float | None = None
) -> str:
    step, now = new_id(), hub.clock() if moment is None else moment
    row = {"id": step, "entity": kept.entity, "kind": kind, "kept": kept.id, "other": other, "actor": actor, "at": now}
    unions.add_step(at, row | {"links": links, "pairs": pairs})
    _audit(hub, at, kind, kept, other, actor)
    return step


def _audit(hub: Hub, at: Connection, what: str, kept: Record, other: str, actor: str) -> None:
    audit.write(at, [audit.Entry(f"operator.{what}", actor, "", kept.entity, kept.id, other, "ok")], now=hub.clock())


def settled(links: Sequence[Link]) -> None:
    """Refuse to move links while one of them is being written to. Raises Refused."""
    for link in links:
        if link.intent is not None or link.state == "creating":
            raise Refused(
                N_("record %(record)s: it is being written to %(system)s at this moment; try again in a minute"),
                record=link.record_id,
                system=link.system,
            )


def _pair(at: Connection, keep: str, other: str) -> tuple[Record, Record]:
    kept, gone = _record(at, keep), _record(at, other)
    if keep == other or kept.entity != gone.entity or kept.entity not in MERGED:
        raise Refused(
            N_("records %(one)s and %(other)s: two different customers, or two products, can be made one, nothing else"),
            one=keep,
            other=other,
        )
    return kept, gone


def _record(at: Connection, record_id: str) -> Record:
    found = record_rows.load(at, [record_id]).get(record_id)
    if found is None or found.merged_into:
        raise Refused(N_("record %(record)s: there is no such record"), record=record_id)
    return found
