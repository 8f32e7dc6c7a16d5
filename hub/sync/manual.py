"""People are a system too: fields set or cleared by hand, conflicts decided, and both undone, as contributions of the system ``hub``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.entities import FACTS, FIELDS, SCHEMAS
from hub.entities.policy import Policy
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import conflicts
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.sync.absorb import Absorber
from hub.sync.batch import Absorbed
from hub.sync.erased import ERASED
from hub.sync.follow import follow
from hub.sync.observe import TICK, edits_of, empty, kept
from hub.sync.statement import HUB

Json = Any
SET, CLEAR, DECIDE, UNDO = "operator.set", "operator.clear", "operator.decide", "operator.undo"


@dataclass(frozen=True, slots=True)
class Word:
    """What a person said of a field of a record. ``action``: as the audit log names it."""

    record_id: str
    field: str
    value: Json
    action: str
    actor: str
    reason: str = ""


def set_field(hub: Hub, record_id: str, name: str, value: Json, *, actor: str, reason: str = "") -> None:
    """Say by hand what a field is (None: nothing). It counts like the latest edit, is validated, audited, and written to all systems.
    Raises Refused."""
    _say(hub, Word(record_id, name, value, SET, actor, reason))


def settable(hub: Hub, entity: str, data: Mapping[str, Json]) -> list[str]:
    """The fields of such a record that people may set."""
    own = [f"custom.{name}" for name in hub.settings.custom_fields.get(entity, ())]
    names = [] if entity in FACTS else [*FIELDS[entity], *own]
    return [name for name in names if _open_to_people(hub.settings.policy(entity, name), data)]


def set_within(hub: Hub, at: Connection, record_id: str, name: str, value: Json, absorbed: Absorbed, *, actor: str, reason: str) -> None:
    """Like :func:`set_field`, in a transaction of the caller's, who follows what was absorbed. Raises Refused before anything is changed."""
    _say_within(hub, at, Word(record_id, name, value, SET, actor, reason), absorbed)


def clear_field(hub: Hub, record_id: str, name: str, *, actor: str, reason: str = "") -> None:
    """Empty a field in all systems. Raises Refused."""
    _say(hub, Word(record_id, name, None, CLEAR, actor, reason))


def decide(hub: Hub, record_id: str, name: str, value: Json, *, actor: str) -> None:
    """Answer a conflict: the field is this until somebody edits it again. Raises Refused."""
    _say(hub, Word(record_id, name, value, DECIDE, actor))


def decide_within(hub: Hub, at: Connection, record_id: str, name: str, value: Json, absorbed: Absorbed, *, actor: str) -> None:
    """Like :func:`decide`, in a transaction of the caller's, who follows what was absorbed. Raises Refused before anything is changed."""
    _say_within(hub, at, Word(record_id, name, value, DECIDE, actor), absorbed)


def undo(hub: Hub, record_id: str, name: str, *, actor: str) -> None:
    """Give a field back the value it had before the last word by hand. Refused where somebody has edited it since."""
    with hub.store.read() as at:
        link = _of(at, record_id)
        entry = link.contribution.get(name) if link else None
        record = record_rows.load(at, [record_id]).get(record_id)
    if link is None or entry is None or record is None or "before" not in entry:  # what the hub itself made has nothing before it
        raise Refused(N_("record %(record)s: %(field)s was not set by hand, there is nothing to undo"), record=record_id, field=name)
    if record.provenance.get(name, [""])[0] != HUB:
        raise Refused(
            N_("record %(record)s: %(field)s was edited since; set it by hand to the value it should have"), record=record_id, field=name
        )
    _say(hub, Word(record_id, name, entry["before"], UNDO, actor))


def thaw(hub: Hub, link_id: str, path: str, *, actor: str) -> None:
    """Let a frozen or set-aside path of a link be written again."""
    absorbed = Absorbed()
    with hub.store.state() as at:
        link = link_rows.by_id(at, link_id)
        if link is None or (path not in link.frozen and path not in link.set_aside):
            raise Refused(N_("link %(link)s: %(path)s is neither frozen nor set aside"), link=link_id, path=path)
        if link.frozen.get(path) == ERASED:
            raise Refused(
                N_("link %(link)s: %(path)s was erased by law; `sverka record readmit` lets the person in again"), link=link_id, path=path
            )
        link.frozen.pop(path, None)
        link.set_aside.pop(path, None)
        link.flips.pop(path, None)
        link_rows.save(at, [link])
        record = _record(at, link.record_id)
        audit.write(at, [audit.Entry("operator.thaw", actor, link.system, link.entity, link.record_id, path)], now=hub.clock())
        Absorber(hub).remerge_within(at, [record.id], absorbed)
        hub.outbox.open(at, [(link.system, link.entity, record.id, record.version)], now=hub.clock())
    follow(hub, absorbed)


def _say(hub: Hub, word: Word) -> None:
    absorbed = Absorbed()
    with hub.store.state() as at:
        _say_within(hub, at, word, absorbed)
    follow(hub, absorbed)


def _say_within(hub: Hub, at: Connection, word: Word, absorbed: Absorbed) -> None:
    now, record_id, name = hub.clock(), word.record_id, word.field
    record = _record(at, record_id)
    _check(hub, record, name, word.value)
    before = record.data.get(name)
    _contribute(hub, at, record, word, now)
    if word.action == DECIDE:
        conflicts.decided(at, record_id, name, {"value": word.value, "by": word.actor, "at": now})
    elif word.action == UNDO:
        conflicts.taken_back(at, record_id, name, now=now)
    row = audit.Entry(word.action, word.actor, HUB, record.entity, record_id, word.reason or name, "ok", {name: before}, {name: word.value})
    audit.write(at, [row], now=now)
    Absorber(hub).remerge_within(at, [record_id], absorbed)
    version = _record(at, record_id).version
    hub.outbox.open(at, [(s, record.entity, record_id, version) for s in hub.takers(record.entity)], now=now)


def _contribute(hub: Hub, at: Connection, record: Record, word: Word, now: float) -> None:
    """Keep the word as a contribution of the hub, later than what anybody said before."""
    links = link_rows.by_records(at, [record.id])[record.id]
    link = next((x for x in links if x.system == HUB), None) or _new(at, record)
    before, old = record.data.get(word.field), link.contribution.get(word.field)
    moment = max([now, *(e["t"] + TICK for x in links for e in x.contribution.values() if e.get("t"))])
    entry: dict[str, Json] = {"v": word.value, "t": moment, "before": before}
    if hub.settings.policy(record.entity, word.field).keeps_edits:
        entry["ops"] = kept([*edits_of(old), [before, word.value, moment]])
    link.contribution[word.field] = entry
    link_rows.save(at, [link])


def _check(hub: Hub, record: Record, name: str, value: Json) -> None:
    declared = SCHEMAS[record.entity]().fields.get(name)
    if record.entity in FACTS:
        raise _refused(N_("record %(record)s: %(field)s cannot be set, a fact never changes"), record, name)
    if declared is None and not (name.startswith("custom.") and name[7:] in hub.settings.custom_fields.get(record.entity, {})):
        raise _refused(N_("record %(record)s: %(field)s: there is no such field"), record, name)
    policy = hub.settings.policy(record.entity, name)
    if not _open_to_people(policy, record.data):
        if policy.kind == "derived":
            raise _refused(N_("record %(record)s: %(field)s follows from other fields; set those"), record, name)
        if not (owners := policy.owners(record.data.get("status"))):
            raise _refused(N_("record %(record)s: %(field)s belongs to a system that is not connected"), record, name)
        raise _refused(N_("record %(record)s: %(field)s belongs to %(owners)s; change it there"), record, name, owners=", ".join(owners))
    if declared is not None and not empty(value):
        try:
            declared.deserialize(value)
        except ValidationError as error:
            raise _refused(N_("record %(record)s: %(field)s: %(why)s"), record, name, why="; ".join(map(str, error.messages))) from error


def _open_to_people(policy: Policy, data: Mapping[str, Json]) -> bool:
    return policy.kind != "derived" and (policy.kind != "owner" or HUB in policy.owners(data.get("status")))


def _refused(message: str, record: Record, name: str, **values: str) -> Refused:
    return Refused(message, record=record.id, field=name, **values)


def _record(at: Connection, record_id: str) -> Record:
    found = record_rows.load(at, [record_id]).get(record_id)
    if found is None or found.merged_into:
        raise Refused(N_("record %(record)s: there is no such record"), record=record_id)
    return found


def _of(at: Connection, record_id: str) -> Link | None:
    return next((x for x in link_rows.by_records(at, [record_id])[record_id] if x.system == HUB), None)


def _new(at: Connection, record: Record) -> Link:
    made = Link(new_id(), HUB, record.entity, "", record.id, record.id, role="hand")
    link_rows.add(at, [made])
    return made
