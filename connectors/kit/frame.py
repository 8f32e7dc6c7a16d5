"""What stands around the cases of the suite: the connector that is tried, its limits, and reading and writing as the hub does it.

A test is run for each collection of which its argument is true: ``listed`` (read as a list), ``fetched`` (read by id), ``created``,
``updated``, ``echoed`` (created and listed), ``told`` (the vendor calls by itself), ``gone`` (its lists name what was deleted). ``all_fetched``: once, for all
that are read by id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from inspect import signature
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connectors.contract import (
    Connector,
    Limit,
    Manifest,
    Outcome,
    Page,
    Remote,
    SystemSettings,
    Write,
)
from connectors.kit.stand import Answer, MemoryTokens, Stand
from connectors.limiter import LocalLimiter

Json = Any
HOOK = "hook-secret-1"
LONG = 5.0  # seconds: limits of longer windows are not waited out in a test
KEYS = (f"01890a5d-ac96-774b-bcce-{number:012x}" for number in count(1))  # the hub's keys are UUIDs of version 7
IS_TRUE_OF: dict[str, Any] = {
    "listed": lambda of: of.listed,
    "fetched": lambda of: of.fetched,
    "all_fetched": lambda of: of.fetched,
    "created": lambda of: "create" in of.operations,
    "updated": lambda of: "update" in of.operations,
    "echoed": lambda of: "create" in of.operations and of.listed,
    "told": lambda of: bool(of.telling.webhook),
    "gone": lambda of: of.telling.gone and of.listed,
}


class Counting(LocalLimiter):
    """Keeps limits, counts requests, and remembers how often the vendor had to ask for patience. A stand-in that has just begun was asked by
    nobody before: its limits are not used up, so that no test waits for them before its first request."""

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        super().__init__(limits, unused=True)
        self.requests, self.penalties = 0, 0

    def request(self, weight: float = 1.0, method: str = "") -> Any:
        self.requests += weight > 0  # a turn of no units is no request: it waits for the end of a pause that the vendor asked for
        return super().request(weight, method)

    def penalise(self, seconds: float, method: str = "") -> None:
        self.penalties += 1


class Frame:
    """What a suite knows of its connector, and how its cases read and write."""

    package: ModuleType  # of the connector: MANIFEST, create
    secrets: Mapping[str, str] = {}
    options: Mapping[str, Json] = {}
    zone = "UTC"
    many = 3  # objects that need more than one page
    unpaged: frozenset[str] = frozenset()  # collections that the vendor tells whole, in one answer, however many objects there are
    only: frozenset[str] = frozenset()  # collections that are tried, of a vendor with several ways to it; empty: all
    writes = r"^(POST|PUT|PATCH|DELETE) "  # requests that change something, as "METHOD /path"
    answers: Sequence[Answer] = ()  # the vendor's answers that are no success
    nobodys: Mapping[str, str] = {}  # collection -> path that is not true in what a look by id shows of what is not there
    undone: frozenset[str] = frozenset()  # kinds of trouble that tell of this vendor that nothing was done
    stamps: frozenset[str] = frozenset()  # paths that the vendor sets anew with each change of an object: its times of change

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        tests = {name: getattr(cls, name) for name in dir(cls) if name.startswith("test_")} if hasattr(cls, "package") else {}
        for name, test in tests.items():
            if callable(test) and not all(cls.those(argument) for argument in signature(test).parameters if argument in IS_TRUE_OF):
                setattr(cls, name, None)  # pytest leaves out what cannot be called

    @classmethod
    def those(cls, argument: str) -> list[str]:
        """Collections of which an argument is true."""
        resources = cls.package.MANIFEST.resources.items()
        return [resource for resource, of in resources if IS_TRUE_OF[argument](of) and (not cls.only or resource in cls.only)]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for name in IS_TRUE_OF if metafunc.cls else ():
            if name in metafunc.fixturenames:
                those, together = metafunc.cls.those(name), name.startswith("all_")
                metafunc.parametrize(name, [those] if together else those, ids=["together"] if together else None)

    @property
    def manifest(self) -> Manifest:
        found: Manifest = self.package.MANIFEST
        return found

    @property
    def short(self) -> list[Limit]:
        """The published limits that a test can wait for. They are kept in each: a stand-in refuses what is too much here, too."""
        return [limit for limit in self.manifest.limits if limit.seconds <= LONG]

    @cached_property
    def turns(self) -> Counting:
        """What all connectors of one test share, as all processes of an installation do."""
        return Counting(self.short)

    def file(self, name: str) -> str:
        """A file of the connector, as it is named in messages."""
        folder = Path(self.package.__path__[0])
        return f"{folder.parent.name}/{folder.name}/{name}.py" if folder.parent.name == "connectors" else f"{folder.name}/{name}.py"

    def theirs(self, resource: str) -> bool:
        """Whether such objects are made by others than the hub."""
        of = self.manifest.resources[resource]
        return of.listed or bool(of.telling.webhook)

    def made(self, stand: Stand, limiter: LocalLimiter | None = None, secrets: Mapping[str, str] | None = None) -> Any:
        """The connector, for one installation at the stand-in; its short retries do not sleep."""
        known = self.secrets if secrets is None else secrets
        settings = SystemSettings("system", self.manifest.vendor, f"{stand.url}{stand.path}", self.zone, known, self.options, HOOK)
        connector = self.package.create(settings, limiter or self.turns, MemoryTokens(), stand.now)
        http = getattr(getattr(connector, "api", None), "http", None)
        if http is not None:
            http.sleep = lambda _: None
        return connector

    @pytest.fixture
    def connector(self, stand: Stand) -> Any:
        return self.made(stand)

    def read(self, connector: Connector, resource: str, cursor: Mapping[str, Json] | None = None) -> list[Page]:
        """Pages up to the last, their cursors as the database gives them back."""
        pages = list(connector.changes(resource, json.loads(json.dumps(cursor or {}))))
        assert pages and [page.last for page in pages] == [False] * (len(pages) - 1) + [True], (
            f"{self.file('connector')}: changes({resource!r}) must end with a page that is `last`, and with that one alone"
        )
        return pages

    def write(self, connector: Connector, resource: str, *writes: Write) -> list[Outcome]:
        outcomes = connector.write(resource, writes)
        assert len(outcomes) == len(writes), f"{self.file('connector')}: write() gives one outcome for each write, in their order"
        assert all((one.remote is None) != (one.error is None) for one in outcomes), f"{self.file('connector')}: an object or an error"
        return outcomes

    def stored(self, connector: Connector, resource: str, data: Mapping[str, Json], ident: str | None = None, key: str = "") -> Remote:
        """The object of a write that must succeed."""
        (outcome,) = self.write(connector, resource, Write(key or next(KEYS), ident, data))
        assert outcome.remote is not None, f"{self.file('connector')}: write() of {dict(data)} failed: {outcome.error}"
        return outcome.remote
