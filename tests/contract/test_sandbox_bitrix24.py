"""The Bitrix24 sandbox over HTTP: request forms, envelope, batch, limits, OAuth."""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests

from sandbox.bitrix24.app import Bitrix24
from sandbox.bitrix24.auth import FIRST_REFRESH_TOKEN, HUB, WEBHOOK_SECRET
from sandbox.frame.server import running
from tests.contract.bitrix24_portal import CONTACT

HOOK = f"/rest/1/{WEBHOOK_SECRET}/"


@pytest.mark.parametrize(
    "send",
    [
        pytest.param(
            lambda url: requests.get(url + "?filter[%3DlastName]=Орлова&select[]=id&entityTypeId=3", timeout=9), id="query brackets"
        ),
        pytest.param(
            lambda url: requests.post(url, {"filter[=lastName]": "Орлова", "select[0]": "id", "entityTypeId": "3"}, timeout=9), id="form"
        ),
        pytest.param(
            lambda url: requests.post(
                url, files={"entityTypeId": (None, "3"), "filter[=lastName]": (None, "Орлова"), "select[]": (None, "id")}, timeout=9
            ),
            id="multipart form",
        ),
        pytest.param(
            lambda url: requests.post(
                url.upper().replace("HTTP", "http").replace("REST/1/SANDBOXSECRET", "rest/1/sandboxsecret") + ".json",
                json={"ENTITYTYPEID": 3, "FILTER": {"=lastName": "Орлова"}, "SELECT": ["id"]},
                timeout=9,
            ),
            id="JSON, upper case, suffix",
        ),
    ],
)
def test_every_form_of_a_request_is_understood(portal, send):
    portal.contact(lastName="Петрова")
    made = portal.contact(lastName="Орлова")
    assert send(portal.url + HOOK + "crm.item.list").json()["result"] == {"items": [{"id": made["id"]}]}


def test_envelope_has_total_next_and_time_in_the_zone_of_the_portal(portal):
    for _ in range(51):
        portal.contact()
    body = portal.body("crm.item.list", entityTypeId=CONTACT, select=["id"])
    assert (len(body["result"]["items"]), body["total"], body["next"]) == (50, 51, 50)
    assert body["time"]["date_start"].endswith("+05:00") and {"start", "finish", "duration", "operating", "operating_reset_at"} <= set(
        body["time"]
    )
    last = portal.body("crm.item.list", entityTypeId=CONTACT, select=["id"], start=50)
    assert len(last["result"]["items"]) == 1 and "next" not in last
    uncounted = portal.body("crm.item.list", entityTypeId=CONTACT, select=["id"], start=-1, filter={">id": 1}, order={"id": "ASC"})
    assert len(uncounted["result"]["items"]) == 50 and "total" not in uncounted and "next" not in uncounted


def test_plain_http_is_refused_unless_the_switch_says_otherwise():
    with running(Bitrix24()) as url:
        answer = requests.post(url + HOOK + "profile", timeout=9)
    assert (answer.status_code, answer.json()) == (400, {"error": "INVALID_REQUEST", "error_description": "Https required"})


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (HOOK + "no.such.method", 404, "ERROR_METHOD_NOT_FOUND"),
        ("/rest/1/other/profile", 403, "INVALID_CREDENTIALS"),
        ("/rest/profile?auth=unknown", 401, "NO_AUTH_FOUND"),
        (HOOK + "event.get", 403, "WRONG_AUTH_TYPE"),
        (HOOK + "crm.item.get?entityTypeId=3&id=999", 400, "NOT_FOUND"),
        (HOOK + "crm.contact.get?id=999", 400, ""),
        (HOOK + "crm.item.list?entityTypeId=3&filter[nonsense]=1", 400, "INVALID_ARG_VALUE"),
        (HOOK + "crm.item.add?entityTypeId=3&fields[post]=x", 400, "CRM_FIELD_ERROR_REQUIRED"),
        (HOOK + "crm.item.get?entityTypeId=199&id=1", 400, "NOT_FOUND"),
    ],
)
def test_refusals(portal, path, status, code):
    answer = requests.get(portal.url + path, timeout=9)
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_batch_is_200_with_errors_inside_and_empty_parts_as_lists(portal):
    made = portal.contact(fm=[{"typeId": "PHONE", "value": "+79990000001", "valueType": "MOBILE"}])
    found = portal(
        "batch",
        halt=0,
        cmd={
            "who": "crm.duplicate.findbycomm?type=PHONE&values[0]=%2B79990000001&entity_type=CONTACT",
            "card": "crm.item.get?entityTypeId=3&id=$result[who][CONTACT][0]",
        },
    )
    assert portal.status == 200 and found["result"]["card"]["item"]["id"] == made["id"]
    assert found["result_error"] == [] and found["result_total"] == []
    failed = portal("batch", cmd={"a": "crm.item.get?entityTypeId=3&id=999", "b": "batch?cmd[a]=profile"})
    assert failed["result"] == [] and failed["result_error"]["a"]["error"] == "NOT_FOUND"
    assert failed["result_error"]["b"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_batch_beyond_fifty_fails_only_there_and_halt_stops(portal):
    commands = {f"c{number}": "crm.item.add?entityTypeId=3&fields[name]=A" for number in range(52)}
    answer = portal("batch", cmd=commands)
    assert len(answer["result"]) == 50 and set(answer["result_error"]) == {"c50", "c51"}
    assert answer["result_error"]["c50"]["error"] == "ERROR_BATCH_LENGTH_EXCEEDED"
    halted = portal("batch", halt=1, cmd={"a": "profile", "b": "no.such", "c": "profile"})
    assert set(halted["result"]) == {"a"} and set(halted["result_error"]) == {"b"}


def test_the_bucket_of_an_address_overflows_and_drains(portal):
    portal.vendor.limits.enforce = True
    answers = [portal.body("profile") for _ in range(60)]
    refused = [body for body in answers if "error" in body]
    assert portal.status == 503 and {body["error"] for body in refused} == {"QUERY_LIMIT_EXCEEDED"}
    assert 50 <= len(answers) - len(refused) < 60
    other = requests.post(portal.url + HOOK + "profile", headers={"X-Forwarded-For": "10.0.0.9"}, timeout=9)
    assert other.status_code == 200
    portal.control("clock", offset=30)
    assert "result" in portal.body("profile")


def test_operating_time_blocks_one_method_until_its_minutes_drop_out(portal):
    portal.vendor.limits.enforce = True
    command = {f"c{number}": "crm.item.add?entityTypeId=3&fields[name]=A" for number in range(50)}
    for step in range(60):
        portal.control("clock", offset=step)
        answer = portal("batch", cmd=command)
        if answer["result_error"]:
            break
    assert {error["error"] for error in answer["result_error"].values()} == {"OPERATION_TIME_LIMIT"}
    refused = portal.body("crm.item.add", entityTypeId=CONTACT, fields={"name": "A"})
    assert (portal.status, refused["error"]) == (429, "OPERATION_TIME_LIMIT")
    assert portal("crm.item.list", entityTypeId=CONTACT, select=["id"], start=-1)["items"]
    portal.control("clock", offset=800)
    assert portal.contact()["name"] == "Анна"


def test_a_token_lives_an_hour_and_a_refresh_replaces_the_pair(portal):
    first = portal.refresh(FIRST_REFRESH_TOKEN)
    assert first["expires_in"] == 3600 and first["client_endpoint"] == f"{portal.url}/rest/"
    portal.tokens[HUB] = first["access_token"]
    assert portal.app("profile")["ID"] == "4"
    portal.control("clock", offset=3601)
    late = requests.post(f"{portal.url}/rest/profile", json={"auth": first["access_token"]}, timeout=9)
    assert (late.status_code, late.json()["error"]) == (401, "expired_token")
    second = portal.refresh(first["refresh_token"])
    portal.tokens[HUB] = second["access_token"]
    assert portal.app("profile")["ID"] == "4"
    dead = portal.refresh(first["refresh_token"])
    assert (portal.status, dead["error"]) == (400, "invalid_grant")
    assert portal.refresh(second["refresh_token"], client_secret="wrong")["error"] == "invalid_client"


def test_a_renamed_portal_redirects_to_its_new_address(portal):
    with running(portal.vendor) as new:
        portal.control("rename", location=new)
        answer = requests.post(f"{portal.url}{HOOK}profile.json?a=1", timeout=9, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"{new}{HOOK}profile.json?a=1")
        assert requests.post(answer.headers["Location"], timeout=9).json()["result"]["ID"] == "1"


def test_the_suffix_xml_asks_for_xml(portal):
    portal.contact(lastName="Орлова & дочь")
    answer = requests.get(f"{portal.url}{HOOK}crm.item.get.xml?entityTypeId=3&id=1", timeout=9)
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert ElementTree.fromstring(answer.content).findtext("result/item/lastName") == "Орлова & дочь"
    refused = requests.get(f"{portal.url}{HOOK}crm.item.get.xml?entityTypeId=3&id=9", timeout=9)
    assert (refused.status_code, ElementTree.fromstring(refused.content).findtext("error")) == (400, "NOT_FOUND")


@contextmanager
def started(*options):
    """The stand-in as a process of its own; yields the line it prints."""
    command = [sys.executable, "-m", "sandbox", "bitrix24", "--seed", "5", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(10)


def test_the_process_speaks_tls_and_plain_http_where_allowed():
    with started("--allow-http", "--allow-loopback-webhooks") as said:
        assert said["vendor"] == "bitrix24"
        for url, trust in ((said["tls_url"], said["ca"]), (said["url"], True)):
            assert requests.post(f"{url}{HOOK}profile", timeout=9, verify=trust).json()["result"]["ID"] == "1"
        rule = [{"kind": "error", "status": 503, "count": 1}]
        requests.post(f"{said['url']}/_sandbox/faults", json=rule, timeout=9)
        assert (
            requests.post(f"{said['tls_url']}{HOOK}profile", timeout=9, verify=said["ca"]).status_code == 503
        )  # one set of faults for both
    assert not Path(said["ca"]).exists()


def test_the_process_keeps_to_tls_by_default():
    with started() as said:
        assert requests.post(f"{said['url']}{HOOK}profile", timeout=9).json()["error"] == "INVALID_REQUEST"
        assert requests.post(f"{said['tls_url']}{HOOK}profile", timeout=9, verify=said["ca"]).status_code == 200
