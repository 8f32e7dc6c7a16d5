"""The stage of a demo: a temporary folder, the sandbox processes, a configuration that points at them, and the hub's processes."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import redis
import requests
import yaml

from connectors.limiter import RedisLimiter
from hub.app import Hub, build, prepare
from hub.config.settings import load
from hub.processes.redis_server import dies_with_parent
from hub.processes.supervisor import Supervisor

Json = Any
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"
WIDE = ROOT / "examples" / "whole-shop.yaml"
# Where a system of the example is played by a sandbox: the secrets that its stand-in takes, and how often the demo polls its resources.
SECRETS = {
    "moysklad": {"token": "sandbox-moysklad-token"},
    "woocommerce": {"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox"},
    "bitrix24": {
        "client_id": "local.sandbox",
        "client_secret": "sandbox-secret",
        "refresh_token": "sandbox-refresh-token",
        "application_token": "51856fefc120afa4b628cc82d3935cce",
    },
    "bonusplus": {"api_key": "sandbox-bonusplus-key"},
    "retailcrm": {"api_key": "sandbox-retailcrm-key"},
    "mindbox": {"secret_key": "sandbox-mindbox-key"},
    "sms": {"login": "shop@example.ru", "api_key": "sandbox-sms-key-0123456789abcdef"},
    "onec": {"login": "sverka", "password": "пароль"},
    "yandex_audiences": {"token": "sandbox-yandex-token"},
    "vk_ads": {"client_id": "sandbox-vk-client", "client_secret": "sandbox-vk-secret"},
}
UNLIMITED = ("yandex_audiences", "vk_ads")  # whose limits are of an hour and a day: a demo has neither, and its stand-ins none of them
POLLS = {"counterparty": 4, "customerorder": 4, "retaildemand": 8, "customers": 10, "orders": 4, "contact": 10, "deal": 10, "call": 10,
         "goods": 5, "stock": 3, "offers": 4, "inventories": 30, "assortment": 10, "products": 10}  # fmt: skip
SANDBOX = {
    "mindbox": {"endpoint": "sandbox.Hub", "brand": "sandbox", "export_pace": 0.2}
}  # options of a stand-in that differ from a shop's
ALWAYS = ["00:00-24:00"]  # a demo is played at any hour
SOON, WORD = 0.05, 0.5  # minutes that a cart waits for its owner in a demo, and a call for its seller's word
WANTED = {"transactionalId": "${WebhookRequest.TransactionalId}", "event": "${Event}", "mindboxId": "${MindboxId}", "campaign": "${Campaign}",
          "reason": "cycle", "at": "${At}"}  # fmt: skip
CHANGED = {"transactionalId": "${WebhookRequest.TransactionalId}", "event": "${Event}", "mindboxId": "${MindboxId}", "orderId": ""}
WRITTEN = CHANGED | {"channel": "${Channel}", "campaign": "${Campaign}", "at": "${At}"}
BELONGS = CHANGED | {"segment": "${Segment}"}
OURS = "sandbox.Hub"  # the endpoint whose own doings start no flow
STARTS_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Play:
    """What is asked of one run. ``dirt`` multiplies the shares of dirt; ``connected``: another program connected the systems before."""

    seed: int = 1
    customers: int = 300
    orders: int = 300
    calls: int = 0
    edits: int = 100
    faults: bool = False
    kill: bool = False
    dirt: float = 1.0
    connected: bool = False


def of_systems(raw: Json, chosen: Collection[str]) -> Json:
    """A configuration with these systems alone, by their names or their vendors'. Raises KeyError for a word that names none."""
    vendors = {name: system["connector"] for name, system in raw["systems"].items()}
    if unknown := sorted(set(chosen) - vendors.keys() - set(vendors.values())):
        raise KeyError(f"no system is called {', '.join(unknown)}; there are {', '.join(vendors)}")
    kept = {name for name, vendor in vendors.items() if {name, vendor} & set(chosen)}
    gone = vendors.keys() - kept

    def without(of: Json) -> Json:
        return {name: value for name, value in of.items() if name not in gone}

    raw = raw | {part: without(raw[part]) for part in ("systems", "stand_ins") if part in raw}
    raw["routes"] = {entity: without(of) for entity, of in raw["routes"].items()}
    if not any(raw["routes"].get("loyalty_operation", {}).values()):
        raw.pop("loyalty", None)
    raw["directories"] = {name: {value: without(of) for value, of in values.items()} for name, values in raw["directories"].items()}
    for of in raw.get("policies", {}).values():
        for policy in of.values():
            policy |= {"systems": [name for name in policy["systems"] if name in kept]} if "systems" in policy else {}
    return raw


class Stage:
    """Everything that one run starts; leaving it ends all of it and removes the folder."""

    def __init__(self, play: Play, example: Path = EXAMPLE, systems: Collection[str] = ()) -> None:
        self.play = play
        self.folder = Path(tempfile.mkdtemp(prefix="sverka-demo-"))
        raw: Json = yaml.safe_load(example.read_text())
        self.raw: Json = of_systems(raw, systems) if systems else raw
        self.urls: dict[str, str] = {}
        self.children: list[subprocess.Popen[str]] = []
        self.supervisor: Supervisor | None = None
        self.config = self.folder / "config.yaml"

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.supervisor:
            self.supervisor.stop()
        for child in self.children:
            child.terminate()
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_sandbox(self) -> None:
        """One process for each system of the example."""
        for system, chosen in self.raw["systems"].items():
            command = [sys.executable, "-m", "sandbox", chosen["connector"], "--port", "0", "--seed", str(self.play.seed)]
            command += ["--allow-loopback-webhooks", "--allow-http"]
            if chosen["connector"] == "onec" and (published := self._path(system).strip("/")):
                command += ["--profile", published]  # of a 1C base: its publication is called as its configuration
            child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=dies_with_parent(), process_group=0, cwd=ROOT)
            self.children.append(child)
            assert child.stdout is not None
            self.urls[system] = json.loads(child.stdout.readline())["url"]

    def people(self, what: str, *more: str, letters: Json = None) -> str:
        """One command of the judge: fill, work or judge. Returns what it prints."""
        text = json.dumps(letters or [], default=str)
        command = self.people_command(what, *more)
        return subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True).stdout

    def people_command(self, what: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "sandbox.judge", what, *self.addresses(), f"--dirt={self.play.dirt}", *more]

    def addresses(self) -> list[str]:
        """What every program of the judge is told: where the systems are, where its memory is, and the seed."""
        systems = [f"--system={name}={self.raw['systems'][name]['connector']}={url}{self._path(name)}" for name, url in self.urls.items()]
        return [*systems, f"--journal={self.folder / 'journal.json'}", f"--seed={self.play.seed}"]

    def _path(self, system: str) -> str:
        """What follows the host in a system's address: a 1C base is published under a name."""
        return str(urlsplit(self.raw["systems"][system]["url"]).path).rstrip("/")

    def fill(self) -> None:
        self.people("fill", f"--customers={self.play.customers}", f"--orders={self.play.orders}")

    def control(self, what: str, body: Json) -> None:
        """A control of every stand-in, outside the vendors' paths."""
        for url in self.urls.values():
            requests.post(f"{url}/_sandbox/{what}", json=body, timeout=10)

    def counters(self) -> dict[str, Json]:
        """What the stand-ins counted: requests, refusals."""
        return {name: requests.get(f"{url}/_sandbox/counters", timeout=10).json() for name, url in self.urls.items()}

    def configure(self, port: int) -> None:
        """The shipped example, pointed at the sandbox."""
        kept: Json = {"host": "127.0.0.1", "port": port}
        for name, system in self.raw["systems"].items():
            system["mode"] = "observe" if self.play.connected else "live"
            system["url"] = self.urls[name] + self._path(name)
            known = SECRETS[system["connector"]]
            system["secrets"] = {key: self._secret(f"{name}.{key}", known[key]) for key in system.get("secrets") or {} if key in known}
            if system.get("webhook_secret"):
                system["webhook_secret"] = self._secret(f"{name}.webhook", secrets.token_hex(16))
            if system["connector"] == "bitrix24":
                system["options"] = (system.get("options") or {}) | {"oauth_url": self.urls[name]}
            system["options"] = (system.get("options") or {}) | SANDBOX.get(system["connector"], {})
            (system["options"].get("operations") or {}).pop(
                "export_actions", None
            )  # messages are told by flows: no demo waits five minutes for an export
            system |= {"limits": "none"} if system["connector"] in UNLIMITED else {}
            system["poll"] = {resource: POLLS.get(resource, 10) for resource in system.get("poll") or {}}
        if "api_key" in self.raw.get("web", {}):
            kept["api_key"] = self._secret("web.api_key", secrets.token_hex(16))
        for name, feed in self._feeds().items():
            feed["secret"] = self._secret(f"feed.{name}", secrets.token_hex(16))
        for store in (self.raw.get("stores") or {}).values():
            store["hours"] = ALWAYS
        for campaign in (self.raw.get("campaigns") or {}).values():
            campaign |= {"hours": ALWAYS, "word_minutes": WORD}
            if "cart" in campaign:
                campaign["cart"]["minutes"] = SOON
        self.raw |= {"folder": "var", "reference_wait": 20, "web": kept}
        self.config.write_text(yaml.safe_dump(self.raw, allow_unicode=True, sort_keys=False))

    def _feeds(self) -> dict[str, Json]:
        feeds: dict[str, Json] = (self.raw.get("catalogue") or {}).get("feeds", {})
        return feeds

    def tell_feeds(self, port: int) -> None:
        """Type the address of the catalogue file into the systems that fetch one."""
        for name, feed in self._feeds().items():
            secret = Path(feed["secret"]["file"]).read_text()
            self.control("feed", {"url": f"http://127.0.0.1:{port}/feeds/{name}/{secret}", "kind": feed["kind"]})

    def tell_flows(self, port: int) -> None:
        """Draw the flows that call the hub, as a marketer does: whom to call; where messages count, who was edited and what was sent; where a
        segment is an audience, who was edited, came in and left. Name the hub to the programs that send through a gateway."""
        contacts = bool(self.raw["routes"].get("message"))
        for name, system in self.raw["systems"].items():
            if system["connector"] not in ("mindbox", "sms"):
                continue
            secret = Path(system["webhook_secret"]["file"]).read_text()
            url, headers = f"http://127.0.0.1:{port}/webhooks/{name}/{secret}", {"Authorization": f"Bearer {secret}"}
            if system["connector"] == "sms":
                self.control("callback", {"url": url})
                continue
            flows: list[Json] = [{"events": ["call.wanted"], "body": WANTED}]
            flows += (
                [{"events": ["message.sent"], "body": WRITTEN}, {"events": ["customer.changed"], "body": CHANGED, "except": OURS}]
                if contacts
                else []
            )
            if self.raw.get("audiences"):
                flows += [
                    {"events": ["customer.changed"], "body": CHANGED},
                    {"events": ["segment.entered", "segment.left"], "body": BELONGS},
                ]
            for flow in flows:
                self.control("flow", flow | {"url": url, "headers": headers})

    def _secret(self, name: str, value: str) -> dict[str, str]:
        """A secret in a file of its own, so that any command finds it by the configuration alone."""
        file = self.folder / "secrets" / name
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text(value)
        return {"file": str(file)}

    def open_hub(self) -> Hub:
        """Start web, workers and scheduler, and wait until the web answers. Raises RuntimeError when it does not."""
        hub = build(load(self.config))
        prepare(hub)
        self.supervisor = Supervisor(hub.settings, self.config)
        self.supervisor.start()
        threading.Thread(target=self.supervisor.watch, daemon=True).start()
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline:
            try:
                if requests.get(f"http://127.0.0.1:{hub.settings.port}/health", timeout=2).status_code == 200:
                    return hub
            except requests.RequestException:
                time.sleep(0.1)
        raise RuntimeError("the web process did not start")

    def watcher(self) -> Hub:
        """A hub of this process that shares the vendors' limits with the others."""
        assert self.supervisor is not None
        client = redis.Redis.from_url(self.supervisor.redis_url)
        return build(load(self.config), limiters=lambda system, manifest: RedisLimiter(client, system.name, manifest.limits))


def free_port(first: int = 0) -> int:
    """``first`` or the next port that nobody listens on; 0: any."""
    for port in range(first, first + 100) if first else [0]:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise RuntimeError(f"ports {first} to {first + 99} are all taken; set SVERKA_PORT")
