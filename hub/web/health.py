"""What watches over the hub asks here: is the process alive, is the whole ready for work, and figures for Prometheus."""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from typing import Any

import redis
import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from hub.app import Hub
from hub.config.environment import value
from hub.processes import alive
from hub.processes.alive import INSTALLATION, installation
from hub.storage import inbox, states
from hub.sync.floor import BEFORE_WRITE, ONE_INTERVAL

log = structlog.get_logger()
health = Blueprint("health", __name__)


def prepare(hub: Hub) -> dict[str, Any]:
    """What the views need of the application's configuration: the registry, and the counter of webhooks of this process."""
    registry = CollectorRegistry()
    url = hub.settings.redis_url
    client: Any = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) if url else None
    registry.register(HubCollector(hub, client))
    webhooks = Counter("sverka_webhooks", "Webhooks by what they were answered.", ["system", "status"], registry=registry)
    return {"REGISTRY": registry, "WEBHOOKS": webhooks, "REDIS": client}


@health.get("/health")
def living() -> Response:
    """200: this process answers requests. The header tells which installation it is of: several may share a machine."""
    return Response("ok\n", mimetype="text/plain", headers={INSTALLATION: installation(current_app.config["HUB"].settings.secret_key)})


@health.get("/ready")
def ready() -> tuple[Response, int]:
    """200: database and Redis answer, and a worker and a scheduler were seen lately. 503 names what is missing. Webhooks are accepted
    without Redis and workers all the same."""
    hub, client = current_app.config["HUB"], current_app.config["REDIS"]
    checks = {"database": _database(hub)} | _workers(client)
    good = all(said == "ok" for said in checks.values())
    return jsonify({"ready": good, "checks": checks}), 200 if good else 503


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus text. With SVERKA_METRICS_TOKEN (or its _FILE) set, only for who sends it as a bearer token."""
    wanted = value(os.environ, "SVERKA_METRICS_TOKEN")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if wanted and not hmac.compare_digest(given.encode(), wanted.encode()):
        return Response("send the token as Authorization: Bearer\n", 401)
    return Response(generate_latest(current_app.config["REGISTRY"]), mimetype="text/plain; version=0.0.4")


def _database(hub: Hub) -> str:
    try:
        hub.store.ask()
    except SQLAlchemyError as error:
        return f"does not answer: {type(error).__name__}"
    return "ok"


def _workers(client: Any) -> dict[str, str]:
    if client is None:
        return {"redis": "no REDIS_URL"}
    try:
        seen = alive.roles(client)
    except redis.RedisError as error:
        return {"redis": f"does not answer: {type(error).__name__}"}
    return {"redis": "ok"} | {role: "ok" if seen[role] else "none was seen in the last minute" for role in ("worker", "scheduler")}


class HubCollector(Collector):
    """Figures read from the database when they are asked for, so that any web process tells them of the whole hub."""

    def __init__(self, hub: Hub, client: Any) -> None:
        self.hub, self.client = hub, client

    def describe(self) -> Iterable[Metric]:
        return []  # nothing is asked of the database before somebody wants figures

    def collect(self) -> Iterable[Metric]:
        now, systems = self.hub.clock(), list(self.hub.settings.systems)
        with self.hub.store.read() as at:
            counts, oldest = self.hub.outbox.counts(at), self.hub.outbox.oldest(at, systems)
            counters, known = states.counters(at), states.all_states(at)
        with self.hub.store.read_intake() as at:
            depth, waiting = inbox.depth(at), inbox.oldest(at)
        yield gauge("sverka_deliveries", "Deliveries by state.", ["system", "entity", "state"], counts)
        ages = {(system,): max(0.0, now - since) for system, since in oldest.items()}
        yield gauge("sverka_delivery_overdue_seconds", "How long the longest due delivery has been due.", ["system"], ages)
        yield gauge("sverka_inbox_rows", "Hints and looks not merged yet.", [], {(): depth})
        age = max(0.0, now - waiting) if waiting else 0.0
        yield gauge("sverka_inbox_oldest_seconds", "Age of the oldest of them.", [], {(): age})
        held = {name: (known.get(name) or {}) for name in systems}
        yield gauge("sverka_system_paused", "1: paused.", ["system"], {(n,): int(bool(s.get("paused"))) for n, s in held.items()})
        opened = {(n,): int((s.get("breaker_until") or 0.0) > now) for n, s in held.items()}
        yield gauge("sverka_system_breaker_open", "1: taken for away, not called.", ["system"], opened)
        yield from self._counted({ONE_INTERVAL: 0, BEFORE_WRITE: 0} | counters)
        yield gauge("sverka_processes", "Processes seen in the last minute.", ["role"], self._processes())

    def _counted(self, counters: dict[str, int]) -> Iterable[Metric]:
        attempts = CounterMetricFamily("sverka_attempts", "Attempts by how they ended.", labels=["system", "outcome"])
        calls = CounterMetricFamily("sverka_vendor_calls", "Requests to vendors by what came of them.", labels=["system", "outcome"])
        for name, count in counters.items():
            kind, _, rest = name.partition(":")
            family = {"attempts": attempts, "calls": calls}.get(kind)
            if family is not None:
                family.add_metric(rest.split(":"), count)
            elif not rest:
                yield CounterMetricFamily(f"sverka_{name}", f"Counter of the engine: {name}.", value=count)
        yield from (attempts, calls)

    def _processes(self) -> dict[tuple[str, ...], float]:
        if self.client is None:
            return {}
        try:
            return {(role,): n for role, n in alive.roles(self.client).items()}
        except redis.RedisError:
            return {}


def gauge(name: str, what: str, labels: list[str], values: Any) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=labels)
    for key, number in values.items():
        family.add_metric([str(part) for part in key], number)
    return family


def count_webhook(system: str, status: int) -> None:
    """One webhook was answered. Unknown systems share one label, whatever strangers make up."""
    known = system in current_app.config["HUB"].settings.systems
    current_app.config["WEBHOOKS"].labels(system if known else "unknown", str(status)).inc()
