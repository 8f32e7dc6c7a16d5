"""Names of entities, fields, systems, stores and statuses that the configuration speaks of and does not have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.registry import CONNECTORS, manifest
from hub.config.fields import mapping, nearest
from hub.config.sections import audiences, campaigns, replicas, status_steps
from hub.entities import FIELDS

Json = Any
Complaint = tuple[tuple[str, ...], str]  # where it stands, and what is wrong there


def wrong_names(raw: Mapping[str, Json]) -> dict[str, Json]:
    """What is wrong with the file, as marshmallow has its messages; empty where every name is known."""
    systems = {str(name) for name in mapping(raw.get("systems"))}
    found: dict[str, Json] = {}
    for complaints in (
        _entities(raw),
        _routes(raw, systems),
        _policies(raw, systems),
        _trust(raw, systems),
        _realms(raw),
        _sections(raw, systems),
        _directories(raw, systems),
        _stores(raw),
        _stages(raw),
    ):
        for path, text in complaints:
            _put(found, path, text)
    return found


def _put(found: dict[str, Json], path: tuple[str, ...], text: str) -> None:
    """Add a message; nothing is said of the parts of what is wrong as a whole."""
    place: Json = found
    for step in path[:-1]:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return
    said = place.get(path[-1])
    place[path[-1]] = [*(said if isinstance(said, list) else ()), text]


def _entities(raw: Mapping[str, Json]) -> Iterable[Complaint]:
    for section in ("routes", "policies", "identity", "custom_fields"):
        for entity in mapping(raw.get(section)).keys() - FIELDS.keys():
            yield (section, entity), f"no such entity{nearest(str(entity), FIELDS)}"


def _routes(raw: Mapping[str, Json], systems: set[str]) -> Iterable[Complaint]:
    for entity, routes in mapping(raw.get("routes")).items():
        for name in mapping(routes).keys() - systems:
            yield ("routes", entity, name), f"no such system{nearest(str(name), systems)}"


def _policies(raw: Mapping[str, Json], systems: set[str]) -> Iterable[Complaint]:
    for entity in mapping(raw.get("policies")).keys() & FIELDS.keys():
        for name, policy in mapping(raw["policies"][entity]).items():
            if not str(name).startswith("custom.") and name not in FIELDS[entity]:
                yield ("policies", entity, name), f"{entity} has no such field{nearest(str(name), FIELDS[entity])}"
            for system in [*(mapping(policy).get("systems") or ()), *(mapping(policy).get("then") or ())]:
                if system not in systems and system not in ("loyalty", "hub"):
                    yield ("policies", entity, name), f"no such system: {system}{nearest(str(system), systems)}"


def _trust(raw: Mapping[str, Json], systems: set[str]) -> Iterable[Complaint]:
    for index, name in enumerate(raw.get("trust") or ()):
        if name not in systems:
            yield ("trust", str(index)), f"no such system: {name}{nearest(str(name), systems)}"


def _realms(raw: Mapping[str, Json]) -> Iterable[Complaint]:
    realms = {str(mapping(store).get("realm")) for store in mapping(raw.get("stores")).values() if mapping(store).get("realm")}
    for name, of in mapping(raw.get("systems")).items():
        if (realm := mapping(of).get("realm")) and realm not in realms:
            yield ("systems", name, "realm"), f"no store is of this realm{nearest(str(realm), realms)}"


def _sections(raw: Mapping[str, Json], systems: set[str]) -> Iterable[Complaint]:
    """What the sections say of their own names."""
    known = {name: {kind: one.entity for kind, one in manifest(name).resources.items()} for name in CONNECTORS}
    for name, text in replicas.wrong(mapping(raw.get("systems")), known):
        yield ("systems", name, "replica_of"), text
    for name, setting, text in audiences.wrong(mapping(raw.get("audiences")), mapping(raw.get("systems"))):
        yield ("audiences", name, setting), text
    for section, name, setting, text in campaigns.wrong(raw, systems):
        yield (section, name, setting), text
    for name in mapping(raw.get("stand_ins")).keys() - systems:
        yield ("stand_ins", name), f"no such system{nearest(str(name), systems)}"


def _directories(raw: Mapping[str, Json], systems: set[str]) -> Iterable[Complaint]:
    for name, values in mapping(raw.get("directories")).items():
        for value, row in mapping(values).items():
            for key in mapping(row).keys() - systems - {"ru", "en"}:
                yield ("directories", name, value, key), f"neither a title nor a system{nearest(str(key), systems | {'ru', 'en'})}"


def _stores(raw: Mapping[str, Json]) -> Iterable[Complaint]:
    places = list(mapping(mapping(raw.get("directories")).get("store")))
    for path in (("stores",), ("loyalty", "stores")):
        section: Json = raw
        for step in path:
            section = mapping(section.get(step))
        for name in section:
            if places and name not in places:
                yield (*path, name), f"no such store{nearest(str(name), places)}"


def _stages(raw: Mapping[str, Json]) -> Iterable[Complaint]:
    """Statuses, the owners that change with them, and a status that nothing else decides."""
    statuses = list(mapping(mapping(raw.get("directories")).get("order_status")))
    for status, texts in status_steps.wrong(mapping(raw.get("status_steps")), statuses).items():
        for text in texts:
            yield ("status_steps", status), text
    for entity, chosen in mapping(raw.get("policies")).items():
        staged = {name: mapping(policy)["until"] for name, policy in mapping(chosen).items() if mapping(policy).get("until")}
        for name, until in staged.items():
            missing = [x for x in until if statuses and x not in statuses] if isinstance(until, list) else []
            if entity != "order":
                yield ("policies", entity, name, "until"), "only an order has a status that changes owners"
            elif missing:
                yield ("policies", entity, name, "until"), f"no such status: {missing[0]}{nearest(str(missing[0]), statuses)}"
        if entity == "order" and "status" in mapping(chosen) and (staged or raw.get("status_steps")):
            yield ("policies", entity, "status"), "the status goes by its steps: leave its policy out, or `status_steps` and every `until`"
