"""Ways into a Bitrix24 portal against scripted answers: tokens that are spent by one, addresses that move."""

from __future__ import annotations

import json
import threading

import pytest
import responses

from connectors.errors import Unauthorized, Unavailable
from tests.contract.bitrix24_scripted import APP, OAUTH, REST, app, connector, ok, pair, portal
from tests.contract.given import Kept


def profile(tokens):
    """A portal that knows the access tokens of ``tokens`` and counts who came with which."""

    def answer(method, body):
        if body.get("auth") not in tokens:
            return 401, {"error": "expired_token", "error_description": "The access token provided has expired."}
        return 200, ok({"ID": "4", "method": method})

    portal(answer)


def refreshes(valid):
    """An authorisation server whose refresh tokens can be spent once; ``valid``: those that are out now."""
    spent = []

    def callback(request):
        token = request.params["refresh_token"]
        if token not in valid:
            return 400, {}, json.dumps({"error": "invalid_grant", "error_description": f"{token} is spent"})
        valid.remove(token)
        spent.append(token)
        number = len(spent)
        valid.add(f"refresh-{number}")
        return 200, {}, json.dumps(pair(number))

    responses.add_callback(responses.GET, OAUTH, callback)
    return spent


@responses.activate
def test_a_token_is_renewed_only_when_it_has_expired_and_the_pair_is_kept():
    good = {"access-1"}
    profile(good)
    spent, tokens = refreshes({"first-1"}), Kept()
    made, _ = app(tokens)
    for _ in range(3):
        made.api.call("profile")
    assert spent == ["first-1"]
    again, _ = app(tokens)  # another process, or this one after a restart
    again.api.call("profile")
    assert spent == ["first-1"]
    good.clear()
    good.add("access-2")
    assert again.api.call("profile").result["ID"] == "4"
    assert spent == ["first-1", "refresh-1"]
    assert (tokens.value["access_token"], tokens.value["refresh_token"]) == ("access-2", "refresh-2")


@responses.activate
def test_two_that_meet_an_expired_token_at_once_spend_one_refresh_token():
    good = {"access-1"}
    profile(good)
    spent, tokens = refreshes({"first-1"}), Kept()
    both = [app(tokens)[0] for _ in range(2)]
    for made in both:
        made.api.call("profile")
    good.clear()
    good.add("access-2")
    threads = [threading.Thread(target=made.api.call, args=("profile",)) for made in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert spent == ["first-1", "refresh-1"]
    assert [made.api.access.pair["access_token"] for made in both] == ["access-2", "access-2"]


@responses.activate
def test_a_new_first_token_in_the_configuration_begins_anew():
    profile({"access-1", "access-2"})
    spent, tokens = refreshes({"first-1", "first-2"}), Kept()
    app(tokens)[0].api.call("profile")
    connector(APP | {"refresh_token": "first-2"}, tokens)[0].api.call("profile")
    assert spent == ["first-1", "first-2"]


@responses.activate
def test_a_refused_refresh_pauses_the_system_and_shows_no_secret():
    refreshes(set())
    with pytest.raises(Unauthorized) as caught:
        app()[0].api.call("profile")
    assert caught.value.code == "invalid_grant"
    assert "first-1" not in str(caught.value) and "secret-1" not in str(caught.value)


@responses.activate
@pytest.mark.parametrize(("told", "used"), [("http://evil.test/rest/", REST), ("https://new.bitrix24.ru/rest/", "https://new.bitrix24.ru/rest"), ("", REST)])  # fmt: skip
def test_the_address_is_the_one_that_comes_with_the_tokens_unless_that_drops_tls(told, used):
    responses.add(responses.GET, OAUTH, json=pair(1, client_endpoint=told))
    assert app()[0].api.access.door().base == used


@responses.activate
def test_a_renamed_portal_is_asked_again_by_post_at_its_new_address():
    moved = "https://novaya-lavka.bitrix24.ru"
    responses.add(responses.POST, f"{REST}/1/hook-secret/crm.item.add.json", status=302, headers={"Location": f"{moved}/rest/1/hook-secret/crm.item.add.json"})  # fmt: skip
    responses.add(responses.POST, f"{moved}/rest/1/hook-secret/crm.item.add.json", json=ok({"item": {"id": 1}}))
    made, _ = connector()
    assert made.api.call("crm.item.add", {"fields": {"name": "Анна"}}, safe=False).result == {"item": {"id": 1}}
    assert json.loads(responses.calls[1].request.body) == {"fields": {"name": "Анна"}}
    made.api.call("crm.item.add", {}, safe=False)
    assert responses.calls[2].request.url.startswith(moved)


@responses.activate
def test_a_redirect_to_plain_http_is_not_followed():
    responses.add(responses.POST, f"{REST}/1/hook-secret/profile.json", status=302, headers={"Location": "http://evil.test/rest/"})
    with pytest.raises(Unavailable, match="cannot be trusted"):
        connector()[0].api.call("profile")
    assert len(responses.calls) == 1
