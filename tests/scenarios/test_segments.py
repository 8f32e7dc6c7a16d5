"""Segments that marketers keep: who is in one is known as the hub knows people, a list that shrinks at once waits for a person, and merging
customers takes their memberships along."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import requests

from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import brakes, records
from hub.sync import memberships
from hub.words.brakes import title
from sandbox.retailcrm import customers as vendor
from sandbox.retailcrm.app import Retailcrm
from tests.scenarios.opening import hub_between
from tests.scenarios.shop import Shop as Works

MANY = 240


class Marketing(Works):
    """The hub with what marketers use alone."""

    def __init__(self, hub, urls, vendors):
        self.hub, self.clock, self.urls, self.vendors = hub, hub.clock, urls, vendors
        self.agreeing, self.exporting = True, tuple(hub.settings.systems)

    def control(self, system, what, **body):
        requests.post(f"{self.urls[system]}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def members(self, segment):
        """Customers of a segment, by phone."""
        with self.hub.store.read() as at:
            found = records.load(at, memberships.members(at, segment))
            people = records.load(at, {one.data["customer"] for one in found.values()})
        return sorted(phone["number"] for one in people.values() for phone in one.data["phones"])


def configured(connector, **more):
    route = {"system": {"give": True, "take": False}}
    return {"routes": {"customer": route, "segment_membership": route}, "systems": {"system": {"connector": connector, "mode": "live", "timezone": "UTC", **more}}}  # fmt: skip


@contextmanager
def opened(folder, vendor_app, raw):
    def made(urls):
        raw["systems"]["system"]["url"] = urls["system"]
        return raw

    with hub_between({"system": vendor_app}, made, folder) as (hub, urls):
        yield Marketing(hub, urls, {"system": vendor_app})


@pytest.fixture
def retail(tmp_path):
    app = Retailcrm()
    app.limits.enforce = False
    raw = configured("retailcrm", secrets={"api_key": {"env": "RETAILCRM_KEY"}}, options={"segments": ["vip"]})
    with opened(tmp_path, app, raw) as shop:
        yield shop


def filled(app, count=MANY):
    """So many customers, all of them in the segment."""
    account, caller = app.account, next(iter(app.callers.values()))
    for n in range(count):
        row = vendor.save(
            account, {"firstName": "Анна", "lastName": f"Орлова-{n}", "phones": [{"number": f"+7903000{n:04}"}]}, "shop", caller
        )
        vendor.put_into(account, "vip", row["id"], True)
    return sorted(account.tables["customers"])


def test_a_list_that_shrank_at_once_waits_for_a_person_and_a_few_who_leave_do_not(retail):
    ids = filled(retail.vendors["system"])
    retail.sync()
    retail.sync()
    assert len(retail.members("system:vip")) == MANY
    retail.agreeing = False
    retail.control("system", "segment", code="vip", customers=ids[:3], inside=False)
    retail.poll(), retail.take()
    assert len(retail.members("system:vip")) == MANY - 3
    retail.control("system", "segment", code="vip", customers=ids[:200], inside=False)
    retail.poll(), retail.take()
    with retail.hub.store.read() as at:
        (asked,) = brakes.undecided(at)
    assert (asked["entity"], asked["kind"], asked["field"]) == ("segment_membership", "left", "system:vip")
    assert "system:vip" in title(asked, Shown(Speech("en"), {}))
    assert len(retail.members("system:vip")) == MANY - 3, "the audience made of it would have shrunk with it"
    retail.approve(), retail.take()
    assert len(retail.members("system:vip")) == MANY - 200
