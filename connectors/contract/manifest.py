"""Facts about a vendor, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Repeatability = Literal["safe", "keyed", "findable", "never"]


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
    found_by: tuple[str, ...] = ()  # match keys that are asked for before somebody new today is created: hub/sync/beforehand.py
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
