"""The whole engine as a stateful machine: what users do, what vendors do, processes that die, and looks that come late, in any order.

At quiet the laws of the design hold: every system holds what it makes of the record (I4), nothing is made twice (I2), no user's last
edit is lost outside the floor (I3), an echo makes neither version nor write (I5), and writes are bounded by edits (I9).
``HYPOTHESIS_PROFILE=long`` runs it at length.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.property.vendors import NORMALISERS, PATHS, Traits
from tests.property.world import FIELDS, RawLook, World, person, words

quick = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("quick", max_examples=25, stateful_step_count=25, phases=[Phase.explicit, Phase.generate], **quick)
settings.register_profile("long", max_examples=2000, stateful_step_count=60, **quick)
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

FAULTS = ("lost", "lost_before", "late", "late_kill", "kill_before", "kill_after", "unavailable")
ALIKE = (str.lower, str.upper)
CLEARED = "note"  # every system may empty it


def traits(keeps_key: bool = True) -> st.SearchStrategy[Traits]:
    lacking = st.frozensets(st.sampled_from(PATHS), max_size=1)
    return st.builds(
        Traits,
        normalise=st.fixed_dictionaries({path: st.sampled_from(NORMALISERS) for path in PATHS}),
        robots=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(ALIKE), max_size=1),
        dates=st.booleans(),
        skew=st.sampled_from((0.0, 0.0, -7200.0, 3600.0)),
        keeps_key=st.just(True),
        list_lacks=lacking,
        answer_lacks=lacking,
        create=st.sampled_from(("keyed", "findable")),
    ).map(lambda t: t if t.dates else replace(t, list_lacks=frozenset()))  # what a swept list hides would never be seen


@dataclass
class Edit:
    """A user's edit as the journal has it. ``after``: our last look before it, 0.0: it came before our first, so it is a baseline."""

    system: str
    thing: str
    path: str
    value: str
    at: float
    after: float
    excuse: str = ""


class Shop(RuleBasedStateMachine):
    """Two to four systems, up to three persons, some of them twice in one system."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(chosen=st.lists(traits(), min_size=2, max_size=4))
    def open(self, chosen: list[Traits]) -> None:
        self.all = tuple("abcd"[: len(chosen)])
        self.world = World(dict(zip(self.all, chosen, strict=True)), clears=frozenset(self.all))
        self.words = words()
        self.journal: list[Edit] = []
        self.persons: dict[str, int] = {}  # thing -> person
        self.users_made: set[str] = set()
        self.looks: list[RawLook] = []
        self.edits = self.faults = 0
        for vendor in self.world.vendors.values():
            vendor.overwrote = self._overwrote
            vendor.robotised = self._robotised

    def teardown(self) -> None:
        if self.world is not None:
            try:
                self._judge()
            finally:
                self.world.close()

    def _overwrote(self, thing: str, path: str, value: str) -> None:
        for edit in self.journal:
            if (edit.thing, edit.path, edit.value) == (thing, path, value):
                edit.excuse = "overwritten between our look and our write"

    def _robotised(self, thing: str, path: str, value: str) -> None:
        """A robot reworks what stands there, the user's last words too."""
        system = thing.split("-")[0]
        mine = [e for e in self.journal if (e.thing, e.path) == (thing, path)]
        if mine and mine[-1].value.casefold() == value.casefold():
            mine[-1].value = value
        elif (thing, path) not in self.world.vendors[system].ours:
            now = self.world.clock.now
            self.journal.append(Edit(system, thing, path, value, now, self.world.looked_at(system, thing, path)))

    def _things(self, system: str) -> list[str]:
        return sorted(self.world.vendors[system].things)

    @rule(system=st.sampled_from("abcd"), number=st.integers(1, 3), path=st.sampled_from(PATHS))
    def make(self, system: str, number: int, path: str) -> None:
        if system not in self.all or len(self.users_made) >= 5:
            return
        twins = [t for t in self._things(system) if self.world.vendors[system].things[t].values.get("phone") == person(number)["phone"]]
        if len(twins) > 1:
            return
        value = next(self.words)
        thing = self.world.vendors[system].user_makes(person(number) | {path: value})
        self.users_made.add(thing.id)

    @rule(system=st.sampled_from("abcd"), which=st.integers(0, 5), path=st.sampled_from(PATHS))
    def edit(self, system: str, which: int, path: str) -> None:
        self._types(system, which, path, next(self.words))

    @rule(system=st.sampled_from("abcd"), which=st.integers(0, 5))
    def empty(self, system: str, which: int) -> None:
        """A person empties the field that every system may clear."""
        self._types(system, which, CLEARED, "")

    def _types(self, system: str, which: int, path: str, value: str) -> None:
        if system not in self.all or not self._things(system):
            return
        thing = self._things(system)[which % len(self._things(system))]
        vendor = self.world.vendors[system]
        if not value and not vendor.things[thing].values.get(path):
            return
        now = self.world.clock()
        stored = vendor.user_edits(thing, path, value)
        if stored is not None:
            self.edits += 1
            self.journal.append(Edit(system, thing, path, stored, now, self.world.looked_at(system, thing, path)))

    @rule(system=st.sampled_from("abcd"), fuse=st.sampled_from((None, None, None, 0, 1)))
    def poll(self, system: str, fuse: int | None) -> None:
        if system in self.world.settings.systems:
            self.world.mortal(lambda: self.world.poll(system), fuse)

    @rule(system=st.sampled_from("abcd"), which=st.integers(0, 5))
    def hint(self, system: str, which: int) -> None:
        if system in self.world.settings.systems and self._things(system):
            self.world.hint(system, self._things(system)[which % len(self._things(system))])

    @rule(limit=st.sampled_from((1, 3, 200)), fuse=st.sampled_from((None, None, None, 1, 2)))
    def take(self, limit: int, fuse: int | None) -> None:
        self.world.mortal(lambda: self.world.take(limit), fuse)

    @rule(system=st.sampled_from("abcd"), which=st.integers(0, 5), representation=st.sampled_from(("fetch", "list")))
    def look(self, system: str, which: int, representation: str) -> None:
        """A look taken now and absorbed later, perhaps twice, perhaps after newer ones."""
        if system in self.world.settings.systems and self._things(system):
            self.looks.append(self.world.look(system, self._things(system)[which % len(self._things(system))], representation))

    @precondition(lambda self: getattr(self, "looks", None))
    @rule(which=st.integers(0, 9), keep=st.booleans())
    def absorb(self, which: int, keep: bool) -> None:
        look = self.looks[which % len(self.looks)]
        if not keep:
            self.looks.remove(look)
        if look.system in self.world.settings.systems:
            self.world.absorb([look])

    @rule(system=st.sampled_from("abcd"), limit=st.sampled_from((1, 60)))
    def drain(self, system: str, limit: int) -> None:
        if system in self.world.settings.systems:
            self.world.drain(system, limit=limit)

    @rule(system=st.sampled_from("abcd"), fault=st.sampled_from(FAULTS), limit=st.sampled_from((1, 60)))
    def drain_in_trouble(self, system: str, fault: str, limit: int) -> None:
        if system in self.world.settings.systems:
            self.faults += 1
            self.world.mortal(lambda: self.world.drain(system, fault, limit))

    @rule(system=st.sampled_from("abcd"), fuse=st.integers(0, 8))
    def drain_and_die(self, system: str, fuse: int) -> None:
        if system in self.world.settings.systems:
            self.faults += 1
            self.world.mortal(lambda: self.world.drain(system), fuse)

    @rule(seconds=st.sampled_from((0.5, 3.0, 8.0, 25.0, 60.0, 700.0)))
    def pass_time(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        for vendor in self.world.vendors.values():
            vendor.tick()
        self.world.expire()

    @rule(system=st.sampled_from("abcd"))
    def disconnect(self, system: str) -> None:
        names = self.world.settings.systems
        if system in names and len(names) > 1:
            self.world.connect(tuple(n for n in self.all if n in names and n != system))

    @rule(system=st.sampled_from("abcd"))
    def reconnect(self, system: str) -> None:
        if system in self.all and system not in self.world.settings.systems:
            self.world.connect(tuple(n for n in self.all if n in self.world.settings.systems or n == system))

    @rule()
    def settle_down(self) -> None:
        self.world.quiet()

    @invariant()
    def versions_and_owners(self) -> None:
        """One primary link per record and system, at any moment."""
        if self.world is None:
            return
        seen = set()
        for link in self.world.links():
            if link.role == "primary" and link.state != "gone":
                assert (link.system, link.record_id) not in seen, f"two primaries of {link.record_id} in {link.system}"
                seen.add((link.system, link.record_id))

    def _judge(self) -> None:
        world = self.world
        world.connect(self.all)
        world.quiet()
        assert not (wrong := world.differences()), f"differs: {wrong}"
        self._each_made_once()
        self._no_edit_lost()
        self._silence()
        bound = (self.edits + len(self.users_made) + self.faults + 2) * len(self.all) * 4
        assert world.writes() <= bound, f"a storm: {world.writes()} writes, at most {bound} were due"

    def _each_made_once(self) -> None:
        """I2: one object of a person in each system, beyond those that users made."""
        for system, vendor in self.world.vendors.items():
            by_phone: dict[str, list[str]] = {}
            for thing in vendor.things.values():
                by_phone.setdefault(thing.values["phone"], []).append(thing.id)
            for phone, ids in by_phone.items():
                made = [i for i in ids if i not in self.users_made]
                assert len(made) <= 1, f"{phone} was made {len(made)} times in {system}"

    def _no_edit_lost(self) -> None:
        """I3: the record holds the last edit of each field, unless that edit is of the floor."""
        world = self.world
        last: dict[tuple[str, str], Edit] = {}
        for edit in self.journal:
            link = world.link(edit.system, edit.thing)
            if link is not None:
                last[link.record_id, edit.path] = edit
        for (record_id, path), edit in last.items():
            record = next(r for r in world.records() if r.id == record_id)
            held = record.data.get(FIELDS[path])
            if (held or "") == edit.value.strip() or edit.excuse or not edit.after or self._orderable_either_way(edit, record_id):
                continue
            raise AssertionError(f"lost: {edit}; the record says {held!r}")

    def _orderable_either_way(self, last: Edit, record_id: str) -> bool:
        """The floor: another edit of the field in another place whose interval between looks touches this one's."""
        for other in self.journal:
            link = self.world.link(other.system, other.thing)
            if other is last or link is None or link.record_id != record_id or other.path != last.path:
                continue
            begins, ends = max(other.after, last.after), min(self._seen(other), self._seen(last))
            if begins <= ends:
                return True
        return False

    def _seen(self, edit: Edit) -> float:
        return self.world.first_shown(edit.system, edit.thing, edit.path, edit.at)

    def _silence(self) -> None:
        """I5: looking at everything again, and polling from nothing, changes and writes nothing."""
        world = self.world
        before, versions = world.writes(), [(r.id, r.version) for r in world.records()]
        for system in self.all:
            for thing in self._things(system):
                world.hint(system, thing)
        world.quiet()
        now = [(r.id, r.version) for r in world.records()]
        assert (world.writes(), now) == (before, versions), f"not silent: {world.writes() - before} writes, {set(now) - set(versions)}"


TestShop = Shop.TestCase
TestShop.settings = PROFILE
