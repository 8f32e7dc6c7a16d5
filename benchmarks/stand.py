"""What the benchmarks measure: the sandbox systems, a PostgreSQL and the hub as real processes, set up from the shipped example configuration."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml

from hub.app import Hub, build, prepare
from hub.config.settings import load
from hub.processes.redis_server import dies_with_parent
from hub.processes.supervisor import Supervisor
from hub.storage import states
from tests.servers import serve_postgres

ROOT = Path(__file__).parents[1]
AT_ONCE = 8  # webhooks of one stand-in under way
VENDORS = {"sklad": "moysklad", "crm": "bitrix24", "site": "woocommerce"}
SECRETS = {
    "MOYSKLAD_TOKEN": "sandbox-moysklad-token",
    "WOO_KEY": "ck_sandbox",
    "WOO_SECRET": "cs_sandbox",
    "BITRIX24_CLIENT_ID": "local.sandbox",
    "BITRIX24_CLIENT_SECRET": "sandbox-secret",
    "BITRIX24_REFRESH_TOKEN": "sandbox-refresh-token",
    "BITRIX24_APPLICATION_TOKEN": "51856fefc120afa4b628cc82d3935cce",
}


def example() -> dict[str, Any]:
    """The shipped configuration, as read from YAML."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "config.example.yaml").read_text())
    return loaded


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def sandboxes(systems: Mapping[str, str], *, enforce: bool) -> Iterator[dict[str, str]]:
    """System -> address of its stand-in, each a process of its own; ``enforce``: with the vendor's limits. Their webhooks come several at
    once, as clouds send them."""
    children: list[subprocess.Popen[str]] = []
    urls: dict[str, str] = {}
    try:
        for system, vendor in systems.items():
            more = ["--allow-http"] if vendor == "bitrix24" else []
            command = [sys.executable, "-m", "sandbox", vendor, "--port", "0", "--seed", "1", "--allow-loopback-webhooks", *more]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=dies_with_parent())
            assert child.stdout is not None
            children.append(child)
            urls[system] = json.loads(child.stdout.readline())["url"]
            for what, values in (("limits", {"enforce": enforce}), ("webhooks", {"at_once": AT_ONCE})):
                requests.post(f"{urls[system]}/_sandbox/{what}", json=values, timeout=10).raise_for_status()
        yield urls
    finally:
        for child in children:
            child.kill()
            child.wait()


@contextmanager
def database(kind: str) -> Iterator[str]:
    """DATABASE_URL of a fresh database: empty for SQLite; for PostgreSQL on a server of its own, which writes through to the disk as in production."""
    if kind == "sqlite":
        yield ""
        return
    home = Path(tempfile.mkdtemp(prefix="sverka-bench-pg-", dir="/tmp"))
    process, words = serve_postgres(home, ["max_connections=100", "shared_buffers=128MB"])
    parts = dict(word.split("=", 1) for word in words.split())
    try:
        yield f"postgresql://{parts['user']}@/postgres?host={parts['host']}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(home, ignore_errors=True)


# Everybody renamed at once is what a brake is for; here it is what is measured.
UNBRAKED = {"share": 1.0, "number": 10**9, "floor": 10**9, "floor_loss": 10**9}


@contextmanager
def hub_running(
    urls: Mapping[str, str], *, limits: str = "none", database: str = "", workers: int = 2, start: bool = True, **changes: Any
) -> Iterator[tuple[Hub, str, Supervisor]]:
    """(hub, address of its web process, supervisor) on a fresh data folder; the processes run where ``start``.
    ``changes`` replace top-level keys of the configuration.
    Without workers the hub accepts and does nothing else."""
    folder, kept = Path(tempfile.mkdtemp(prefix="sverka-bench-")), dict(os.environ)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(lambda: (os.environ.clear(), os.environ.update(kept)))
        raw = example()
        os.environ.update(SECRETS | {name: secrets.token_hex(16) for name in hook_secrets(raw)})
        os.environ["SVERKA_WORKERS"] = str(workers)
        os.environ.pop("DATABASE_URL", None)
        if database:
            os.environ["DATABASE_URL"] = database
        for system in raw["systems"].values():
            system["limits"] = limits
        raw = only(raw, urls) | {"folder": "var", "web": {"host": "127.0.0.1", "port": free_port()}, "brakes": UNBRAKED, **changes}
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False))
        hub = build(load(config))
        prepare(hub)
        with hub.store.write() as at:
            for system in hub.settings.systems:
                states.set_values(at, system, hushed="benchmark")
        stack.callback(hub.store.dispose)
        supervisor = Supervisor(hub.settings, config)
        if start:
            stack.callback(supervisor.stop)
            supervisor.start()
            address = f"http://127.0.0.1:{hub.settings.port}"
            until(lambda: requests.get(f"{address}/health", timeout=2).status_code == 200, 60)
        yield hub, f"http://127.0.0.1:{hub.settings.port}", supervisor


def only(raw: Mapping[str, Any], urls: Mapping[str, str]) -> dict[str, Any]:
    """The configuration with these systems alone, at these addresses."""
    systems = {name: raw["systems"][name] | {"url": url} for name, url in urls.items()}
    for name in systems.keys() & {"crm"}:
        systems[name] = systems[name] | {"options": {"oauth_url": urls[name]}}
    routes = {entity: {s: r for s, r in chosen.items() if s in urls} for entity, chosen in raw["routes"].items()}
    stand_ins = {s: names for s, names in raw.get("stand_ins", {}).items() if s in urls}
    gone = raw["systems"].keys() - urls.keys()
    directories = {
        name: {value: {k: v for k, v in row.items() if k not in gone} for value, row in values.items()}
        for name, values in raw.get("directories", {}).items()
    }
    policies = {
        entity: {
            name: {k: [s for s in v if s in urls] if k == "systems" else v for k, v in policy.items()} for name, policy in chosen.items()
        }
        for entity, chosen in raw.get("policies", {}).items()
    }
    return {**raw, "systems": systems, "routes": routes, "stand_ins": stand_ins, "directories": directories, "policies": policies}


def hook_secrets(raw: Mapping[str, Any]) -> list[str]:
    """Environment variables that the configuration names for webhook secrets."""
    return [s["webhook_secret"]["env"] for s in raw["systems"].values() if s.get("webhook_secret")]


def until(true: Callable[[], bool], seconds: float, pause: float = 0.1) -> float:
    """Wait for a condition; the seconds it took. Raises TimeoutError."""
    started = time.monotonic()
    while True:
        try:
            if true():
                return time.monotonic() - started
        except (requests.RequestException, OSError):
            pass
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"not so within {seconds} s")
        time.sleep(pause)
