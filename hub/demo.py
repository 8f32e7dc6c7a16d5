"""The demo: the sandbox systems and a hub between them as real processes; shown to a person, or judged and ended.

The hub and the sandbox meet over HTTP alone; the judge is a program of its own.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import redis
import requests
import yaml

from hub import reconcile
from hub.accounts import set_user
from hub.app import Hub, build, prepare
from hub.redis_server import dies_with_parent
from hub.settings import load
from hub.storage import inbox, states, views
from hub.supervisor import Supervisor

EXAMPLE = Path(__file__).parents[1] / "config.example.yaml"
VENDORS = {"sklad": "moysklad", "site": "woocommerce"}
SECRETS = {"MOYSKLAD_TOKEN": "sandbox-moysklad-token", "WOO_KEY": "ck_sandbox", "WOO_SECRET": "cs_sandbox"}
READ, WRITE = "^GET /(api|wp-json)", "^(POST|PUT) /(api|wp-json).*(counterparty|customerorder|batch)$"
FAULTS = [
    {"kind": "latency", "rate": 0.1, "match": READ, "seconds": 0.3},
    {"kind": "error", "rate": 0.03, "match": READ, "status": 502},
    {"kind": "html", "rate": 0.02, "match": READ},
    {"kind": "truncated", "rate": 0.02, "match": READ},
    {"kind": "reset_before", "rate": 0.05, "match": WRITE},
    {"kind": "reset_after", "rate": 0.05, "match": WRITE},
    {"kind": "late_effect", "rate": 0.03, "match": WRITE, "seconds": 1.0},
    {"kind": "error", "rate": 0.03, "match": WRITE, "status": 503},
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Demo:
    """One run."""

    def __init__(self, *, seed: int, customers: int, orders: int, calls: int, edits: int, faults: bool, kill: bool) -> None:
        self.seed, self.customers, self.orders, self.calls, self.edits, self.faults, self.kill = (
            seed,
            customers,
            orders,
            calls,
            edits,
            faults,
            kill,
        )
        self.folder = Path(tempfile.mkdtemp(prefix="sverka-demo-"))
        self.children: list[subprocess.Popen[str]] = []
        self.urls: dict[str, str] = {}
        self.supervisor: Supervisor | None = None
        self.kills = 0

    # pieces ---------------------------------------------------------------------------------------------

    def _sandbox(self) -> None:
        for system, vendor in VENDORS.items():
            command = [sys.executable, "-m", "sandbox", vendor, "--port", "0", "--seed", str(self.seed), "--allow-loopback-webhooks"]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=dies_with_parent, cwd=EXAMPLE.parent)
            assert child.stdout is not None
            self.urls[system] = json.loads(child.stdout.readline())["url"]
            self.children.append(child)

    def _judge(self, what: str, *more: str) -> str:
        done = subprocess.run(self._command(what, *more), stdout=subprocess.PIPE, text=True, cwd=EXAMPLE.parent, check=True)
        return done.stdout

    def _command(self, what: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "sandbox.judge", what, "--moysklad", self.urls["sklad"], "--woocommerce", self.urls["site"],
                "--journal", str(self.folder / "journal.json"), "--seed", str(self.seed), *more]  # fmt: skip

    def _fill(self) -> None:
        self._judge("fill", "--customers", str(self.customers), "--orders", str(self.orders))

    def _hub(self, port: int) -> Hub:
        """Configure and start the hub: the shipped example, pointed at the sandbox."""
        os.environ |= SECRETS | {"MOYSKLAD_WEBHOOK_SECRET": secrets.token_hex(16), "WOO_WEBHOOK_SECRET": secrets.token_hex(16)}
        raw = yaml.safe_load(EXAMPLE.read_text())
        for system, url in self.urls.items():
            raw["systems"][system]["url"] = url
        raw["systems"]["sklad"]["poll"] = {"counterparty": 4, "customerorder": 4, "retaildemand": 10}
        raw["systems"]["site"]["poll"] = {"customers": 10, "orders": 4}
        raw |= {"folder": "var", "reference_wait": 20, "web": {"host": "127.0.0.1", "port": port}}
        config = self.folder / "config.yaml"
        config.write_text(yaml.safe_dump(raw, allow_unicode=True, sort_keys=False))
        hub = build(load(config))
        prepare(hub)
        self.supervisor = Supervisor(hub.settings, config)
        self.supervisor.start()
        threading.Thread(target=self.supervisor.watch, daemon=True).start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if requests.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200:
                    return hub
            except requests.RequestException:
                time.sleep(0.1)
        raise RuntimeError("the web process did not start")

    def _stop(self) -> None:
        if self.supervisor:
            self.supervisor.stop()
        for child in self.children:
            child.terminate()
        shutil.rmtree(self.folder, ignore_errors=True)

    # shown to a person --------------------------------------------------------------------------------------

    def show(self) -> None:
        """Run until interrupted, with changes trickling in."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        port = int(os.environ.get("SVERKA_PORT") or 8765)
        try:
            print("Filling the sandbox shop…", flush=True)
            self._sandbox()
            self._fill()
            hub = self._hub(port)
            password = secrets.token_urlsafe(6)
            with hub.store.write() as at:
                set_user(at, "demo", password, "admin")
            print(f"\n  Sverka:  http://127.0.0.1:{port}\n  login:   demo\n  password: {password}\n", flush=True)
            print("  Sandbox: " + ", ".join(f"{name} {url}" for name, url in self.urls.items()) + "\n  Ctrl-C ends it.", flush=True)
            self.children.append(
                subprocess.Popen(self._command("live", "--pause", "2"), text=True, preexec_fn=dies_with_parent, cwd=EXAMPLE.parent)
            )
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            pass
        finally:
            self._stop()

    # judged ---------------------------------------------------------------------------------------------------

    def judge(self, *, quiet: bool) -> dict[str, Any]:
        """A whole run and its verdict."""
        started = time.monotonic()
        try:
            self._sandbox()
            self._fill()
            if self.faults:
                self._rules(FAULTS)
            hub = self._hub(free_port())
            self._wait_quiet(hub, 600)
            self._play()
            self._rules([])
            self._wait_quiet(hub, 600, polled_after=time.time())
            verdict = json.loads(self._judge("judge"))
            return self._result(hub, verdict, time.monotonic() - started)
        finally:
            self._stop()

    def _rules(self, rules: list[dict[str, Any]]) -> None:
        for url in self.urls.values():
            requests.post(f"{url}/_sandbox/faults", json=rules, timeout=10)
        hooks = {"loss": 0.2, "duplicate": 0.2} if rules else {}
        requests.post(f"{self.urls['site']}/_sandbox/webhooks", json=hooks, timeout=10)

    def _play(self) -> None:
        """Users edit; meanwhile processes are killed, if asked."""
        over = threading.Event()
        killer = threading.Thread(target=self._killing, args=(over,), daemon=True)
        if self.kill:
            killer.start()
        self._judge("edit", "--edits", str(self.edits), "--pause", "0.05")
        over.set()

    def _killing(self, over: threading.Event) -> None:
        rng = random.Random(self.seed)
        while not over.wait(rng.uniform(0.5, 2.0)):
            assert self.supervisor is not None
            if rng.random() < 0.3:
                try:
                    redis.Redis.from_url(self.supervisor.redis_url).flushall()
                except redis.RedisError:
                    pass
            else:
                child = rng.choice(list(self.supervisor.children.values()))
                child.kill()
            self.kills += 1

    def _wait_quiet(self, hub: Hub, seconds: float, polled_after: float = 0.0) -> None:
        """Until nothing is under way and every resource was polled after the last change, twice in a row."""
        deadline, calm = time.monotonic() + seconds, 0
        while calm < 3:
            if time.monotonic() > deadline:
                return
            calm = calm + 1 if self._is_quiet(hub, polled_after) else 0
            time.sleep(0.3)

    def _is_quiet(self, hub: Hub, polled_after: float) -> bool:
        with hub.store.read_intake() as at:
            depth, cursors = inbox.depth(at), inbox.cursors(at)
        with hub.store.read() as at:
            counts = hub.outbox.counts(at)
        moving = sum(n for (_, _, state), n in counts.items() if state not in ("done", "dead", "skipped"))
        polled = all(
            cursors.get((s, r), {}).get("loaded_at") and (cursors[s, r]["polled_at"] or 0.0) > polled_after + 1.0
            for s in hub.settings.systems for r in hub.resources(s)
        )  # fmt: skip
        return not depth and not moving and polled

    def _result(self, hub: Hub, verdict: dict[str, Any], seconds: float) -> dict[str, Any]:
        report = reconcile.verify(hub)
        with hub.store.read() as at:
            figures, totals, counts = states.counters(at), views.totals(at), hub.outbox.counts(at)
            dead = views.queue(at, state="dead", limit=20)
        passed = verdict["converged"] and not (verdict["lost"] or verdict["duplicates"] or verdict["lost_edits"] or verdict["drift"])
        agrees = report.agrees == passed
        return verdict | {
            "passed": bool(passed and agrees),
            "verify_agrees": agrees,
            "records": {k: v for k, v in totals.items() if k in hub.settings.routes},
            "changes": figures.get("changes", 0),
            "writes": figures.get("writes", 0),
            "echoes": figures.get("echoes", 0),
            "dead": sum(n for (_, _, state), n in counts.items() if state == "dead"),
            "dead_samples": [{k: row[k] for k in ("system", "entity", "error_code", "error_field", "error_text")} for row in dead],
            "kills": self.kills,
            "calls": {"asked": self.calls, "played": 0},
            "seconds": round(seconds, 1),
            "verify": {"drift": report.drift[:10], "lost": report.lost[:10], "strangers": report.strangers[:10]},
        }
