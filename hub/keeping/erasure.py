"""``sverka record erase``: a person's values taken out of everything that the hub keeps, with a certificate of what was done.

What stays says nothing of the person: which objects of the systems were hers, by their ids, so that they are not met as somebody new;
orders and calls without their personal fields and without their customer; audit rows without values; and keyed digests (tombstones), by which she is not read in again
from a system that still has her. The systems' own objects are erased there, by hand: the hub never deletes remotely.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from hub import audit
from hub.app import Hub
from hub.entities import FACTS, FIELDS
from hub.keeping import backup
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import inbox, offers, past_keys, tombstones, traces, views
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, made_at
from hub.storage.tables import audit as audit_table
from hub.storage.tables import delivery, intake, main, match_key, record
from hub.storage.tombstones import KEY, OBJECT, RECORD, Mark
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.context import STAND_IN
from hub.sync.erased import ERASED, Erased, emptied, personal, personal_fields, withhold
from hub.sync.follow import follow
from hub.sync.known import known_since
from hub.sync.questions import asked
from hub.sync.search_keys import FORMER_CARD
from hub.sync.statement import HUB
from mappings.phones import numbers

Json = Any
ERASE, READMIT, KEPT_OUT = "operator.erase", "operator.readmit", "erasure.kept_out"
OTHERS = tuple(entity for entity in FIELDS if entity != "customer")
KEYS = ("phone", "email", "card")
TELLING = {"phones", "emails", "cards", "contact.phone", "contact.email", "card", "phone"}  # fields whose values point to one person
SHORTEST = 6  # letters and digits of a value that points to one person
PATIENCE = 30.0  # seconds that a write under way is waited for


@dataclass(slots=True)
class Person:
    """What is to be erased. ``ids``: the customer's records; ``others``: orders and calls; ``keys``: what the person alone is found by;
    ``words``: values that point to the person, as they stand anywhere; ``related``: other customers who share a key."""

    ids: list[str]
    others: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    keys: set[tuple[str, str]] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    related: list[str] = field(default_factory=list)

    @property
    def objects(self) -> list[tuple[str, str, str]]:
        return sorted((x.system, x.resource, x.external_id) for x in self.links if x.external_id and x.system != HUB)

    def marks(self) -> list[Mark]:
        """All by which something of the person may come back."""
        found: list[Mark] = [(RECORD, one) for one in (*self.ids, *self.others)]
        found += [(OBJECT, *one) for one in self.objects]
        return found + [(KEY, kind, value) for kind, value in sorted(self.keys)]


def erase(hub: Hub, record_id: str, *, actor: str, reason: str = "", prove: bool = True) -> dict[str, Json]:
    """Erase a customer. Returns the certificate. ``prove``: look through all tables afterwards for what points to the person.
    Raises Refused."""
    with hub.store.read() as at:
        known = record_rows.load(at, [record_id]).get(record_id)
        if known is None or known.entity != "customer":
            raise Refused(
                N_("record %(record)s: a customer is erased, with the orders and calls; look one up with `sverka record show`"),
                record=record_id,
            )
        person = person_of(hub, at, record_id)
    _quiet(hub, person)
    certificate = _told(hub, person, link_rows.new_id(), actor, reason)
    with hub.store.intake() as at:
        taken = traces.forget_inbox(at, person.objects, sorted(person.words), now=hub.clock())
    absorbed = Absorbed()
    with hub.store.state() as at:
        if traces.being_written(at, [*person.ids, *person.others]):
            raise Refused(N_("record %(record)s: something of it is being written at this moment; try again in a minute"), record=record_id)
        person = person_of(hub, at, record_id)
        certificate["removed"] = {"inbox": taken} | _erase(hub, at, person, str(certificate["certificate"]), absorbed)
        _certify(hub, at, certificate)
    follow(hub, absorbed)
    return certificate | _proof(hub, person, str(certificate["certificate"]), prove)


def _told(hub: Hub, person: Person, ident: str, actor: str, reason: str) -> dict[str, Json]:
    """The certificate: what was erased, and what the systems themselves still have."""
    return {
        "certificate": ident,
        "erased_at": datetime.fromtimestamp(hub.clock(), UTC).isoformat(timespec="seconds"),
        "actor": actor,
        "reason": reason,
        "record": person.ids[0],
        "objects": [dict(zip(("system", "resource", "id"), one, strict=True)) for one in person.objects],
        "related": person.related,
    }


def _certify(hub: Hub, at: Connection, certificate: Mapping[str, Json]) -> None:
    row = audit.Entry(ERASE, certificate["actor"], entity="customer", record_id=certificate["record"], cause=certificate["certificate"],
                      outcome="ok", after=dict(certificate))  # fmt: skip
    audit.write(at, [row], now=hub.clock())


def person_of(hub: Hub, at: Connection, record_id: str) -> Person:
    """All that is known of a customer."""
    person = Person(traces.of_one_person(at, record_id))
    k = match_key.c
    rows = at.execute(select(k.kind, k.value).where(k.record_id.in_(person.ids), k.kind.in_((*KEYS, FORMER_CARD)))).tuples()
    held = [("card" if kind == FORMER_CARD else kind, value) for kind, value in rows]
    shared = {key: [r for r in traces.holding(at, key[0], [key[1]], ["customer"]) if r not in person.ids] for key in set(held)}
    person.keys = {key for key, others in shared.items() if not others}
    person.related = sorted({one for others in shared.values() for one in others})
    mine = set(traces.holding(at, "customer", person.ids, OTHERS))
    perhaps = {one for kind, value in person.keys for one in traces.holding(at, kind, [value], OTHERS)} - mine
    nobody = (None, "", STAND_IN)
    mine |= {r.id for r in record_rows.load(at, perhaps).values() if r.data.get("customer") in nobody}
    person.others = sorted(mine)
    grouped = link_rows.by_records(at, [*person.ids, *person.others])
    person.links = [x for found in grouped.values() for x in found]
    person.words = {value for _, value in held if len(value) >= SHORTEST}
    for one in person.links:
        person.words |= set(_telling(hub, one))
    return person


def _telling(hub: Hub, one: Link) -> Iterable[str]:
    """What in a link points to the person, in the system's own words."""
    mapping = hub.mapping(one.system, one.resource) if one.system in hub.settings.systems else None
    for path in one.base:
        if mapping is not None and any(f.field in TELLING for f in mapping.by_path.get(path, ())):
            yield from (word for word in _leaves(one.base[path]) if sum(c.isalnum() for c in word) >= SHORTEST and _points(word))


def _points(word: str) -> bool:
    return "@" in word or sum(c.isdigit() for c in word) >= SHORTEST


def _leaves(value: Json) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name.casefold() != "id":  # a vendor's number of the row says nothing of the person
                yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)


def _quiet(hub: Hub, person: Person) -> None:
    """Wait until nothing of the person is being written."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with hub.store.read() as at:
            if not traces.being_written(at, [*person.ids, *person.others]):
                return
        time.sleep(0.2)


def _erase(hub: Hub, at: Connection, person: Person, certificate: str, absorbed: Absorbed) -> dict[str, int]:
    """Take everything out, in the caller's transaction. Returns table -> rows."""
    marks = tombstones.put(at, hub.settings.secret_key, person.marks(), certificate, now=hub.clock())
    _outlive(hub, at, person)
    counts = traces.forget(at, person.ids)
    traces.forget_stand_ins(at, [(system, ident) for system, _, ident in person.objects])
    counts["samples"] = traces.forget_samples(at, [*person.ids, *person.others])
    counts["parked"] = traces.forget_parked(at, sorted(person.words))
    counts["offer"] = offers.forget(at, person.others, [(x.system, x.external_id) for x in person.links if x.external_id])
    own = [x for x in person.links if x.record_id in set(person.ids)]
    link_rows.save(at, [emptied(x) for x in own if x.external_id and x.system != HUB])
    link_rows.remove(at, [x.id for x in own if not x.external_id or x.system == HUB])
    rest = [x for x in person.links if x.record_id not in set(person.ids)]
    for one in rest:
        withhold(one, _paths(hub, one))
    link_rows.save(at, rest)
    facts = [x.record_id for x in rest if x.entity in FACTS]
    ids = at.execute(select(delivery.c.id).where(delivery.c.record_id.in_(facts))).scalars().all()
    hub.outbox.skip(at, ids, ERASED, now=hub.clock())
    counts["link"] = len(person.links)
    _depersonalise(hub, at, person, counts)
    Absorber(hub).remerge_within(at, person.others, absorbed)
    return {name: n for name, n in counts.items() if n} | {"records_depersonalised": len(person.others), "tombstones": marks}


def _outlive(hub: Hub, at: Connection, person: Person) -> None:
    """Keep under keyed digests since when she is known and where she was registered: let in again, or with a key of hers, nobody is welcomed a second time."""
    own = [x for x in person.links if x.record_id in set(person.ids) and x.system != HUB]
    there: dict[str, float] = {}
    for link in own:
        there[link.system] = min(there.get(link.system, hub.clock()), made_at(link.id) or 0.0)
    since = min(known_since(one, own) for one in record_rows.load(at, person.ids).values())
    past_keys.outlive(at, hub.settings.secret_key, person.ids, since, there)


def _paths(hub: Hub, one: Link) -> frozenset[str]:
    mapping = hub.mapping(one.system, one.resource) if one.system in hub.settings.systems else None
    if mapping is None:  # by hand, or of a system that is configured no more
        return frozenset(one.base) | frozenset(one.sent) | frozenset(one.contribution) if one.system != HUB else personal_fields(one.entity)
    return personal(mapping)


def _depersonalise(hub: Hub, at: Connection, person: Person, counts: dict[str, int]) -> None:
    """Orders and calls stay, without what they say of the person: in the record, in the audit log's values, in what vendors answered."""
    records = record_rows.load(at, person.others)
    for one in records.values():
        hidden = personal_fields(one.entity)
        one.data = {name: value for name, value in one.data.items() if name not in hidden}
        one.provenance = {name: said for name, said in one.provenance.items() if name not in hidden}
    record_rows.save(at, list(records.values()))
    paths = {path for x in person.links for path in _paths(hub, x)} | {name for entity in OTHERS for name in personal_fields(entity)}

    def shows(*values: Json) -> bool:
        return any(not isinstance(v, dict) or v.keys() & paths for v in values if v is not None)

    counts["audit_body"] = counts.get("audit_body", 0) + traces.forget_bodies(at, person.others, shows)
    counts["told"] = traces.forget_fields(at, person.others, paths)


def _proof(hub: Hub, person: Person, certificate: str, prove: bool) -> dict[str, Json]:
    """Seal the act, empty the journal of the database, and look for what is left."""
    with hub.store.state() as at:
        while audit.seal(at, now=hub.clock()):
            pass
    found: dict[str, Json] = {"files_settled": hub.store.settle_files()}
    with hub.store.read() as at:
        row = at.execute(select(audit_table).where(audit_table.c.action == ERASE, audit_table.c.cause == certificate)).mappings().one()
        block = views.sealed(at)
        found["audit"] = {"row": row["id"], "digest": row["digest"], "block": block.get("id"), "block_digest": block.get("digest")}
        if prove:
            found["still_found"] = traces.found(at, main, sorted(person.words))
    if prove:
        with hub.store.read_intake() as at:
            found["still_found"] |= traces.found(at, intake, sorted(person.words))
    folder = hub.settings.folder / backup.FOLDER
    found["backups"] = sorted(file.name for file in folder.glob(f"*{backup.SUFFIX}")) if folder.is_dir() else []
    return found


def erased(at: Connection, *, limit: int = 100) -> list[dict[str, Json]]:
    """The certificates, newest first, as they were at the act; ``readmitted`` where the person was let in again, ``kept_out``: objects that
    were not read in since."""
    rows = views.audit_rows(at, action=ERASE, limit=limit)
    found = []
    for row in rows:
        since = at.execute(select(audit_table.c.action).where(audit_table.c.cause == row["cause"], audit_table.c.id > row["id"])).scalars().all()  # fmt: skip
        told = {"at": row["at"], "certificate": row["cause"], "record": row["record_id"], "actor": row["actor"], **(row["after"] or {})}
        found.append(told | {"readmitted": READMIT in since, "kept_out": since.count(KEPT_OUT)})
    return found


def certificate_of(hub: Hub, at: Connection, text: str) -> str:
    """The certificate of an erased person whom somebody looks for by a phone, an e-mail address, a card or the record's id; else empty."""
    question = asked(text, numbers(text), hub.today)
    marks: list[Mark] = [(KEY, kind, value) for kind, value in question.keys if kind in KEYS]
    found = Erased(hub, at).certificates([*marks, (RECORD, text.strip())])
    return next(iter(found.values()), "")


def readmit(hub: Hub, certificate: str, *, actor: str) -> int:
    """Let an erased person in again, who came back: what the systems have of her is read anew, as of somebody unknown. Returns how many
    objects are looked at. Raises Refused."""
    with hub.store.state() as at:
        if not tombstones.lift(at, certificate):
            raise Refused(
                N_("certificate %(certificate)s: nobody is kept out by it; `sverka record erased` lists all"), certificate=certificate
            )
        told = next((one for one in views.audit_rows(at, action=ERASE, limit=10_000) if one["cause"] == certificate), {})
        person = str(told.get("record_id", ""))
        kept = at.execute(select(audit_table.c.record_id).where(audit_table.c.action == KEPT_OUT, audit_table.c.cause == certificate))
        links = link_rows.by_records(at, [person, *kept.scalars()])
        people = [x for found in links.values() for x in found if x.state == ERASED]
        link_rows.remove(at, [x.id for x in people])
        objects = {(x.system, x.resource, x.external_id or "") for x in people}
        objects |= _opened(at, [(o["system"], o["resource"], o["id"]) for o in (told.get("after") or {}).get("objects", ())])
        row = audit.Entry(READMIT, actor, entity="customer", record_id=person, cause=certificate, outcome="ok")
        audit.write(at, [row], now=hub.clock())
    now = hub.clock()
    hint = {"kind": "hint", "looked_at": now, "received_at": now, "due_at": now}
    with hub.store.intake() as at:
        inbox.put(at, [hint | {"system": s, "resource": r, "external_id": e} for s, r, e in sorted(objects) if s in hub.settings.systems])
    return len(objects)


def _opened(at: Connection, objects: Sequence[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Orders and calls that are to be read whole again."""
    changed = []
    for system, resource, ident in objects:
        for one in link_rows.by_external(at, system, resource, [ident]).values():
            one.frozen = {path: why for path, why in one.frozen.items() if why != ERASED}
            changed.append(one)
    link_rows.save(at, changed)
    return {(x.system, x.resource, x.external_id or "") for x in changed}


def again(hub: Hub, at: Connection, stones: Mapping[str, str]) -> int:
    """After an older backup was put back: erase once more whom it brought back. ``stones``: digest -> certificate of the present. In the
    caller's transaction. Returns how many persons."""
    secret, persons = hub.settings.secret_key, 0
    ids = at.execute(select(record.c.id).where(record.c.entity == "customer")).scalars().all() if stones else ()
    for ident in ids:
        certificate = stones.get(tombstones.digest(secret, (RECORD, ident)))
        if certificate and record_rows.load(at, [ident]):
            person = person_of(hub, at, ident)
            _erase(hub, at, person, certificate, Absorbed())
            _certify(hub, at, _told(hub, person, certificate, "hub", "a backup that still held the person was put back"))
            persons += 1
    return persons
