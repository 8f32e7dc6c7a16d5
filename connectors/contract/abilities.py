"""The core of a connector, and what else some of them can do, as a protocol each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from connectors.contract.findings import DirectoryValue, Health, RemoteField, Subscription
from connectors.contract.manifest import Manifest
from connectors.contract.objects import Hint, Json, Outcome, Page, Remote, WebhookRequest, Write


class Connector(Protocol):
    """The core of a vendor. Calls block on the shared limiter; a batch in gives one outcome each, in the same order."""

    manifest: Manifest

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """What changed since ``cursor``, page by page; every page's cursor may be resumed from."""

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write a batch (any length; split by the vendor's own limits). Item errors are outcomes; a failed call raises nothing either:
        its error is the outcome of each of its items (Unknown where the request had left)."""


@runtime_checkable
class Acknowledges(Protocol):
    """A vendor to whom only an answer of its own says that a webhook was stored: any other, it calls again."""

    acknowledgement: str  # JSON


@runtime_checkable
class Fetches(Protocol):
    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """The objects that exist, whole (representation ``fetch``), in any order; ids not in the answer are missing."""


@runtime_checkable
class Finds(Protocol):
    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """Objects by hub key (``key='hub'``) or by a match key (``phone``, ``email``, ``card``); representation ``fetch``."""


@runtime_checkable
class FindsCreated(Protocol):
    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        """Objects that these creates, whose answers were lost, may have made: told by the hub key. For vendors where the key alone
        does not lead to the object (a note is listed with its counterparty only), the write's data do."""


@runtime_checkable
class Unfinished(Protocol):
    """For creates of more than one step: an object may be met whose making was broken off between two of them."""

    def unfinished(self, resource: str, data: Mapping[str, Json]) -> bool:
        """Whether steps are lacking that ``find_created`` takes. While its create is open, such an object is left to that search: met by a
        poll, it would count as done."""


@runtime_checkable
class Foresees(Protocol):
    """For creates of which not every one leaves a trace that a look-up finds."""

    def foresee(self, resource: str, write: Write) -> Json:
        """What will tell later whether this create was done: read before the call and kept with its intent. Raises ConnectorError."""

    def untold(self, resource: str, write: Write, foreseen: Json) -> str:
        """Why it cannot be told whether a create that no look-up finds was done, in a sentence; empty: it was not. Raises ConnectorError."""


@dataclass(frozen=True, slots=True)
class Posting:
    """A sale that the service has, of whoever told it. ``key``: of the Write that it seems to be; ``text``: how a person finds it there."""

    key: str
    id: str
    text: str


@runtime_checkable
class SeesPostings(Protocol):
    def posted(self, resource: str, writes: Sequence[Write]) -> list[Posting]:
        """Sales that seem to be these purchases, by customer, store, sum and time, and that were not posted under these keys: somebody else
        tells the service of the same receipts. Raises ConnectorError."""


@runtime_checkable
class Receives(Protocol):
    def receive(self, request: WebhookRequest) -> list[Hint]:
        """Verify, then parse. No I/O. Raises WebhookRefused. A ping or an unneeded topic is an empty list."""


@runtime_checkable
class Subscribes(Protocol):
    def subscribe(self, url: str) -> Subscription:
        """Make the vendor call ``url`` for all needed topics: idempotent; repairs a disabled subscription."""


@runtime_checkable
class Chooses(Protocol):
    """A vendor that is reached in several ways."""

    def spoken(self) -> frozenset[str]:
        """Resources of the manifest that this installation is asked for: its options choose a way for each entity. No I/O."""


@runtime_checkable
class Describes(Protocol):
    def fields(self, resource: str) -> list[RemoteField]:
        """The field catalogue, custom fields too."""


@runtime_checkable
class Checks(Protocol):
    def check(self) -> Health:
        """Credentials, rights, clock, version, subscriptions."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as the vendor gave it. ``kind``: its media type."""

    data: bytes
    kind: str


@runtime_checkable
class Plays(Protocol):
    """A vendor whose ``recording`` of a call is no address but ids, with spaces between."""

    def sound(self, ident: str) -> Sound:
        """One recording, asked for anew each time: nothing of it is kept. Raises ConnectorError; Missing where it is not there (yet, any more)."""


@runtime_checkable
class Segments(Protocol):
    def segment(self, name: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """Customers of a group that marketers keep there: ``objects`` entered it since the cursor and are in it, ``gone`` left it. {}: all."""


@runtime_checkable
class Merges(Protocol):
    def merge(self, resource: str, into: str, others: Sequence[str]) -> Remote:
        """Make objects one there, for good: nothing takes it back. Returns the one that stays. Raises ConnectorError."""


@runtime_checkable
class Identifies(Protocol):
    """Tells one installation from another, such as a copy of it at another address, in the same words by both ways."""

    def base(self) -> str:
        """What the vendor says of the installation at our address; empty where it does not tell. Raises ConnectorError."""

    def base_of(self, request: WebhookRequest) -> str:
        """Which installation a webhook, received before, says it comes from; empty where it does not tell. No I/O."""


@runtime_checkable
class LooksUp(Protocol):
    def lookup(self, name: str, keys: Sequence[str]) -> dict[str, Json]:
        """Canonical key -> remote value of a read-only lookup (``goods_by_sku``: SKU -> what a line carries); unknown keys are absent."""

    def lookup_back(self, name: str, values: Sequence[str]) -> dict[str, str]:
        """Remote value -> canonical key; unknown values are absent."""


@runtime_checkable
class ListsDirectories(Protocol):
    def directory(self, name: str) -> list[DirectoryValue]:
        """The vendor's values of a directory (store, employee, order_status, payment_kind ...)."""
