"""A base of 1C, the hub's connector to it, and people who work in it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import requests

from connectors.contract import SystemSettings
from connectors.limiter import LocalLimiter
from connectors.onec.connector import Onec as Connector
from sandbox.onec.app import LOGIN, PASSWORD, PEOPLE, THEIR_PASSWORD, ZONE

EXCEPTION = '<?xml version="1.0"?><exception xmlns="http://v8.1c.ru/8.2/virtual-resource-system" reason="{}"><descr>{}</descr></exception>'
PHONE = {"Тип": "Телефон", "Представление": "+7 (912) 345-67-89", "НомерТелефона": "79123456789"}


class Tokens:
    """What a hub keeps for a connector, here for one that several processes would share."""

    def __init__(self):
        self.held = {}

    def load(self):
        return dict(self.held)

    def save(self, value):
        self.held = dict(value)

    def exclusive(self):
        raise TimeoutError


class Place:
    """A base, the hub's connector to it, and people who work in it."""

    def __init__(self, app, url, tokens=None):
        self.app, self.url, self.tokens = app, f"{url}{app.root.removesuffix('/odata/standard.odata')}", tokens or Tokens()
        self.controls, self.now = url, datetime.now(UTC)
        self.connector = self.made()

    def made(self, **options):
        settings = SystemSettings(
            "uchet", "onec", self.url, ZONE, {"login": LOGIN, "password": PASSWORD}, {"stand_ins": ["Розничный покупатель"], **options}
        )
        return Connector(settings, LocalLimiter(()), self.tokens, lambda: self.now)

    def people(self, method, place, body=None):
        pair = (PEOPLE.encode(), THEIR_PASSWORD.encode())
        answer = requests.request(method, f"{self.url}/odata/standard.odata/{place}?$format=json", json=body, auth=pair, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def add(self, name, **values):
        """A row as the program itself writes it."""
        return self.app.base.add(name, **values)

    def control(self, what, **body):
        requests.post(f"{self.controls}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.controls}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def person(self, name="Орлова Мария", **more):
        return self.add("Catalog_Партнеры", Description=name, ЮрФизЛицо="ЧастноеЛицо", КонтактнаяИнформация=[PHONE], **more)["Ref_Key"]

    def write(self, resource, *writes):
        return self.connector.write(resource, list(writes))


def key():
    """A hub key: version 7, as the hub makes them."""
    return str(uuid.UUID(int=(uuid.uuid4().int & ~(0xF << 76)) | (7 << 76)))


def goods(place, article):
    return next(row["Ref_Key"] for row in place.app.base.tables["Catalog_Номенклатура"].values() if row["Артикул"] == article)


def customer(first="Мария", number="+7 (912) 345-67-89"):
    row = PHONE | {"Представление": number, "НомерТелефона": "79123456789"}
    return {"names": {"last": "Орлова", "first": first}, "КонтактнаяИнформация": [row]}
