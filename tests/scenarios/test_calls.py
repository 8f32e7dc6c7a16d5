"""A call of one portal (the exchange's) becomes a call of another and a note, once, whatever happens to the answer; nobody is disturbed."""

from __future__ import annotations

from contextlib import ExitStack
from copy import deepcopy

import pytest
import requests

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.config.settings import ConfigSchema, build
from hub.storage.engine import open_store
from sandbox.bitrix24.app import Bitrix24
from sandbox.frame.server import running
from sandbox.judge.bitrix24 import Exchange
from sandbox.judge.purchases import Talk
from sandbox.moysklad.app import Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.blank import lay_tables
from tests.scenarios import shop as scene


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The example shop and a fourth system, ``ats``: a portal of which only the telephony is used."""
    for name, secret in scene.SECRETS.items():
        monkeypatch.setenv(name, secret)
    portals = {name: Bitrix24(allow_loopback_webhooks=True, allow_http=True) for name in ("crm", "ats")}
    vendors = {"sklad": Moysklad(allow_loopback_webhooks=True), "site": Woocommerce(allow_loopback_webhooks=True), **portals}
    for vendor in (vendors["sklad"], *portals.values()):
        vendor.limits.enforce = False
    with ExitStack() as stack:
        urls = {system: stack.enter_context(running(vendor)) for system, vendor in vendors.items()}
        raw = scene.example(urls)
        ats = deepcopy(raw["systems"]["crm"])
        raw["systems"]["ats"] = ats | {"url": urls["ats"], "options": ats["options"] | {"oauth_url": urls["ats"]}}
        raw["routes"]["customer"]["ats"] = {"give": True, "take": True}
        raw["routes"]["call"]["ats"] = {"give": True, "take": False}
        for values in raw["directories"].values():
            for row in values.values():
                row |= {"ats": row["crm"]} if "crm" in row else {}
        chosen = build(ConfigSchema().load({**raw, "folder": str(tmp_path)}), tmp_path, {})
        lay_tables(tmp_path)
        hub = assemble(chosen, open_store("", tmp_path, scene.Clock(tuple(vendors.values()))), lambda _, __: LocalLimiter(()))
        prepare(hub)
        stack.callback(hub.store.dispose)
        made = scene.Shop(hub, urls, vendors)
        made.ats_url = urls["ats"]
        yield made


def portal(url, method, **params):
    answer = requests.post(f"{url}/rest/1/sandboxsecret/{method}", json=params, timeout=10)
    assert answer.status_code < 300, answer.text
    return answer.json()["result"]


def statistics(url):
    return portal(url, "voximplant.statistic.get", FILTER={">ID": 0}, SORT="ID", ORDER="ASC")


def effects(url):
    return requests.get(f"{url}/_sandbox/effects", timeout=10).json()


@pytest.mark.parametrize("kind", ["", "reset_before", "reset_after", "truncated", "late_effect"])
def test_a_call_arrives_once_as_a_fact(shop, kind):
    person = {"name": "Орлова Анна", "companyType": "individual", "legalFirstName": "Анна", "phone": "+7 903 123-45-67"}
    counterparty = shop.sklad("POST", "counterparty", person)
    shop.sync()
    (there,), (here,) = (portal(url, "crm.contact.list", filter={"NAME": "Анна"}) for url in (shop.ats_url, shop.crm_url))
    exchange = Exchange(shop.ats_url)
    exchange.refresh = "telephony-refresh-token"
    exchange.ended(Talk("call-1", 1, "+79031234567", "out", "486", 0, "2026-03-12T16:05:00+05:00"), there["ID"])
    before = effects(shop.crm_url)
    shop.poll()
    if kind:
        rule = {"kind": kind, "match": "POST .*batch", "count": 1, "seconds": 0.2}
        requests.post(f"{shop.crm_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.work(600.0)
    for _ in range(2):
        shop.sync()
    (row,) = statistics(shop.crm_url)
    assert (row["CRM_ENTITY_TYPE"], row["CRM_ENTITY_ID"], row["CALL_TYPE"], row["CALL_FAILED_CODE"]) == ("CONTACT", here["ID"], "1", "486")
    assert (len(row["EXTERNAL_CALL_ID"]), row["PORTAL_USER_ID"]) == (36, "2")
    assert len(statistics(shop.ats_url)) == 1
    after = effects(shop.crm_url)
    assert (after["call_cards"], after["messages"]) == (before["call_cards"], before["messages"])
    assert len(shop.sklad("GET", f"counterparty/{counterparty['id']}/notes")["rows"]) == 1
