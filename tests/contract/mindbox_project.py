"""The stand-in of Mindbox, the hub's connector to it, and the site's own module."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

import requests

from connectors.contract import SystemSettings, Write
from connectors.mindbox.connector import Mindbox as Connector
from sandbox.mindbox.app import HUB, KEYS, SITE
from tests.contract.given import Kept, Penalties

LINES = [
    {"type": "item", "product": "SV-007", "quantity": 2, "price": 890, "sum": 1700},
    {"type": "item", "product": "SV-001", "quantity": 1.5, "price": 100, "sum": 150},
    {"type": "delivery", "quantity": 1, "price": 290, "sum": 290},
]


def settings(url, **options):
    base = {
        "endpoint": HUB,
        "brand": "sandbox",
        "point": "CallCentre",
        "ids": {"site": "websiteId", "crm": "bitrixId"},
        "export_pace": 0.01,
    }
    return SystemSettings("cdp", "mindbox", url, "UTC", {"secret_key": KEYS[HUB]}, base | options, "hook-secret")


class Project:
    """The stand-in, the hub's connector, and the site's own module."""

    def __init__(self, app, url):
        self.app, self.url, self.tokens = app, url, Kept()
        self.connector = self.connected()

    def connected(self, url="", **options):
        return Connector(
            settings(url or self.url, **options), Penalties(), self.tokens, self.now, sleep=lambda seconds: time.sleep(min(seconds, 0.02))
        )

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.app.offset)

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def later(self, **span):
        self.control("clock", offset=self.app.offset + timedelta(**span).total_seconds())

    def site(self, operation, body):
        """An operation as the site calls it."""
        params = {"endpointId": SITE, "operation": f"Website.{operation}"}
        answer = requests.post(
            f"{self.url}/v3/operations/sync", json=body, params=params, headers={"Authorization": f"SecretKey {KEYS[SITE]}"}, timeout=5
        )
        assert answer.json()["status"] == "Success", answer.text
        return answer.json()

    def person(self, **fields):
        return self.site("RegisterCustomer", {"customer": {"firstName": "Анна"} | fields})["customer"]["ids"]["mindboxId"]

    def wrote(self, resource, data, ident=None, **more):
        (outcome,) = self.connector.write(resource, [Write(str(uuid.uuid4()), ident, data, **more)])
        if outcome.error is not None:
            raise outcome.error
        return outcome.remote

    def shown(self, resource, ident):
        (one,) = self.connector.fetch(resource, [str(ident)])
        return one.data

    def pages(self, resource, cursor=None):
        return list(self.connector.changes(resource, cursor or {}))

    def changes(self, resource, cursor=None):
        pages = self.pages(resource, cursor)
        return [int(one.id) for page in pages for one in page.objects], [int(one) for page in pages for one in page.gone], pages[-1].cursor


def call(person, **more):
    return {
        "customer": {"ids": {"mindboxId": person}},
        "at": "2026-02-03 09:41:12",
        "customFields": {"callResult": "noAnswer", "callComment": ""} | more,
    }
