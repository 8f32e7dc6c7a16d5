"""What is wrong with mappings that are well formed: each by itself (:mod:`mappings.rules`) and between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mappings.codec import types_of
from mappings.declaration import Declaration, LintError, Place, near
from mappings.mapping import Mapping as Compiled
from mappings.rules import RULES
from mappings.subject import Subject
from mappings.world import CUSTOM_TYPES, World


def check(pairs: Sequence[tuple[Declaration, Compiled]], world: World) -> None:
    """Fill ``errors`` of the declarations with all that can be said."""
    subjects = [Subject(declared, mapping, world, not declared.errors) for declared, mapping in pairs]
    for subject in subjects:
        for rule in RULES:
            rule(subject)
    check_custom(subjects, world)
    check_together(subjects)
    check_owners(subjects, world)
    check_cycles(subjects)


def check_together(subjects: Sequence[Subject]) -> None:
    """One mapping a resource, one given resource an entity and way to the vendor, references that come from somewhere."""
    resources: dict[tuple[str, str], Subject] = {}
    given: dict[tuple[str, str, str], Subject] = {}
    for it in subjects:
        of = it.mapping
        first = resources.setdefault((of.connector, of.resource), it)
        if first is not it:
            it.complain(
                ("entity",),
                f"{of.connector} {of.resource} is mapped to {first.mapping.entity} and to {of.entity}",
                f"Write entity: {first.mapping.entity} to overlay it",
            )
        if of.give:
            way = it.world.transports.get(of.connector, {}).get(of.resource, "")
            first = given.setdefault((of.connector, of.entity, way), it)
            if first is not it:
                message = f"the hub would write {of.entity} of {of.connector} to {first.mapping.resource} and to {of.resource}"
                it.complain(("resource",), message, "Say give: false in the one that is only read")


def check_custom(subjects: Sequence[Subject], world: World) -> None:
    """Fields of the configuration's own that have no known type."""
    for entity, known in world.entities.items():
        for name, kind in known.items():
            if name.startswith("custom.") and kind.type not in CUSTOM_TYPES:
                where: Place = ("custom_fields", entity, name.removeprefix("custom."), "type")
                fix = f"{near(kind.type, CUSTOM_TYPES)}There are: {', '.join(CUSTOM_TYPES)}"
                _config(subjects, world, where, name, f"no type {kind.type!r}", fix)


def check_owners(subjects: Sequence[Subject], world: World) -> None:
    """Owners that a policy names and that cannot say the field."""
    for (entity, name), owners in world.owners.items():
        for owner in owners:
            for message, fix in _owns(subjects, world, entity, name, owner):
                _config(subjects, world, ("policies", entity, name), name, message, fix)


def _owns(subjects: Sequence[Subject], world: World, entity: str, name: str, owner: str) -> Iterator[tuple[str, str]]:
    """Why a system cannot own a field, each with its cure; what a mapping has wrong is told there."""
    connector = world.systems.get(owner)
    if connector is None:
        yield f"the owner {owner!r} is no configured system", f"{near(owner, world.systems)}There are: {', '.join(world.systems)}"
        return
    gives, _ = world.routes.get(entity, {}).get(owner, (False, False))
    if not gives:
        fix = f"Write routes: {{{entity}: {{{owner}: {{give: true}}}}}}, or another owner"
        yield f"{owner} owns {entity}.{name}, but its route does not give {entity}", fix
    mine = [it for it in subjects if it.mapping.connector == connector and it.mapping.entity == entity]
    said = [(it, one) for it in mine for one in it.fields if one.field == name]
    if not said:
        fix = f"Add {name} to a mapping of {connector}, or change the owner"
        yield f"{owner} owns {entity}.{name}, but no mapping of {connector} reads it", fix
    elif all(one.only == "write" for _, one in said):
        for it, _ in said:
            message = f"{owner} owns {name} by the policy, but this mapping only writes it there"
            it.complain(("fields", name, "only"), message, "Leave out only: write, or change the owner")


def _config(subjects: Sequence[Subject], world: World, place: Place, name: str, message: str, fix: str) -> None:
    """An error that stands in the configuration, told by its first mapping for want of a declaration of its own."""
    file, line = next((world.places[place[:n]] for n in range(len(place), 0, -1) if place[:n] in world.places), ("configuration", 0))
    if subjects:
        subjects[0].declared.errors.append(LintError(file, line, name, message, fix))


def check_cycles(subjects: Sequence[Subject]) -> None:
    """References that objects require of each other, so that neither can be created first."""
    graph: dict[tuple[str, str], list[tuple[str, Subject, str]]] = {}
    for it in subjects:
        for name in it.mapping.requires:
            if not it.mapping.give or name in it.mapping.stand_in:
                continue
            for one in it.fields:
                if one.field == name:
                    asks = [entity for kind, entity in types_of(one.codec).asks if kind == "ref"]
                    graph.setdefault((it.mapping.connector, it.mapping.entity), []).extend((entity, it, name) for entity in asks)
    for (connector, entity), edges in graph.items():
        for target, it, name in edges:
            way = _way(graph, connector, target, entity)
            if way is not None:
                chain = " -> ".join([entity, *way])
                it.complain(
                    ("requires", str(it.mapping.requires.index(name))),
                    f"{name} is required in a circle: {chain}",
                    f"Take {name} out of `requires`, or give it a stand-in under `stand_in`",
                )


def _way(graph: Mapping[tuple[str, str], list[tuple[str, Subject, str]]], connector: str, start: str, end: str) -> list[str] | None:
    """Entities from ``start`` to ``end`` along required references, or None."""
    seen, queue = {start}, [[start]]
    while queue:
        way = queue.pop(0)
        if way[-1] == end:
            return way
        for following, _, _ in graph.get((connector, way[-1]), ()):
            if following not in seen:
                seen.add(following)
                queue.append([*way, following])
    return None
