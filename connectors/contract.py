"""All that the hub may ask of a vendor: a small core and optional abilities as separate protocols.

Objects travel in the vendor's own shape. A mapping names values inside them by *remote path*
(``billing.phone``, ``attributes[name='Бонусы'].value``, ``positions.rows``); a connector turns a written object
(shaped as the vendor *shows* it) into whatever requests the vendor wants (line ids, multifield keys, meta references).
Only :class:`connectors.errors.ConnectorError` may leave these methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from connectors.errors import ConnectorError

Json = Any
Repeatability = Literal["safe", "keyed", "findable", "never"]


# --- the manifest: facts about a vendor, as data -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Representation:
    """Which paths a view of an object carries. A path not carried is no observation.

    ``carries``: None means every path. ``absent_is_empty``: an absent path means an empty value there.
    """

    carries: frozenset[str] | None = None
    lacks: frozenset[str] = frozenset()
    absent_is_empty: bool = True


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit. ``window``: at most ``units`` in any ``seconds``; ``bucket``: holds ``units``, drains ``units/seconds``;
    ``parallel``: at most ``units`` requests under way; ``operating``: ``units`` seconds of the vendor's own run time in any ``seconds``,
    which only the vendor can count: the connector heeds what it reports. ``per``: what shares it (``system``, ``method`` ...).
    ``option``: the option of a system that says other ``units`` than these. ``method``: it binds calls of this one alone."""

    kind: Literal["window", "bucket", "parallel", "operating"]
    units: float
    seconds: float = 1.0
    per: str = "system"
    option: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """How one kind of write may be repeated, and what else it sets off.

    ``find_by``: for ``findable``, the keys that a look-up uses, with spaces between. ``settles_after``: seconds until a lost request can no longer act.
    ``side_effects``: what people may notice (``mail``, ``robot`` ...); ``quiet``: how to write without them, or None.
    ``effect_paths``: the paths whose write has the side effects: of an update any other is harmless; of the quiet way these are not quiet.
    Empty: every write, and none of the quiet way. ``switch``: where a person turns them
    off by hand, as a menu path in Russian and English; None where that is not possible.
    """

    repeat: Repeatability = "never"
    find_by: str = ""
    settles_after: float = 30.0
    side_effects: tuple[str, ...] = ()
    quiet: str | None = None
    effect_paths: frozenset[str] = frozenset()
    switch: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """How a vendor lets the hub know of changes and losses in a collection, beside the polls of `changes`.

    ``webhook``: of what it calls the hub by itself; empty: of nothing. ``typed``: a person types the address into the vendor's own pages,
    since the API subscribes to nothing. ``gone``: `changes` names objects that are there no longer. ``echo``: the vendor's mark by which the
    hub is spared its own changes; empty: they come back, and are found to be equal. ``source``: the paper that says all this.
    """

    webhook: frozenset[Literal["changed", "deleted"]] = frozenset()
    typed: bool = False
    gone: bool = False
    echo: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ResourceManifest:
    """What a vendor offers for one of its collections (``counterparty``, ``customerorder``); ``entity`` is the canonical one."""

    entity: str
    operations: Mapping[str, Operation]  # "create", "update"
    representations: Mapping[str, Representation]  # "list", "fetch", "answer", "webhook"
    batch: int = 1  # objects in one write call
    fetch_batch: int = 50
    incremental: bool = True  # False: `changes` sweeps everything and the hub compares
    every: float = 60.0  # seconds between two polls, where the configuration says nothing else
    vanishes: frozenset[str] = frozenset()  # an object in which these paths are zero is not in a sweep: `fetch` shows it
    overlap: float = 60.0  # seconds a cursor trails the newest row
    settle: float = 30.0  # seconds in which a like-valued change after our write is the stored form
    fact: bool = False  # create-only and immutable (calls)
    later: frozenset[str] = frozenset()  # of a fact: paths that a first view may lack and a later one tells once (a call's recording)
    moves_on: bool = False  # of a fact: what became of it is told later (a message is delivered), and later looks of it count
    one_by_one: bool = False  # money without an idempotency key: the next is not begun before the outcome of the last is kept
    fetched: bool = True  # False: no method returns these objects: what was sent is all that is known of them
    listed: bool = True  # False: no list of all objects exists; `changes` yields none, objects are read by id alone
    revisit: float = 0.0  # not listed: seconds after which a known object is looked at again; 0: never, but when they are compared
    rests: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of such objects: path -> values after which nothing comes any more
    writable: bool = True
    gone_is_void: bool = True  # False: the program clears away old documents, and one that goes was not cancelled
    transport: str = ""  # by which of the vendor's ways it is reached, where there are several; a system speaks one of them for an entity
    laid_out: bool = False  # what is written waits until the vendor, which calls by itself, has fetched it (:mod:`connectors.exchange`)
    embeds: frozenset[str] = frozenset()  # references whose records go along with a write, since the object holds them itself
    effect_paths: frozenset[str] = frozenset()  # paths whose write has a side effect (an order's status mails the buyer)
    id_in_key: str = ""  # remote path that holds the hub key
    described: bool = False  # the configuration of each installation says how its writes may be repeated; here stands the worst
    by_several_ids: bool = False  # writes bear the ids that the record's objects have in other systems
    telling: Telling = Telling()

    @property
    def seen(self) -> bool:
        """Whether the vendor shows these objects at all: what it never shows is compared with nothing, and is not lost."""
        return self.listed or self.fetched


@dataclass(frozen=True, slots=True)
class Manifest:
    """Facts about one vendor."""

    vendor: str
    title: str
    resources: Mapping[str, ResourceManifest]
    limits: tuple[Limit, ...] = ()
    plans: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)  # limits of dearer tariffs, by name, instead of ``limits``
    min_write_interval: float = 0.0
    directories: Mapping[str, str] = field(default_factory=dict)  # directory name -> how it is read, for docs
    cures: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # vendor's error code -> menu path that mends it, ru and en
    lookups: tuple[str, ...] = ()  # names that `lookup` answers; * at the end stands for any ending
    operations: Mapping[str, Operation] = field(default_factory=dict)  # writes that are of no resource (an upload of an audience)


# --- what travels ------------------------------------------------------------------------------------


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
    line id are the existing ones). ``held``: the object as freshly read, for connectors that need the difference.
    ``key``: the hub's record id, the idempotency key of a create and the hub key kept in the object; of a fact that was refused after it
    had been accepted, a new one. ``since``: of a create, when what is created is known to have been there first (seconds since the epoch).
    ``others``: system -> id of the same record's object there, for vendors that know one person by several ids (manifest: ``by_several_ids``).
    ``about``: records of the references that the manifest embeds."""

    key: str
    id: str | None
    data: Mapping[str, Json]
    held: Mapping[str, Json] | None = None
    quiet: bool = False
    since: float = 0.0
    about: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


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


UNANSWERED = ("Проверьте адрес системы в config.yaml, сеть и страницу состояния самого сервиса",
              "Look at its url in config.yaml, at the network, and at the vendor's own status page")  # fmt: skip

# The finding of a vendor that shows rights to write only by refusing a write: what the hub has written there tells them instead.
WRITES_UNSEEN = "writes unseen"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a health check: what was looked at, whether it is well, what to do (menu path), in Russian and English. ``warn``: it is
    worth a look and hinders nothing."""

    name: str
    ok: bool
    ru: str
    en: str
    fix_ru: str = ""
    fix_en: str = ""
    warn: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Result of a check. ``clock_skew``: the vendor's clock minus ours, in seconds, where it can be seen."""

    findings: tuple[Finding, ...]
    clock_skew: float | None = None
    version: str = ""

    @property
    def ok(self) -> bool:
        return all(f.ok or f.warn for f in self.findings)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What `subscribe` found or did: topics now active, and those it had to create or repair."""

    active: tuple[str, ...]
    repaired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteField:
    """One field of a vendor's object: its remote path, type, and whether it can be written. ``options``: texts that it may hold, where the
    vendor lists them; ``many``: it holds several."""

    path: str
    type: str = "string"
    writable: bool = True
    title: str = ""
    options: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryValue:
    """One value of a vendor's short list (order status, store, employee ...): the remote value as objects carry it, and its name.
    ``active`` False: objects that bear it keep it, and it can be given to no other. ``emails``, ``phones``: of a person, as the vendor
    keeps them, to tell the same one in another system."""

    value: Json
    title: str
    active: bool = True
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


class WebhookRefused(Exception):
    """The webhook is not what it claims to be. Answered 401, nothing stored."""


class WebhookUnreadable(WebhookRefused):
    """It comes from where it should, but its body is not what this vendor sends. Answered 400, nothing stored."""


# --- the protocols -------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Balance:
    """A customer's points, as decimal text. ``next_burn``: what burns next and when, as ``2026-12-01: 100.00``; empty: nothing."""

    active: str
    pending: str
    next_burn: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the loyalty service makes of a basket. ``most``: points that may be spent on it; ``accrues``: points that it would earn."""

    most: str
    accrues: str


@runtime_checkable
class Spends(Protocol):
    """Points spent during a checkout. ``ident``: the customer's id there. ``document``: the site's number of the order, unique."""

    def balance(self, ident: str) -> Balance: ...

    def quote(self, ident: str, lines: Sequence[Mapping[str, Json]], points: str) -> Quote:
        """``lines``: sku, quantity, price, sum. Nothing is changed by asking."""

    def reserve(self, ident: str, document: str, points: str) -> None:
        """Hold points for an order: as many as said in all, however often it is said. Raises Rejected where they are not there."""

    def release(self, ident: str, document: str) -> None:
        """Let go of what is held for an order; nothing where nothing is held."""


# --- what a connector is given ---------------------------------------------------------------------------


class Limiter(Protocol):
    """Shared by all processes through Redis. Blocks until the request may leave; used as a context manager around the request."""

    def request(self, weight: float = 1.0, method: str = "") -> Any:
        """A context manager: enters when a request of this weight may leave, counts it as under way until exit."""

    def penalise(self, seconds: float, method: str = "") -> None:
        """The vendor said to wait: nobody calls (that method) for this long."""


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One configured installation: where it is and the secrets to reach it (already read from environment or files)."""

    name: str
    connector: str
    url: str
    timezone: str = "UTC"
    secrets: Mapping[str, str] = field(default_factory=dict)  # token, login, password, consumer_key, consumer_secret ...
    options: Mapping[str, Json] = field(default_factory=dict)
    webhook_secret: str = ""


class TokenStore(Protocol):
    """Where a connector keeps credentials that the vendor renews (OAuth): survives restarts, shared by processes."""

    def load(self) -> dict[str, Json]: ...

    def save(self, value: Mapping[str, Json]) -> None: ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Entered by one process at a time, so that only one spends what can be spent once. Raises TimeoutError."""
