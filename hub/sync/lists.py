"""The vendors' own short lists (stores, people, statuses ...): read at times, and at once when a value is met that nobody has seen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import structlog

from connectors.contract import DirectoryValue, ListsDirectories
from connectors.errors import ConnectorError
from hub.app import Hub
from hub.storage import directories, revisions
from hub.storage.directories import Listed
from mappings.phones import numbers

log = structlog.get_logger()
Json = Any
AGAIN = 20.0  # seconds before one list is read again for values that it lacks


def names(hub: Hub, system: str) -> list[str]:
    """The directories that a system lists itself."""
    connector = hub.connectors.get(system)
    return sorted(connector.manifest.directories) if isinstance(connector, ListsDirectories) else []


def read(hub: Hub, system: str, chosen: Sequence[str] | None = None) -> int:
    """Read a system's lists (all of them without ``chosen``). Returns how many values were told; a list that cannot be read is left as
    it was, and costs the others nothing."""
    count = 0
    for name in names(hub, system) if chosen is None else chosen:
        found = _ask(hub, system, name)
        if found is not None:
            count += len(found)
            _keep(hub, system, name, found)
    return count


def _ask(hub: Hub, system: str, name: str) -> list[DirectoryValue] | None:
    connector = hub.connectors[system]
    assert isinstance(connector, ListsDirectories)
    try:
        return connector.directory(name)
    except ConnectorError as error:  # a list that the key may not see pauses nothing: the objects themselves go on; `check` tells of rights
        log.warning("directory.failed", system=system, directory=name, error=type(error).__name__)
        return None


def _keep(hub: Hub, system: str, name: str, found: Sequence[DirectoryValue]) -> None:
    listed = [Listed(directories.text_of(one.value), one.title, one.active, digests(one)) for one in found]
    with hub.store.state() as at:
        before = directories.take_list(at, name, system, listed, now=hub.clock())
        back = {one.remote for one in listed if one.active}
        if any(twin.value is not None and not twin.active and twin.remote in back for twin in before):
            revisions.again(at)  # a twin that may be written once more: what holds its value is owed it


def digests(one: DirectoryValue) -> tuple[str, ...]:
    """By what a person is told in several systems: e-mail addresses and phones, as digests: the hub keeps no contacts of employees."""
    keys = {f"email:{address.strip().casefold()}" for address in one.emails if "@" in address}
    keys |= {f"phone:{number}" for text in one.phones for number in numbers(text)}
    return tuple(sorted(hashlib.sha256(key.encode()).hexdigest()[:16] for key in keys))


def learn(hub: Hub, unknown: Iterable[directories.Key]) -> list[str]:
    """Ask the vendors at once what values are called that nobody has met before. Returns records whose problems can now be told by name."""
    wanted: dict[tuple[str, str], list[directories.Key]] = {}
    for key in unknown:
        wanted.setdefault((key[1], key[0]), []).append(key)
    named: list[directories.Key] = []
    for (system, name), keys in wanted.items():
        if name not in names(hub, system) or hub.clock() - hub.cache.get(("list", system, name), 0.0) < AGAIN:
            continue
        hub.cache["list", system, name] = hub.clock()
        read(hub, system, [name])
        with hub.store.read() as at:
            titles = {twin.key: twin for twin in directories.twins(at, name, system)}
        named += [key for key in keys if key in titles and titles[key].title != titles[key].plain]
    with hub.store.read() as at:
        return directories.waiting_records(at, named, limit=200) if named else []
