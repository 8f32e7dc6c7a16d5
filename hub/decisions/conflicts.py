"""Conflicts answered by people: fields in which systems disagree, decided one by one or all that are alike at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.decisions.many import decide_each
from hub.language import N_
from hub.language.refused import Refused
from hub.storage import conflicts, views
from hub.sync import manual
from hub.sync.batch import Absorbed
from hub.sync.statement import HUB

Json = Any
NEWEST = "newest"
ASKED, STEP = "asked", "step"  # why a person decides: the field's policy says so; a step of the status that the table lacks
SAMPLES = 3
Choose = Callable[[Mapping[str, Json]], Json]  # from a row of conflicts, the value that is to hold


@dataclass(slots=True)
class Group:
    """Open conflicts of one field between the same systems. ``key``: what a rule names, as ``customer.comment:crm+sklad``."""

    key: str
    entity: str
    field: str
    systems: tuple[str, ...]
    why: str
    rows: list[dict[str, Json]] = dataclasses.field(default_factory=list)

    @property
    def samples(self) -> list[dict[str, Json]]:
        return self.rows[:SAMPLES]

    @property
    def sides(self) -> tuple[str, ...]:
        """By whom all of them may be decided."""
        return (*self.systems, NEWEST)


def groups(hub: Hub, at: Connection, *, record_id: str = "") -> list[Group]:
    """The open conflicts by field and systems, the largest group first. ``record_id``: of one record alone."""
    rows = conflicts.open_ones(at, record_id=record_id)
    entities = {row["id"]: row["entity"] for row in views.entities_of(at, sorted({row["record_id"] for row in rows}))}
    found: dict[str, Group] = {}
    for row in rows:
        if (entity := entities.get(row["record_id"], "")) == "":
            continue
        systems = tuple(sorted({option["system"] for option in row["options"]}))
        key = f"{entity}.{row['field']}:{'+'.join(systems)}"
        why = STEP if hub.settings.policy(entity, row["field"]).kind == "steps" else ASKED
        found.setdefault(key, Group(key, entity, row["field"], systems, why)).rows.append(row)
    return sorted(found.values(), key=lambda g: (-len(g.rows), g.key))


def side(row: Mapping[str, Json], chosen: str) -> Json:
    """The value of a conflict that a system said last, or that was said last of all. Raises Refused."""
    said = [o for o in row["options"] if chosen in (o["system"], NEWEST)]
    if not said:
        between = ", ".join(o["system"] for o in row["options"])
        raise Refused(
            N_("conflict %(conflict)s: %(side)s says nothing in it; it is between %(between)s"),
            conflict=row["id"],
            side=chosen,
            between=between,
        )
    return max(said, key=lambda o: o["at"] or 0.0)["value"]


def decide(hub: Hub, ident: str, choose: Choose, *, actor: str, shown_at: float | None = None) -> None:
    """Answer one conflict; the value is written everywhere. ``shown_at``: the ``opened_at`` that the person saw; where other values have
    come since, it is refused. Raises Refused."""
    with hub.store.read() as at:
        row = conflicts.one(at, ident)
    if row is None or row["decided"]:
        raise Refused(N_("conflict %(conflict)s: there is none, or it is decided already"), conflict=ident)
    if shown_at is not None and row["opened_at"] != shown_at:
        raise Refused(
            N_("conflict %(conflict)s: a system has said something else since it was shown; look again and decide then"), conflict=ident
        )
    done, problems = _decide_all(hub, [row], choose, actor)
    if problems:
        raise problems[0]
    if not done:
        raise Refused(N_("conflict %(conflict)s: it was answered or changed at this very moment; look again"), conflict=ident)


def decide_group(hub: Hub, key: str, chosen: str, *, actor: str, until: float | None = None) -> tuple[int, list[Refused]]:
    """All open conflicts of a group, each by what ``chosen`` (a system, or NEWEST) says in it. ``until``: only those that stood so when
    they were shown. Returns how many were decided, and why others were not."""
    with hub.store.read() as at:
        group = next((g for g in groups(hub, at) if g.key == key), None)
    if group is None:
        return 0, [Refused(N_("no open conflict is “%(group)s”"), group=key)]
    if chosen not in group.sides:
        return 0, [Refused(N_("%(group)s: choose one of %(sides)s"), group=key, sides=", ".join(group.sides))]
    rows = [row for row in group.rows if until is None or row["opened_at"] <= until]
    return _decide_all(hub, rows, lambda row: side(row, chosen), actor)


def _decide_all(hub: Hub, rows: Sequence[Mapping[str, Json]], choose: Choose, actor: str) -> tuple[int, list[Refused]]:
    """What has changed since it was read is left."""

    def one(at: Connection, read: Mapping[str, Json], absorbed: Absorbed) -> bool:
        row = conflicts.one(at, read["id"])
        if row is None or row["decided"] or row["options"] != read["options"]:
            return False
        manual.decide_within(hub, at, row["record_id"], row["field"], choose(row), absorbed, actor=actor)
        return True

    return decide_each(hub, rows, one)


def decided(at: Connection, *, limit: int = 20) -> list[dict[str, Json]]:
    """The answers given last that stand, newest first: rows of conflicts, whose ``decided`` is {"value", "by", "at"}."""
    actions = views.audit_rows(at, action=manual.DECIDE, limit=limit)
    rows = conflicts.decided_of(at, sorted({row["record_id"] for row in actions}))
    standing = {(row["record_id"], row["decided"]["at"]): row for row in rows if not row["decided"].get("undone")}
    found = [standing.pop((action["record_id"], action["at"]), None) for action in actions]
    return [row for row in found if row is not None]


def said_by(option: Mapping[str, Json]) -> str:
    """The system that said it; empty where it was a person in the hub."""
    return "" if option["system"] == HUB else str(option["system"])
