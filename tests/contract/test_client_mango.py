"""An independent client, Python-Mango-Office-API, against the stand-in: its code unchanged, its address set by its own argument."""

from __future__ import annotations

import pytest

from sandbox.frame.server import running
from sandbox.mango.app import API_KEY, SALT, Mango

client = pytest.importorskip("mangoapi", reason="requirements/clients.lock is not installed")


@pytest.fixture
def pbx():
    app = Mango()
    app.limits.enforce = False
    with running(app) as url:
        yield app, lambda salt=SALT: client.MangoAPI(f"{url}/vpbx/", API_KEY, salt)


def test_employees_and_a_call_back(pbx):
    app, connected = pbx
    assert [row["general"]["name"] for row in connected().user_list(extension="102")["users"]] == ["Руслан Хабибуллин"]
    assert connected().callback("client-1", "101", to_num="79990001122") == {"result": 1000}
    assert app.pbx.commands == [{"command_id": "client-1", "from": {"extension": "101"}, "to_number": "79990001122"}]


def test_a_report(pbx):
    app, connected = pbx
    app.pbx.happen({"number": "79990001122", "talk": 5, "at": 1_780_300_800})
    app.reports.polls = 0
    key = connected().request({"date_from": "1780300000", "date_to": "1780310000", "fields": ["entry_id", "from_number"]}, "stats/request")[
        "key"
    ]
    assert connected().request({"key": key}, "stats/result").strip().endswith(";79990001122")


def test_a_recording_follows_the_link(pbx):
    app, connected = pbx
    app.pbx.happen({"number": "79990001122", "talk": 5, "recorded": True})
    (ident,) = app.pbx.recordings
    answer = connected().request({"recording_id": ident, "action": "download"}, "queries/recording/post/")
    assert answer.headers["Content-Type"] == "audio/mpeg" and app.pbx.listened == [ident]


def test_a_wrong_key_for_signing(pbx):
    _, connected = pbx
    assert connected("other").user_list() == {"result": 3102}
