"""What is wrong with a vendor's manifest and catalogue as data: each complaint says what to write, and in which file. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.contract import Manifest, Operation, ResourceManifest

VIEWS = ("list", "fetch", "answer")
LIMITS = ("window", "bucket", "parallel", "operating")


def complaints(manifest: Manifest, catalogue: Mapping[str, Mapping[str, str]], folder: str = "") -> list[str]:
    """All of them, in the order in which one would mend them. ``folder``: of the connector, named in each complaint."""
    place = f"{folder}/manifest.py" if folder else "manifest.py"
    found = [f"{place}: {said}" for said in _manifest(manifest)]
    for name, of in manifest.resources.items():
        found += [f"{place}: resources[{name!r}]: {said}" for said in _resource(of)]
        if not catalogue.get(name) or not all(catalogue[name].values()):
            found.append(f"{place.replace('manifest', 'catalogue')}: STATIC[{name!r}]: write each field of the object with its type")
    return found


def _manifest(manifest: Manifest) -> Iterator[str]:
    for name, operation in manifest.operations.items():
        yield from (f"operations[{name!r}]: {said}" for said in _repeatable(operation))
    if not manifest.resources and not manifest.operations:
        yield "resources: write the vendor's collections, each with its canonical entity"
    if not manifest.limits:
        yield "limits: write the vendor's published limits; where it publishes none, what a careful client keeps to"
    for limit in manifest.limits:
        if limit.kind not in LIMITS or limit.units <= 0 or limit.seconds <= 0:
            yield f"limits: {limit} cannot be kept: units and seconds are above zero, the kind is one of {', '.join(LIMITS)}"


def _resource(of: ResourceManifest) -> Iterator[str]:
    if missing := [view for view in VIEWS if view not in of.representations]:
        yield f"representations: say what the views {', '.join(missing)} of an object carry"
    if of.writable and not of.operations:
        yield "operations: say how `create` and `update` may be repeated, or writable=False where nothing is written"
    if of.operations and not of.writable:
        yield "operations: there are writes, and writable is False"
    for name, operation in of.operations.items():
        yield from (f"operations[{name!r}]: {said}" for said in _operation(name, operation))
    if of.fact and "update" in of.operations:
        yield "operations: a fact is never updated"
    if of.telling.typed and not of.telling.webhook:
        yield "telling: an address is typed by hand and nothing is told"
    if not of.telling.source:
        yield "telling.source: name the paper that says of what the vendor calls by itself, or that it does not"
    if of.batch < 1 or of.fetch_batch < 1 or of.overlap < 0 or of.settle <= 0:
        yield "batch and fetch_batch are at least 1, overlap at least 0, settle above 0"


def _operation(name: str, operation: Operation) -> Iterator[str]:
    if name not in ("create", "update"):
        yield "there are `create` and `update`"
    yield from _repeatable(operation)


def _repeatable(operation: Operation) -> Iterator[str]:
    if operation.repeat not in ("safe", "keyed", "findable", "never"):
        yield f"repeat: {operation.repeat!r} is none of safe, keyed, findable, never"
    if operation.repeat in ("keyed", "findable") and not operation.find_by:
        yield f"find_by: {operation.repeat} by what? `hub`, phone, card, email ..."
    if operation.settles_after <= 0:
        yield "settles_after: after how many seconds can a lost request no longer act?"
