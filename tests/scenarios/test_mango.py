"""Mango Office, the CRM and Mindbox, as examples/mango.yaml has them: a finished call is one record of its customer by whichever way it comes, goes to both
once, and its recording is listened to through the hub; a call-back is never said twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import pytest
import requests
from sqlalchemy import select

import connectors.mango
from connectors.contract import SystemSettings
from connectors.errors import ConnectorError
from connectors.limiter import LocalLimiter
from hub.keeping import erasure
from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import views
from hub.storage.accounts import set_user
from hub.storage.links import Link, new_id
from hub.storage.records import Record
from hub.storage.states import StoredTokens
from hub.storage.tables import audit, delivery, link, record
from hub.sync.absorb import Absorber
from hub.sync.statement import HUB as BY_HAND
from hub.verify import habit, reconcile
from hub.web.app import create_app
from hub.web.recordings import recorded
from sandbox.bitrix24.app import Bitrix24
from sandbox.mango.app import API_KEY, SALT, Mango
from sandbox.mindbox.app import HUB, Mindbox
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.listening import listening
from tests.scenarios import shop as scene
from tests.scenarios.opening import hub_between

MANGO = scene.EXAMPLE.parent / "examples" / "mango.yaml"
ANNA = "79031234567"


class Shop(scene.Shop):
    """With ``ats`` and ``cdp``, and the people who use them."""

    def control(self, what, **body):
        answer = requests.post(f"{self.ats_url}/_sandbox/{what}", json=body, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def read(self, what, url=""):
        return requests.get(f"{url or self.ats_url}/_sandbox/{what}", timeout=5).json()

    def faults(self, *rules, url=""):
        requests.post(f"{url or self.ats_url}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def calls(self):
        with self.hub.store.read() as at:
            return list(at.execute(select(record).where(record.c.entity == "call")).mappings())

    def links(self):
        with self.hub.store.read() as at:
            return list(at.execute(select(link).where(link.c.system == "ats")).mappings())

    def shown(self):
        """Calls in the CRM's statistics."""
        return self.crm("voximplant.statistic.get", FILTER={">ID": 0}, SORT="ID", ORDER="ASC")

    @contextmanager
    def typed(self) -> Iterator[None]:
        """The hub's web process, whose address is typed into the cabinet."""
        with listening(self.hub) as url:
            self.control("address", url=f"{url}/webhooks/ats/hook-f")
            yield
            self.ats_app.hooks.drain()


def opened(tmp_path, monkeypatch, url, **routes):
    for name, secret in (("MANGO_KEY", API_KEY), ("MANGO_SALT", SALT), ("MANGO_WEBHOOK_SECRET", "hook-f")):
        monkeypatch.setenv(name, secret)
    vendors = {"crm": Bitrix24(allow_http=True), "ats": Mango(allow_loopback_webhooks=True), "cdp": Mindbox()}
    vendors["ats"].limits.enforce = False

    def configured(urls):
        raw = scene.example(urls, MANGO)
        raw["systems"]["cdp"]["options"] |= {"endpoint": HUB, "brand": "sandbox", "export_pace": 0.001}
        raw["routes"]["call"] |= routes
        return raw | {"reference_wait": 5.0}

    return vendors, hub_between(vendors, configured, tmp_path, url)


@contextmanager
def shop_of(tmp_path, monkeypatch, url="", **routes):
    vendors, opening = opened(tmp_path, monkeypatch, url, **routes)
    with opening as (hub, urls):
        hub.connectors["ats"].history.sleep = hub.clock.skip
        made = Shop(hub, urls | {"site": ""}, vendors | {"site": None})
        made.ats_url, made.cdp_url, made.ats_app = urls["ats"], urls["cdp"], vendors["ats"]
        yield made


def with_anna(shop):
    person = {"NAME": "Анна", "LAST_NAME": "Орлова", "PHONE": [{"VALUE": f"+{ANNA}", "VALUE_TYPE": "WORK"}]}
    shop.anna = shop.crm("crm.contact.add", fields=person)
    shop.sync()
    return shop


@pytest.fixture
def shop(tmp_path, monkeypatch):
    with shop_of(tmp_path, monkeypatch) as made:
        yield with_anna(made)


@pytest.fixture
def everywhere(tmp_path, monkeypatch, database_url):
    """On SQLite and on PostgreSQL."""
    with shop_of(tmp_path, monkeypatch, database_url) as made:
        yield with_anna(made)


@pytest.mark.parametrize("by_events", [True, False], ids=["by events", "by reports alone"])
def test_a_finished_call_goes_to_the_crm_and_to_mindbox_once(everywhere, by_events):
    shop = everywhere
    if by_events:
        with shop.typed():
            shop.control("call", number=ANNA, extension="102", talk=0, reason=1121)
        assert shop.ats_app.hooks.failed == 0
        shop.work()
        assert len(shop.shown()) == 1, "at once"
    else:
        shop.control("call", number=ANNA, extension="102", talk=0, reason=1121)
    for _ in range(2):
        shop.clock.skip(400)
        shop.sync()
    (row,) = shop.shown()
    assert (row["CRM_ENTITY_TYPE"], row["CRM_ENTITY_ID"], row["CALL_TYPE"], row["CALL_FAILED_CODE"]) == (
        "CONTACT",
        str(shop.anna),
        "2",
        "486",
    )
    assert (row["PORTAL_USER_ID"], row["CALL_DURATION"]) == ("2", "0")
    (action,) = shop.read("actions", shop.cdp_url)
    assert action["customFields"]["callResult"] == "busy"
    assert len(shop.calls()) == 1 and {r["state"] for r in shop.rows() if r["entity"] == "call"} == {"done"}
    assert shop.read("counters")["worst"] == 0


def test_events_in_any_order_twice_and_lost_are_one_call(shop):
    shop.control("webhooks", duplicate=0.5, reorder=0.3, loss=0.3)
    with shop.typed():
        for number in range(6):
            shop.control("call", number=ANNA, talk=10 + number, recorded=True)
    shop.work()
    shop.clock.skip(400)
    shop.sync()
    assert sorted(row["data"]["duration"] for row in shop.calls()) == [10, 11, 12, 13, 14, 15]
    assert len(shop.shown()) == 6


def test_a_call_of_somebody_unknown_is_hers_once_she_is_known(shop):
    shop.control("call", number="79261112233", talk=30)
    shop.clock.skip(400)
    shop.sync()
    (call,) = shop.calls()
    assert "customer" not in call["data"] and shop.read("actions", shop.cdp_url) == []
    shop.crm("crm.contact.add", fields={"NAME": "Ирина", "PHONE": [{"VALUE": "8 (926) 111-22-33", "VALUE_TYPE": "WORK"}]})
    shop.sync()
    shop.sync()
    (call,) = shop.calls()
    assert call["data"]["customer"] and len(shop.read("actions", shop.cdp_url)) == 1


def test_a_recording_that_comes_later_completes_its_call(shop):
    with shop.typed():
        (ident,) = shop.control("call", number=ANNA, talk=30, recorded=True)["recordings"]
    shop.work()
    assert "recording" not in shop.calls()[0]["data"]
    shop.clock.skip(400)
    shop.sync()
    (call,) = shop.calls()
    assert call["data"]["recording"] == ident and call["data"]["duration"] == 30
    version = call["version"]
    shop.clock.skip(400)
    shop.sync()
    assert shop.calls()[0]["version"] == version, "told once"
    assert not shop.shown()[0].get("CALL_RECORD_URL"), "the CRM could not fetch it"


def test_who_may_listens_on_the_page_of_the_call_and_who_listened_is_kept(shop):
    (ident,) = shop.control("call", number=ANNA, talk=30, recorded=True)["recordings"]
    shop.clock.skip(400)
    shop.sync()
    (call,) = shop.calls()
    with shop.hub.store.write() as at:
        for role in ("viewer", "support"):
            set_user(at, role, PASSWORD, role)
    app = create_app(shop.hub)
    support, viewer = Reader(app, "support"), Reader(app, "viewer")
    sound = f"/records/{call['id']}/recording/0"
    page = support.get(f"/records/{call['id']}").text
    assert f'src="{sound}"' in page and ident not in page and API_KEY not in page
    answer = support.get(sound)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "audio/mpeg", "no-store")
    assert answer.data.startswith(b"\xff\xfb") and "media-src 'self'" in answer.headers["Content-Security-Policy"]
    assert viewer.get(sound).status_code == 403 and sound not in viewer.get(f"/records/{call['id']}").text
    assert Reader(app).get(sound).status_code == 302, "a stranger signs in"
    assert support.get(f"/records/{call['id']}/recording/1").status_code == 404
    shop.control("recording", delete=ident)
    gone = support.get(sound)
    assert gone.status_code == 404 and "Записи ещё нет, или её уже нет" in gone.text
    assert shop.read("listened") == [ident]
    with shop.hub.store.read() as at:
        rows = at.execute(
            select(audit.c.actor, audit.c.record_id, audit.c.outcome).where(audit.c.action == "operator.listen").order_by(audit.c.id)
        ).all()
    assert [tuple(row) for row in rows] == [("support", call["id"], "ok"), ("support", call["id"], "Missing 3320")]
    assert "прослушана запись" in support.get(f"/records/{call['id']}").text


def test_what_was_read_agrees_with_itself(shop):
    """A comparison finds neither drift nor loss, though no call can be asked for by its id."""
    for number in range(3):
        shop.control("call", number=ANNA, talk=10 + number, recorded=True)
    shop.clock.skip(400)
    shop.sync()
    habit.whole(shop.hub, "ats", "call")
    shop.sync()
    assert [link["state"] for link in shop.links()] == ["live"] * 3
    report = reconcile.verify(shop.hub, ["crm", "ats"])
    assert report.agrees and report.lost == []


def test_a_comparison_takes_in_what_no_event_and_no_poll_told(shop):
    """A call whose recording was not told, and one of which nothing was: the list of a comparison is all that shows them."""
    with shop.typed():
        (ident,) = shop.control("call", number=ANNA, talk=30, recorded=True)["recordings"]
    shop.work()
    shop.control("call", number=ANNA, talk=31, recorded=True)
    shop.clock.skip(400)
    report = reconcile.verify(shop.hub, ["ats"])
    assert [(row["kind"], row["path"], row["there"]) for row in report.drift] == [("changed", "recording", ident)]
    assert len(report.strangers) == 1
    habit.whole(shop.hub, "ats", "call")
    shop.work()
    assert sorted(call["data"]["duration"] for call in shop.calls() if call["data"].get("recording")) == [30, 31]
    assert reconcile.verify(shop.hub, ["ats"]).agrees


def test_an_erased_persons_calls_lose_her_and_others_go_on(shop):
    def anna():
        with shop.hub.store.read() as at:
            return at.execute(select(record.c.id).where(record.c.entity == "customer")).scalar_one()

    shop.control("call", number=ANNA, talk=30, recorded=True)
    shop.clock.skip(400)
    shop.sync()
    erasure.erase(shop.hub, anna(), actor="test")
    with shop.typed():
        shop.control("call", number=ANNA, talk=31, recorded=True)
    shop.control("address", url="")
    shop.control("call", number=ANNA, talk=32, recorded=True)
    shop.control("call", number="79261112233", talk=33)
    for _ in range(2):
        shop.clock.skip(400)
        shop.sync()
    shown = {row["data"]["duration"]: row["data"] for row in shop.calls()}
    assert sorted(shown) == [30, 31, 32, 33] and shown[33]["phone"] == "+79261112233"
    assert not any({"phone", "recording", "customer"} & {k for k, v in shown[n].items() if v} for n in (30, 31, 32))
    with shop.hub.store.read() as at:
        mine = [row["id"] for row in shop.calls() if row["data"]["duration"] < 33]
        pages = [views.record_page(at, ident) for ident in mine]
    assert [recorded(shop.hub, page["links"]) for page in pages] == [[], [], []]


def test_nothing_is_heard_of_a_pbx_with_another_signing_key_and_a_forged_event_is_refused(shop):
    shop.ats_app.hooks.salt = "forged"
    with shop.typed():
        shop.control("call", number=ANNA, talk=30)
    shop.work()
    assert shop.calls() == [] and shop.ats_app.hooks.sent == 0


@pytest.mark.parametrize("kind", ["reset_after", "html"])
def test_faults_lose_no_call_and_never_reach_the_lock(shop, kind):
    shop.faults({"kind": kind, "match": "POST /vpbx", "rate": 0.4})
    for number in range(3):
        shop.control("call", number=ANNA, talk=10 + number)
    for _ in range(8):
        shop.clock.skip(200)
        shop.poll()
    shop.faults()
    shop.clock.skip(400)
    shop.sync()
    assert len(shop.calls()) == len(shop.shown()) == 3
    assert shop.read("counters")["worst"] == 0


def test_processes_that_ask_at_once_make_one_mistake(everywhere):
    """The door stands in the database: whoever comes while one asks finds it shut by the answer."""
    shop, errors = everywhere, list[ConnectorError]()
    settings = SystemSettings("ats", "mango", shop.ats_url, "UTC", {"api_key": API_KEY, "salt": "other"})

    def ask():
        tokens = StoredTokens(shop.hub.store, "ats")
        try:
            connectors.mango.create(settings, LocalLimiter(()), tokens, lambda: datetime.fromtimestamp(shop.hub.clock(), UTC)).directory(
                "employee"
            )
        except ConnectorError as error:
            errors.append(error)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(error).__name__ for error in errors) == ["Unauthorized", "Unavailable", "Unavailable", "Unavailable"]
    assert shop.read("counters")["erroneous"] == 1


WANTED = {"ats": {"give": True, "take": True, "when": "direction == 'out' && !outcome"}}


def wish(shop, **more):
    """A call that somebody wants: the hub's own word, as a flow of the business would say it."""
    now = shop.hub.clock()
    start = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"direction": "out", "phone": f"+{ANNA}", "agent": "anna", "start": start} | more
    ident = new_id()
    words = {name: {"v": value, "t": now} for name, value in said.items()}
    with shop.hub.store.state() as at:
        record_rows.add(at, [Record(ident, "call", 0, {}, {}, None, now, now)])
        link_rows.add(at, [Link(new_id(), BY_HAND, "call", "", ident, ident, role="hand", contribution=words)])
    Absorber(shop.hub).remerge([ident])
    return ident


def state_of(shop, ident):
    with shop.hub.store.read() as at:
        return at.execute(select(delivery.c.state).where(delivery.c.record_id == ident, delivery.c.system == "ats")).scalar()


@pytest.fixture
def calling(tmp_path, monkeypatch):
    with shop_of(tmp_path, monkeypatch, **WANTED) as made:
        made.crm("crm.contact.add", fields={"NAME": "Анна", "PHONE": [{"VALUE": f"+{ANNA}", "VALUE_TYPE": "WORK"}]})
        made.sync()
        yield made


def test_a_call_that_is_wanted_is_ordered_once_and_calls_that_have_been_are_not(calling):
    ident = wish(calling)
    finished = wish(calling, outcome="talked", duration=30)
    for _ in range(3):
        calling.work()
        calling.poll()
    assert calling.read("effects") == {"call: customer": 1, "call: employee": 1}
    (command,) = calling.read("commands")
    assert command == {"command_id": ident, "from": {"extension": "101"}, "to_number": ANNA}
    assert (state_of(calling, ident), state_of(calling, finished)) == ("done", "skipped")


@pytest.mark.parametrize("kind", ["reset_after", "late_effect"])
def test_a_call_back_whose_answer_was_lost_is_for_a_person(calling, kind):
    calling.faults({"kind": kind, "match": "callback", "count": 1, "seconds": 0.05})
    ident = wish(calling)
    for _ in range(2):
        calling.busy(1)
        calling.clock.skip(300)
        calling.poll()
    assert calling.read("effects") == {"call: customer": 1, "call: employee": 1}
    assert len(calling.read("commands")) == 1 and state_of(calling, ident) in ("unknown", "dead")
    assert calling.read("counters")["worst"] == 0
