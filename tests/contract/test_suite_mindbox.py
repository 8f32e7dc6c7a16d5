"""The cases that every connector passes, over the stand-in of Mindbox."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from connectors import mindbox
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.kit.frame import HOOK
from sandbox.frame.server import running
from sandbox.mindbox.app import HUB, KEYS, SITE, Mindbox
from tests.contract.mindbox_project import LINES

LAG = 320.0  # seconds: what is younger than five minutes is in no list


class Site(Stand):
    """The site's own module and a marketer, past the connector."""

    def __init__(self, url: str, app: Mindbox) -> None:
        super().__init__(url)
        self.app, self.project, self.numbers = app, app.project, count(1)

    def missing(self, resource):
        return "vip:999999" if resource == "segment" else self.absent

    def later(self):
        self.app.offset += LAG

    def now(self):
        return datetime.now(UTC) + timedelta(seconds=self.app.offset)

    def call(self, operation, body):
        """An operation as the site calls it, past the network and its faults."""
        endpoint = SITE if operation.startswith("Website.") else HUB
        asked, headers = {"endpointId": endpoint, "operation": operation}, {"Authorization": f"SecretKey {KEYS[endpoint]}"}
        answer = self.app.flask.test_client().post("/v3/operations/sync", json=body, query_string=asked, headers=headers)
        assert answer.json["status"] == "Success", answer.text
        return answer.json

    def person(self):
        return self.call("Website.RegisterCustomer", {"customer": {"firstName": "Анна", "mobilePhone": f"7903{next(self.numbers):07d}"}})["customer"]["ids"]["mindboxId"]  # fmt: skip

    def add(self, resource):
        if resource in ("message", "call_request"):  # told by a flow, and kept nowhere
            return str(uuid.uuid4())
        if resource == "order":
            ids = {"websiteId": str(next(self.numbers))}
            return str(self.call("Website.SaveOfflineOrder", {"order": {"ids": ids, "lines": []}})["order"]["ids"]["mindboxId"])
        person = self.person()
        if resource == "segment":
            self.belongs(person, True)
            return f"vip:{person}"
        return str(person)

    def belongs(self, person, inside):
        assert self.app.flask.test_client().post("/_sandbox/segment", json={"name": "vip", "customer": person, "inside": inside}).json["ok"]

    def edit(self, resource, ident):
        if resource == "customer":
            self.call("Website.EditCustomer", {"customer": {"ids": {"mindboxId": int(ident)}, "lastName": "Иная"}})
        elif resource == "order":
            self.call("Website.SaveOfflineOrder", {"order": {"ids": {"mindboxId": int(ident)}, "customFields": {"track": "1"}}})
        else:
            self.belongs(int(ident.removeprefix("vip:")), False)

    def remove(self, resource, ident):
        """Customers do not go: they become part of another."""
        into = {"ids": {"mindboxId": self.person()}}
        self.call("Sverka.MergeCustomers", {"customersToMerge": [{"ids": {"mindboxId": int(ident)}}], "resultingCustomer": into})

    def count(self, resource):
        return len({"customer": self.project.customers, "order": self.project.orders}.get(resource, self.project.actions))

    def create(self, resource):
        number = next(self.numbers)
        if resource == "customer":
            return {"firstName": "Борис", "phone": {"value": f"+7904{number:07d}"}, "mail": {"value": f"b{number}@example.ru"}}
        if resource == "order":
            return {
                "customer": {"ids": {"mindboxId": self.person()}},
                "lines": LINES,
                "status": "NEW",
                "customFields": {"number": f"H-{number}"},
            }
        return {"customer": {"ids": {"mindboxId": self.person()}}, "at": "2026-02-03 09:41:12", "customFields": {"callResult": "noAnswer"}}

    def refused(self, resource):
        wrong = {"customer": {"phone": {"value": "12"}}, "order": {"status": "NOSUCH"}}
        return self.create(resource) | wrong[resource] if resource in wrong else None

    def update(self, resource):
        return {"customer": {"lastName": "Орлова"}, "order": {"customFields": {"track": "7"}}}[resource]

    def webhook(self, resource, ident):
        person = ident.removeprefix("vip:")
        said = {
            "customer": {"event": "customer.changed", "mindboxId": person},
            "segment": {"event": "segment.entered", "mindboxId": person, "segment": "vip"},
            "order": {"event": "order.changed", "orderId": ident},
            "message": {"event": "message.sent", "transactionalId": ident, "mindboxId": "5", "channel": "Sms"},
            "call_request": {"event": "call.wanted", "transactionalId": ident, "mindboxId": "5", "campaign": "spring"},
        }[resource]
        return WebhookRequest({"Authorization": f"Bearer {HOOK}"}, json.dumps(said).encode())

    def forged(self, request):
        return replace(request, headers={"Authorization": "Bearer another-secret"})


def protocol(text, status=400):
    return json.dumps({"status": "ProtocolError", "errorMessage": text, "errorId": "0f8f", "httpStatusCode": status})


class TestMindbox(Suite):
    package = mindbox
    secrets = {"secret_key": KEYS[HUB]}
    options = {
        "endpoint": HUB, "brand": "sandbox", "point": "CallCentre", "ids": {"site": "websiteId"}, "export_pace": 0.01, "segments": ["vip"],
    }  # fmt: skip
    writes = r"^POST "  # reads are operations, too, and come after the writes
    nobodys = {"segment": "member"}  # who is not there is in no segment
    stamps = frozenset({"changeDateTimeUtc"})
    answers = (
        Answer(200, json.dumps({"status": "ValidationError", "validationMessages": [{"message": "x", "location": "/customer/mobilePhone"}]}), Rejected, Rejected),
        Answer(200, json.dumps({"status": "Success", "errorMessage": "x", "errorId": "1"}), Rejected, Rejected),
        Answer(200, protocol("x"), Rejected, Rejected),
        Answer(200, json.dumps({"status": "InternalServerError"}), Unavailable, Unknown),
        Answer(400, protocol("operation: operation X was not found"), Rejected, Rejected),
        Answer(400, protocol("/order/ids: order was not found"), Missing, Missing),
        Answer(400, protocol("/customer/ids/crmId: customer was not found"), Rejected, Rejected),  # what is named is not there
        Answer(401, protocol("secret key", 401), Unauthorized, Unauthorized),
        Answer(403, protocol("not allowed", 403), Rejected, Rejected),  # a key that may not: not a bad key
        Answer(429, protocol("Too many requests", 429), Unavailable, Unavailable),
        Answer(500, json.dumps({"status": "InternalServerError"}), Unavailable, Unknown),
        Answer(503, "", Unavailable, Unknown),
        Answer(504, "<html/>", Unavailable, Unknown),
        Answer(200, "", Unavailable, Unknown),
        Answer(200, "[]", Unavailable, Unknown),
        Answer(404, "", Unauthorized, Unauthorized),  # the last: the address is never asked again
    )  # fmt: skip

    @pytest.fixture
    def stand(self):
        app = Mindbox(allow_loopback_webhooks=True)
        app.exports.rows = 2  # of a file
        with running(app) as url:
            yield Site(url, app)
