"""The verdict: the systems compared with each other, object by object and field by field, and with what users typed last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from sandbox.judge import calls
from sandbox.judge.edits import GONE, SEVERAL, UNKNOWN, Clears, cards_of, emptied, fate, filled, last_edits, last_word
from sandbox.judge.journal import DELETED, Journal
from sandbox.judge.people import Person
from sandbox.judge.purchases import Purchase
from sandbox.judge.roster import Roster, Views, roster_of_orders, roster_of_people
from sandbox.judge.views import Many, Paid, View, differs, shown, words

Json = Any
LOYALTY = "loyalty"  # the system of a programme: it knows people by one phone each
Strange = AbstractSet[tuple[str, str]]  # (system, field) in which somebody typed a value that the configuration does not know


@dataclass(slots=True)
class Snapshot:
    """All that the systems say when everything is quiet. ``notes``: counterparty id -> texts of its event notes. ``calls``: rows of the
    CRM's telephony."""

    customers: Views
    orders: Views
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    calls: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with the shop. ``takers``: kind of purchase -> systems that are owed it, whoever placed it. ``owners``:
    customer field -> the only system whose word counts. ``clears``: (system, entity, field) -> an emptied field there empties it
    everywhere; elsewhere it is filled again."""

    takers: Mapping[str, Sequence[str]]
    owners: Mapping[str, str] = field(default_factory=dict)
    clears: Clears = frozenset()


@dataclass(slots=True)
class Verdict:
    """One judgement. Lists of sentences; ``drift`` rows are {entity, who, field, <system>: value}."""

    journal: Journal
    snapshot: Snapshot
    terms: Terms
    lost: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    drift: list[Json] = field(default_factory=list)
    lost_edits: list[str] = field(default_factory=list)
    floor_edits: list[str] = field(default_factory=list)
    people: Roster = field(default_factory=Roster)
    orders: Roster = field(default_factory=Roster)
    chosen: dict[tuple[str, str], dict[str, View]] = field(default_factory=dict)  # (entity, who) -> system -> the object compared
    strange: dict[tuple[str, str], set[tuple[str, str]]] = field(
        default_factory=dict
    )  # (entity, who) -> where somebody typed what nobody mapped
    left: set[tuple[str, str, str]] = field(default_factory=set)  # (entity, who, system) whose object a user deleted
    again: set[tuple[str, str, str]] = field(default_factory=set)  # those of them in which it was made again

    def judge(self) -> Verdict:
        self.people = roster_of_people(self.journal, self.snapshot.customers)
        self.orders = roster_of_orders(self.journal, self.snapshot.orders)
        self._typed()
        for one in self.journal.people:
            self._person(one)
        for bought in self.journal.purchases:
            self._purchase(bought)
        for system, view in self.people.strangers:
            self.duplicates.append(f"a person nobody typed in {system} ({view.id}: {view.more})")
        for system, view in self.orders.strangers:
            self.duplicates.append(f"an order nobody placed in {system} ({view.id}, number {view.fields['number']!r})")
        self._calls()
        self._edits()
        return self

    def _typed(self) -> None:
        """What the journal says of each object: where an unknown value was typed, and what was deleted."""
        for edit in self.journal.edits:
            if edit.field == DELETED:
                self.left.add((edit.entity, edit.who, edit.system))
            elif edit.value == UNKNOWN:
                self.strange.setdefault((edit.entity, edit.who), set()).add((edit.system, edit.field))
        for one in self.journal.purchases:
            if one.payment == UNKNOWN:
                self.strange.setdefault(("order", one.number), set()).add((one.system, "payments"))

    def _person(self, one: Person) -> None:
        who = str(one.number)
        candidates = {system: self._candidates(who, system) for system in self.snapshot.customers}
        for system, views in candidates.items():
            if ("customer", who, system) in self.left:
                self._deleted("customer", who, system, views)
            elif not views and self._owed(one, system, candidates):
                self.lost.append(f"person {who} is not in {system}")
        strange = self.strange.get(("customer", who), set())
        candidates = {s: v for s, v in candidates.items() if v and ("customer", who, s) not in self.left}
        chosen = self._best(candidates, lambda views: person_drift(one, views, strange))
        self.chosen["customer", who] = chosen
        for name, said in person_drift(one, chosen, strange).items():
            owner = self.terms.owners.get(name)
            if name == "card" and set(said.values()) <= cards_of(self.journal.edits, who):
                continue
            if owner not in said or said[owner]:  # an owner that says nothing leaves each system its own
                self._drifts("customer", who, name, said)

    def _owed(self, one: Person, system: str, candidates: Mapping[str, Sequence[View]]) -> bool:
        """Whether a system can hold the person: the site wants an e-mail, and a loyalty programme a phone that nobody else there has."""
        if system != LOYALTY:
            return system != "site" or bool(one.email)
        phones = {phone for views in candidates.values() for view in views for phone in view.fields["phones"].values}
        others = {p.phone for p in self.journal.people if p.number != one.number}
        return bool(phones - others)

    def _deleted(self, entity: str, who: str, system: str, views: Sequence[View]) -> None:
        """Nothing may be there again of what a user deleted."""
        self.duplicates += [f"{entity} {who} again in {system}, where a user had deleted it ({view.id})" for view in views]
        if views:
            self.again.add((entity, who, system))

    def _candidates(self, who: str, system: str) -> list[View]:
        """The objects one of which must agree with the other systems: those typed (a twin may be the one), else the one the hub made.
        What the hub made beyond one is a duplicate."""
        typed, made = self.people.typed.get(who, {}).get(system, []), self.people.made.get(who, {}).get(system, [])
        self.duplicates += [f"person {who} again in {system} ({view.id})" for view in made[0 if typed else 1 :]]
        return typed or made[:1]

    @staticmethod
    def _best(candidates: Mapping[str, Sequence[View]], drift: Any) -> dict[str, View]:
        """One object a system, so that they differ least and say most: of twins one is written and the other only read."""
        chosen = {system: views[0] for system, views in candidates.items()}
        for system, views in candidates.items():
            if len(views) > 1:
                chosen[system] = min(views, key=lambda view: (len(drift(chosen | {system: view})), -filled(view)))
        return chosen

    def takers(self, kind: str) -> list[str]:
        """The systems that are owed purchases, or calls, of this kind: those of the agreement that take part."""
        return [system for system in self.terms.takers.get(kind, ()) if system in self.snapshot.orders]

    def _purchase(self, one: Purchase) -> None:
        owed = self.takers(one.kind)
        chosen: dict[str, View] = {}
        for system in self.snapshot.orders:
            deleted = ("order", one.number, system) in self.left
            typed, made = self.orders.typed.get(one.number, {}).get(system, []), self.orders.made.get(one.number, {}).get(system, [])
            if deleted:
                self._deleted("order", one.number, system, typed + made)
                extra = []
            elif system == one.system or system in owed:
                if not typed and not made:
                    self.lost.append(f"{one.kind} {one.number} is not in {system}")
                extra = made[0 if typed else 1 :]
            else:
                extra = made
            self.duplicates += [f"{one.kind} {one.number} again in {system} ({view.id})" for view in extra]
            if not deleted and (typed or (made and system in owed)):
                chosen[system] = (typed or made)[0]
        named = self._known_buyers({system: self._with_buyer(system, view) for system, view in chosen.items()})
        self.chosen["order", one.number] = named
        for name, said in order_drift(one, named, self.strange.get(("order", one.number), set())).items():
            self._drifts("order", one.number, name, said)

    def _with_buyer(self, system: str, view: View) -> View:
        """The buyer as a person's number instead of an id, so that systems can be compared."""
        if "buyer" not in view.fields:
            return view
        ident = view.fields["buyer"]
        who = "nobody" if ident in ("", self.journal.nobody.get(system)) else self.people.owners.get((system, ident), f"? {ident}")
        return View(view.id, view.fields | {"buyer": who}, view.more)

    def _known_buyers(self, views: dict[str, View]) -> dict[str, View]:
        """Where a system cannot know the person that the others name (the site without an e-mail), its own buyer says nothing."""
        said = {system: view.fields["buyer"] for system, view in views.items() if "buyer" in view.fields}
        for system in said:
            view = views[system]
            others = {who for other, who in said.items() if other != system} - {"nobody"}
            if others and not any(self.people.of(who, system) for who in others):
                del view.fields["buyer"]
        return views

    def _drifts(self, entity: str, who: str, name: str, said: Mapping[str, Any]) -> None:
        self.drift.append({"entity": entity, "who": who, "field": name} | {system: shown(value) for system, value in said.items()})

    def _calls(self) -> None:
        """Each call is told once, on the card of its person; the hub makes no call in the CRM that the exchange did not."""
        for one in self.journal.people if "sklad" in self.takers("call") else ():
            talks = [t for t in self.journal.talks if t.person == one.number]
            views = self.people.of(str(one.number), "sklad")
            found = calls.compare(talks, [text for view in views for text in self.snapshot.notes.get(view.id, ())])
            self.lost += [f"a call of person {one.number} has no note in sklad: {dict(call)}" for call in found.lost]
            self.duplicates += [f"a note in sklad tells person {one.number} of no call: {dict(note)}" for note in found.extra]
            for pair in found.differ:
                for name, (a, b) in pair.items():
                    self._drifts("call", str(one.number), name, {"crm": a, "sklad": b})
        told = {t.key for t in self.journal.talks}
        strange = [row for row in self.snapshot.calls if row.get("EXTERNAL_CALL_ID") not in told]
        self.duplicates += [f"a call in the CRM that nobody made: {row.get('CALL_ID')}" for row in strange]

    def _edits(self) -> None:
        """The last edit of each field must be held by some system. Edits of one moment, typed into several systems or into both objects of
        one person in one system, may be ordered either way."""
        for edits in last_edits(self.journal.edits, self.terms.owners, self.terms.clears):
            last = last_word(edits, self.terms.clears)
            views = list(self.chosen.get((last.entity, last.who), {}).values())
            if last.field in SEVERAL:  # both cards of a person may hold one of their own
                views += [view for system in self.snapshot.customers for view in self.people.of(last.who, system)]
            deleted = {system for entity, who, system in self.left if (entity, who) == (last.entity, last.who)}
            became = fate(edits, views, self.terms.clears, deleted)
            if became != "held":
                text = f"{last.entity} {last.who}: {last.field} {last.value!r} typed in {last.system}, round {last.round}"
                text += f"; there now: { {system: now(view, last.field) for system, view in self.chosen.get((last.entity, last.who), {}).items()} }"
                (self.floor_edits if became == "floor" else self.lost_edits).append(text)


def now(view: View, name: str) -> str:
    """What an object says in the field of an edit."""
    if name == "lines":
        return ", ".join(f"{sku} x {count}" for sku, count in zip(view.fields["line_sku"], view.fields["line_quantity"], strict=True))
    several = {"phone": "phones", "email": "emails"}
    return shown(view.fields.get(several.get(name, name), ""))


def owed_writes(verdict: Verdict) -> int:
    """How many writes the rounds may cost when each change is written once to each target: every edit to each other object of the
    same person or order (a name also to its own, whose display name is made of it; an emptied field may be filled again), every new object once to each taker."""
    owed = 0
    for edit in verdict.journal.edits:
        if edit.round and not edit.new and edit.field not in (*GONE, DELETED):
            holders = len(verdict.chosen.get((edit.entity, edit.who), {}))
            owed += max(0, holders - 1) + int(edit.field in ("last_name", "first_name", "middle_name") or emptied(edit))
    new = {(edit.entity, edit.who) for edit in verdict.journal.edits if edit.round and edit.new}
    if (
        LOYALTY in verdict.snapshot.customers
    ):  # a purchase is a fact, and its points move on each card of its buyer, then as those that wait
        bought = {edit.who for edit in verdict.journal.edits if edit.round and edit.entity == "order"}
        owed += len(bought) * (1 + 2 * len(verdict.snapshot.customers))
    told = len(verdict.journal.talks) * len(verdict.takers("call"))
    return owed + told + sum(max(0, len(verdict.chosen.get(key, {})) - 1) for key in new)


def compared(views: Mapping[str, View], names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """field -> system -> value, of the fields on which systems disagree."""
    found = {}
    for name in names:
        said = {system: view.fields[name] for system, view in views.items() if name in view.fields}
        if differs(said):
            found[name] = said
    return found


def without(views: Mapping[str, View], strange: Strange) -> dict[str, View]:
    """The views without the values that the configuration does not know, where somebody typed them: those wait in their field. In a system
    where nobody typed one it stands to be compared."""
    held = {}
    for system, view in views.items():
        hidden = {name for name, value in view.fields.items() if (system, name) in strange and is_unknown(value)}
        held[system] = View(view.id, {k: v for k, v in view.fields.items() if k not in hidden}, view.more)
    return held


def is_unknown(value: Any) -> bool:
    return any(kind == "?" for kind, _ in value.each) if isinstance(value, Paid) else bool(value == "?")


def person_drift(one: Person, views: Mapping[str, View], strange: Strange = frozenset()) -> dict[str, dict[str, Any]]:
    """Fields of a person on which systems disagree, without what the dirt explains: a phone that is none is nobody's number."""
    held = without(views, strange)
    if "phone_impossible" in one.dirt and "sklad" in held:
        del held["sklad"].fields["phones"]
    names = dict.fromkeys(name for view in held.values() for name in view.fields if name not in ("full_name", "whole_name"))
    found = compared(held, names)
    if one.other_email and "emails" in found:  # systems with place for one may each hold another of the two
        both = {"typed": View("", {"emails": Many(frozenset([one.email, one.other_email]))})}
        found.pop("emails")
        found |= compared(held | both, ["emails"])
    whole = {system: view.fields["whole_name"] for system, view in views.items() if "whole_name" in view.fields}
    if parted := [_whole(view) for view in views.values() if "last_name" in view.fields]:
        found |= {"whole_name": {"parts": parted[0], **whole}} if set(whole.values()) - {parted[0]} else {}
    if sklad_view := views.get("sklad"):
        said, parts = sklad_view.fields, _whole(sklad_view)
        if said["full_name"] != parts:
            found["full_name"] = {"sklad": said["full_name"], "parts": parts}
        if "two_phones" in one.dirt and not {"муж", "Маша"} <= set(str(sklad_view.more["phone"]).replace(",", " ").split()):
            found["words beside phones"] = {"sklad": sklad_view.more["phone"], "typed": "муж, Маша"}
    return found


def _whole(view: View) -> str:
    """The parts of a name as one."""
    return words(" ".join(view.fields[part] for part in ("last_name", "first_name", "middle_name")))


def order_drift(one: Purchase, views: Mapping[str, View], strange: Strange = frozenset()) -> dict[str, dict[str, Any]]:
    """Fields of an order on which systems disagree, without what the dirt explains: what the configuration does not know is held back, and a
    total that a manager typed by hand is told beside its lines."""
    held = without(views, strange)
    if one.typed_total():
        for view in held.values():
            view.fields.pop("total", None)
    if "uchet" in held and any(view.fields.get("status") == "cancelled" for view in held.values()):
        held["uchet"].fields.pop("status")  # 1C has no such status: the order stands there as it stood
    return compared(held, dict.fromkeys(name for view in held.values() for name in view.fields))
