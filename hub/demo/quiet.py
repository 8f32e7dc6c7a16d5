"""Waiting until a hub has nothing left to do."""

from __future__ import annotations

import contextlib
import time

import redis
from rq import Queue

from hub.app import Hub
from hub.audiences import uploading
from hub.calling import desk, requests
from hub.decisions import brakes
from hub.jobs import waking
from hub.processes.supervisor import Supervisor
from hub.storage import audiences, inbox, reviews, views
from hub.storage import brakes as rows
from hub.sync import runs

STEP = 0.25
AT_MOST = 3600.0  # seconds of one wait
CALM = 3  # looks in a row that find nothing under way
NUDGE, UPLOADS = 1.0, 3.0


class Quiet:
    """Waits for one hub. A poll that is due only later is asked for at once, as `poll now` on a page would."""

    def __init__(self, hub: Hub, supervisor: Supervisor) -> None:
        self.hub, self.supervisor = hub, supervisor
        self._nudged = self._uploaded = 0.0
        self._rested: float | None = None  # since when nothing but audiences has been under way
        self._seen: object = None  # what was under way at the last look

    def wait(self, seconds: float, *, at_most: float = AT_MOST, reading: bool = False, agreeing: bool = False) -> bool:
        """Until every resource was polled after this moment and nothing is under way, several looks in a row. False: nothing moved for
        ``seconds``, or something still did after ``at_most``: a large shop may take long, a hub that stands still or runs in a circle may not.
        ``reading``: nothing may be written yet, so what waits to be written does not count. ``agreeing``: the shop's owner says yes to what
        the hub asks."""
        after, started, calm = time.time(), time.monotonic(), 0
        moved, self._rested = started, None
        while calm < CALM:
            now, before = time.monotonic(), self._seen
            if now - moved > seconds or now - started > at_most:
                return False
            if agreeing and self.agree():
                calm = 0
            calm = calm + 1 if self._is_quiet(after, reading) else 0
            if self._seen != before:
                moved = now
            time.sleep(STEP)
        return True

    def agree(self, kind: str = "") -> int:
        """Approve what waits for a person, of this kind of run or of all. Returns how much did."""
        with self.hub.store.read() as at:
            asked = rows.undecided(at)
            known = runs.by_ids(at, [row["run"] for row in asked if row["run"]])
        mine = [row for row in asked if not kind or known.get(row["run"], {}).get("kind") == kind]
        for row in mine:
            with contextlib.suppress(brakes.Gone):
                brakes.decide(self.hub, row["id"], brakes.APPROVE, actor="demo")
        return len(mine)

    def _is_quiet(self, after: float, reading: bool) -> bool:
        with self.hub.store.read_intake() as at:
            depth, cursors = inbox.depth(at), inbox.cursors(at)
        with self.hub.store.read() as at:
            counts, asking = self.hub.outbox.counts(at), reviews.waiting_longer(at, "lookup", before=time.time(), limit=1)
            stuck = views.stuck(at)
        moving = sum(n for (_, _, state), n in counts.items() if state not in ("done", "dead", "skipped")) - stuck
        late = [
            (system, resource)
            for system in self.hub.settings.systems
            for resource in self.hub.resources(system)
            if not (row := cursors.get((system, resource), {})).get("loaded_at") or (row.get("polled_at") or 0.0) < after + 1.0
        ]
        if late:
            self._nudge(late)
        rests = (
            not depth
            and not desk.is_busy(self.hub)
            and not requests.are_waiting(self.hub)
            and (reading or not moving)
            and not late
            and not asking
        )
        self._rested = (self._rested or time.time()) if rests else None
        behind = uploading.behind(self.hub, since=self._rested or time.time()) if self.hub.settings.audiences else []
        self._seen = (depth, counts, self._upload(behind))
        return rests and not behind

    def _upload(self, behind: list[tuple[str, str]]) -> list[str]:
        """Audiences are made anew at once, as `audience upload` does it, again and again until nothing else is under way. Returns how far they are."""
        now = time.monotonic() - self._uploaded >= UPLOADS
        self._uploaded = time.monotonic() if now else self._uploaded
        with contextlib.suppress(redis.RedisError):
            queue = Queue(waking.QUEUE, connection=redis.Redis.from_url(self.supervisor.redis_url))
            for name, system in behind if now else ():
                with self.hub.store.write() as at:
                    audiences.again(at, name, system)
                waking.wake(queue, "audience", name, system)
        with self.hub.store.read() as at:
            return [f"{name} {system} {row['state']}" for (name, system), row in audiences.listed(at).items()]

    def _nudge(self, late: list[tuple[str, str]]) -> None:
        if time.monotonic() - self._nudged < NUDGE:
            return
        self._nudged = time.monotonic()
        with contextlib.suppress(redis.RedisError):
            queue = Queue(waking.QUEUE, connection=redis.Redis.from_url(self.supervisor.redis_url))
            for system, resource in late:
                waking.wake(queue, "poll", system, resource)
