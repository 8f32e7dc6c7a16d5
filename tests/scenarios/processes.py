"""The hub as real processes over real HTTP, as an installation runs them; the stand-ins of the vendors live in the test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from hub.app import Hub, build, prepare
from hub.config.settings import load
from hub.processes.redis_server import dies_with_parent
from tests.scenarios.shop import SECRETS, example
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
NOWHERE = {"sklad": "http://127.0.0.1:9", "site": "http://127.0.0.1:9"}
GONE = ("DATABASE_URL", "REDIS_URL", "SVERKA_CONFIG", "SVERKA_FOLDER", "SVERKA_PORT", "SVERKA_HOST", "SVERKA_SECRET_KEY")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """A folder with a configuration, the environment of its processes, and the processes themselves."""

    def __init__(self, folder: Path, urls: Mapping[str, str], env: Mapping[str, str], limits: str = "published", **changes: Any) -> None:
        self.folder, self.port = folder, free_port()
        self.config = folder / "config.yaml"
        raw = example(dict(urls)) | {"folder": "var", "reference_wait": 10, "web": {"host": "127.0.0.1", "port": self.port}} | changes
        for system in raw["systems"].values():
            system["limits"] = limits
            system["poll"] = dict.fromkeys(system.get("poll") or {}, 1.0)
        self.config.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False))
        clean = {name: value for name, value in os.environ.items() if name not in GONE}
        self.env = clean | SECRETS | {"SVERKA_CONFIG": str(self.config)} | dict(env)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hub(self) -> Hub:
        """The same store, read from the test."""
        os.environ.update(SECRETS)
        hub = build(load(self.config, self.env))
        prepare(hub)
        return hub

    def start(self, name: str, command: list[str], cwd: Path = ROOT) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, env=self.env, cwd=cwd, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=dies_with_parent()
        )
        return self.processes[name]

    def start_web(self) -> None:
        where = ["--host", "127.0.0.1", "--port", str(self.port)]
        self.start(
            "web",
            [sys.executable, "-m", "granian", "--interface", "wsgi", *where, "--blocking-threads", "4", "--no-ws", "hub.web.wsgi:app"],
        )
        self.wait_for_web()

    def wait_for_web(self) -> None:
        wait_until(lambda: self.get("/health") == 200, 120, f"the web process: {self.log('web')}")

    def get(self, path: str) -> int:
        try:
            return requests.get(self.url + path, timeout=5).status_code
        except requests.RequestException:
            return 0

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text()[-2000:] if path.exists() else ""

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
