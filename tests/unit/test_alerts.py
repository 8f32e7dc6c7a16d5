"""Alerts: what is amiss, each told once when it opens and once when it closes, never twice, to a receiver over real HTTP."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.config.sections.alerts import Alerts
from hub.config.sections.stores import Store, minutes_of
from hub.storage import alerts as rows
from hub.storage import states
from hub.storage.records import Record
from hub.storage.tables import alert, audit
from hub.sync.heard import heard
from hub.watch import alerts, notify
from hub.watch.amiss import Facts, amiss
from tests.conftest import empty
from tests.scenarios.processes import NOWHERE
from tests.scenarios.shop import settings

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()
HOUR = 3600.0


def keys(facts, open_keys=(), **limits):
    return [one.key for one in amiss(facts, Alerts(**limits), open_keys=frozenset(open_keys), now=NOON)]


def asked(kind, count):
    return {"entity": "customer", "way": "in", "kind": kind, "field": "", "count": count, "sample": []}


def upload(state, **figures):
    return {"state": state, "figures": figures, "error": None, "place": {}}


@pytest.mark.parametrize("facts, open_keys, expected", [
    pytest.param(Facts({"crm": {"paused": "unauthorized"}}), (), ["paused:crm"], id="a paused system"),
    pytest.param(Facts({"crm": {"breaker_failures": 4}}), (), [], id="four failed calls are no outage"),
    pytest.param(Facts({"crm": {"breaker_failures": 5, "breaker_until": 0.0}}), (), ["breaker:crm"], id="an outage lasts between two probes too"),
    pytest.param(Facts({"crm": {"brakes": [asked("effects", 3), asked("emptied", 9)]}}), (), ["brake:crm"], id="brakes"),
    pytest.param(Facts({"crm": {"brakes": [asked("backwards", 60), asked("emptied", 90)]}}), ("brake:crm",), ["restored:crm", "brake:crm"], id="a restored copy beside a brake"),
    pytest.param(Facts(dead={"crm": 20}), (), [], id="as many dead letters as are allowed"),
    pytest.param(Facts(dead={"crm": 21}), (), ["dead:crm"], id="one more"),
    pytest.param(Facts(dead={"crm": 11}), ("dead:crm",), ["dead:crm"], id="an alert is not over at the limit"),
    pytest.param(Facts(dead={"crm": 10}), ("dead:crm",), [], id="it is over at half of it"),
    pytest.param(Facts(stores={"lenina": (NOON - 3 * HOUR, NOON - HOUR)}), (), [], id="a store heard of an hour ago"),
    pytest.param(Facts(stores={"lenina": (NOON - 3 * HOUR, NOON - 2.5 * HOUR)}), (), ["silent:lenina"], id="a store silent for longer than is allowed"),
    pytest.param(Facts(stores={"lenina": (NOON - HOUR, NOON - 15 * HOUR)}), (), [], id="the night does not count"),
    pytest.param(Facts(stores={"lenina": (NOON - 3 * HOUR, None)}), (), ["silent:lenina"], id="a store never heard of"),
    pytest.param(Facts(audiences={("Зима", "vk"): upload("ready")}), (), [], id="an audience that is there"),
    pytest.param(Facts(audiences={("Зима", "vk"): upload("processing", since=NOON - 5 * HOUR)}), (), [], id="one that is worked on for five hours"),
    pytest.param(Facts(audiences={("Зима", "vk"): upload("processing", since=NOON - 7 * HOUR)}), (), ["audience:Зима: vk"], id="for seven hours"),
    pytest.param(Facts(audiences={("Зима", "vk"): upload("refused")}), (), ["audience:Зима: vk"], id="one that was refused"),
    pytest.param(Facts(audiences={("Зима", "vk"): upload("stuck")}), (), ["audience:Зима: vk"], id="too few to replace the list that is there"),
    pytest.param(Facts(audiences={("Зима", "vk"): upload("held")}), (), [], id="a system that only observes"),
    pytest.param(Facts(free=0.9e9), (), ["disk:"], id="a full disk"),
    pytest.param(Facts(free=1.1e9), ("disk:",), ["disk:"], id="a little room does not end it"),
    pytest.param(Facts(free=1.3e9), ("disk:",), [], id="more room does"),
])  # fmt: skip
def test_what_is_amiss(facts, open_keys, expected):
    assert keys(facts, open_keys) == expected


@pytest.mark.parametrize(
    "hour, kind, quiet", [(23, "dead", True), (3, "dead", True), (8, "dead", False), (21, "dead", False), (3, "disk", False)]
)
def test_quiet_hours_go_over_midnight_and_some_kinds_know_none(tmp_path, monkeypatch, hour, kind, quiet):
    monkeypatch.setenv("ALERT_URL", "json://127.0.0.1:1")
    chosen = settings(tmp_path, NOWHERE, timezone="UTC", alerts={"to": {"post": {"env": "ALERT_URL"}}, "quiet": {"begin": "22:00", "end": "08:00"}, "always": ["disk"]})  # fmt: skip
    assert alerts.is_quiet(chosen, kind, datetime(2026, 11, 25, hour, tzinfo=UTC).timestamp()) is quiet


def test_a_store_is_heard_of_by_its_new_orders_at_the_time_they_were_placed():
    said = [
        Record("1", "order", data={"store": "lenina", "receipt.time": "2026-11-25T14:00:00+05:00"}),
        Record("2", "order", data={"store": "lenina", "created": "2026-11-24T14:00:00+05:00"}),
        Record("3", "order", data={"store": "mega", "created": "2030-01-01T00:00:00+00:00"}),
        Record("4", "order", data={"number": "7"}),
        Record("5", "customer", data={"store": "mega"}),
    ]
    assert heard(said, now=NOON) == {"lenina": NOON - 3 * HOUR, "mega": NOON}


class Receiver:
    """A service that takes messages as JSON; ``answer``: the status it gives."""

    def __init__(self):
        self.got, self.answer = [], 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(outer.answer)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

    @property
    def titles(self):
        return [one["title"] for one in self.got]


@pytest.fixture(scope="module")
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Time:
    """The hub's time, moved by the tests. It is noon; a day later it is noon again."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Store -> its hub: the mappings are compiled once."""
    return {}


@pytest.fixture
def hub(store, tmp_path_factory, receiver, monkeypatch, made):
    receiver.got.clear()
    receiver.answer = 200
    monkeypatch.setenv("ALERT_URL", f"json://secret-user:secret-word@127.0.0.1:{receiver.server.server_port}/path")
    if id(store) not in made:
        told = {"to": {"post": {"env": "ALERT_URL"}}, "quiet": {"begin": "22:00", "end": "08:00"}}
        chosen = settings(tmp_path_factory.mktemp("hub"), NOWHERE, timezone="UTC", alerts=told)
        made[id(store)] = assemble(chosen, store, lambda _, __: LocalLimiter(()))
    hub = made[id(store)]
    hub.clock = Time()
    prepare(hub)
    return hub


def pause(hub, reason):
    with hub.store.write() as at:
        states.set_values(at, "site", paused=reason)


def listed(hub):
    with hub.store.read() as at:
        return rows.listed(at, closed=10)


def after(hub, seconds, **how):
    hub.clock.now += seconds
    return alerts.watch(hub, **how)


def test_a_state_is_told_once_when_it_opens_and_once_when_it_closes(hub, receiver):
    pause(hub, "unauthorized: no")
    alerts.watch(hub)
    assert receiver.titles == [], "a state must last a minute first"
    for _ in range(3):
        after(hub, 61)
    assert receiver.titles == ["Sverka: site: Система на паузе"]
    body = receiver.got[0]["message"]
    assert "site на паузе: ключ не принимают: no." in body
    assert "/systems#site" in body
    assert "/alerts/acknowledge/" in body
    pause(hub, "")
    for _ in range(3):
        after(hub, 61)
    assert receiver.titles[1:] == ["Sverka: site: закончилось: Система на паузе"]
    pause(hub, "again")
    after(hub, 1)
    after(hub, 61)
    assert len(receiver.got) == 3, "another opening is told again"


def test_a_store_from_which_nothing_comes_in_its_working_hours_is_told(hub, receiver, monkeypatch):
    """Open 10 to 20; the last receipt came at 10:30. At 12:20 nothing is amiss, at 12:40 it is."""
    monkeypatch.setattr(hub, "settings", replace(hub.settings, stores={"lenina": Store("lenina", "", tuple(minutes_of("10:00-20:00")))}))
    with hub.store.write() as at:
        rows.saw_stores(at, {"lenina": NOON - 1.5 * HOUR})
        rows.saw_stores(at, {"lenina": NOON - 20 * HOUR})
    after(hub, 20 * 60)
    assert listed(hub) == []
    after(hub, 20 * 60)
    (row,) = listed(hub)
    assert row["key"] == "silent:lenina"
    after(hub, 61)
    assert "Последнее пришло 25.11.2026 10:30:00" in receiver.got[0]["message"]
    with hub.store.write() as at:
        rows.saw_stores(at, {"lenina": hub.clock.now})
    after(hub, 61)
    assert receiver.titles[1:] == ["Sverka: Уфа, Ленина 10: закончилось: Из магазина ничего не приходит"]


def test_a_state_that_was_over_at_once_is_told_to_nobody(hub, receiver):
    pause(hub, "a moment")
    alerts.watch(hub)
    pause(hub, "")
    after(hub, 61)
    after(hub, 61)
    assert receiver.got == []
    assert [m["state"] for m in listed(hub)[0]["messages"]] == ["dropped"]


def test_in_quiet_hours_a_message_waits_for_their_end(hub, receiver):
    hub.clock.now = NOON + 11 * HOUR
    pause(hub, "at night")
    alerts.watch(hub)
    after(hub, HOUR)
    assert receiver.got == []
    hub.clock.now = NOON + 20.5 * HOUR
    alerts.watch(hub)
    assert len(receiver.got) == 1


def test_a_refused_message_is_tried_again_and_its_error_holds_no_secret(hub, receiver):
    receiver.answer = 500
    pause(hub, "no")
    alerts.watch(hub)
    after(hub, 61)
    (message,) = listed(hub)[0]["messages"]
    assert message["state"] == "waiting"
    assert message["error"]
    assert "secret" not in message["error"]
    receiver.answer = 200
    after(hub, 59)
    assert len(receiver.got) == 1
    after(hub, 2)
    assert len(receiver.got) == 2
    assert listed(hub)[0]["messages"][0]["state"] == "sent"


def test_nobody_who_was_not_told_yet_is_told_what_somebody_takes_care_of(hub, receiver):
    pause(hub, "no")
    alerts.watch(hub)
    (row,) = listed(hub)
    with hub.store.write() as at:
        assert alerts.acknowledge(hub, at, row["id"], "anna")
        assert not alerts.acknowledge(hub, at, row["id"], "boris"), "once"
    after(hub, 61)
    assert receiver.got == []
    with hub.store.read() as at:
        written = at.execute(select(audit.c.actor, audit.c.cause).where(audit.c.action == "operator.acknowledge")).all()
    assert [tuple(one) for one in written] == [("anna", f"paused {row['id']}")]


def test_a_link_is_read_by_the_hub_that_made_it_alone(hub):
    token = alerts.link(hub, "a1", "post")
    assert alerts.read_link(hub, token) == ("a1", "post")
    body, _, signature = token.rpartition(".")  # the last letter of a signature has bits that nobody reads
    assert alerts.read_link(hub, f"{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}") is None
    assert alerts.read_link(hub, "nothing") is None


class Killed(BaseException):
    """The process ends here."""


@examples(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(["before", "after", "whole", "refused", "pause", "resume", "wait"]), max_size=14))
def test_no_kill_makes_a_message_go_out_twice(hub, deaths):
    """Whatever moment a process dies in, each opening and each end reaches the receiver at most once, an end never without its beginning;
    and what was not cut off arrives."""
    empty(hub.store)
    prepare(hub)
    gone: list[str] = []

    def service(death):
        def send(address, title, body):
            if death == "before":
                raise Killed
            if death == "refused":
                return "not now"
            gone.append(title)
            if death == "after":
                raise Killed
            return ""

        return send

    for death in [*deaths, "wait", "whole", "whole"]:
        if death in ("pause", "resume"):
            pause(hub, "no" if death == "pause" else "")
        hub.clock.now += 61 if death != "wait" else 2 * HOUR
        if not 8 <= datetime.fromtimestamp(hub.clock.now, UTC).hour < 22:
            hub.clock.now += 10 * HOUR
        try:
            alerts.watch(hub, send=service(death))
        except Killed:
            continue
    with hub.store.read() as at:
        opened = at.execute(select(alert.c.closed_at)).scalars().all()
    begun, ended = gone.count("Sverka: site: Система на паузе"), gone.count("Sverka: site: закончилось: Система на паузе")
    assert begun <= len(opened)
    assert ended <= sum(closed is not None for closed in opened)
    assert not [m for row in listed(hub) for m in row["messages"] if m["state"] == "waiting"]


def test_an_address_that_apprise_does_not_know_is_told_as_that(hub):
    assert notify.send("nonsense", "a", "b") == "not an address that apprise understands"
    assert not notify.understood("nonsense")
    assert notify.understood("tgram://123456789:abcdefg_hijklmnop/12315544/")
    assert notify.without_secrets("host x said token-abcdef", "json://x/token-abcdef") == "host x said ***"
