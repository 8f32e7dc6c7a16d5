"""What is to be said of a record's object in one system as it stands there, whether anything is to be delivered or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.config.settings import zone
from hub.language.shown import Shown
from hub.storage import brakes, conflicts, inbox, views
from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync import aliases
from hub.sync.alone import alone
from hub.sync.context import BatchContext
from hub.sync.erased import ERASED, withholds
from hub.sync.rules import rules_for
from hub.sync.scale import IN
from mappings import Mapping as CompiledMapping

Json = Any
AGREES, DIFFERS, WAITS, FAILED, NOT_PASSED, QUEUED, READ_ONLY = "agrees", "differs", "waits", "failed", "not_passed", "queued", "read_only"
ELSEWHERE = ("frozen", "total_differs")  # problems of a field that another value of the field itself does not mend


@dataclass(frozen=True, slots=True)
class Told:
    """What a delivery comes to: the parts of its sentence. ``failed``: whether somebody is advised."""

    state: str
    text: str
    failed: bool = False
    place: str = ""
    other: str = ""
    held: Mapping[str, str] = field(default_factory=dict)


class Standing:
    """The objects of one record; reads, changes nothing."""

    def __init__(self, hub: Hub, at: Connection, page: Mapping[str, Json], shown: Shown) -> None:
        self.hub, self.at, self.page, self.shown, self.say = hub, at, page, shown, shown.say
        self.record: Mapping[str, Json] = page["record"]
        self.entity: str = self.record["entity"]

    def agrees(self, system: str, link: Link | None) -> Told:
        """What stands there agrees, but for what is kept from it or stands there otherwise."""
        say = self.say
        if link is not None and self.kept_back(link):
            text = say("Waits for a person: what was changed here since is held back by a brake, with much else like it. See Brakes.")
            return Told(WAITS, text, place="brakes")
        if fields := self.unread(system):
            return Told(WAITS, say("Waits: %(fields)s; the rest agrees.", fields=fields))
        return self._seen(link) if link is not None else Told(AGREES, say("Agrees."))

    def _seen(self, link: Link) -> Told:
        """Of an object of which everything could be read."""
        say = self.say
        frozen = self._titles(link, [path for path, why in link.frozen.items() if why != ERASED])
        aside, only = self._titles(link, list(link.set_aside)), self.alone(link)
        parts = [only]
        if withholds(link):
            parts.insert(0, say("Personal fields are neither read nor written: the person was erased on request."))
        if frozen:
            text = say("Not written any more, since something there keeps changing it back: %(fields)s.", fields=", ".join(frozen.values()))
            parts.insert(0, text)
        if frozen or aside or only:
            return Told(DIFFERS, joined(*parts, *self._aside(link).values()), held=(frozen | aside))
        seen = say("Agrees; last seen %(time)s.", time=say.moment(link.looked_at)) if link.looked_at else say("Agrees.")
        without, buyer = self._without_buyer(link.system)
        return Told(AGREES, joined(seen, *parts, without), other=buyer)

    def _without_buyer(self, system: str) -> tuple[str, str]:
        """That the object stands there without its customer, who is not in the system, and the customer's id; both empty where it does not."""
        buyer = str(self.record["data"].get("customer") or "")
        if not buyer or views.stands_in(self.at, buyer, system):
            return "", ""
        name = self.shown.name("customer", views.data_of(self.at, [buyer]).get(buyer, {}))
        return self.say("It stands there without its customer %(name)s, who is not in this system.", name=name), buyer

    def otherwise(self, link: Link) -> str:
        mapping = self._mapping(link)
        if mapping is None or not mapping.give:
            return ""
        apart = aliases.otherwise(self.hub, link, link.base, self._whole(), mapping, self._context(link))
        if not apart:
            return ""
        names = {f.field for path in apart for f in mapping.by_path.get(path, ())}
        return self.say(
            "Its second object here, %(id)s, says otherwise in: %(fields)s. The hub only reads it: merge the two here, or mend it by hand.",
            id=link.external_id, fields=self.shown.labels(self.entity, sorted(names)),
        )  # fmt: skip

    def disputed(self, link: Link) -> list[str]:
        """Fields in open conflict in which this system says otherwise than the record."""
        open_ = conflicts.fields(self.at, [str(self.record["id"])]).get(str(self.record["id"]), set())
        mapping = self._mapping(link) if open_ else None
        if mapping is None:
            return []
        paths, context = {f.path: f.field for f in mapping.fields if f.field in open_ and f.path in link.base}, self._context(link)
        held = {path: mapping.decode(path, link.base[path], context)[0].get(name) for path, name in paths.items()}
        return sorted({name for path, name in paths.items() if held[path] != self.record["data"].get(name)})

    def refused(self, link: Link) -> Told:
        return Told(FAILED, joined(*self._aside(link).values()), True, held=self._titles(link, list(link.set_aside)))

    def alone(self, link: Link) -> str:
        """What stands there alone, which nobody but a person will mend; empty where nothing does."""
        mapping = self._mapping(link)
        if mapping is None:
            return ""
        paths = alone(link, link.base, self._whole(), mapping, rules_for(self.hub, mapping, link.system, self._context(link)))
        if not paths:
            return ""
        return self.say(
            "Here alone stands: %(fields)s. The hub did not take it (it was refused under Brakes, or belongs to a record that was split off) and has "
            "nothing to write over it: empty it here by hand; if it is right, type it on the record's page.",
            fields=self.shown.labels(self.entity, sorted({f.field for path in paths for f in mapping.by_path[path]})),
        )  # fmt: skip

    def unread(self, system: str) -> str:
        """The fields whose value there could not be used, each with the reason."""
        rows = [row for row in self.page["problems"] if row["system"] == system and row["code"] not in ELSEWHERE]
        why = {row["field"]: uncapped(self.shown.private(self.say.pick(row["ru"], row["en"])).rstrip(".")) for row in rows}
        return ", ".join(f"{self.shown.label(self.entity, name)} ({why[name]})" for name in sorted(why))

    def kept_back(self, link: Link) -> bool:
        """Whether a brake keeps back what the system has said of this object since."""
        asked = [row["id"] for row in brakes.undecided(self.at, link.system) if (row["way"], row["entity"]) == (IN, self.entity)]
        if not asked or not link.external_id:
            return False
        with self.hub.store.read_intake() as at:
            return bool(inbox.kept_back(at, asked, link.system, [link.external_id]))

    def _aside(self, link: Link) -> dict[str, str]:
        """Remote path -> that it was refused and set aside, with the system's own words."""
        why = {path: self.shown.told(str(one.get("text") or one.get("code"))).rstrip(".") for path, one in link.set_aside.items()}
        titles = self._titles(link, list(why))
        return {p: self.say("Refused there and set aside: %(field)s (%(text)s).", field=titles[p], text=why[p]) for p in titles}

    def _titles(self, link: Link, paths: Sequence[str]) -> dict[str, str]:
        """Remote path -> the titles of its fields; a path that nothing maps by itself."""
        mapping = self._mapping(link)
        by_path = mapping.by_path if mapping else {}
        return {path: self.shown.labels(self.entity, [f.field for f in by_path.get(path, ())]) or path for path in paths}

    def _mapping(self, link: Link) -> CompiledMapping | None:
        """The mapping of a link's object; None where its system is not configured any more."""
        return self.hub.mapping(link.system, link.resource) if link.system in self.hub.settings.systems else None

    def _context(self, link: Link) -> BatchContext:
        return BatchContext(self.at, link.system, zone(self.hub.settings.systems[link.system].timezone))

    def _whole(self) -> Record:
        return Record(**{name: self.record[name] for name in Record.__dataclass_fields__})


def uncapped(text: str) -> str:
    """A sentence as a part of another; what begins with an abbreviation stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def joined(*parts: str) -> str:
    """Sentences one after another."""
    return " ".join(part for part in parts if part)
