"""An audience is brought to what it should be: look, take one step, look again. What was begun is committed before it is sent, so that a lost
answer or a killed process is seen at the next look, and nothing is made twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from connectors.audiences import UPLOAD, WAIT, HoldsAudiences, People, Sight
from connectors.errors import ConnectorError, Rejected
from connectors.http import OURS
from hub import audit
from hub.app import Hub
from hub.audiences.gathering import gathered
from hub.audiences.trouble import HELD, LOADING, REFUSED, SHORT, STUCK, under_way
from hub.config.sections.audiences import Audience
from hub.storage import audiences as rows
from hub.storage import inbox, states
from hub.sync import memberships

log = structlog.get_logger()
Json = Any
STEPS = 12  # of one turn
LOOK = 120.0  # seconds between two looks at what the vendor works on: minutes to hours
TROUBLE = 300.0  # seconds after a failure, unless the vendor asks for longer


def due(hub: Hub, *, now: float) -> list[tuple[str, str]]:
    """(audience, system) to be looked at now."""
    if not hub.settings.audiences:
        return []
    with hub.store.read() as at:
        known, systems = rows.listed(at), states.all_states(at)
    found = []
    for audience in hub.settings.audiences.values():
        for system in audience.to:
            state = systems.get(system)
            closed = state is None or state["paused"] or states.breaker(state, now=now) == "open"
            if not closed and known.get((audience.name, system), rows.NEW)["next_at"] <= now:
                found.append((audience.name, system))
    return found


def behind(hub: Hub, *, since: float) -> list[tuple[str, str]]:
    """(audience, system) of which no list was made since a moment, or the one that was made is on its way."""
    with hub.store.read() as at:
        known = rows.listed(at)
    return [
        (audience.name, system)
        for audience in hub.settings.audiences.values()
        for system in audience.to
        if under_way(row := known.get((audience.name, system), rows.NEW)) or row["due_at"] < since + audience.every
    ]


class Uploading:
    """One audience in one system."""

    def __init__(self, hub: Hub, audience: Audience, system: str) -> None:
        connector = hub.connectors[system]
        assert isinstance(connector, HoldsAudiences), f"{system} takes no audiences"  # the configuration was checked
        self.hub, self.audience, self.system, self.connector = hub, audience, system, connector

    def turn(self, more: Callable[[], bool] = lambda: True) -> None:
        """As many steps as can be taken now. Trouble is remembered, not raised."""
        if self._loaded():
            try:
                for _ in range(STEPS):
                    if not self._step() or not more():
                        break
            except ConnectorError as error:
                self._failed(error)
        else:
            self._put(state=LOADING, next_at=self.hub.clock() + LOOK)
        self._timed()

    def _timed(self) -> None:
        """Since when it has been under way, among its figures, so that somebody is told when it takes too long."""
        row = self._row()
        figures = {name: value for name, value in row["figures"].items() if name != "since"}
        if under_way(row):
            figures["since"] = row["figures"].get("since", self.hub.clock())
        if figures != row["figures"]:
            self._put(figures=figures)

    def _loaded(self) -> bool:
        """Whether the segment and the customers of its system were read whole once: half a list is none."""
        hub, source = self.hub, self.audience.source
        mine = [r for r in hub.resources(source) if hub.resource(source, r).entity in (memberships.MEMBERSHIP, "customer")]
        with hub.store.read_intake() as at:
            return bool(mine) and all(inbox.get_cursor(at, source, r).get("identified_at") for r in mine)

    def _step(self) -> bool:
        """One look, and what follows from it. False: there is nothing more to be done now."""
        row = self._row()
        sight = self.connector.look(self.audience.title, row["place"])
        now = self.hub.clock()
        place = {**sight.place, **({"begun": row["place"]["begun"]} if "begun" in row["place"] and sight.version == "" else {})}
        there = {"uploaded_at": row["figures"]["at"]} if sight.version and sight.version == row["figures"].get("version") else {}
        self._put(place=place, state=sight.state, size=sight.size, matched=sight.matched, error=None, next_at=now + LOOK, **there)
        self._answered()
        if sight.next == WAIT:
            return False
        if sight.next != UPLOAD:
            if not self._live():
                return False
            self._told(sight.next, {}, lambda: self.connector.step(self.audience.title, place, sight.next))
            return True
        begun = place.get("begun")
        if begun and now < begun["at"] + self._settles():  # its effect may come yet
            self._put(next_at=begun["at"] + self._settles())
            return False
        if not begun and now < row["due_at"]:
            self._put(next_at=row["due_at"])
            return False
        return self._upload(sight, {k: v for k, v in place.items() if k != "begun"}, row["figures"])

    def _upload(self, sight: Sight, place: Mapping[str, Json], before: Mapping[str, Json]) -> bool:
        """Make the list, and send it where it is another than the one that is there. ``before``: figures of the last list."""
        now = self.hub.clock()
        following = {"due_at": now + self.audience.every, "next_at": now + self.audience.every}
        with gathered(self.hub, self.audience, self.connector.rules()) as (people, figures):
            figures |= {"since": before["since"]} if "since" in before else {}
            if people.version == sight.version:
                sent = {k: before[k] for k in ("version", "at") if k in before}
                self._put(place=place, figures=figures | sent, **following)
                return False
            if not self._live():
                self._put(place=place, figures=figures, state=HELD, **following)
                return False
            if state := self._lacks(people, sight):
                self._put(place=place, figures=figures, state=state, **following)
                return False
            begun = {"version": people.version, "count": people.count, "phones": people.phones, "emails": people.emails, "at": now}
            place = {**place, "begun": begun}
            self._put(place=place, figures=figures | {"version": people.version, "at": now})
            self._told(UPLOAD, figures, lambda: self.connector.upload(self.audience.title, place, people))
        self._put(**following)
        return True

    def _lacks(self, people: People, sight: Sight) -> str:
        """Why this list is not sent: too few people, of whom the system takes none; STUCK where it holds a list that should be smaller."""
        rules = self.connector.rules()
        enough = max(people.phones, people.emails) if rules.apart else people.count
        if enough >= rules.least or (rules.shrinks and sight.state != "none" and people.count):
            return ""
        return SHORT if sight.state == "none" else STUCK

    def _told(self, step: str, figures: Mapping[str, Json], call: Callable[[], Mapping[str, Json]]) -> None:
        """One call that changes something there, with the audit rows of its intent and outcome. Raises ConnectorError."""
        self._audit("write.intent", step, "", figures)
        try:
            place = call()
        except ConnectorError as error:
            self._audit("write.outcome", step, type(error).__name__.lower(), figures)
            raise
        with self.hub.store.write() as at:
            rows.put(at, self.audience.name, self.system, place=dict(place))
        self._audit("write.outcome", step, "done", figures)

    def _audit(self, action: str, step: str, outcome: str, figures: Mapping[str, Json]) -> None:
        cause = f"{self.audience.name}: {step}"
        entry = audit.Entry(action, "hub", self.system, memberships.MEMBERSHIP, "", cause, outcome, after=dict(figures) or None)
        with self.hub.store.write() as at:
            audit.write(at, [entry], now=self.hub.clock())

    def _failed(self, error: ConnectorError) -> None:
        """A refusal is a person's affair, and the same list is not sent again before the next is due; anything else is tried again."""
        log.warning("audience.failed", system=self.system, audience=self.audience.name, error=type(error).__name__)
        now, row = self.hub.clock(), self._row()
        with self.hub.store.write() as at:
            states.trouble(at, self.system, error, now=now, by="write" if isinstance(error, Rejected) else "read")
        asked = float(getattr(error, "retry_after", None) or 0.0)
        if error.code in OURS:  # a limit that we keep ourselves: nobody's trouble
            return self._put(next_at=now + max(1.0, asked))
        values: dict[str, Json] = {"error": error.kept[:600], "next_at": now + max(TROUBLE, asked)}
        if isinstance(error, Rejected):
            later = now + self.audience.every
            place = {k: v for k, v in row["place"].items() if k != "begun"}
            values |= {"state": REFUSED, "place": place, "due_at": later, "next_at": later}
        return self._put(**values)

    def _answered(self) -> None:
        with self.hub.store.write() as at:
            states.call_succeeded(at, self.system, now=self.hub.clock(), by="read")

    def _live(self) -> bool:
        """Whether the system may be written to: a pilot is of single people, and a list of them would be too short for anybody."""
        with self.hub.store.read() as at:
            return bool(states.get(at, self.system)["mode"] == "live")

    def _settles(self) -> float:
        return self.hub.connectors[self.system].manifest.operations[UPLOAD].settles_after

    def _row(self) -> dict[str, Json]:
        with self.hub.store.read() as at:
            return rows.get(at, self.audience.name, self.system)

    def _put(self, **values: Json) -> None:
        with self.hub.store.write() as at:
            rows.put(at, self.audience.name, self.system, **values)
