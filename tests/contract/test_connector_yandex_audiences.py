"""The Yandex Audience connector against the stand-in over HTTP: a segment is made once whatever is lost, and replaced as a whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import requests

from connectors.audiences import digest, email_of, phone_of
from connectors.contract import SystemSettings
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable, Unknown
from connectors.yandex_audiences.connector import YandexAudiences as Connector
from connectors.yandex_audiences.manifest import MANIFEST, RULES
from sandbox.frame.server import running
from sandbox.yandex_audiences.app import TOKEN, YandexAudiences
from tests.contract.audience_cabinets import NAME, Cabinet, Hurried, people


def connected(url, limiter, tokens, now, options, token=TOKEN):
    return Connector(SystemSettings("direct", "yandex_audiences", url, secrets={"token": token}, options=options), limiter, now)


@pytest.fixture
def account():
    app = YandexAudiences()
    with running(app) as url:
        yield Cabinet(app, url, connected)


def test_the_digests_are_those_that_the_vendor_documents():
    """SHA-256 of digits with the country's code, and of small Latin letters; nothing of nothing."""
    assert digest(phone_of("+7 (903) 123-45-67"), RULES.hashing) == "cbe36d020c80b5bbd4c036696f1e10d6694af9aa9a9084cc162ccd86f8e69c56"
    assert digest(email_of(" Anna@Example.ru"), RULES.hashing) == "91187156856ba7016515c815ae598457b7316765e80e317bd4145aa188b9572f"
    assert (digest("", RULES.hashing), phone_of("123-45-67"), email_of("анна@пример.рф"), email_of("none")) == ("", "", "", "")


def test_a_segment_is_uploaded_confirmed_worked_on_and_found(account):
    first = people(RULES, range(150), range(20))
    assert account.look().next == "upload"
    account.upload(first)
    assert account.look().next == "confirm", "an upload alone is of no use"
    account.place = dict(account.connector.step(NAME, account.place, "confirm"))
    assert account.look().state == "processing"
    account.later()
    sight = account.look()
    assert (sight.state, sight.version, sight.size, sight.matched) == ("ready", "v1", 170, 136)
    assert account.read("people")[NAME] == sorted(one for row in first.rows() for one in row if one)
    assert account.read("counters")["uploads"] == 1


def test_a_changed_list_takes_the_old_ones_place_and_a_small_one_too(account):
    account.bring(people(RULES, range(150)))
    second = people(RULES, range(1, 40), version="v2")
    sight = account.bring(second)
    assert (sight.state, sight.version) == ("few", "v2"), "not fit for advertising any more, and nobody who refused is left in it"
    assert account.read("people")[NAME] == sorted(row[0] for row in second.rows())
    assert account.read("counters")["segments"] == 1


def test_fewer_than_a_hundred_make_no_new_segment(account):
    with pytest.raises(Rejected, match="100"):
        account.look(), account.upload(people(RULES, range(99)))


@pytest.mark.parametrize("path", ["upload_csv_file", "confirm", "modify_data"])
@pytest.mark.parametrize("kind", ["reset_after", "reset_before", "error", "truncated", "late_effect"])
def test_whatever_is_lost_one_segment_is_made_and_holds_the_last_list(account, path, kind):
    rule = {"kind": kind, "match": path, "count": 2, "status": 502, "seconds": 60.0}
    account.faults(rule)
    account.bring(people(RULES, range(150)))
    account.faults(rule)
    last = people(RULES, range(10, 160), version="v2")
    sight = account.bring(last)
    assert sight.version == "v2" and account.read("people") == {NAME: sorted(row[0] for row in last.rows())}


def test_of_an_upload_without_an_answer_the_new_one_is_known_and_anothers_is_left_alone(account):
    elses = requests.post(
        f"{account.url}/v1/management/segments/upload_csv_file",
        headers={"Authorization": f"OAuth {TOKEN}"},
        files={"file": ("a.csv", "phone\n" + "79030000000\n" * 150)},
        timeout=5,
    ).json()["segment"]
    account.look()
    account.faults({"kind": "reset_after", "match": "upload_csv_file", "count": 1})
    with pytest.raises(Unknown):
        account.upload(people(RULES, range(150)))
    account.place |= {"begun": {"version": "v1", "count": 150, "phones": 150, "emails": 0, "at": 0}}
    sight = account.look()
    assert sight.next == "confirm" and sight.place["id"] != elses["id"]
    assert account.read("counters")["segments"] == 2


def test_a_hub_that_forgot_everything_finds_the_segment_by_its_name(account):
    account.bring(people(RULES, range(150)))
    account.place = {}
    sight = account.look()
    assert (sight.state, sight.version) == ("ready", ""), "what is in it is not known: it is replaced"
    account.bring(people(RULES, range(150)))
    assert account.read("counters")["segments"] == 1


def test_a_segment_that_a_person_deleted_is_made_anew(account):
    account.bring(people(RULES, range(150)))
    requests.delete(f"{account.url}/v1/management/segment/{account.place['id']}", headers={"Authorization": f"OAuth {TOKEN}"}, timeout=5)
    assert account.look().state == "none"
    account.bring(people(RULES, range(150)))


def test_at_full_speed_the_quotas_of_a_minute_an_hour_and_a_second_are_never_used_up(account):
    limiter = Hurried(MANIFEST.limits, account.app)
    connector = connected(account.url, limiter, account.tokens, lambda: datetime.now(UTC), {})
    list_ = people(RULES, range(120))
    place = limiter.patiently(lambda: connector.upload(NAME, {}, list_))
    limiter.patiently(lambda: connector.step(NAME, place, "confirm"))
    for _ in range(30):
        limiter.patiently(lambda: connector.upload(NAME, place, list_))
        limiter.patiently(lambda: connector.look(NAME, place))
    assert (limiter.refused, account.read("counters")["refused"]) == (0, 0)
    assert 3600 < account.app.offset < 2 * 3600 + 900, (
        "32 changes last longer than an hour: neither quota was a near miss, nor is time wasted"
    )


def test_a_quota_is_waited_for_as_long_as_its_name_says(account):
    account.control("quota", hour=0)
    account.look()
    with pytest.raises(Unavailable) as told:
        account.upload(people(RULES, range(150)))
    assert told.value.retry_after == 600.0 and account.limiter.asked == [(600.0, "change")]
    account.control("quota", hour=100, second=0)
    with pytest.raises(Unavailable) as told:
        account.look()
    assert told.value.retry_after == 60.0


def test_a_wrong_token_stops_the_system_and_a_check_says_what_to_do(account):
    wrong = connected(account.url, account.limiter, None, account.connector.api.http.now, {}, token="x")
    wrong.api.http.now = account.connector.api.http.now
    with pytest.raises(Unauthorized):
        wrong.look(NAME, {})
    account.look(), account.upload(people(RULES, range(150)))
    (token, orphans, *_) = account.connector.check().findings
    assert token.ok and orphans.warn, "uploaded and not confirmed"
    assert all(one.repeat in ("safe", "findable") for one in MANIFEST.operations.values())


@pytest.mark.parametrize(
    ("status", "said", "read", "write"),
    [
        pytest.param(400, {"errors": [{"error_type": "invalid_uploading", "message": "x"}], "message": "x"}, Rejected, Rejected, id="a file that is refused"),
        pytest.param(401, {"errors": [{"error_type": "invalid_token"}], "message": "x"}, Unauthorized, Unauthorized, id="a dead token"),
        pytest.param(403, {"errors": [{"error_type": "access_denied"}], "message": "x"}, Unauthorized, Unauthorized, id="a right is lacking"),
        pytest.param(404, {"errors": [{"error_type": "not_found"}], "message": "x"}, Missing, Missing, id="a segment that is gone"),
        pytest.param(405, {"errors": [], "message": "x"}, Rejected, Rejected, id="a method that there is not"),
        pytest.param(429, {"errors": [{"error_type": "quota_requests"}], "message": "x"}, Unavailable, Unavailable, id="a quota: nothing was done"),
        pytest.param(500, {"errors": [{"error_type": "backend_error"}]}, Unavailable, Unknown, id="trouble of its own"),
        pytest.param(503, {}, Unavailable, Unknown, id="a page"),
        pytest.param(400, {"errors": [{"error_type": "backend_error"}]}, Unavailable, Unknown, id="trouble of its own, told as a refusal"),
    ],
)  # fmt: skip
def test_every_answer_of_the_vendor_has_its_meaning(account, status, said, read, write):
    answer = requests.Response()
    answer.status_code, answer._content = status, json.dumps(said).encode()
    for safe, kind in ((True, read), (False, write)):
        with pytest.raises(kind) as told:
            account.connector.api._checked(answer, safe)
        assert type(told.value) is kind and TOKEN not in str(told.value)
