"""The section ``audiences``: which segment goes to which advertising systems, and whose consent that needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from connectors.registry import CONNECTORS, manifest
from hub.config.fields import NAME, Strict, about, nearest

Json = Any
LONGEST = 100  # letters of a title: systems add a version to it


class AudienceSchema(Strict):
    title = fields.String(
        required=True,
        validate=validate.Length(1, LONGEST),
        metadata=about("What it is called in the advertising systems: by this the hub finds it there again, so no other may be called so."),
    )
    source = fields.String(required=True, metadata=about("The system that keeps the segment."))
    segment = fields.String(required=True, metadata=about("The segment, as `options.segments` of that system names it."))
    to = fields.List(fields.String(), required=True, validate=validate.Length(1), metadata=about("The systems that are told of it."))
    purpose = fields.String(
        load_default="advertising",
        metadata=about("The purpose of the consent that a person must have given. No answer is no consent: such a person is not uploaded."),
    )
    channel = fields.String(load_default="", metadata=about("The channel of that consent; empty: of any channel, where none was refused."))
    every = fields.Float(
        load_default=24.0, validate=validate.Range(min=0.25), metadata=about("Hours between two uploads; an unchanged list is not sent.")
    )


@dataclass(frozen=True, slots=True)
class Audience:
    """``source``: the system that keeps the ``segment``. ``every``: seconds."""

    name: str
    title: str
    source: str
    segment: str
    to: tuple[str, ...]
    purpose: str
    channel: str
    every: float


def field() -> fields.Dict:
    return fields.Dict(
        keys=fields.String(validate=NAME),
        values=fields.Nested(AudienceSchema),
        load_default=dict,
        metadata=about("name -> a segment that is uploaded to advertising systems, as digests of phones and e-mails."),
    )


def build(data: Mapping[str, Any]) -> dict[str, Audience]:
    """The audiences of a configuration."""
    return {name: Audience(name, **{**one, "to": tuple(one["to"]), "every": one["every"] * 3600.0}) for name, one in data.items()}


def wrong(raw: Mapping[str, Any], systems: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(audience, setting, text) of systems that are not there, or cannot do what is asked of them, and of titles that stand twice."""
    titles: dict[Any, str] = {}
    for name, one in raw.items():
        if not isinstance(one, Mapping):
            continue
        source, segment = one.get("source"), one.get("segment")
        if source not in systems:
            yield name, "source", f"no such system{nearest(str(source), systems)}"
        elif segment not in (_of(systems, source, "options") or {}).get("segments", ()):
            yield name, "segment", f"{source} does not keep up with it: add it to systems.{source}.options.segments"
        for system in one.get("to") or ():
            if system not in systems:
                yield name, "to", f"no such system: {system}{nearest(str(system), systems)}"
            elif not _takes(str(_of(systems, system, "connector"))):
                yield name, "to", f"{system} takes no audiences"
        first = titles.setdefault(one.get("title"), name)
        if first != name:
            yield name, "title", f"the audience {first} is called so, too: the hub tells them apart by their titles"


def _of(systems: Mapping[str, Any], system: Any, name: str) -> Any:
    of = systems.get(system)
    return of.get(name) if isinstance(of, Mapping) else None


def _takes(connector: str) -> bool:
    """Whether a connector takes lists of people: it says of an upload how that may be repeated. Of an unknown one nothing is said here."""
    return connector not in CONNECTORS or "upload" in manifest(connector).operations
