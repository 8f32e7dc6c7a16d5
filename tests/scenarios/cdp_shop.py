"""Mindbox beside other systems, as its marketers, the site's own module, and a telephone exchange have it."""

from __future__ import annotations

from contextlib import contextmanager

import requests

from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.purchases import Talk
from sandbox.mindbox.app import KEYS, SITE
from tests.listening import listening
from tests.scenarios import shop as scene

BODY = {
    "transactionalId": "${WebhookRequest.TransactionalId}",
    "event": "${Event}",
    "mindboxId": "${MindboxId}",
    "orderId": "${OrderId}",
    "at": "${At}",
}


class Shop(scene.Shop):
    """With ``cdp``, as its marketers and the site's own module have it."""

    def cdp(self, operation, body):
        params = {"endpointId": SITE, "operation": operation}
        headers = {"Authorization": f"SecretKey {KEYS[SITE]}"}
        answer = requests.post(f"{self.cdp_url}/v3/operations/sync", json=body, params=params, headers=headers, timeout=10)
        assert answer.json()["status"] == "Success", answer.text
        return answer.json()

    def person(self, **key):
        return self.cdp("Website.GetCustomerInfo", {"customer": key})["customer"]

    def read(self, what):
        return requests.get(f"{self.cdp_url}/_sandbox/{what}", timeout=5).json()

    def control(self, what, **body):
        requests.post(f"{self.cdp_url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def later(self, seconds=400.0):
        """So long that exports show what is there now."""
        self.clock.skip(seconds)


@contextmanager
def accepting(shop, path="cdp/hook-e"):
    """The address at which the hub takes the webhooks of flows, or of whom ``path`` names."""
    with listening(shop.hub) as url:
        yield f"{url}/webhooks/{path}"


def ringing(shop, contact, call="call-1"):
    exchange = Exchange(shop.crm_url)
    exchange.refresh = "telephony-refresh-token"
    exchange.ended(Talk(call, 1, "+79031234567", "out", "486", 0, "2026-03-12T16:05:00+05:00"), contact["ID"])
