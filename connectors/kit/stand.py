"""What the suite needs to know of a vendor's stand-in: a person at the vendor's own screen, and what the hub would write."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from connectors.contract import WebhookRequest
from connectors.errors import ConnectorError, Unavailable, Unknown

Json = Any


class Unwritten(AssertionError):
    """Something that the author of a connector has still to write: the message says what and where."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the table of the vendor's answers: what a status with this body means to a read and to a write that may not be repeated."""

    status: int
    body: str
    read: type[ConnectorError] = Unavailable
    write: type[ConnectorError] = Unknown


class Stand:
    """A stand-in that runs at ``url`` and obeys ``/_sandbox/faults``. What a person does there does not pass through the connector.
    ``absent``: an id of the vendor's form that no object has."""

    absent = "999999"
    path = ""  # where the vendor's address leads to something behind ``url``

    def __init__(self, url: str) -> None:
        self.url = url

    def faults(self, *rules: Mapping[str, Json]) -> None:
        """The faults from now on; none: fair weather."""
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    @contextmanager
    def counted(self) -> Iterator[list[int]]:
        """The number of requests made inside, as the last item of the list."""
        counts = [self._seen()]
        self.faults({"kind": "latency", "seconds": 0.0})
        yield counts
        counts.append(self._seen() - counts[0])
        self.faults()

    def _seen(self) -> int:
        return int(requests.get(f"{self.url}/_sandbox/faults", timeout=5).json().get("latency", 0))

    def missing(self, resource: str) -> str:
        """``absent``, unless ids of this resource look otherwise."""
        return self.absent

    def later(self) -> None:
        """Let so much time pass that the vendor's lists show what was done; none, where they do not lag."""

    def now(self) -> datetime:
        """The moment, which `later` moves."""
        return datetime.now(UTC)

    def add(self, resource: str) -> str:
        """Make one more object; its id."""
        raise Unwritten(f"write {type(self).__name__}.add: how a person makes an object of {resource!r} in the stand-in; return its id")

    def edit(self, resource: str, ident: str) -> None:
        """Change something of an object."""
        raise Unwritten(f"write {type(self).__name__}.edit: how a person changes an object of {resource!r} in the stand-in")

    def remove(self, resource: str, ident: str) -> None:
        """Delete an object of a resource whose manifest says that its lists name what is gone (``Telling.gone``)."""
        raise Unwritten(f"write {type(self).__name__}.remove: how a person deletes an object of {resource!r} in the stand-in")

    def count(self, resource: str) -> int:
        """How many objects there are."""
        raise Unwritten(f"write {type(self).__name__}.count: how many objects of {resource!r} the stand-in has")

    def create(self, resource: str) -> Mapping[str, Json]:
        """What the hub would write to make an object: another one at each call."""
        raise Unwritten(f"write {type(self).__name__}.create: the data of a new object of {resource!r}, another one at each call")

    def update(self, resource: str) -> Mapping[str, Json]:
        """What the hub would write to change any object: not all of its fields."""
        raise Unwritten(f"write {type(self).__name__}.update: data that change an object of {resource!r}, of some fields alone")

    def refused(self, resource: str) -> Mapping[str, Json] | None:
        """What the vendor refuses to make; None where its queue takes whatever is said, and refuses later."""
        raise Unwritten(f"write {type(self).__name__}.refused: data of an object of {resource!r} that the vendor refuses")

    def keys(self, resource: str, data: Mapping[str, Json]) -> Mapping[str, str]:
        """By which keys beside the hub's an object made of these data is found: kind -> value."""
        return {}

    def webhook(self, resource: str, ident: str) -> WebhookRequest:
        """What the vendor sends, signed, when an object of a resource whose manifest tells of webhooks has changed."""
        raise Unwritten(f"write {type(self).__name__}.webhook: the request that the vendor sends when an object of {resource!r} changed")

    def forged(self, request: WebhookRequest) -> WebhookRequest:
        """The same from somebody who does not know the secret."""
        raise Unwritten(f"write {type(self).__name__}.forged: the same request with a wrong signature or secret")


class MemoryTokens:
    """Credentials that a vendor renews, kept for one test."""

    def __init__(self) -> None:
        self.kept: dict[str, Json] = {}
        self._lock = threading.Lock()

    def load(self) -> dict[str, Json]:
        return dict(self.kept)

    def save(self, value: Mapping[str, Json]) -> None:
        self.kept = dict(value)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        with self._lock:
            yield
