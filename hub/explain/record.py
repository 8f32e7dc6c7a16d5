"""One sentence for each system about a record: agrees / differs / waits / failed / not passed on, and why. Dashboard and CLI say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from connectors.escaped import ESCAPED
from hub.app import Hub
from hub.explain import planning
from hub.explain.holds import FETCHED, Hold, hold_of, told
from hub.explain.planning import Planned
from hub.explain.rules import by_rule, rule
from hub.explain.standing import AGREES, DIFFERS, FAILED, NOT_PASSED, QUEUED, READ_ONLY, WAITS, Standing, Told, joined
from hub.language.shown import Shown
from hub.storage import states, views
from hub.storage.links import COLUMNS, Link, primary
from hub.sync.aliases import ALIAS
from hub.sync.draft import UNSAID
from hub.sync.made import LOST
from hub.sync.welcome import WITHHELD
from hub.words import welcome
from hub.words.problems import advice
from retry_queue.outbox import as_delivery

Json = Any
PLACES = {"paused": "check", "breaker": "check", "observe": "systems", "effects": "brakes", "brake": "brakes", "restored": "agreement"}
MENDED = {"directory_no_twin": "directories", LOST: "lost"}  # code of a failure -> the page where it is mended


@dataclass(frozen=True, slots=True)
class Sentence:
    """``state``: the word that colours it. ``text``: the whole sentence. ``number``: what people there call the object, where the record has another. ``who`` can mend it and what to do ``next``, where it failed.
    ``delivery``: id of the delivery it speaks of, and ``replayable`` whether a person may put it back. ``place``: the page where it is
    mended: check (a button, too) | lost (a form) | systems | brakes | directories | conflicts | duplicates | agreement | nobody. ``other``: id of the record that it waits for.
    ``held``: remote path -> title of what is not written to the object of ``link`` any more until a person says so."""

    system: str
    state: str
    text: str
    external_id: str = ""
    who: str = ""
    next: str = ""
    delivery: str = ""
    replayable: bool = False
    place: str = ""
    other: str = ""
    link: str = ""
    held: Mapping[str, str] = field(default_factory=dict)
    number: str = ""


class Explainer:
    """Explains one record; reads, changes nothing."""

    def __init__(self, hub: Hub, at: Connection, page: Mapping[str, Json], shown: Shown) -> None:
        self.hub, self.at, self.page, self.shown, self.say = hub, at, page, shown, shown.say
        self.record: Mapping[str, Json] = page["record"]
        self.entity: str = self.record["entity"]
        self.standing = Standing(hub, at, page, shown)
        self.now = hub.clock()
        self.states = states.all_states(at)

    def sentences(self) -> list[Sentence]:
        """One for each system that the entity is routed to."""
        found = [self._system(route.system, route.take) for route in self.hub.settings.routes.get(self.entity, ())]
        return [self._with_welcome(self._with_second(replace(one, number=self._number(one)))) for one in found]

    def _with_welcome(self, one: Sentence) -> Sentence:
        """Why somebody who looks new was registered without points."""
        if self.entity != "customer" or not one.external_id:
            return one
        told = views.audit_rows(self.at, record_id=str(self.record["id"]), action=WITHHELD, system=one.system, limit=1)
        return replace(one, text=joined(one.text, *(welcome.why(row["cause"], self.say) for row in told)))

    def _with_second(self, one: Sentence) -> Sentence:
        """What the record's further objects in the system say otherwise: they are only read, so that a person mends it there."""
        links = [Link(**{name: x[name] for name in COLUMNS}) for x in self.page["links"] if (x["system"], x["role"]) == (one.system, ALIAS)]
        told = [text for link in links if link.state == "live" and (text := self.standing.otherwise(link))]
        if not told:
            return one
        first = self.say("The object that the hub writes agrees.") if one.state == AGREES else one.text
        return replace(one, state=DIFFERS if one.state == AGREES else one.state, text=joined(first, *told))

    def _number(self, one: Sentence) -> str:
        """What people there call the object that a sentence speaks of."""
        links = (x for x in self.page["links"] if x["system"] == one.system and (x["external_id"] or "") == one.external_id)
        return next((number for x in links if (number := self.hub.number_there(one.system, x["resource"], x["base"]))), "")

    def _system(self, system: str, takes: bool) -> Sentence:
        links = [Link(**{name: x[name] for name in COLUMNS}) for x in self.page["links"] if x["system"] == system]
        link = primary(links) or (links[0] if links else None)
        ident = (link.external_id or "") if link else ""
        row = self.page["deliveries"].get(system)
        if row is None:
            return self._never_delivered(system, link, takes)
        told = self._delivered(system, row, link)
        who, step = ("", "")
        if told.failed:
            _, who, step = advice(row["error_class"], row["error_code"]).texts(self.say.language)
        again = row["state"] in views.REPLAYABLE and not (row["state"] == "skipped" and by_rule(row["reason"]))
        shown = (told.place, told.other, link.id if link else "", told.held)
        return Sentence(system, told.state, told.text, ident, who, step, row["id"], again, *shown)

    def _never_delivered(self, system: str, link: Link | None, takes: bool) -> Sentence:
        say, ident = self.say, (link.external_id or "") if link else ""
        if link is not None and takes and (self.standing.unread(system) or self.standing.alone(link)):
            told = self.standing.agrees(system, link)
            return Sentence(system, told.state, told.text, ident)
        if link is not None and takes and self.standing.kept_back(link):
            told = self.standing.agrees(system, link)
            return Sentence(system, told.state, told.text, ident, place=told.place)
        if link is not None and takes:
            return Sentence(system, AGREES, say("Agrees: the record came from here and nothing else has said anything else."), ident)
        if link is not None:
            return Sentence(system, READ_ONLY, say("Is only read from: by the routes this system takes none of these."), ident)
        if not takes:
            return Sentence(system, NOT_PASSED, say("Not passed on: by the routes this system only gives and takes none of these."))
        return Sentence(system, NOT_PASSED, say("Not passed on yet: no change of the record has been meant for this system."))

    def _delivered(self, system: str, row: Mapping[str, Json], link: Link | None) -> Told:
        match row["state"]:
            case "dead" if link is not None and row["error_field"] in link.set_aside:
                return self.standing.refused(link)
            case "dead":
                return Told(FAILED, self._failed(row), True, MENDED.get(row["error_code"], ""))
            case "retrying" if row["error_class"] and self.states.get(system, {}).get("paused"):
                return Told(FAILED, joined(self._failed(row), self._held(system, row)[0]), True, "check")
            case "retrying" if row["error_class"]:
                opens = self.states.get(system, {}).get("breaker_until") or 0.0
                then = self.say("The next try is at %(time)s.", time=self.say.clock(max(row["next_attempt_at"], opens)))
                return Told(FAILED, joined(self._failed(row), then), True, MENDED.get(row["error_code"], ""))
            case "unknown" if row["error_code"] == ESCAPED:
                then = self.say("The hub looks up at %(time)s whether it was written.", time=self.say.clock(row["next_attempt_at"]))
                return Told(FAILED, joined(self._failed(row), then), True)
            case "unknown":
                text = self.say("A request left and its answer was lost; the hub looks up at %(time)s whether it was written.",
                                time=self.say.clock(row["next_attempt_at"]))  # fmt: skip
                return Told(WAITS, text, True)
            case "leased":
                return Told(QUEUED, self.say("Is being written at this moment."))
            case "skipped":
                place = "nobody" if row["reason"] == UNSAID else ""
                return Told(NOT_PASSED, rule(row["reason"], self.entity, self.record["data"], self.shown), place=place)
        one = planning.think(self.hub, self.at, system, [as_delivery(dict(row))])[0]
        return self._planned(system, row, link, one)

    def _planned(self, system: str, row: Mapping[str, Json], link: Link | None, one: Planned) -> Told:
        say = self.say
        match one.kind:
            case planning.SKIPPED:
                return Told(NOT_PASSED, rule(one.reason, self.entity, self.record["data"], self.shown))
            case planning.WAITS:
                return self._waits(one.on, row["opened_at"])
            case planning.REFUSED if link is not None and one.blamed in link.set_aside:
                return self.standing.refused(link)
            case planning.REFUSED:
                text = say("Failed: the value of %(field)s cannot be written here: %(text)s.",
                           field=self.shown.label(self.entity, one.blamed), text=self.shown.told(one.reason).rstrip("."))  # fmt: skip
                return Told(FAILED, text)
            case planning.BUSY:
                return Told(WAITS, say("Waits: it is not settled yet what became of the last write; nothing new is written until it is."))
            case planning.CREATES:
                held, place = self._held(system, row)
                return Told(DIFFERS, joined(say("Differs: there is no such object here yet."), held), place=place)
            case planning.CHANGES:
                fields = self.shown.labels(self.entity, [name for change in one.changes for name in change.fields] or [one.blamed])
                held, place = self._held(system, row)
                return Told(DIFFERS, joined(say("Differs in: %(fields)s.", fields=fields), held), place=place)
        if link is not None and (disputed := self.standing.disputed(link)):
            text = say("Waits for a person: the systems disagree in %(fields)s, and nobody is overwritten until it is decided under Conflicts.",
                       fields=self.shown.labels(self.entity, disputed))  # fmt: skip
            return Told(WAITS, text, place="conflicts")
        return self.standing.agrees(system, link)

    def _held(self, system: str, row: Mapping[str, Json]) -> tuple[str, str]:
        """Why a difference is not being written at once, or that it is; and the page where that is mended."""
        hold = hold_of(self.hub, self.at, system, self.entity, str(row.get("run") or ""))
        return told(hold, self.say), PLACES.get(hold.code, "")

    def _waits(self, on: Mapping[str, Json], since: float) -> Told:
        say, entity = self.say, str(on.get("entity", ""))
        if on.get("field") == "restored":
            text = say("Waits since a backup was restored: it may be the same as another record. Decide that under Duplicates.")
            return Told(WAITS, text, place="duplicates")
        if on.get("fetched"):
            return Told(WAITS, told(Hold(FETCHED), say))
        other = views.data_of(self.at, [str(on.get("ref", ""))]).get(str(on.get("ref", "")))
        name = self.shown.name(entity, other) if other else str(on.get("ref", ""))
        text = say("Waits for %(entity)s %(name)s, not yet in this system, since %(since)s.",
                   entity=self.shown.entity(entity).lower(), name=name, since=say.clock(since))  # fmt: skip
        until = since + self.hub.settings.reference_wait
        text = joined(text, say("After %(time)s it goes without.", time=say.clock(until)) if until > self.now else "")
        return Told(WAITS, text, other=str(on.get("ref", "")) if other else "")

    def _failed(self, row: Mapping[str, Json]) -> str:
        what, _, _ = advice(row["error_class"], row["error_code"]).texts(self.say.language)
        field = self._field(row["error_field"])
        text = self.shown.told(row["error_text"]).rstrip(".")
        cause = f"{what}{f' ({field})' if field else ''}: {text}." if text else f"{what}."
        tries = self.say.many("%(n)s try.", "%(n)s tries.", row["attempts"]) if row["attempts"] else ""
        return joined(self.say("Failed."), cause, tries)

    def _field(self, name: str) -> str:
        """A canonical field's title; a remote path as the vendor says it."""
        return self.shown.label(self.entity, name) if name else ""


def explain(hub: Hub, at: Connection, page: Mapping[str, Json], shown: Shown) -> list[Sentence]:
    """What to say of each routed system about the record of :func:`hub.storage.views.record_page`."""
    return Explainer(hub, at, page, shown).sentences()
