"""Strangers that call others by their names, or that others call: found by these cross-references, where the rest bears them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.storage import awaited
from hub.sync.candidates import Candidates, Decoded, Stranger
from hub.sync.evidence import Side, counts, facts, strongest
from hub.sync.fulfilment import FULFILMENT
from hub.sync.identify import same_name
from hub.sync.references import AGAINST, ANOTHER_HERE, KEYS_ELSEWHERE, OWN, SEVERAL_NAMED, asked
from hub.sync.verdict import OPEN_CREATE, Again, Verdict, hints_for
from mappings.adopt import STRENGTHS, SURE

Json = Any


class Adopted:
    """Asks within one transaction. ``loading``: a first load, which has everything before it identifies."""

    def __init__(self, hub: Hub, at: Connection, now: float, candidates: Candidates, loading: bool) -> None:
        self.hub, self.at, self.now, self.candidates, self.loading = hub, at, now, candidates, loading

    def verdict(self, s: Stranger, again: Again) -> tuple[Verdict | None, list[tuple[str, str]]]:
        """Which record it is of, or that it waits for what it names; else None, and whom it surely named and everything speaks against. What
        is to be looked at goes to ``again``."""
        one = self.candidates.decoded[s.external_id]
        if not (one.own or one.told):
            return None, []
        claims, doubted = self._claims(s.mapping.entity, one)
        if s.mapping.adds:
            chosen = sorted(claims, key=lambda record_id: (STRENGTHS.index(claims[record_id]), record_id))
            return Verdict(chosen[0], role=FULFILMENT) if chosen else self._kept_back(s, one, again), []
        if not claims:
            return (Verdict(None, elsewhere=True), []) if self._awaits(s, one, again) else (None, doubted)
        best = strongest(claims.values())
        chosen = [record_id for record_id, strength in sorted(claims.items()) if strength == best]
        free = [r for r in chosen if not any(x.system == s.system for x in self.candidates.links_of(r))]
        record_id = next(iter(free or chosen))
        elsewhere = {r for key in one.keys for r in self.candidates.holders(s.mapping.entity, key)} - {record_id, *chosen}
        review = [(r, SEVERAL_NAMED) for r in chosen if r != record_id] + [(r, KEYS_ELSEWHERE) for r in sorted(elsewhere)]
        return self._placed(s, record_id, one, (*review, *doubted)), []

    def _claims(self, entity: str, one: Decoded) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """Records that cross-references lead to and that the rest bears out, with the strength of each; and those that are surely named and
        that everything speaks against."""
        found: dict[str, set[str]] = {}
        for key, strength in asked(one.own, one.told).items():
            for record_id in self.candidates.holders(entity, key):
                found.setdefault(record_id, set()).add(strength)
        claims, doubted = {}, []
        for record_id, strengths in sorted(found.items()):
            known = facts(entity, self._side(one.data), self._side(self.candidates.record(record_id).data))
            if borne_out := [strength for strength in strengths if counts(strength, known)]:
                claims[record_id] = strongest(borne_out)
            elif SURE in strengths:
                doubted.append((record_id, AGAINST))
        return claims, doubted

    def _placed(self, s: Stranger, record_id: str, one: Decoded, review: tuple[tuple[str, str], ...]) -> Verdict:
        """The record that a cross-reference leads to, where its system has room for the object."""
        mine = [x for x in self.candidates.links_of(record_id) if x.system == s.system]
        if any(x.state == "creating" for x in mine):
            return Verdict(None, wait=True)
        primary = next((x for x in mine if x.role == "primary" and x.state in ("live", "archived")), None)
        if primary is None:
            return Verdict(record_id, review=review)
        if s.mapping.entity == "customer" and same_name(one.data, self.candidates.record(record_id).data) is not False:
            if (
                self.loading and one.told and not primary.refs
            ):  # nothing was written yet: who was typed in a second time only happened to be read first
                return Verdict(record_id, before=primary.id, review=review)
            return Verdict(record_id, role="alias", review=review)
        return Verdict(None, review=(*review, (record_id, ANOTHER_HERE)))

    def _awaits(self, s: Stranger, one: Decoded, again: Again) -> bool:
        """Whether an object that names one which nobody has seen yet is to wait for it: another program writes to several systems one after
        the other, and would meet what we made meanwhile. A first load has everything before it identifies."""
        unseen = (
            [] if self.loading else [value for _, value in sorted(one.told) if not self.candidates.holders(s.mapping.entity, (OWN, value))]
        )
        if not unseen:
            return False
        since = awaited.since(self.at, s.system, s.mapping.resource, s.external_id, unseen[0], now=self.now)
        left = since + self.hub.settings.reference_wait - self.now
        if left <= 0:
            return False
        system, name = unseen[0].split("|", 1)
        if since == self.now:
            again += hints_for(self.hub, system, s.mapping.entity, name, now=self.now)
        again.append((s.system, s.mapping.resource, s.external_id, self.now + min(left, max(OPEN_CREATE, self.now - since))))
        return True

    def _kept_back(self, s: Stranger, one: Decoded, again: Again) -> Verdict:
        """An object that only adds to what it names waits for that as long as it takes: alone it is nothing. What it names is asked for once,
        and wakes it when it has come."""
        for _, value in sorted(one.told):
            if awaited.add(self.at, s.system, s.mapping.resource, s.external_id, value, now=self.now):
                system, name = value.split("|", 1)
                again += hints_for(self.hub, system, s.mapping.entity, name, now=self.now)
        return Verdict(None, elsewhere=True)

    def _side(self, data: Mapping[str, Json]) -> Side:
        person = self.candidates.people.get(str(data.get("customer") or ""))
        return Side(data, person.data if person else None)
