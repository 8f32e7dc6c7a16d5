"""What the tests of both advertising systems share: people as digests, a connector that looks and steps as the hub does, and a cabinet over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import requests

from connectors.audiences import UPLOAD, People, digest
from connectors.errors import ConnectorError, Unavailable
from connectors.http import OURS
from connectors.limiter import LocalLimiter
from tests.contract.given import Kept, Penalties

NAME = "hub: winback"


def people(rules, phones=(), emails=(), version="v1"):
    """So many phones and e-mails, each in a row of its own, as digests."""
    rows = [(digest(f"7903{n:07}", rules.hashing), "") for n in phones] + [("", digest(f"a{n}@example.ru", rules.hashing)) for n in emails]
    return People(version, len(rows), len(phones), len(emails), lambda: iter(rows))


class Hurried(LocalLimiter):
    """The limits of a manifest, kept on a clock that the stand-in shares and that goes on while anybody waits."""

    def __init__(self, limits, app):
        self.app = app
        super().__init__(limits, clock=lambda: app.offset, sleep=self.wait)
        self.refused = 0

    def wait(self, seconds):
        self.app.offset += max(seconds, 0.001)

    def penalise(self, seconds, method=""):
        self.refused += 1

    def patiently(self, call):
        """Again and again, as soon as the limiter lets it, as the hub does it."""
        while True:
            try:
                return call()
            except Unavailable as error:
                assert error.code in OURS, error
                self.wait(error.retry_after or 1.0)


class Cabinet:
    """The stand-in, and a hub's memory of one audience in it."""

    def __init__(self, app, url, connected):
        self.app, self.url, self.place, self.tokens = app, url, {}, Kept()
        self.limiter, self.connected = Penalties(), connected
        self.connector = self.made()

    def made(self, **options):
        return self.connected(self.url, self.limiter, self.tokens, lambda: datetime.now(UTC) + timedelta(seconds=self.app.offset), options)

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def read(self, what):
        return requests.get(f"{self.url}/_sandbox/{what}", timeout=5).json()

    def later(self, seconds=120.0):
        self.control("clock", offset=self.app.offset + seconds)

    def look(self):
        sight = self.connector.look(NAME, self.place)
        self.place = dict(sight.place)
        return sight

    def upload(self, list_):
        self.place |= {"begun": {"version": list_.version, "count": list_.count, "phones": list_.phones, "emails": list_.emails, "at": 0}}
        self.place = dict(self.connector.upload(NAME, self.place, list_))

    def bring(self, list_, tries=12):
        """As the hub does it: look, step, look, until the system has the list. Returns the last sight."""
        for _ in range(tries):
            try:
                sight = self.look()
                if sight.version == list_.version and sight.state in ("ready", "few") and sight.next == UPLOAD:
                    return sight
                if sight.next == UPLOAD:
                    self.upload(list_)
                elif sight.next:
                    self.place = dict(self.connector.step(NAME, self.place, sight.next))
                else:
                    self.later()
            except ConnectorError:
                self.later()
        raise AssertionError(f"not there after {tries} steps: {self.look()}")
