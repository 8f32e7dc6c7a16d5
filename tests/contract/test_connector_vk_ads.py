"""The VK Ads connector against the stand-in over HTTP: lists are made once whatever is lost, the segment keeps its place, tokens are spared."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests

from connectors.audiences import digest
from connectors.contract import SystemSettings
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.vk_ads.api import Expired, Used
from connectors.vk_ads.connector import VkAds as Connector
from connectors.vk_ads.manifest import MANIFEST, RULES
from sandbox.frame.server import running
from sandbox.vk_ads.app import VkAds
from sandbox.vk_ads.tokens import CLIENT, SECRET
from tests.contract.audience_cabinets import NAME, Cabinet, Hurried, people

SEVERAL = range(2000)


def connected(url, limiter, tokens, now, options, secret=SECRET):
    settings = SystemSettings("vk", "vk_ads", url, secrets={"client_id": CLIENT, "client_secret": secret}, options=options)
    return Connector(settings, limiter, tokens, now)


@pytest.fixture
def cabinet():
    app = VkAds()
    with running(app) as url:
        yield Cabinet(app, url, connected)


def reached(cabinet):
    return cabinet.read("people")[NAME]


def values(list_):
    return sorted(one for row in list_.rows() for one in row if one)


def test_phones_and_emails_are_lists_of_their_own_in_one_segment(cabinet):
    both = people(RULES, SEVERAL, range(2100))
    sight = cabinet.bring(both)
    assert (sight.state, sight.version, sight.size, sight.matched) == ("ready", "v1", 4100, 2870)
    assert reached(cabinet) == values(both)
    assert cabinet.read("counters") | {"tokens": 1} == {"lists": 2, "segments": 1, "made": 2, "tokens": 1, "refused": 0}
    assert digest("79031234567", RULES.hashing) == "62341e1d75b4f662d8f14d4a9a89ca18", "MD5, as the predecessor's help names it"


def test_too_few_emails_are_no_list_and_the_phones_go_all_the_same(cabinet):
    cabinet.bring(people(RULES, SEVERAL, range(1999)))
    assert reached(cabinet) == values(people(RULES, SEVERAL))
    with pytest.raises(Rejected, match="2000"):
        Connector.upload(_careless(cabinet), NAME, {}, people(RULES, range(1999), version="v3"))


def _careless(cabinet):
    """A connector that believes that ten are enough: the vendor refuses."""
    from dataclasses import replace

    made = cabinet.made()
    made._rules = replace(RULES, least=10)
    return made


def test_a_changed_list_is_waited_for_then_put_in_the_old_ones_place_which_is_deleted(cabinet):
    cabinet.bring(people(RULES, SEVERAL))
    segment = cabinet.place["segment"]
    second = people(RULES, range(10, 2020), version="v2")
    cabinet.look(), cabinet.upload(second)
    assert cabinet.look().state == "processing" and reached(cabinet) == values(people(RULES, SEVERAL)), "the old one serves meanwhile"
    sight = cabinet.bring(second)
    assert (sight.version, cabinet.place["segment"]) == ("v2", segment)
    assert reached(cabinet) == values(second), "who refused is out"
    assert cabinet.read("counters")["lists"] == 1


@pytest.mark.parametrize(
    "match", ["POST .*users_lists", "POST .*segments.json", "POST .*relations", "DELETE .*relations", "DELETE .*users_lists"]
)
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "error", "truncated", "late_effect"])
def test_whatever_is_lost_no_list_and_no_segment_is_doubled(cabinet, match, kind):
    rule = {"kind": kind, "match": match, "count": 2, "status": 502, "seconds": 60.0}
    cabinet.faults(rule)
    cabinet.bring(people(RULES, SEVERAL, range(2000)), tries=20)
    cabinet.faults(rule)
    last = people(RULES, range(5, 2005), range(2000), version="v2")
    cabinet.bring(last, tries=20)
    told = cabinet.read("counters")
    assert (told["segments"], reached(cabinet)) == (1, values(last))
    if kind != "late_effect" or "lists" not in match:
        assert told["lists"] == 2, "an effect that comes after a minute is an unused list, which a check tells"


def test_what_was_begun_for_another_version_and_never_used_is_deleted(cabinet):
    cabinet.look(), cabinet.upload(people(RULES, SEVERAL, version="v1"))
    cabinet.upload(people(RULES, range(1, 2001), version="v2"))
    cabinet.bring(people(RULES, range(1, 2001), version="v2"))
    assert (cabinet.read("counters")["lists"], cabinet.read("counters")["made"]) == (1, 2)


def test_a_list_that_a_person_uses_elsewhere_stays(cabinet):
    cabinet.bring(people(RULES, SEVERAL))
    old = cabinet.place["lists"]["phones"]
    body = {"name": "mine", "pass_condition": 1, "relations": [{"object_type": "remarketing_users_list", "params": {"source_id": old}}]}
    requests.post(f"{cabinet.url}/api/v2/remarketing/segments.json", json=body, headers=bearer(cabinet), timeout=5).raise_for_status()
    cabinet.bring(people(RULES, range(1, 2001), version="v2"))
    assert cabinet.read("counters")["lists"] == 2


def bearer(cabinet):
    return {"Authorization": f"Bearer {cabinet.tokens.load()['access_token']}"}


def test_a_hub_that_forgot_everything_finds_its_segment_and_makes_no_second(cabinet):
    cabinet.bring(people(RULES, SEVERAL))
    cabinet.place = {}
    cabinet.bring(people(RULES, range(1, 2001), version="v2"))
    told = cabinet.read("counters")
    assert (told["segments"], told["lists"], len(reached(cabinet))) == (1, 1, 2000)


def test_the_five_tokens_of_a_key_are_not_spent(cabinet):
    for _ in range(7):  # a process that starts reads the store
        assert cabinet.made().check().ok
    one, other = cabinet.made(), cabinet.made()
    assert one.check().ok and other.check().ok
    cabinet.control("expire")
    assert one.check().ok and other.check().ok, "one renews, the other finds his dead and reads the store"
    assert cabinet.read("counters")["tokens"] == 1
    for _ in range(4):  # a store that is lost each time
        cabinet.tokens.value = {}
        assert cabinet.made().check().ok
    cabinet.tokens.value = {}
    (told,) = cabinet.made().check().findings
    assert not told.ok and "five" in told.fix_en


def test_an_upload_whose_token_has_died_is_sent_whole_with_the_next(cabinet):
    assert cabinet.connector.check().ok
    cabinet.control("expire")
    cabinet.upload(people(RULES, SEVERAL))
    (ident,) = cabinet.place["new"].values()
    assert len(cabinet.app.cabinet.lists[ident].rows) == 2000


def test_a_wrong_key_stops_the_system(cabinet):
    wrong = connected(cabinet.url, cabinet.limiter, cabinet.tokens, lambda: datetime.now(UTC), {}, secret="x")
    with pytest.raises(Unauthorized) as told:
        wrong.look(NAME, {"lists": {"phones": 1}})
    assert told.value.code == "invalid_client" and not wrong.check().ok


def test_at_full_speed_lists_are_never_too_many_for_the_hour(cabinet):
    limiter = Hurried(MANIFEST.limits, cabinet.app)
    connector = connected(cabinet.url, limiter, cabinet.tokens, lambda: datetime.now(UTC), {})
    for number in range(14):
        list_ = people(RULES, SEVERAL, version=f"v{number}")
        begun = {"version": list_.version, "count": list_.count, "phones": list_.phones, "emails": 0, "at": 0}
        limiter.patiently(lambda begun=begun, list_=list_: connector.upload(NAME, {"begun": begun}, list_))
    assert (limiter.refused, cabinet.read("counters")["refused"], cabinet.read("counters")["made"]) == (0, 0, 14)
    assert cabinet.app.offset > 3600


def test_lists_of_an_hour_are_waited_for_by_what_the_headers_say(cabinet):
    cabinet.control("hourly", lists=0)
    cabinet.look()
    with pytest.raises(Unavailable) as told:
        cabinet.upload(people(RULES, SEVERAL))
    assert told.value.retry_after == 600.0 and cabinet.limiter.asked == [(600.0, "users_lists")]


def test_a_cabinet_that_takes_sha256_is_told_so(cabinet):
    cabinet.control("hashing", name="sha256")
    cabinet.connector = cabinet.made(hashing="sha256")
    assert cabinet.bring(people(cabinet.connector.rules(), SEVERAL)).matched == 1400
    assert all(one.repeat in ("safe", "findable") for one in MANIFEST.operations.values())


@pytest.mark.parametrize(
    ("status", "said", "read", "write"),
    [
        pytest.param(400, {"error": {"code": "validation_failed", "fields": {"type": {"code": "x", "message": "unknown"}}}}, Rejected, Rejected, id="a field"),
        pytest.param(400, {"error": {"code": "required", "message": "File content is required"}}, Rejected, Rejected, id="no file"),
        pytest.param(401, {"code": "expired_token", "message": "Access token is expired"}, Expired, Expired, id="a dead token: another is asked for"),
        pytest.param(401, {"code": "invalid_token", "message": "x"}, Expired, Expired, id="a token that was replaced"),
        pytest.param(401, {"code": "revoked_token", "message": "x"}, Unauthorized, Unauthorized, id="a key that was withdrawn"),
        pytest.param(401, {"code": "invalid_user", "message": "x"}, Unauthorized, Unauthorized, id="a user that is gone"),
        pytest.param(403, {"error": {"code": "foreign_base", "message": "x"}}, Rejected, Rejected, id="somebody else's list"),
        pytest.param(404, {"error": {"code": "not_found", "message": "x"}}, Missing, Missing, id="a list that is gone"),
        pytest.param(409, {"error": {"code": "used", "message": "x"}}, Used, Used, id="a list that is used"),
        pytest.param(413, {"error": {"code": "too_large", "message": "x"}}, Rejected, Rejected, id="a file that is too large"),
        pytest.param(500, {}, Unavailable, Unknown, id="trouble of its own"),
    ],
)  # fmt: skip
def test_every_answer_of_the_vendor_has_its_meaning(cabinet, status, said, read, write):
    answer = requests.Response()
    answer.status_code, answer._content = status, json.dumps(said).encode()
    for safe, kind in ((True, read), (False, write)):
        with pytest.raises(kind) as told:
            cabinet.connector.api._checked(answer, safe)
        assert type(told.value) is kind and SECRET not in str(told.value)
