"""An independent client, `cdek`, against the stand-in: its code unchanged, its address by its attribute. Its models are strict: an answer of
another shape than the vendor's fails here."""

from __future__ import annotations

import pytest
from cdek import CdekClient
from cdek.apps.order.requests import OrderRequest
from cdek.apps.webhook.requests import WebhookRequest
from cdek.exceptions import CdekAuthException, CdekRequestException

from sandbox.cdek.app import ACCOUNT, SECURE, Cdek
from sandbox.frame.server import running
from tests.contract.test_sandbox_cdek import ORDER


@pytest.fixture
def cdek():
    app = Cdek()
    with running(app) as url:
        client = CdekClient(ACCOUNT, SECURE)
        client.base_url = f"{url}/v2/"
        client.app = app
        yield client


def test_an_order_is_made_found_and_taken_back(cdek):
    made = cdek.order.create(OrderRequest.model_validate(ORDER))
    cdek.app.offset = 5
    shown = cdek.order.get_by_uuid(made.entity.uuid).entity
    assert (shown.number, [status.code for status in shown.statuses]) == ("A-1007", ["CREATED", "ACCEPTED"]) and shown.cdek_number
    assert cdek.order.get_by_cdek_number(str(shown.cdek_number)).entity.uuid == shown.uuid
    assert cdek.order.get_by_im_number("A-1007").entity.uuid == shown.uuid
    cdek.order.delete(shown.uuid)
    assert cdek.order.get_by_uuid(shown.uuid).entity.statuses[0].code == "REMOVED"


def test_subscriptions_are_listed_and_replaced(cdek):
    for url in ("https://a.example.ru", "https://b.example.ru"):
        cdek.webhook.set(WebhookRequest(url=url, type="ORDER_STATUS"))
    (kept,) = cdek.webhook.all()
    assert (kept.type, kept.url) == ("ORDER_STATUS", "https://b.example.ru")
    assert cdek.webhook.get(str(kept.uuid)).entity.url == kept.url
    cdek.webhook.delete(str(kept.uuid))
    assert cdek.webhook.all() == []


def test_refusals_are_the_clients_own_errors(cdek):
    with pytest.raises(CdekRequestException, match="not found"):
        cdek.order.get_by_uuid("0d5f3c1e-77aa-4d57-8c35-5b8b0f6b1c10")
    cdek.secure, cdek.token = "wrong", None
    with pytest.raises(CdekAuthException):
        cdek.webhook.all()
