"""The cases that every connector passes, over the stand-in of MoySklad."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest

from connectors import moysklad
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import HOOK
from sandbox.frame.server import running
from sandbox.moysklad.app import TOKEN, Moysklad
from sandbox.moysklad.wire import BASE, ref
from sandbox.moysklad.writing import write

KINDS = {"assortment": "product"}


class Seller(Stand):
    """Somebody who works in the account, at its own pages."""

    absent = "00000000-0000-4000-8000-000000000000"

    def __init__(self, url, app):
        super().__init__(url)
        self.app, self.store, self.numbers = app, app.store, count(1)

    def first(self, kind):
        return ref(kind, next(iter(self.store.tables[kind])))

    def save(self, kind, body, ident=None):
        """What the pages write, past the network and its faults."""
        with self.store.lock:
            return write(self.store, kind, body, ident)[0]["id"]

    def add(self, resource):
        if resource == "stock":
            goods, place = self.save("product", {"name": "Товар"}), next(iter(self.store.tables["store"]))
            self.app.stocks.put(goods, place, next(self.numbers))
            return f"{goods}@{place}"
        given = {
            "counterparty": {"name": f"Покупатель {next(self.numbers)}"},
            "assortment": {"name": f"Товар {next(self.numbers)}"},
            "retaildemand": {"retailShift": self.first("retailshift")},
            "retailsalesreturn": {"retailShift": self.first("retailshift"), "cashSum": 0, "noCashSum": 0},
        }
        return self.save(KINDS.get(resource, resource), given.get(resource) or self.paper())

    def paper(self):
        """What a document of a buyer must name."""
        if not self.store.tables["counterparty"]:
            self.add("counterparty")
        return {"organization": self.first("organization"), "agent": self.first("counterparty"), "store": self.first("store")}

    def edit(self, resource, ident):
        if resource == "stock":
            self.app.stocks.put(*ident.split("@"), next(self.numbers))
        else:
            self.save(KINDS.get(resource, resource), {"description": f"иное {next(self.numbers)}"}, ident)

    def count(self, resource):
        tables = self.store.notes if resource == "note" else {"": self.store.tables[KINDS.get(resource, resource)]}
        return sum(map(len, tables.values()))

    def create(self, resource):
        number = next(self.numbers)
        if resource == "counterparty":
            return {"name": f"Анна {number}", "companyType": "individual", "phone": f"+7903{number:07d}"}
        if resource == "assortment":
            return {"title": f"Рубашка {number}", "article": f"SV-{number}"}
        agent = self.paper()["agent"]["meta"]["href"].rpartition("/")[2]
        return {"agent": {"meta": {"href": f"{BASE}/entity/counterparty/{agent}"}}, "description": f"Звонок {number}"}

    def refused(self, resource):
        wrong = {"counterparty": {"email": "не почта"}, "customerorder": {"state": {"name": "Нет такого"}}, "assortment": {"title": ""}}
        return self.create(resource) | wrong.get(resource, {"description": "а" * 5000})

    def update(self, resource):
        return {"archived": True} if resource == "assortment" else {"description": "Позвонить"}

    def webhook(self, resource, ident):
        event = {"meta": {"type": resource, "href": f"{BASE}/entity/{resource}/{ident}"}, "action": "UPDATE"}
        return WebhookRequest({}, json.dumps({"events": [event]}).encode(), {"requestId": "c81f"}, HOOK)

    def forged(self, request):
        return replace(request, secret_part="another-secret")


def told(code, parameter=""):
    return json.dumps({"errors": [{"error": "Ошибка", "code": code, "parameter": parameter}]})


class TestMoysklad(Suite):
    package = moysklad
    secrets = {"token": TOKEN}
    options = {"public_url": "http://127.0.0.1:1", "token": "solution"}  # whose requests weigh one
    zone = "Europe/Moscow"
    many = 110  # a page has 100
    unpaged = frozenset({"stock"})
    stamps = frozenset({"updated"})
    answers = (
        Answer(400, told(2016, "name"), Rejected, Rejected),
        Answer(401, told(1056), Unauthorized, Unauthorized),
        Answer(403, told(1061), Unauthorized, Unauthorized),  # no API access
        Answer(403, told(1070), Unauthorized, Unauthorized),  # tariff
        Answer(403, told(1017), Rejected, Rejected),  # one right is missing: not a bad key
        Answer(404, told(1021), Missing, Missing),
        Answer(404, "", Missing, Missing),
        Answer(404, told(1002), Rejected, Rejected),  # no such path
        Answer(409, told(1028), Rejected, Rejected),  # in use
        Answer(412, told(3006, "name"), Rejected, Rejected),  # a number that is taken
        Answer(412, told(17009), Settled, Settled),  # closed period
        Answer(412, told(19000), Settled, Settled),  # closed shift
        Answer(412, told(1065), Unavailable, Unavailable),  # changed by somebody else at this moment
        Answer(413, told(1044), Rejected, Rejected),
        Answer(415, "", Rejected, Rejected),  # no gzip
        Answer(429, told(1049), Unavailable, Unavailable),
        Answer(429, told(1048), Unauthorized, Unauthorized),  # too many wrong keys: a person is needed
        Answer(500, told(1999), Unavailable, Unknown),
        Answer(502, "<html>", Unavailable, Unknown),
        Answer(503, told(1074), Unavailable, Unavailable),  # maintenance is said at the door
        Answer(503, "<html>", Unavailable, Unknown),
        Answer(504, told(1088), Unavailable, Unknown),
        Answer(200, "<html>", Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        app = Moysklad(weight=1, allow_loopback_webhooks=True)
        with running(app) as url:
            yield Seller(url, app)
