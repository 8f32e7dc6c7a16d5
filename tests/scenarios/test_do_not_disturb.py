"""A no said anywhere holds everywhere within a minute of the hub's learning it, whatever else waits to be written."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests
from sqlalchemy import select

from connectors.bitrix24.connector import manifest_for
from connectors.contract import Outcome
from connectors.errors import Unknown
from hub.storage.tables import delivery
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from retry_queue.contract import BULK, URGENT
from tests.scenarios.contacts_shop import PHONE, opened

MINUTE = 60.0
CONSENTS = "UF_CRM_CONSENTS"


class Anna:
    """One person, known to all systems, and what each of them holds of her consents: {channel: yes or no}."""

    def __init__(self, shop):
        self.shop = shop
        billing = {"phone": PHONE}
        self.account = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": billing})["id"]  # fmt: skip
        for _ in range(3):
            shop.sync()
        (contact,) = shop.crm("crm.contact.list", filter={"PHONE": PHONE})
        self.contact, self.profile = contact["ID"], shop.person(mobilePhone=PHONE[1:])["ids"]["mindboxId"]

    def in_crm(self):
        text = self.shop.crm("crm.contact.get", id=self.contact).get(CONSENTS) or ""
        lines = [line.partition(";")[0].partition(": ") for line in text.splitlines()]
        return {name.partition("/")[2]: answer == "да" for name, _, answer in lines}

    def on_site(self):
        meta = {row["key"]: row["value"] for row in self.shop.site("GET", f"customers/{self.account}")["meta_data"]}
        return {one["channel"]: one["value"] for one in meta.get("consents") or ()}

    def in_mindbox(self):
        said = self.shop.person(ids={"mindboxId": self.profile})
        found = {one["pointOfContact"].lower(): one["isSubscribed"] for one in said.get("subscriptions") or ()}
        calls = (said.get("customFields") or {}).get("callsAllowed")
        return found | ({"call": calls} if calls is not None else {})

    def held(self):
        stopped = PHONE[1:] in self.shop.sms_app.cabinet.stops.values()
        return {"crm": self.in_crm(), "site": self.on_site(), "cdp": self.in_mindbox(), "sms": {"sms": False} if stopped else {}}

    def refuses_in_crm(self, words="Не звонить"):
        self.shop.crm("crm.contact.update", id=self.contact, fields={CONSENTS: words})
        return "crm", "contact"

    def refuses_on_site(self, channel="sms"):
        said = [{"purpose": "marketing", "channel": channel, "value": False}]
        self.shop.site("PUT", f"customers/{self.account}", {"meta_data": [{"key": "consents", "value": said}]})
        return "site", "customers"

    def refuses_in_mindbox(self, channel="Email"):
        said = [{"brand": "sandbox", "pointOfContact": channel, "isSubscribed": False}]
        self.shop.cdp("Website.EditCustomer", {"customer": {"ids": {"mindboxId": self.profile}, "subscriptions": said}})
        self.shop.later()
        return "cdp", "customer"

    def answers_with_a_stop(self):
        requests.post(f"{self.shop.sms_url}/_sandbox/stopped", json={"number": PHONE[1:]}, timeout=5).raise_for_status()
        return "sms", "stop"


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as shop:
        yield shop


@pytest.fixture
def anna(shop):
    return Anna(shop)


def heard(shop, place):
    """The hub looks, and takes in what it saw. Returns the moment from which it knows."""
    shop.look(*place)
    while Intake(shop.hub).run():
        pass
    return shop.hub.clock()


@pytest.mark.parametrize(
    ("refuses", "channel"),
    [
        pytest.param(Anna.refuses_in_crm, "call", id="a seller writes it down"),
        pytest.param(Anna.refuses_on_site, "sms", id="in the account"),
        pytest.param(Anna.refuses_in_mindbox, "email", id="the link under a mail"),
        pytest.param(Anna.answers_with_a_stop, "sms", id="a STOP"),
    ],
)
def test_a_no_said_anywhere_holds_everywhere_within_a_minute(shop, anna, refuses, channel):
    learnt = heard(shop, refuses(anna))
    shop.work()
    held = {system: said.get(channel) for system, said in anna.held().items()}
    assert held == {"crm": False, "site": False, "cdp": False, "sms": False if channel == "sms" else None}
    assert shop.hub.clock() - learnt < MINUTE
    writes = shop.counters()["writes"]
    for _ in range(2):
        shop.sync()
    assert shop.counters()["writes"] == writes, "it comes back from nowhere"


@pytest.mark.parametrize(
    ("refuses", "said"),
    [
        pytest.param(Anna.refuses_on_site, "sms", id="elsewhere"),
        pytest.param(Anna.refuses_in_crm, "call", id="on the first card"),
        pytest.param(lambda anna: anna.shop.crm("crm.contact.update", id=anna.second, fields={CONSENTS: "Не звонить"}) and ("crm", "contact"), "call", id="on the second card"),
    ],
)  # fmt: skip
def test_a_no_holds_on_a_second_card_too_and_nothing_else_of_it_is_written(shop, anna, refuses, said):
    """A seller finds her twice in the CRM and opens either card."""
    anna.second = shop.person_of_the_crm()
    shop.crm("crm.contact.update", id=anna.second, fields={"LAST_NAME": "Арлова", "COMMENTS": "носит 42"})
    for _ in range(2):
        shop.sync()
    before = shop.crm("crm.contact.get", id=anna.second)
    learnt = heard(shop, refuses(anna))
    shop.work()
    after, first = shop.crm("crm.contact.get", id=anna.second), shop.crm("crm.contact.get", id=anna.contact)
    assert f"marketing/{said}: нет" in after[CONSENTS] and f"marketing/{said}: нет" in first[CONSENTS]
    assert shop.hub.clock() - learnt < MINUTE
    told = {CONSENTS, "DATE_MODIFY", "MODIFY_BY_ID", "LAST_ACTIVITY_TIME"}
    assert {name for name in after if after[name] != before[name]} <= told
    writes = shop.counters()["writes"]
    for _ in range(2):
        shop.sync()
    assert shop.counters()["writes"] == writes, "it comes back from nowhere"


def crowd(shop, count):
    """Many people whose changes wait to be written to the CRM, as a run and as changes of the day."""
    with shop.hub.store.state() as at:
        rows = [("crm", "customer", f"record-{number}", 1) for number in range(count)]
        shop.hub.outbox.open(at, rows[::2], now=shop.hub.clock() - 600)
        shop.hub.outbox.open(at, rows[1::2], now=shop.hub.clock() - 600, lane=BULK, run="a replay")


def test_a_no_goes_before_everything_that_waits(shop, anna):
    crowd(shop, 2000)
    heard(shop, anna.refuses_on_site("call"))
    with shop.hub.store.read() as at:
        lanes = at.execute(select(delivery.c.system, delivery.c.lane).where(delivery.c.lane == URGENT)).all()
    assert sorted(lanes) == [("cdp", URGENT), ("crm", URGENT), ("site", URGENT)]
    Deliverer(shop.hub, "crm").drain(limit=2)
    assert anna.in_crm() == {"call": False}, "two deliveries of two thousand were made"


def test_a_no_of_somebody_whose_last_write_waits_is_tried_at_once(shop, anna):
    rule = {"kind": "error", "match": "POST .*batch", "status": 500, "count": 8}
    requests.post(f"{shop.crm_url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.site("PUT", f"customers/{anna.account}", {"first_name": "Анна-Мария"})
    heard(shop, ("site", "customers"))
    Deliverer(shop.hub, "crm").drain()
    requests.delete(f"{shop.crm_url}/_sandbox/faults", timeout=5)
    learnt = heard(shop, anna.refuses_on_site("call"))
    shop.work()
    assert anna.in_crm() == {"call": False} and shop.hub.clock() - learnt < MINUTE


def test_only_a_newer_explicit_yes_takes_a_no_back(shop, anna):
    heard(shop, anna.refuses_in_crm("Не беспокоить"))
    shop.work()
    assert set(anna.in_mindbox().values()) == {False} and anna.on_site()["sms"] is False
    said = [{"purpose": "marketing", "channel": "sms", "value": True, "time": "2020-01-01T00:00:00Z"}]
    shop.site("PUT", f"customers/{anna.account}", {"meta_data": [{"key": "consents", "value": said}]})
    shop.sync()
    assert anna.in_mindbox()["sms"] is False and anna.in_crm()["sms"] is False, "older than the no"
    shop.cdp("Website.EditCustomer", {"customer": {"ids": {"mindboxId": anna.profile}, "subscriptions": [{"brand": "sandbox", "pointOfContact": "Sms", "isSubscribed": True}]}})  # fmt: skip
    shop.later()
    for _ in range(2):
        shop.sync()
    assert (anna.in_crm()["sms"], anna.on_site()["sms"], anna.in_crm()["call"]) == (True, True, False)


def test_a_stop_of_somebody_whom_nobody_knows_holds_once_they_are_known(shop):
    requests.post(f"{shop.sms_url}/_sandbox/stopped", json={"number": PHONE[1:]}, timeout=5).raise_for_status()
    for _ in range(2):
        shop.sync()
    assert shop.crm("crm.contact.list", filter={"PHONE": PHONE}) == [], "a phone alone is nobody's contact"
    ident = shop.person_of_the_crm()
    for _ in range(3):
        shop.sync()
    assert shop.crm("crm.contact.get", id=ident)[CONSENTS] == "marketing/sms: нет"
    assert list(shop.sms_app.cabinet.stops.values()) == [PHONE[1:]]


@pytest.mark.parametrize("said", ["and is lost itself", "while another waits"])
def test_a_no_does_not_wait_until_a_lost_write_can_have_no_effect_any_more(shop, anna, monkeypatch, said):
    """A write to her contact gets lost on its way: the portal may still carry it out for a minute, as far as anybody knows."""
    crm, lost = shop.hub.connectors["crm"], []
    crm.manifest = manifest_for(replace(crm.settings, options={"request_seconds": 60}))
    write = crm.write

    def losing(resource, writes):
        if lost:
            return write(resource, writes)
        lost.extend(writes)
        return [Outcome(error=Unknown("the line broke")) for _ in writes]

    monkeypatch.setattr(crm, "write", losing)
    if said == "while another waits":
        shop.cdp("Website.EditCustomer", {"customer": {"ids": {"mindboxId": anna.profile}, "lastName": "Орлова-Новая"}})
        shop.later()
        shop.poll()
        shop.take()
        for _ in range(8):
            Deliverer(shop.hub, "crm").drain()
            shop.clock.skip(1.0)
        assert lost
    anna.refuses_on_site("sms")
    shop.poll()
    shop.take()
    begun = shop.clock()
    while anna.in_crm().get("sms") is not False and shop.clock() - begun < 30.0:
        Deliverer(shop.hub, "crm").drain()
        shop.clock.skip(1.0)
    assert anna.in_crm().get("sms") is False and lost
