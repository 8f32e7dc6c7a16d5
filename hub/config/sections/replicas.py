"""`replica_of` of a system: which of its documents are copies of another base's, as 1C:УТ holds receipts of the tills' 1C:Розница."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from connectors.strict import OneOrEach
from hub.config.fields import about, nearest

ALL = "*"  # every document that the hub does not write there
ENTITIES = ("order", "return")  # what may be a copy: of customers and goods there are keys


class ReplicaField(OneOrEach):
    """A system, or resource -> system."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> dict[str, str]:
        if isinstance(value, str):
            return {ALL: value} if value else {}
        if isinstance(value, Mapping) and all(isinstance(x, str) for pair in value.items() for x in pair):
            return {str(resource): str(system) for resource, system in value.items()}
        raise ValidationError("name the system whose documents these are, or write resource: system")


def field() -> ReplicaField:
    text = (
        "The system whose documents this one holds copies of, of the same vendor: its receipts, returns and orders that are only read are no "
        "purchases of their own. Or resource -> system, for some of them."
    )
    return ReplicaField(load_default=dict, metadata=about(text))


def wrong(raw: Mapping[str, Any], resources: Mapping[str, Mapping[str, str]]) -> Iterable[tuple[str, str]]:
    """(system, what is wrong with its ``replica_of``). ``resources``: connector -> resource -> entity."""
    for name, system in raw.items():
        said = system.get("replica_of") if isinstance(system, Mapping) else None
        chosen = {ALL: said} if isinstance(said, str) else said if isinstance(said, Mapping) else {}
        mine = resources.get(str(system.get("connector")), {}) if chosen else {}
        for resource, of in chosen.items():
            other = raw.get(of)
            if of not in raw or of == name:
                yield str(name), f"no such other system: {of}{nearest(str(of), raw.keys() - {name})}"
            elif not isinstance(other, Mapping) or other.get("connector") != system.get("connector"):
                yield str(name), f"{of} speaks another protocol: copies are told by the identifier that one program keeps in all its bases"
            elif resource != ALL and mine.get(str(resource)) not in ENTITIES:
                documents = [one for one, entity in mine.items() if entity in ENTITIES]
                yield str(name), f"no such documents: {resource}{nearest(str(resource), documents)}"
