"""The stand-ins of both advertising systems against the vendors' papers, by plain HTTP: no maintained client of either exists."""

from __future__ import annotations

import hashlib

import pytest
import requests

from sandbox.frame.server import running
from sandbox.vk_ads.app import VkAds
from sandbox.vk_ads.tokens import CLIENT, SECRET
from sandbox.yandex_audiences.app import TOKEN, YandexAudiences

PHONES = [f"7903{n:07}" for n in range(2100)]


@pytest.fixture
def yandex():
    app = YandexAudiences()
    with running(app) as url:
        yield lambda method, path, token=TOKEN, **more: requests.request(method, f"{url}/v1/management/{path}", headers={"Authorization": f"OAuth {token}"}, timeout=5, **more)  # fmt: skip


@pytest.fixture
def vk():
    app = VkAds()
    with running(app) as url:
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}
        token = requests.post(f"{url}/api/v2/oauth2/token.json", data=form, timeout=5).json()
        assert token["expires_in"] == "86400", "as text"

        def ask(method, path, token=token["access_token"], **more):
            headers = {"Authorization": f"Bearer {token}"}
            return requests.request(method, f"{url}/api/v2/remarketing/{path}", headers=headers, timeout=5, **more)

        ask.url, ask.form, ask.refresh, ask.app = url, form, token["refresh_token"], app
        yield ask


def crm(rows, hashing=hashlib.sha256):
    lines = [hashing(one.encode()).hexdigest() for one in rows]
    return {"file": ("audience.csv", "phone,email\n" + "".join(f"{line},\n" for line in lines))}


def confirmation(**more):
    return {"segment": {"name": "лояльные", "hashed": True, "hashing_alg": "SHA256", "content_type": "crm", **more}}


def test_a_segment_is_uploaded_confirmed_and_changed(yandex):
    made = yandex("POST", "segments/upload_csv_file", files=crm(PHONES[:120])).json()["segment"]
    assert (made["status"], made["item_quantity"], made["name"]) == ("uploaded", 120, "")
    assert yandex("POST", f"segment/{made['id']}/modify_data?modification_type=replace", files=crm(PHONES[:120])).status_code == 400
    kept = yandex("POST", f"segment/{made['id']}/confirm?check_size=true", json=confirmation()).json()["segment"]
    assert (kept["status"], kept["name"]) == ("is_processed", "лояльные")
    assert yandex("POST", f"segment/{made['id']}/modify_data?modification_type=replace", files=crm(PHONES[:20])).status_code == 400
    small = {"modification_type": "replace", "check_size": "false"}
    assert (
        yandex("POST", f"segment/{made['id']}/modify_data", params=small, files=crm(PHONES[:20])).json()["segment"]["item_quantity"] == 20
    )
    more = yandex("POST", f"segment/{made['id']}/modify_data?modification_type=addition", files=crm(PHONES[20:150])).json()["segment"]
    less = yandex("POST", f"segment/{made['id']}/modify_data?modification_type=subtraction", files=crm(PHONES[:10])).json()["segment"]
    assert (more["item_quantity"], less["item_quantity"]) == (150, 140)
    assert yandex("DELETE", f"segment/{made['id']}").json() == {"success": True}


@pytest.mark.parametrize(
    ("ask", "status", "word"),
    [
        pytest.param(lambda y: y("GET", "segments", token="x"), 401, "invalid_token", id="another token"),
        pytest.param(lambda y: y("POST", "segments/upload_csv_file"), 400, "missing_parameter", id="no file"),
        pytest.param(lambda y: y("POST", "segments/upload_csv_file", files=crm(PHONES[:99])), 400, "invalid_uploading", id="99 rows"),
        pytest.param(lambda y: y("POST", "segments/upload_csv_file", files={"file": ("a", "x\n1\n" * 200)}), 400, "invalid_uploading", id="other columns"),
        pytest.param(lambda y: y("POST", "segment/7/confirm", json=confirmation()), 404, "not_found", id="no such segment"),
    ],
)  # fmt: skip
def test_what_yandex_refuses(yandex, ask, status, word):
    answer = ask(yandex)
    assert (answer.status_code, answer.json()["errors"][0]["error_type"], answer.json()["code"]) == (status, word, status)


def test_yandex_takes_no_md5(yandex):
    made = yandex("POST", "segments/upload_csv_file", files=crm(PHONES[:120], hashlib.md5)).json()["segment"]
    assert yandex("POST", f"segment/{made['id']}/confirm", json=confirmation(hashing_alg="MD5")).status_code == 400


def users(rows, data='{"name": "лояльные", "type": "phones"}'):
    return {"files": {"file": ("a.txt", "\n".join(rows))}, "data": {"data": data}}


def test_a_list_is_made_used_and_deleted(vk):
    made = vk("POST", "users_lists.json", **users(PHONES))
    assert made.status_code == 201 and made.json()["status"] == "receiving" and "X-RateLimit-Hourly-Remaining" in made.headers
    ident = made.json()["id"]
    relation = {"object_type": "remarketing_users_list", "params": {"source_id": ident, "type": "positive"}}
    segment = vk("POST", "segments.json", json={"name": "s", "pass_condition": 1, "relations": [relation]}).json()
    assert vk("DELETE", f"users_lists/{ident}.json").status_code == 409
    (held,) = vk("GET", f"segments/{segment['id']}/relations.json").json()["items"]
    assert vk("DELETE", f"segments/{segment['id']}/relations/{held['id']}.json").status_code == 400, "below the pass condition"
    other = vk("POST", "users_lists.json", **users(PHONES[1:])).json()["id"]
    items = {"items": [{**relation, "params": {"source_id": other, "type": "positive"}}]}
    assert vk("POST", f"segments/{segment['id']}/relations.json", json=items).status_code == 201
    assert vk("DELETE", f"segments/{segment['id']}/relations/{held['id']}.json").status_code == 204
    assert vk("DELETE", f"users_lists/{ident}.json").status_code == 204 and vk("GET", f"users_lists/{ident}.json").status_code == 404
    assert vk("GET", "users_lists.json", params={"_name": "лояльные"}).json()["count"] == 1
    minus = f'{{"name": "minus", "type": "phones", "base": -{other}}}'
    assert vk("POST", "users_lists.json", **users(PHONES[1:30], minus)).status_code == 201
    assert vk("GET", f"users_lists/{other}.json").json()["entries_count"] == len(PHONES) - 30


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param(users(PHONES[:1999]), "invalid_size", id="1999 rows"),
        pytest.param(users(PHONES[:24], '{"name": "a", "type": "phones", "base": 1}'), "invalid_size", id="24 rows of a difference"),
        pytest.param(users(PHONES, "{"), "invalid_json", id="data that is no JSON"),
        pytest.param({"data": {"data": "{}"}}, "required", id="no file"),
        pytest.param(users(PHONES, '{"name": "a", "type": "fax"}'), "validation_failed", id="a type that there is not"),
    ],
)
def test_what_vk_refuses(vk, more, code):
    answer = vk("POST", "users_lists.json", **more)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_key_has_five_tokens_and_a_renewal_ends_the_one_before(vk):
    for _ in range(4):
        assert requests.post(f"{vk.url}/api/v2/oauth2/token.json", data=vk.form, timeout=5).status_code == 200
    assert requests.post(f"{vk.url}/api/v2/oauth2/token.json", data=vk.form, timeout=5).status_code == 403
    renewal = vk.form | {"grant_type": "refresh_token", "refresh_token": vk.refresh}
    fresh = requests.post(f"{vk.url}/api/v2/oauth2/token.json", data=renewal, timeout=5).json()["access_token"]
    assert vk("GET", "users_lists.json").json()["code"] == "invalid_token"
    assert vk("GET", "users_lists.json", token=fresh).status_code == 200
    vk.app.tokens.expire()
    assert vk("GET", "users_lists.json", token=fresh).json() == {"code": "expired_token", "message": "Access token is expired"}
