"""A segment of Mindbox is an audience of Yandex and VK: who has agreed is in it as a digest, who takes it back is out, and whatever is lost on the
way, no segment is made twice."""

from __future__ import annotations

import json

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import select

from connectors.audiences import digest
from hub.audiences import uploading
from hub.cli import main
from hub.language import Speech
from hub.storage import accounts, audiences
from hub.storage import alerts as book
from hub.storage.tables import audit, audit_body
from hub.watch import alerts
from hub.web.app import create_app
from hub.words.alerts import sentence
from sandbox.mindbox import customers as vendor
from sandbox.mindbox.app import HUB, Mindbox
from sandbox.vk_ads.app import VkAds
from sandbox.yandex_audiences.app import YandexAudiences
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between

AUDIENCES = scene.EXAMPLE.parent / "examples" / "audiences.yaml"
TITLE = "Sverka: давно не покупали"
AGREED, REFUSED, SILENT = 2003, 4, 5
HOUR = 3600.0


class Shop(scene.Shop):
    """``cdp`` and both cabinets, as people see them."""

    def __init__(self, hub, urls, vendors):
        self.hub, self.clock, self.urls, self.agreeing = hub, hub.clock, urls, True
        self.cdp, self.direct, self.vk = vendors["cdp"], vendors["direct"], vendors["vk"]

    def control(self, system, what, **body):
        requests.post(f"{self.urls[system]}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def read(self, system, what):
        return requests.get(f"{self.urls[system]}/_sandbox/{what}", timeout=5).json()

    def faults(self, system, *rules):
        requests.post(f"{self.urls[system]}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def sync(self):
        self.clock.skip(400.0)
        for resource in self.hub.resources("cdp"):
            self.look("cdp", resource)
        self.work(600.0)

    def upload(self, hours=25.0, rounds=24):
        """A day passes, and then the better part of an hour, in which the jobs that are due do their turns."""
        self.clock.skip(hours * HOUR)
        for _ in range(rounds):
            for name, system in uploading.due(self.hub, now=self.hub.clock()):
                uploading.Uploading(self.hub, self.hub.settings.audiences[name], system).turn()
            self.clock.skip(120.0)

    def row(self, system):
        with self.hub.store.read() as at:
            return audiences.get(at, "winback", system)

    def reached(self, system):
        return self.read(system, "people").get(TITLE, [])

    def says(self, ident, value, topic="advertising"):
        """A person answers in Mindbox."""
        one = self.cdp.project.customers[ident]
        with self.cdp.project.lock:
            vendor.write(
                self.cdp.project,
                one,
                {"subscriptions": [{"brand": "lavka", "pointOfContact": "Sms", "topic": topic, "isSubscribed": value}]},
            )


def filled(project):
    """So many people in the segment: those who agreed, who refused, who were never asked (of advertising), and one without a contact."""
    with project.lock:
        for n in range(AGREED + REFUSED + SILENT):
            answer = {"topic": "advertising", "isSubscribed": n < AGREED} if n < AGREED + REFUSED else {"isSubscribed": True}
            given = {
                "mobilePhone": f"7903{n:07}",
                "firstName": "Анна",
                "subscriptions": [{"brand": "lavka", "pointOfContact": "Sms", **answer}],
            }
            vendor.segment(project, "winback", vendor.made(project, given), True)
    return sorted(project.customers)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    vendors = {"cdp": Mindbox(), "direct": YandexAudiences(), "vk": VkAds()}
    filled(vendors["cdp"].project)

    def configured(urls):
        raw = scene.example(urls, AUDIENCES)
        raw["systems"]["cdp"]["options"] |= {"endpoint": HUB, "export_pace": 0.001}
        return raw

    with hub_between(vendors, configured, tmp_path_factory.mktemp("audiences")) as (hub, urls):
        made = Shop(hub, urls, vendors)
        made.folder = hub.settings.folder
        yield made


def phones(shop, idents, hashing):
    return sorted(digest(shop.cdp.project.customers[ident].phone.lstrip("+"), hashing) for ident in idents)


def test_a_segment_is_an_audience_a_refusal_is_out_and_nothing_is_doubled_or_told_in_clear(shop):
    ids = sorted(shop.cdp.project.customers)
    agreed = ids[:AGREED]
    shop.upload(rounds=1)
    assert shop.row("direct")["state"] == "loading", "half a list is none"
    shop.sync()
    shop.faults("direct", {"kind": "reset_after", "match": "upload_csv_file", "count": 1})
    shop.faults("vk", {"kind": "reset_after", "match": "POST .*users_lists", "count": 1})
    shop.upload(0.1)
    for system, hashing in (("direct", "sha256"), ("vk", "md5")):
        assert shop.reached(system) == phones(shop, agreed, hashing), "who agreed, and nobody else"
        row = shop.row(system)
        assert (row["state"], row["error"]) == ("ready", None)
        assert row["figures"]["left"] == {"refused": REFUSED, "unknown": SILENT} and row["uploaded_at"]
    assert shop.read("direct", "counters")["segments"] == 1
    assert shop.read("vk", "counters")["lists"] == shop.read("vk", "counters")["segments"] == 1

    uploads = shop.read("direct", "counters")["uploads"], shop.read("vk", "counters")["made"]
    shop.upload()
    assert (shop.read("direct", "counters")["uploads"], shop.read("vk", "counters")["made"]) == uploads, "an unchanged list is not sent"

    shop.says(agreed[0], False)
    with shop.cdp.project.lock:
        vendor.segment(shop.cdp.project, "winback", shop.cdp.project.customers[agreed[1]], False)
    shop.sync()
    shop.faults("direct", {"kind": "reset_after", "match": "modify_data", "count": 1})
    shop.faults("vk", {"kind": "error", "match": "relations", "count": 2}, {"kind": "reset_after", "match": "POST .*relations", "count": 1})
    shop.upload()
    for system, hashing in (("direct", "sha256"), ("vk", "md5")):
        assert shop.reached(system) == phones(shop, agreed[2:], hashing), "one refused, the other left the segment"
        assert shop.row(system)["figures"]["left"] == {"refused": REFUSED + 1, "unknown": SILENT}
    assert shop.read("direct", "counters")["segments"] == 1
    assert shop.read("vk", "counters")["lists"] == shop.read("vk", "counters")["segments"] == 1

    with shop.hub.store.read() as at:
        told = json.dumps([list(map(str, row)) for row in at.execute(select(audit, audit_body.c.after).outerjoin(audit_body, audit_body.c.audit_id == audit.c.id).where(audit.c.entity == "segment_membership"))], ensure_ascii=False)  # fmt: skip
    assert "winback: upload" in told and "79030000002" not in told and phones(shop, [agreed[2]], "sha256")[0] not in told


def test_what_an_operator_sees_of_it(shop):
    """The command and the page of systems say the same; who may read no personal data sees no less."""
    said = CliRunner().invoke(
        main, ["audience", "list", "--json", "--config", str(shop.folder / "config.yaml")], env={"SVERKA_LANGUAGE": "en"}
    )
    assert said.exit_code == 0, said.output
    assert {(one["system"], one["state"], one["left"]) for one in json.loads(said.output)} == {
        (system, "ready", f"refused: {REFUSED + 1}; never asked for consent: {SILENT}") for system in ("direct", "vk")
    }
    assert json.loads(said.output)[0]["figures"]["told"] == AGREED - 2
    with shop.hub.store.write() as at:
        accounts.set_user(at, "vera", "a-long-password", "viewer")
    web = create_app(shop.hub).test_client()
    token = web.get("/login").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    web.post("/login", data={"user": "vera", "password": "a-long-password", "csrf_token": token})
    page = web.get("/systems", headers={"Accept-Language": "en"}).text
    assert TITLE in page and "cdp: winback" in page and "never asked for consent: 5" in page


def test_fewer_than_a_system_takes_are_left_there_and_a_person_is_told(shop):
    """VK cannot hold a shorter list: it says so; Yandex holds it and advertises to nobody."""
    gone = sorted(shop.cdp.project.customers)[10:60]
    with shop.cdp.project.lock:
        for ident in gone:
            vendor.segment(shop.cdp.project, "winback", shop.cdp.project.customers[ident], False)
    shop.sync()
    shop.upload()
    assert shop.row("vk")["state"] == "stuck" and shop.row("direct")["state"] == "ready"
    assert not set(phones(shop, gone, "sha256")) & set(shop.reached("direct"))
    said = CliRunner().invoke(
        main, ["audience", "list", "--json", "--config", str(shop.folder / "config.yaml")], env={"SVERKA_LANGUAGE": "en"}
    )
    (line,) = [one for one in json.loads(said.output) if one["system"] == "vk"]
    assert said.exit_code == 1 and not line["well"]
    assert "may be told, and the system takes no list below 2,000. Delete the list in the cabinet" in line["state"]
    alerts.watch(shop.hub)
    with shop.hub.store.read() as at:
        (told,) = [sentence(row, Speech("en")) for row in book.listed(at, closed=0) if row["kind"] == "audience"]
    assert told == f"The audience {TITLE} in vk: {line['state']}."
