"""A Bitrix24 portal of scripted answers, and the connector that asks it."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import parse_qs

import responses

from connectors import registry
from connectors.contract import (
    SystemSettings,
)
from tests.contract.given import Kept

PORTAL = "https://lavka.bitrix24.ru"
OAUTH = "https://oauth.test/oauth/token/"
REST = f"{PORTAL}/rest"
TIME = {"date_start": "2026-09-01T12:00:03+05:00", "finish": 1000.0}
APP = {"client_id": "local.1", "client_secret": "secret-1", "refresh_token": "first-1", "application_token": "app-token-1"}
NOW = datetime(2026, 9, 1, 7, 0, 3, tzinfo=UTC)


class Limiter:
    """Remembers what it was asked."""

    def __init__(self):
        self.requests, self.penalties = [], []

    @contextmanager
    def request(self, weight=1.0, method=""):
        self.requests.append((weight, method))
        yield

    def penalise(self, seconds, method=""):
        self.penalties.append((seconds, method))


def connector(secrets=None, tokens=None, **options):
    settings = SystemSettings("crm", "bitrix24", PORTAL, secrets=secrets or {"webhook": "1/hook-secret"}, options={"oauth_url": "https://oauth.test"} | options)  # fmt: skip
    limiter = Limiter()
    made = registry.create("bitrix24", settings, limiter, tokens or Kept(), lambda: NOW)
    return made, limiter


def app(tokens=None, **options):
    return connector(APP, tokens, **options)


def pair(number, **more):
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "client_endpoint": f"{REST}/",
        "member_id": "m",
    } | more


def ok(result, **more):
    return {"result": result, "time": TIME} | more


def portal(answer):
    """Every method answered by ``answer(method, body)`` -> (status, body)."""

    def callback(request):
        method = request.url.split("?")[0].rsplit("/", 1)[-1].removesuffix(".json")
        status, body = answer(method, json.loads(request.body))
        return status, {}, json.dumps(body)

    for address in (f"{REST}/1/hook-secret/", f"{REST}/"):
        responses.add_callback(responses.POST, re.compile(f"{address}[a-zA-Z.]+$"), callback, content_type="application/json")


def commands(body):
    """The commands of a batch: name -> (method, parameters)."""
    return {k: (c.partition("?")[0], {n: v[0] for n, v in parse_qs(c.partition("?")[2], keep_blank_values=True).items()}) for k, c in body["cmd"].items()}  # fmt: skip
