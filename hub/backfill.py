"""Reading everything of a system: begun, watched, and taken up again where it stopped. Pages and cursors commit together, so a killed
load loses at most the page it was reading."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from hub.app import Hub
from hub.processes.alive import INSTALLATION, installation
from hub.storage import inbox
from hub.sync import rounds, runs
from hub.sync.first_load import FirstLoad
from hub.sync.intake import Intake
from hub.sync.poll import poll

Place = tuple[str, str]  # system, resource
PREPARED = 0.5  # seconds between two looks whether a vendor has prepared its list; how often it is asked itself is the connector's affair


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one resource is. ``total``: objects in it, where the vendor tells. ``loaded``: all of it is read, ``identified``: and all
    that was read is known. ``error``: why the last poll stopped."""

    place: Place
    objects: int
    total: int | None
    loaded: bool
    identified: bool = False
    error: str = ""


def places(hub: Hub, systems: Sequence[str] = ()) -> list[Place]:
    """What there is to read, customers before what refers to them."""
    return [(system, resource) for system in systems or hub.settings.systems for resource in hub.resources(system)]


def begin_again(hub: Hub, chosen: Sequence[Place]) -> None:
    """Forget how far the resources were read: the next load reads all of them. Nothing else is forgotten."""
    with hub.store.intake() as at:
        for system, resource in chosen:
            inbox.begin_again(at, system, resource, loaded_at=None, polled_at=None, moved_at=None, objects=0, total=None, error=None)
    with hub.store.write() as at:
        runs.begin(at, "backfill", now=hub.clock())


def progress(hub: Hub, chosen: Sequence[Place]) -> tuple[list[Progress], int]:
    """How far each resource is, and how many objects are read but not merged yet."""
    with hub.store.read_intake() as at:
        rows, depth = inbox.cursors(at), inbox.depth(at)
    return [_progress(place, rows.get(place, {})) for place in chosen], depth


def _progress(place: Place, row: Any) -> Progress:
    loaded, identified = bool(row.get("loaded_at")), bool(row.get("identified_at"))
    return Progress(place, int(row.get("objects") or 0), row.get("total"), loaded, identified, str(row.get("error") or ""))


def running(hub: Hub) -> bool:
    """Whether the hub runs and will do the work itself. Another installation at its port is not it."""
    try:
        answer = requests.get(f"http://{hub.settings.host}:{hub.settings.port}/health", timeout=2)
        return answer.text == "ok\n" and answer.headers.get(INSTALLATION) == installation(hub.settings.secret_key)
    except requests.RequestException:
        return False


def go_without(hub: Hub, chosen: Sequence[Place]) -> list[str]:
    """Wait no longer for systems that are not read to the end because they failed or were not chosen: what the others hold is identified
    without them, and they make a first load of their own when they can. Returns their names."""
    rows, _ = progress(hub, places(hub))
    late = {row.place[0] for row in rows if not row.loaded and (row.error or row.place not in chosen)}
    with hub.store.intake() as at:
        FirstLoad(hub).leave_out(at, frozenset(late))
    return sorted(late)


class Loader:
    """Reads and merges in threads of this process, for a hub that is not running: the systems side by side, each at the pace of its own
    limits. ``alone``: systems that could not be read are not waited for."""

    def __init__(self, hub: Hub, chosen: Sequence[Place], *, alone: bool = False) -> None:
        self.hub, self.chosen, self.alone = hub, chosen, alone
        self.failure: BaseException | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._guarded, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the page and the batch at hand."""
        self._stop.set()
        self._thread.join(timeout=60)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _guarded(self) -> None:
        try:
            self._work()
        except BaseException as error:  # told by the command, which shows the progress meanwhile
            self.failure = error

    def _work(self) -> None:
        systems = list(dict.fromkeys(system for system, _ in self.chosen))
        with ThreadPoolExecutor(max_workers=max(1, len(systems))) as threads:
            list(threads.map(self._read, systems))
        if self.alone and not self._stop.is_set():
            go_without(self.hub, self.chosen)
        intake = Intake(self.hub)
        while not self._stop.is_set() and (intake.run() or self._in_other_hands()):
            pass

    def _in_other_hands(self) -> bool:
        """Whether rows are claimed that this process has not: a load that was killed had them, and they come back when its claim lapses."""
        with self.hub.store.read_intake() as at:
            waits = inbox.claimed(at, now=self.hub.clock())
        return waits and not self._stop.wait(PREPARED)

    def _read(self, system: str) -> None:
        rounds.work(self.hub, system, lambda: not self._stop.is_set(), hand=False)  # of a vendor whose messages bring all resources at once
        for place in self.chosen:
            while place[0] == system and not self._stop.is_set() and not progress(self.hub, [place])[0][0].loaded:
                poll(self.hub, *place, more=lambda: not self._stop.is_set())
                row = progress(self.hub, [place])[0][0]
                if row.loaded or row.error:
                    break
                self._stop.wait(PREPARED)  # the vendor is still preparing a list


def watch(
    hub: Hub,
    chosen: Sequence[Place],
    alive: Callable[[], bool],
    show: Callable[[list[Progress], int], None],
    pause: Callable[[float], None],
) -> bool:
    """Show the progress until everything is read, identified and merged (True) or nobody works on it any more (False)."""
    while True:
        going = alive()
        rows, depth = progress(hub, chosen)
        show(rows, depth)
        if all(row.loaded and row.identified for row in rows) and not depth:
            return True
        if not going:
            return False
        pause(0.25)
