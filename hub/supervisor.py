"""``sverka up``: Redis where none is given, web, workers and scheduler as processes; what dies is started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import structlog

from hub import redis_server
from hub.settings import Settings

log = structlog.get_logger()


class Supervisor:
    """Children of one hub. ``env``: added to the environment of all."""

    def __init__(self, settings: Settings, config: Path) -> None:
        self.settings, self.config = settings, config
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.redis: subprocess.Popen[bytes] | None = None
        self.redis_url = settings.redis_url
        self.stopping = False

    def start(self) -> None:
        """Start everything."""
        if not self.redis_url:
            self.redis, self.redis_url = redis_server.start(self.settings.folder)
        for name in ("web", *(f"worker-{i}" for i in range(1, self.settings.workers + 1)), "scheduler"):
            self._launch(name)

    def _launch(self, name: str) -> None:
        env = os.environ | {"REDIS_URL": self.redis_url, "SVERKA_CONFIG": str(self.config)}
        if name == "web":
            command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", self.settings.host, "--port", str(self.settings.port),
                       "--blocking-threads", "16", "--no-ws", "--log-level", "warning", "hub.web.wsgi:app"]  # fmt: skip
        else:
            command = [sys.executable, "-m", "hub", name.partition("-")[0]]
        self.children[name] = subprocess.Popen(command, env=env, preexec_fn=redis_server.dies_with_parent)

    def watch(self) -> None:
        """Start again what has died, until stopped."""
        while not self.stopping:
            self.revive()
            time.sleep(0.3)

    def revive(self) -> None:
        """One round of the watch."""
        if self.redis is not None and self.redis.poll() is not None:
            log.warning("child.restarted", name="redis")
            self.redis, self.redis_url = redis_server.start(self.settings.folder)
            for child in self.children.values():
                child.terminate()
        for name, child in list(self.children.items()):
            if child.poll() is not None and not self.stopping:
                log.warning("child.restarted", name=name, status=child.returncode)
                self._launch(name)

    def stop(self) -> None:
        """End all children: politely, then not."""
        self.stopping = True
        everybody = [*self.children.values(), *([self.redis] if self.redis else [])]
        for child in everybody:
            with contextlib.suppress(OSError):
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 5
        for child in everybody:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, deadline - time.monotonic()))
            if child.poll() is None:
                child.kill()
