"""Erased persons while the hub works: their objects stay known by their ids alone, and nothing of the person is read in again.

A link of an erased customer is ``erased``: it says only which object it is, so that it is not met as somebody new. In the links of that
customer's orders and calls the paths of personal fields, and the one that names the customer, are frozen as ``erased``: neither read nor
written. Where the person is erased in a system too, its orders lose her there, and nobody puts her back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from hub.app import Hub
from hub.entities import FIELDS
from hub.storage import tombstones
from hub.storage.links import Link
from hub.storage.tombstones import KEY, OBJECT, RECORD, Mark
from mappings import Mapping as CompiledMapping

Json = Any
ERASED = "erased"  # the state of a link, and why a path is frozen
CUSTOMER = "customer"  # the field of orders and calls that names the person
RECORDING = "recording"  # of a call: a voice
BY_PATH = ("base", "sent", "times", "contribution", "doubt", "dropped", "flips", "set_aside", "written")


class Erased:
    """Answers within one transaction; costs one question where nobody was ever erased."""

    def __init__(self, hub: Hub, at: Connection) -> None:
        self._at, self._secret = at, hub.settings.secret_key
        self.anybody = tombstones.exist(at)

    def certificates(self, marks: Iterable[Mark]) -> dict[Mark, str]:
        """Those of the marks that belong to erased persons, with their certificates."""
        return tombstones.certificates(self._at, self._secret, marks) if self.anybody else {}

    def objects(self, system: str, resource: str, ids: Iterable[str]) -> set[str]:
        """Those of a resource's objects that were an erased person's."""
        return {mark[-1] for mark in self.certificates((OBJECT, system, resource, one) for one in ids)} if self.anybody else set()


def marks_of(system: str, resource: str, external_id: str, hub_key: str | None, customer: Json, keys: Iterable[tuple[str, str]]) -> list[Mark]:  # fmt: skip
    """By what an object may turn out to be an erased person's: itself, its hub key, the customer that it names, phones, e-mails and cards."""
    found: list[Mark] = [(OBJECT, system, resource, external_id)]
    found += [(RECORD, str(one)) for one in (hub_key, customer) if one]
    return found + [(KEY, kind, value) for kind, value in sorted(keys)]


def personal(mapping: CompiledMapping) -> frozenset[str]:
    """Paths that show something of a person: those of personal fields, the one that names her, and those that are put together from several."""
    known, hidden = FIELDS[mapping.entity], personal_fields(mapping.entity)

    def shows(name: str) -> bool:
        return name in hidden if name in known else not name.startswith("custom.")

    return frozenset(path for path, found in mapping.by_path.items() if any(shows(one.field) for one in found))


def personal_fields(entity: str) -> frozenset[str]:
    """Fields of an entity that show something of a person, or who it is."""
    return frozenset(name for name, info in FIELDS[entity].items() if info.pii or name in (CUSTOMER, RECORDING))


def readable(link: Link, values: Mapping[str, Json]) -> dict[str, Json]:
    """What of an object may be looked at."""
    return {path: value for path, value in values.items() if link.frozen.get(path) != ERASED}


def withholds(link: Link) -> bool:
    """Whether parts of the link's object are not looked at, for a person's sake."""
    return ERASED in link.frozen.values()


def withhold(link: Link, paths: Iterable[str]) -> None:
    """Forget what a link knows of these paths, and neither read nor write them any more."""
    for path in paths:
        for name in BY_PATH:
            getattr(link, name).pop(path, None)
        for part in (link.intent, link.replaced):
            for values in (part or {}).values():
                if isinstance(values, dict):
                    values.pop(path, None)
        link.frozen[path] = ERASED


def emptied(link: Link) -> Link:
    """The link of an erased customer: which object it is, and nothing else."""
    return Link(link.id, link.system, link.entity, link.resource, link.external_id, link.record_id, role=link.role, state=ERASED,
                looked_at=link.looked_at, whole_at=link.whole_at, wrote_at=link.wrote_at, write_gen=link.write_gen + 1)  # fmt: skip
