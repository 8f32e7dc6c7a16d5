"""``sverka up``: Redis where none is given, web, workers and scheduler as processes; what dies is started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import redis as redislib
import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.config.settings import Settings
from hub.processes import abandoned, limits, redis_server
from hub.storage.engine import Store, open_store
from retry_queue import tokens

log = structlog.get_logger()
GRANIAN = ("--blocking-threads", "16", "--no-ws", "--log-level", "error")


QUICK, SLOWEST = 5.0, 10.0  # a child that lived less than this is started again after growing delays, up to that many seconds
PATIENCE = 10.0  # seconds that children have to bring their work to an end
ARENAS = {
    "MALLOC_ARENA_MAX": "2"
}  # glibc: an arena for each thread keeps what a batch took; a worker of a large first load grew by it to hundreds of MB


class Supervisor:
    """Children of one hub, each in a process group of its own: Ctrl-C in a terminal reaches the supervisor, which ends them in order."""

    def __init__(self, settings: Settings, config: Path) -> None:
        self.settings, self.config = settings, config
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.redis: subprocess.Popen[bytes] | None = None
        self.redis_url = settings.redis_url
        self.stopping = False
        self._again: dict[str, tuple[float, float]] = {}  # name -> (when it was started, delay before the next start)
        self._marks: dict[str, str] = {}  # name -> the mark of the leases that the child takes
        self._dead: set[str] = set()  # marks of dead children whose leases are not freed yet
        self._store: Store | None = None

    def start(self) -> None:
        """Start everything. Raises NoRedis."""
        if not self.redis_url:
            self.redis, self.redis_url = redis_server.start(self.settings.folder)
            limits.announce(self.settings.folder, self.redis_url)
        for name in ("web", *(f"worker-{i}" for i in range(1, self.settings.workers + 1)), "scheduler"):
            self._launch(name)

    def _launch(self, name: str) -> None:
        mark = self._marks[name] = tokens.new_mark()
        env = ARENAS | os.environ | {"REDIS_URL": self.redis_url, "SVERKA_CONFIG": str(self.config), tokens.MARK: mark}
        self.children[name] = subprocess.Popen(
            command(name, self.settings), env=env, preexec_fn=redis_server.dies_with_parent(), process_group=0
        )
        self._again[name] = (time.monotonic(), self._again.get(name, (0.0, 0.0))[1])

    def watch(self) -> None:
        """Start again what has died, until stopped."""
        while not self.stopping:
            self.revive()
            time.sleep(0.3)

    def revive(self) -> None:
        """One round of the watch."""
        if self.redis is not None and self.redis.poll() is not None and not self.stopping:
            log.warning("child.restarted", name="redis")
            with contextlib.suppress(redis_server.NoRedis):  # tried again in the next round
                self.redis, _ = redis_server.start(self.settings.folder, redis_server.home_of(self.redis_url))
        for name, child in list(self.children.items()):
            if child.poll() is not None and not self.stopping:
                if name in self._marks:  # seen dead for the first time: later its number may be another program's
                    end_group(child)
                    self._dead.add(self._marks.pop(name))
                if self._due(name):
                    log.warning("child.restarted", name=name, status=child.returncode)
                    self._launch(name)
        self._free()

    def _free(self) -> None:
        """Free what dead children held: they are known to be dead, so that nobody waits for their leases to end. What cannot be done now is done in a
        later round, or by the leases' own end."""
        for mark in sorted(self._dead):
            try:
                self._store = self._store or open_store(self.settings.database_url, self.settings.folder, patience=PATIENCE)
                abandoned.free(self._store, redislib.Redis.from_url(self.redis_url), mark)
            except (SQLAlchemyError, redislib.RedisError, TimeoutError) as error:
                log.warning("leases.held", error=type(error).__name__)
                return
            self._dead.discard(mark)

    def _due(self, name: str) -> bool:
        """Whether a dead child is to be started now: at once, unless it dies again and again."""
        started, delay = self._again[name]
        alive = time.monotonic() - started
        if alive < delay:
            return False
        self._again[name] = (started, 0.0 if alive > QUICK + delay else min(SLOWEST, delay * 2 + 0.5))
        return True

    def stop(self) -> None:
        """End all children: politely, then not. Redis goes last, for they need it to the end."""
        self.stopping = True
        for child in self.children.values():
            with contextlib.suppress(OSError):
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            end_group(child)
        if self.redis is not None:
            redis_server.stop(self.redis, self.redis_url)


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End what a child has started and left: a web process that is killed leaves workers that go on listening at its port."""
    with contextlib.suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)


def command(name: str, settings: Settings) -> list[str]:
    """How a child is started: the commands that containers use too."""
    if name != "web":
        return [sys.executable, "-m", "hub", name.partition("-")[0]]
    where = ["--host", settings.host, "--port", str(settings.port)]
    return [sys.executable, "-m", "granian", "--interface", "wsgi", *where, *GRANIAN, "hub.web.wsgi:app"]
