"""The cases that every connector passes, over the stand-in of Bitrix24: a portal whose call tasks are deals of a funnel, entered as an application."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from urllib.parse import urlencode

import pytest

from connectors import bitrix24
from connectors.contract import WebhookRequest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from sandbox.bitrix24.app import Bitrix24
from sandbox.bitrix24.auth import APPLICATION_TOKEN, CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN, HUB, TELEPHONY, Identity
from sandbox.bitrix24.dispatch import make_call, run
from sandbox.bitrix24.seed import IBLOCK_ID
from sandbox.frame.server import running
from tests.contract.bitrix24_portal import CONTACT, DEAL

FUNNEL = {"category": 1, "stages": {"open": "NEW", "talked": "WON", "closed": "LOSE"}}
PHONE, WHEN = "+79031234567", "2026-03-12T16:05:00+05:00"
EVENTS = {"contact": "ONCRMCONTACTUPDATE", "deal": "ONCRMDEALUPDATE", "call_deal": "ONCRMDEALUPDATE", "call_task": "ONCRMACTIVITYUPDATE"}
ITEMS = {"contact": CONTACT, "deal": DEAL, "call_deal": DEAL}


class Seller(Stand):
    """People of the portal, its telephone exchange, and for tasks the hub itself, which alone makes them; none of it through the connector."""

    def __init__(self, url, app):
        super().__init__(url)
        self.app, self.portal, self.numbers = app, app.portal, count(1)

    def call(self, method, by=Identity(2, "people"), **params):
        with self.portal.lock:
            return run(make_call(self.portal, method, params, by)).result

    def item(self, kind, **fields):
        return self.call("crm.item.add", entityTypeId=kind, fields=fields)["item"]["id"]

    def add(self, resource):
        number = next(self.numbers)
        if resource == "call":
            by = Identity(1, TELEPHONY.client_id, is_app=True)
            made = self.call(
                "telephony.externalCall.register", by, USER_ID=2, PHONE_NUMBER=f"+7903{number:07d}", TYPE=1, CALL_START_DATE=WHEN
            )
            return self.call("telephony.externalCall.finish", by, CALL_ID=made["CALL_ID"], USER_ID=2, DURATION=42)["CALL_ID"]
        if resource == "call_task":
            return str(self.call("crm.activity.add", fields=self.planned(number)))
        if resource == "product":
            return str(self.call("catalog.product.add", fields={"iblockId": IBLOCK_ID, "name": f"Товар {number}"})["element"]["id"])
        task = {"categoryId": 1, "originatorId": "sverka", "title": "Позвонить"}
        return str(self.item(ITEMS[resource], **{"contact": {"name": "Анна"}, "deal": {"title": "Заказ"}, "call_deal": task}[resource]))

    def planned(self, number):
        contact = self.item(CONTACT, name="Анна")
        spoken = [{"TYPE": "PHONE", "VALUE": PHONE, "ENTITY_ID": contact, "ENTITY_TYPE_ID": CONTACT}]
        return {"OWNER_TYPE_ID": CONTACT, "OWNER_ID": contact, "TYPE_ID": 2, "SUBJECT": "Позвонить", "RESPONSIBLE_ID": 2, "COMPLETED": "N",
                "COMMUNICATIONS": spoken, "ORIGINATOR_ID": "sverka", "ORIGIN_ID": f"k{number}"}  # fmt: skip

    def edit(self, resource, ident):
        if resource == "call_task":
            self.call("crm.activity.update", id=int(ident), fields={"SUBJECT": "Позвонить завтра"})
        elif resource == "product":
            self.call("catalog.product.update", id=int(ident), fields={"name": "Иной"})
        elif resource != "call":  # a finished call never changes
            self.call("crm.item.update", entityTypeId=ITEMS[resource], id=int(ident), fields={"sourceDescription": "иное"})

    def count(self, resource):
        held = {"call": self.portal.calls, "call_task": self.portal.activities, "product": self.portal.products}
        rows = (held.get(resource) or self.portal.crm[ITEMS[resource]]).rows.values()
        return sum(1 for row in rows if ITEMS.get(resource) != DEAL or (row["CATEGORY_ID"] == 1) == (resource == "call_deal"))

    def create(self, resource):
        number = next(self.numbers)
        if resource == "call":
            return {
                "CALL_TYPE": "1",
                "PHONE_NUMBER": f"+7903{number:07d}",
                "CALL_START_DATE": WHEN,
                "CALL_DURATION": 42,
                "CALL_FAILED_CODE": "200",
            }
        if resource == "call_task":
            return {
                "CONTACT_ID": self.item(CONTACT, name="Анна"),
                "PHONE": PHONE,
                "SUBJECT": f"Позвонить {number}",
                "RESPONSIBLE_ID": 2,
                "START_TIME": WHEN,
            }
        rows = [{"productId": 101, "price": 3000, "quantity": 1}]
        given = {"contact": {"name": f"Анна {number}"}, "deal": {"title": f"Заказ {number}", "productRows": rows}}
        return given.get(resource) or {"title": f"Позвонить {number}", "stage": "open"}

    def refused(self, resource):
        wrong = {"call": {"PHONE_NUMBER": "x"}, "call_task": {"RESPONSIBLE_ID": 999}}
        return self.create(resource) | wrong.get(resource, {"assignedById": 999})

    def update(self, resource):
        return {"SUBJECT": "Позвонить вечером"} if resource == "call_task" else {"comments": "Позвонить"}

    def webhook(self, resource, ident):
        told = {"event": EVENTS.get(resource, "ONVOXIMPLANTCALLEND"), "auth[application_token]": APPLICATION_TOKEN}
        named = "data[CALL_ID]" if resource == "call" else "data[FIELDS][ID]"
        return WebhookRequest({}, urlencode(told | {named: ident}).encode())

    def forged(self, request):
        return replace(request, body=request.body.replace(APPLICATION_TOKEN.encode(), b"another-token"))


def told(code, text="Ошибка"):
    return json.dumps({"error": code, "error_description": text})


class TestBitrix24(Suite):
    package = bitrix24
    secrets = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": FIRST_REFRESH_TOKEN,
        "application_token": APPLICATION_TOKEN,
    }
    zone = "Asia/Yekaterinburg"
    many = 60  # a page has 50
    writes = r"^POST /rest/batch"  # and some reading: each method has the same address in a batch
    stamps = frozenset({"updatedTime", "updatedBy", "lastActivityTime", "LAST_UPDATED"})
    answers = (
        Answer(400, told("NOT_FOUND"), Missing, Missing),
        Answer(400, told("", "Not found"), Missing, Missing),
        Answer(400, told("ERROR_CORE", "Элемент не найден"), Missing, Missing),
        Answer(400, told("", "Access denied"), Rejected, Rejected),
        Answer(400, told("CRM_FIELD_ERROR_VALUE_NOT_VALID", "«Стадия»"), Rejected, Rejected),
        Answer(400, told(100, "Expected iterable value"), Rejected, Rejected),
        Answer(400, told(0, "Argument is wrong"), Rejected, Rejected),
        Answer(401, told("NO_AUTH_FOUND"), Unauthorized, Unauthorized),
        Answer(401, told("expired_token"), Unauthorized, Unauthorized),  # told so of the renewed one, too
        Answer(403, told("INVALID_CREDENTIALS"), Unauthorized, Unauthorized),
        Answer(403, told("ACCESS_DENIED", "REST API is available only on commercial plans"), Unauthorized, Unauthorized),
        Answer(403, told("insufficient_scope"), Rejected, Rejected),
        Answer(403, told("WRONG_AUTH_TYPE"), Rejected, Rejected),
        Answer(404, told("ERROR_METHOD_NOT_FOUND"), Rejected, Rejected),
        Answer(429, told("OPERATION_TIME_LIMIT"), Unavailable, Unavailable),
        Answer(500, told("INTERNAL_SERVER_ERROR"), Unavailable, Unknown),
        Answer(502, "<html>", Unavailable, Unknown),
        Answer(503, told("QUERY_LIMIT_EXCEEDED"), Unavailable, Unavailable),
        Answer(503, told("OVERLOAD_LIMIT"), Unavailable, Unavailable),
        Answer(200, '{"result":{"resu', Unavailable, Unknown),
    )

    @pytest.fixture
    def stand(self):
        app = Bitrix24(allow_loopback_webhooks=True, allow_http=True)
        with running(app) as url:
            yield Seller(url, app)

    def made(self, stand, limiter=None, secrets=None):
        """An application that has entered already: it holds a pair of tokens, as long as nobody gives it other secrets."""
        self.options = {"call_funnel": FUNNEL, "oauth_url": stand.url}
        connector = super().made(stand, limiter, secrets)
        if secrets is None:
            access = connector.api.access
            token, refresh, _ = stand.portal.tokens.issue(HUB, HUB.user_id)
            pair = {"access_token": token, "refresh_token": refresh, "endpoint": f"{stand.url}/rest", "member_id": "m"}
            access.tokens.save(pair | {"seed": access.seed})
        return connector
