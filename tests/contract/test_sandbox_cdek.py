"""The CDEK stand-in with an independent client, `cdek`, unchanged, and over plain HTTP as the vendor's documentation has it."""

from __future__ import annotations

import pytest
import requests

from sandbox.cdek.app import ACCOUNT, SECURE, Cdek
from sandbox.frame.server import running

ORDER = {
    "tariff_code": 136, "number": "A-1007", "shipment_point": "UFA1", "delivery_point": "KZN5", "recipient": {"name": "Анна", "phones": [{"number": "+79031234567"}]},
    "packages": [{"number": "1", "weight": 1200, "items": [{"name": "Кружка", "ware_key": "SV-007", "payment": {"value": 0}, "cost": 890, "weight": 400, "amount": 1}]}],
}  # fmt: skip


class Served:
    def __init__(self, app, url):
        self.app, self.url = app, url
        form = {"grant_type": "client_credentials", "client_id": ACCOUNT, "client_secret": SECURE}
        self.token = requests.post(f"{url}/v2/oauth/token", data=form, timeout=5).json()["access_token"]

    def call(self, method, path, body=None, **params):
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.url}/v2/{path}", json=body, params=params, headers=headers, timeout=5)

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def refused(self, *args, **more):
        answer = self.call(*args, **more)
        return answer.status_code, answer.json()["requests"][0]["errors"][0]["code"]


@pytest.fixture
def cdek():
    app = Cdek()
    with running(app) as url:
        yield Served(app, url)


def test_who_is_let_in(cdek):
    wrong = {"grant_type": "client_credentials", "client_id": ACCOUNT, "client_secret": "wrong"}
    assert requests.post(f"{cdek.url}/v2/oauth/token", data=wrong, timeout=5).status_code == 401
    cdek.control("clock", offset=3700)
    assert cdek.refused("GET", "webhooks") == (401, "v2_token_expired")


def test_a_write_is_accepted_and_known_to_be_right_or_wrong_later(cdek):
    answer = cdek.call("POST", "orders", ORDER)
    made = answer.json()
    assert (answer.status_code, made["requests"][0]["state"]) == (202, "ACCEPTED")
    wrong = cdek.call("POST", "orders", ORDER | {"number": "A-1008", "to_location": {"code": 1}}).json()["entity"]["uuid"]
    path = f"orders/{made['entity']['uuid']}"
    assert "cdek_number" not in cdek.call("GET", path).json()["entity"]
    cdek.control("clock", offset=5)
    shown = cdek.call("GET", path).json()
    assert (shown["requests"][0]["state"], shown["entity"]["statuses"][0]["code"], shown["entity"]["number"]) == (
        "SUCCESSFUL",
        "CREATED",
        "A-1007",
    )
    assert shown["entity"]["statuses"][0]["date_time"].endswith("+0000") and shown["entity"]["cdek_number"]
    assert cdek.call("GET", f"orders/{wrong}").json()["requests"][0]["errors"][0]["code"] == "v2_delivery_address_multivalued"
    assert cdek.call("GET", "orders", im_number="A-1007").json()["entity"]["uuid"] == made["entity"]["uuid"]
    assert cdek.refused("GET", "orders", im_number="нет") == (400, "v2_entity_not_found_im_number")
    assert cdek.refused("POST", "orders", {}) == (400, "v2_field_is_empty")
    assert cdek.call("DELETE", path).status_code == 202 and cdek.call("GET", path).json()["entity"]["statuses"][0]["code"] == "REMOVED"


def test_a_second_address_of_a_type_replaces_the_first(cdek):
    for url in ("https://a.example.ru", "https://b.example.ru"):
        assert cdek.call("POST", "webhooks", {"type": "ORDER_STATUS", "url": url}).status_code == 202
    assert [one["url"] for one in cdek.call("GET", "webhooks").json()] == ["https://b.example.ru"]
    assert cdek.refused("POST", "webhooks", {"type": "NEWS", "url": "x"}) == (400, "v2_webhook_type_incorrect")
    cdek.call("DELETE", f"webhooks/{cdek.call('GET', 'webhooks').json()[0]['uuid']}")
    assert cdek.call("GET", "webhooks").json() == []


def test_requests_beyond_the_limit_are_429(cdek):
    cdek.control("limits", per_second=2)
    assert [cdek.call("GET", "webhooks").status_code for _ in range(3)][-1] == 429
