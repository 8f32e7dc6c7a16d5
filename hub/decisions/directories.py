"""What people do with directories: say what a system's word means, take it back, add values, and carry all of it as CSV. Pages and commands
show this; each action is audited in its own transaction and counts at once in every process, since the tables are asked for each batch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import ValidationError
from sqlalchemy import Connection

from hub import audit
from hub.app import Hub
from hub.config.declared import DIRECTORIES
from hub.config.errors import flatten
from hub.config.sections.campaigns import EmployeeSchema
from hub.decisions.likeness import PEOPLE, Suggestion, suggest
from hub.language import N_, both
from hub.language.refused import Refused
from hub.storage import directories as rows
from hub.storage import revisions as revision_rows
from hub.storage import views
from hub.storage.directories import Twin, Value
from hub.sync import revisions
from hub.sync.absorb import Absorber
from hub.sync.follow import follow
from mappings.answers import no_twin

Json = Any
EMPLOYEE = "employee"
CHUNK = 200
AT_ONCE = 1000  # records that a page lets go on while the reader waits; the scheduler does the rest
VALUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


TITLES = {
    "store": N_("Stores"),
    "employee": N_("Employees"),
    "order_status": N_("Order statuses"),
    "payment_kind": N_("Payment kinds"),
    "delivery_kind": N_("Delivery kinds"),
    "price_type": N_("Price types"),
    "card_type": N_("Card types"),
    "organisation": N_("Organisations"),
    "source": N_("Sources"),
    "channel": N_("Sales channels"),
}


NO_SYSTEM = N_("there is no system “%(system)s”; the configuration has: %(known)s")
NO_DIRECTORY = N_("there is no directory “%(name)s”; there are: %(known)s")


class Wrong(Refused):
    """What was asked cannot be done; the message names directory, system and value, and the next step."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One directory as its page shows it. ``systems``: the columns. ``unmapped``: words that nobody has mapped, those that records wait for
    first, each with its suggestion."""

    name: str
    systems: tuple[str, ...]
    values: tuple[Value, ...]
    unmapped: tuple[tuple[Twin, Suggestion | None], ...]

    @property
    def waiting(self) -> int:
        """Records that wait for a word of this directory."""
        return sum(twin.waiting for twin, _ in self.unmapped)


@dataclass(frozen=True, slots=True)
class Said:
    """One decision. ``value`` None: it means nothing again. ``ru``, ``en``: titles of a value that is new, or renamed. ``written``: of
    several words of a system this one is written; None: only where the system has no other. ``about``: of an employee store, calls a day and days
    away, and nothing else."""

    name: str
    system: str
    remote: str
    value: str | None
    ru: str = ""
    en: str = ""
    written: bool | None = None
    about: tuple[str, str, str] | None = None


def names(hub: Hub, at: Connection) -> list[str]:
    """Every directory of this installation: those that mappings may name, those configured, those met."""
    met = {twin.name for twin in rows.twins(at)} | {value.name for value in rows.values(at)}
    return sorted(DIRECTORIES | hub.settings.directories.keys() | met)


def sheets(hub: Hub, at: Connection) -> list[Sheet]:
    """All directories that have a value or a word."""
    found = [sheet(hub, at, name) for name in names(hub, at)]
    return [one for one in found if one.values or one.unmapped]


def sheet(hub: Hub, at: Connection, name: str) -> Sheet:
    """One directory, with suggestions; employees with what counts of them, whoever said it."""
    values, twins = tuple(rows.values(at, name)), rows.twins(at, name)
    if name == EMPLOYEE:
        values = tuple(replace(one, about=one.about or configured(hub, one.value)) for one in values)
    known = tuple(hub.settings.systems)
    open_ones = [twin for twin in twins if twin.value is None and twin.system in known]
    open_ones.sort(key=lambda twin: (-twin.waiting, not twin.active, known.index(twin.system), twin.title))
    unmapped = tuple((twin, suggest(twin, values) if twin.active or twin.waiting else None) for twin in open_ones)
    return Sheet(name, known, values, unmapped)


def find(at: Connection, name: str, system: str, text: str) -> Twin:
    """The word of a system that is written so, or called so. Raises Wrong."""
    twins = rows.twins(at, name, system)
    for told in (lambda twin: text in (twin.remote, twin.plain), lambda twin: twin.title.casefold() == text.casefold()):
        if found := [twin for twin in twins if told(twin)]:
            return found[0]
    known = ", ".join(twin.told for twin in twins[:10]) or "nothing"
    raise Wrong(
        N_("%(name)s: %(system)s has shown no value “%(text)s”; known of it: %(known)s. `sverka directory read` asks its lists anew."),
        name=name, system=system, text=text, known=known,
    )  # fmt: skip


def say(hub: Hub, said: Sequence[Said], *, actor: str) -> int:
    """Map and unmap: all in one transaction, each with its audit row. Returns how many of them changed anything. Raises Wrong before
    anything is changed. What waited goes on by :func:`settle`."""
    changed, again = 0, False
    now = hub.clock()
    with hub.store.state() as at:
        for one in said:
            twin = _checked(hub, at, one)
            before = twin.value
            _value(hub, at, one, actor)
            others = [x for x in rows.twins(at, one.name, one.system) if x.value == one.value and x.key != twin.key and x.active]
            written = one.written if one.written is not None else not any(x.preferred for x in others)
            if (before, twin.preferred) == (one.value, written and one.value is not None):
                continue
            rows.assign(at, twin.key, one.value, written=written)
            changed += 1
            cause = f"{one.name}: {twin.told}"
            entry = audit.Entry(
                "operator.directory", actor, one.system, "", "", cause, one.value or "", {"value": before}, {"value": one.value}
            )
            audit.write(at, [entry], now=now)
            _replay(hub, at, one.system, one.name, one.value, now)
            again |= before is not None or (one.name in PEOPLE and not others) or twin.preferred != written
        if again:
            revision_rows.again(at)
    return changed


def _checked(hub: Hub, at: Connection, one: Said) -> Twin:
    if one.system not in hub.settings.systems:
        raise Wrong(NO_SYSTEM, system=one.system, known=", ".join(hub.settings.systems))
    if one.name not in names(hub, at):
        raise Wrong(NO_DIRECTORY, name=one.name, known=", ".join(names(hub, at)))
    if one.value is not None and not VALUE.fullmatch(one.value):
        raise Wrong(N_("%(name)s: “%(value)s” is no value: use small Latin letters, digits, '-' and '_'"), name=one.name, value=one.value)
    if one.value is not None and not one.ru and not any(value.value == one.value for value in rows.values(at, one.name)):
        raise Wrong(
            N_("%(name)s: there is no value “%(value)s”; give it a title to add it, or take one that the directory has"),
            name=one.name,
            value=one.value,
        )
    known = rows.twins(at, one.name, one.system)
    found = next((twin for twin in known if one.remote in (twin.remote, twin.plain)), None)
    if found is not None:
        return found
    numbers = one.remote.isdigit() and any(not twin.remote.startswith('"') for twin in known)
    remote = one.remote if numbers else rows.text_of(one.remote)
    rows.remember(at, [(one.name, one.system, remote)], now=hub.clock())
    return next(twin for twin in rows.twins(at, one.name, one.system) if twin.remote == remote)


def _value(hub: Hub, at: Connection, one: Said, actor: str) -> None:
    """The canonical value that a decision names, added or renamed."""
    if one.value is None or not one.ru:
        return
    held = next((value for value in rows.values(at, one.name) if value.value == one.value), None)
    en = one.en or (held.en if held else one.ru)
    if held is None or (held.ru, held.en) != (one.ru, en):
        rows.add_value(at, one.name, one.value, one.ru, en)
        before = {"ru": held.ru, "en": held.en} if held else None
        entry = audit.Entry("operator.directory", actor, "", "", "", f"{one.name}: {one.value}", "titles", before, {"ru": one.ru, "en": en})
        audit.write(at, [entry], now=hub.clock())


def rename(hub: Hub, name: str, value: str, ru: str, en: str, *, actor: str) -> None:
    """A canonical value, added or with other titles, without any system's word. Raises Wrong."""
    if not VALUE.fullmatch(value) or not ru.strip():
        raise Wrong(N_("%(name)s: a value needs a name of small Latin letters, digits, '-' and '_', and a title"), name=name)
    with hub.store.state() as at:
        if name not in names(hub, at):
            raise Wrong(NO_DIRECTORY, name=name, known=", ".join(names(hub, at)))
        _value(hub, at, Said(name, "", "", value, ru.strip(), en.strip()), actor)


def describe(hub: Hub, value: str, store: str, cap: str, leave: str, *, actor: str) -> bool:
    """Say of an employee where she calls, how many customers a day and on which days she is away (``2026-12-01/2026-12-14, 2026-12-31``); all
    empty: what the configuration says. Returns whether that is news. Raises Wrong."""
    said: dict[str, Json] = {"store": store.strip(), "leave": [day.strip() for day in re.split(r"[,;]", leave) if day.strip()]}
    said |= {"cap": cap.strip()} if cap.strip() else {}
    try:
        about = dict(EmployeeSchema().load(said)) if any(said.values()) else {}
    except ValidationError as error:
        found = flatten(error.normalized_messages())  # type: ignore[no-untyped-call]
        raise Wrong(N_("%(value)s: %(why)s"), value=value, why="; ".join(text for _, text in found)) from error
    with hub.store.state() as at:
        held = next((one for one in rows.values(at, EMPLOYEE) if one.value == value), None)
        if held is None:
            raise Wrong(N_("there is no employee “%(value)s”"), value=value)
        if about.get("store") and about["store"] not in [one.value for one in rows.values(at, "store")]:
            raise Wrong(N_("%(value)s: there is no store “%(store)s”"), value=value, store=about["store"])
        if about == dict(held.about) or (not held.about and about == configured(hub, value)):
            return False
        rows.describe(at, EMPLOYEE, value, about)
        entry = audit.Entry("operator.directory", actor, "", "", "", f"{EMPLOYEE}: {value}", "about", dict(held.about), about)
        audit.write(at, [entry], now=hub.clock())
    return True


def configured(hub: Hub, value: str) -> dict[str, Json]:
    """What the configuration says of an employee, as people would say it; empty: nothing."""
    one = hub.settings.employees.get(value)
    return {"store": one.store, "cap": one.cap, "leave": ["/".join(map(str, days)) for days in one.leave]} if one else {}


def _replay(hub: Hub, at: Connection, system: str, name: str, value: str | None, now: float) -> None:
    """Deliveries that failed because the system had no word for this value are tried again."""
    if value is None:
        return
    lacking = no_twin(name, value)
    failed = {"system": system, "code": "directory_no_twin", "text": [lacking.ru, both(lacking.ru, lacking.en)]}
    hub.outbox.replay(at, views.open_ids(at, failed, ("dead",), limit=None), now=now)


def settle(hub: Hub, more: Callable[[], bool] = lambda: True, *, most: int | None = None) -> int:
    """Let go on what waited for a value that is mapped now, and finish the run that a changed meaning asked for. Returns the records
    gone through; ``most``: of those that waited alone, for a reader who waits."""
    count = 0
    while more():
        with hub.store.read() as at:
            ids = rows.released(at, limit=CHUNK)
        if not ids:
            break
        follow(hub, Absorber(hub).remerge(ids))
        count += len(ids)
        if most is not None and count >= most:
            return count
    return count if most is not None else count + revisions.advance(hub, more)


def unsettled(hub: Hub) -> bool:
    """Whether :func:`settle` has something to do."""
    with hub.store.read() as at:
        waits = rows.released(at, limit=1)
    return bool(waits) or revisions.unfinished(hub)


def bring(hub: Hub, said: Sequence[Said], *, actor: str) -> tuple[int, list[tuple[str, Wrong]]]:
    """Decisions of a file: each that can be done is done. Returns how many changed anything, and what could not be done: the system's word,
    or the value, and why."""
    changed, wrong = 0, list[tuple[str, Wrong]]()
    for one in said:
        try:
            if one.about is not None:
                changed += describe(hub, one.value or "", *one.about, actor=actor)
            elif one.system:
                changed += say(hub, [one], actor=actor)
            else:
                rename(hub, one.name, one.value or "", one.ru, one.en, actor=actor)
        except Wrong as error:
            wrong.append((f"{one.system} {one.remote or one.value}".strip(), error))
    return changed, wrong


def accept(hub: Hub, name: str, *, actor: str) -> int:
    """Take every sure suggestion of a directory. Returns how many."""
    with hub.store.read() as at:
        found = sheet(hub, at, name)
    said = [Said(name, twin.system, twin.remote, best.value) for twin, best in found.unmapped if best is not None and best.sure]
    return say(hub, said, actor=actor)


def as_configured(hub: Hub, name: str, system: str, remote: str, *, actor: str) -> str | None:
    """Forget what a person said of a word: the configuration decides again. Returns what it means then. Raises Wrong."""
    now = hub.clock()
    with hub.store.state() as at:
        twin = find(at, name, system, remote)
        rows.assign(at, twin.key, None, written=False, by="")
        rows.seed(at, hub.settings.directories, [system], now=now, only=name)
        after = next(x.value for x in rows.twins(at, name, system) if x.key == twin.key)
        entry = audit.Entry("operator.directory", actor, system, "", "", f"{name}: {twin.told}", "as configured", {"value": twin.value}, {"value": after})  # fmt: skip
        audit.write(at, [entry], now=now)
        if twin.value != after:
            revision_rows.again(at)
    return after


__all__ = ["AT_ONCE", "Said", "Sheet", "Wrong", "accept", "as_configured", "bring", "describe", "find", "names", "rename", "say", "settle", "sheet", "sheets", "unsettled"]  # fmt: skip
