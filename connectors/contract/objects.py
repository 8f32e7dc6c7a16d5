"""What travels between the hub and a vendor: objects as they were seen, words of a change, what is to be written and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import ConnectorError

Json = Any


@dataclass(frozen=True, slots=True)
class Remote:
    """One remote object as a look saw it; ``data`` is the vendor's JSON, ``id`` always text."""

    id: str
    data: Mapping[str, Json]
    representation: str = "fetch"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fact that a vendor had accepted into a queue, and refused there: ``id`` is the one that its write was answered with."""

    id: str
    error: ConnectorError


@dataclass(frozen=True, slots=True)
class Page:
    """One slice of a list and the cursor that follows it. ``last`` ends the sweep.

    A cursor is JSON-able and opaque to the hub: {} starts from nothing (a full sweep). The cursor of the last page,
    given back later, yields what changed since, trailing the newest row by the manifest's overlap.
    ``total``: objects in the sweep, where the vendor tells. ``gone``: ids that the vendor says are there no longer; the hub confirms
    each by id. ``waits``: the vendor is still preparing what follows (an export task); who stops here resumes at the next poll, who goes on
    is kept waiting. ``as_of``: of a list that was made before it was read (an export), the earliest moment at which it can have been made, in
    seconds of our clock; 0: when this page was asked for. ``refused``: what the vendor had accepted and then refused.
    """

    objects: Sequence[Remote]
    cursor: Mapping[str, Json]
    last: bool
    total: int | None = None
    gone: Sequence[str] = ()
    waits: bool = False
    as_of: float = 0.0
    refused: Sequence[Refusal] = ()


@dataclass(frozen=True, slots=True)
class Hint:
    """A word that an object of ``resource`` may have changed. ``fact`` carries the whole object for events that are facts (a call)."""

    resource: str
    id: str
    event: str = "changed"  # changed | deleted
    fact: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One object to write. ``id`` None: create. ``data``: nested, shaped as the vendor shows the object, holding only
    what is to be written (a list of lines is whole: lines absent from it are to be removed, lines with the vendor's
    line id are the existing ones). ``held``: of an update, what the object held when it was freshly read, in the paths that the mapping names and
    no others: for connectors that need the difference. An object that must be sent whole, or with its version, the connector reads itself.
    ``key``: the hub's record id, the idempotency key of a create and the hub key kept in the object; of a fact that was refused after it
    had been accepted, a new one. ``since``: of a create, when what is created is known to have been there first (seconds since the epoch).
    ``others``: system -> id of the same record's object there, for vendors that know one person by several ids (manifest: ``by_several_ids``).
    ``about``: records of the references that the manifest embeds. ``called``: of a create, the number by which people know what is created, for
    vendors whose objects bear a title."""

    key: str
    id: str | None
    data: Mapping[str, Json]
    held: Mapping[str, Json] | None = None
    quiet: bool = False
    since: float = 0.0
    about: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    called: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one Write: the object as stored (``remote``, representation ``answer`` or ``fetch``) or an error."""

    remote: Remote | None = None
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A webhook as it arrived. ``secret_part``: the last part of the URL, which the hub has already found to belong to the system."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    secret_part: str = ""

    def header(self, name: str) -> str:
        """A header, in whatever case it was sent; empty where it was not."""
        return next((value for sent, value in self.headers.items() if sent.lower() == name.lower()), "")

    def json(self) -> Json:
        """What the body says. Raises WebhookUnreadable for what is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise WebhookUnreadable("the body is not JSON") from error


class WebhookRefused(Exception):
    """The webhook is not what it claims to be. Answered 401, nothing stored."""


class WebhookUnreadable(WebhookRefused):
    """It comes from where it should, but its body is not what this vendor sends. Answered 400, nothing stored."""
