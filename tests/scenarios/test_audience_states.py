"""What may become of an audience beside being uploaded, on each database: the system only observes, it refuses, it is away, the process is killed,
a person deletes what the hub made."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from hub.audiences import uploading
from hub.language import Speech
from hub.storage import alerts as book
from hub.storage import audiences, states
from hub.watch import alerts
from hub.words.audiences import lines
from sandbox.mindbox import customers as vendor
from sandbox.mindbox.app import HUB, Mindbox
from sandbox.vk_ads.app import VkAds
from sandbox.yandex_audiences.app import YandexAudiences
from sandbox.yandex_audiences.segments import Account, ApiError
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between
from tests.scenarios.test_audiences import AUDIENCES, TITLE, Shop


@contextmanager
def opened(folder, url="", **cabinets):
    """A segment of 120 people who agreed, and these cabinets."""
    vendors = {"cdp": Mindbox(), **cabinets}
    with vendors["cdp"].project.lock:
        vendor.crowd(vendors["cdp"].project, 120, "winback", "advertising")

    def configured(urls):
        raw = scene.example(urls, AUDIENCES)
        raw["systems"]["cdp"]["options"] |= {"endpoint": HUB, "export_pace": 0.001}
        raw["audiences"]["winback"]["to"] = list(cabinets)
        return raw

    with hub_between(vendors, configured, folder, url) as (hub, urls):
        made = Shop(hub, urls, {"direct": None, "vk": None} | vendors)
        made.sync()
        yield made


@pytest.fixture
def shop(tmp_path, database_url):
    with opened(tmp_path, database_url, direct=YandexAudiences()) as shop:
        yield shop


def mode(shop, name):
    with shop.hub.store.write() as at:
        states.set_values(at, "direct", mode=name)


def test_a_system_that_observes_is_shown_what_it_would_get(shop):
    mode(shop, "observe")
    shop.upload(rounds=3)
    row = shop.row("direct")
    assert (row["state"], row["figures"]["told"], row["uploaded_at"]) == ("held", 120, None)
    assert shop.read("direct", "counters")["uploads"] == 0
    mode(shop, "live")
    shop.upload(rounds=6)
    assert len(shop.reached("direct")) == 120 and shop.row("direct")["uploaded_at"]


def test_a_list_that_is_refused_is_not_sent_again_before_the_next_is_due(shop, monkeypatch):
    monkeypatch.setattr(Account, "confirm", _refuses)
    shop.upload(rounds=10)
    row = shop.row("direct")
    assert row["state"] == "refused" and "не принимаем" in row["error"]
    assert open_alerts(shop) == [(f"{TITLE}: direct", "refused")]
    asked = shop.read("direct", "counters")["requests"]
    shop.upload(hours=1.0, rounds=10)
    assert shop.read("direct", "counters")["requests"] == asked


def open_alerts(shop):
    alerts.watch(shop.hub)
    with shop.hub.store.read() as at:
        return [(row["subject"], row["details"]["why"]) for row in book.listed(at, closed=0) if row["kind"] == "audience"]


def test_an_upload_that_is_not_finished_for_too_long_is_an_alert_until_it_is(shop):
    shop.control("direct", "pace", seconds=9 * 3600.0)
    shop.upload(rounds=4)
    assert shop.row("direct")["state"] == "processing" and open_alerts(shop) == []
    shop.upload(hours=7.0, rounds=1)
    assert open_alerts(shop) == [(f"{TITLE}: direct", "late")]
    with shop.hub.store.read() as at:
        (line,) = lines(shop.hub, audiences.listed(at), Speech("en"))
    assert line.state.startswith("the system works on it, and is not finished since") and not line.well
    shop.upload(hours=3.0, rounds=2)
    assert shop.row("direct")["state"] == "ready" and open_alerts(shop) == []


def test_where_a_system_takes_no_list_so_short_nothing_is_sent_and_the_page_says_how_many_there_are(tmp_path):
    with opened(tmp_path, vk=VkAds()) as shop:
        shop.upload(rounds=4)
        assert shop.row("vk")["state"] == "short" and shop.read("vk", "counters")["made"] == 0
        assert open_alerts(shop) == [(f"{TITLE}: vk", "short")]
        with shop.hub.store.read() as at:
            (line,) = lines(shop.hub, audiences.listed(at), Speech("en"))
        assert (line.state, line.well) == ("too few people: 120 may be told, and the system takes no list below 2,000", False)
        assert shop.read("vk", "ever") == [], "nobody left the hub"


def _refuses(*_):
    raise ApiError(400, "invalid_parameter", "Такое не принимаем")


def test_a_system_that_is_away_is_tried_again_and_a_dead_token_stops_it(shop):
    shop.faults("direct", {"kind": "error", "match": "management", "status": 503})
    shop.upload(rounds=4)
    assert shop.row("direct")["error"]
    shop.faults("direct")
    shop.upload(rounds=8)
    assert len(shop.reached("direct")) == 120 and shop.row("direct")["error"] is None
    shop.hub.connectors["direct"].api.http.session.headers["Authorization"] = "OAuth withdrawn"
    shop.upload(rounds=2)
    with shop.hub.store.read() as at:
        assert states.get(at, "direct")["paused"]
    assert uploading.due(shop.hub, now=shop.hub.clock() + 1e6) == []


@pytest.mark.parametrize("moment", range(1, 9))
def test_wherever_the_process_is_killed_one_segment_is_made(shop, moment, monkeypatch):
    """Each commit of the first turns is the last one that the process sees."""
    left, put = iter(range(moment)), uploading.Uploading._put

    def killed(self, **values):
        put(self, **values)
        if next(left, None) is None:
            raise KeyboardInterrupt

    monkeypatch.setattr(uploading.Uploading, "_put", killed)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(6):
            shop.upload(hours=25.0, rounds=2)
    monkeypatch.undo()
    shop.upload(rounds=8)
    assert shop.read("direct", "counters")["segments"] == 1 and len(shop.reached("direct")) == 120
    assert shop.row("direct")["state"] == "ready" and shop.row("direct")["uploaded_at"]


def test_a_segment_that_a_person_deleted_is_made_anew_with_the_next_list(shop):
    shop.upload(rounds=6)
    with shop.direct.lock:
        shop.direct.account.segments.clear()
    shop.upload(rounds=6)
    assert list(shop.read("direct", "people")) == [TITLE]
