"""An account of RetailCRM: the stand-in, the hub's connector, a person at a screen and somebody else's program."""

from __future__ import annotations

from datetime import UTC, datetime

import requests
import retailcrm

from connectors.contract import SystemSettings
from connectors.retailcrm.connector import Retailcrm as Connector
from sandbox.retailcrm.keys import KEY, OTHER, PEOPLE
from tests.contract.given import Penalties


def settings(url, zone="Asia/Yekaterinburg", **options):
    return SystemSettings("retail", "retailcrm", url, zone, {"api_key": KEY}, options, "hook-secret")


def now():
    return datetime.now(UTC)


class Account:
    """The stand-in, the hub's connector, a person at a screen and somebody else's program, both with the vendor's own client."""

    def __init__(self, app, url):
        self.app, self.url = app, url
        self.connector = Connector(settings(url), Penalties(), now)
        self.people, self.other = retailcrm.v5(url, PEOPLE), retailcrm.v5(url, OTHER)

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def person(self, **fields):
        return self.people.customer_create({"firstName": "Анна"} | fields).get_response()["id"]

    def order(self, **fields):
        lines = [{"offer": {"id": 37}, "quantity": 2, "discountManualAmount": 40}, {"productName": "Услуга: упаковка", "initialPrice": 50}]
        answer = self.people.order_create({"firstName": "Анна", "items": lines, "delivery": {"code": "courier", "cost": 300}} | fields)
        assert answer.is_successful(), answer.get_response()
        return answer.get_response()["id"]

    def shown(self, resource, ident):
        (one,) = self.connector.fetch(resource, [str(ident)])
        return one.data

    def caught_up(self, resource):
        """The cursor after everything so far, a minute later."""
        *_, last = self.connector.changes(resource, {})
        self.control("clock", offset=self.app.offset + 120)
        *_, last = self.connector.changes(resource, last.cursor)
        return last.cursor

    def changes(self, resource, cursor):
        pages = list(self.connector.changes(resource, cursor))
        return [int(one.id) for page in pages for one in page.objects], [int(i) for page in pages for i in page.gone], pages[-1].cursor
