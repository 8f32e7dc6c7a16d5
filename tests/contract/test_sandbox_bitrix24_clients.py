"""The Bitrix24 sandbox with the vendor's own ``b24pysdk`` over TLS and with ``fast-bitrix24``, both unchanged."""

import threading

import aiohttp
import b24pysdk
import pytest
from b24pysdk import errors
from fast_bitrix24 import BitrixAsync

from sandbox.bitrix24.app import Bitrix24
from sandbox.bitrix24.auth import CLIENT_ID, CLIENT_SECRET, FIRST_REFRESH_TOKEN, WEBHOOK_SECRET
from sandbox.frame.server import beside, running, server
from sandbox.frame.tls import certificate
from tests.contract.apart import finished


@pytest.fixture
def portal():
    portal = Bitrix24(allow_http=True)
    portal.limits.enforce = False
    return portal


@pytest.fixture
def tls(portal, monkeypatch):
    """``host:port`` of the TLS server; the certificate is trusted by the client's own setting."""
    with certificate() as pair:
        made = beside(server(portal), pair)
        threading.Thread(target=made.serve_forever, args=[0.02], daemon=True).start()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pair.path))
        yield f"localhost:{made.server_port}"
        made.shutdown()
        made.server_close()


@pytest.fixture
def official(tls):
    return b24pysdk.Client(b24pysdk.BitrixWebhook(domain=tls, webhook_token=f"1/{WEBHOOK_SECRET}"))


def test_official_client_writes_reads_and_pages(official, portal):
    made = official.crm.contact.add(fields={"NAME": "Анна", "PHONE": [{"VALUE": "+79990000001", "VALUE_TYPE": "MOBILE"}]}).result
    assert official.crm.contact.get(bitrix_id=made).result["PHONE"][0]["VALUE"] == "+79990000001"
    item = official.crm.item.add(entity_type_id=2, fields={"title": "Заказ 5001", "contactId": made}).result["item"]
    assert (item["contactIds"], item["stageId"]) == ([made], "NEW")
    for number in range(60):
        assert official.crm.contact.add(fields={"NAME": f"Имя {number}"}).result
    listed = list(official.crm.contact.list(select=["ID", "NAME"]).as_list().result)
    fast = list(official.crm.contact.list(select=["ID", "NAME"]).as_list_fast().result)
    assert len(listed) == 61 and sorted(row["ID"] for row in fast) == sorted(row["ID"] for row in listed)


def test_official_client_batches(official):
    calls = {f"c{number}": official.crm.contact.add(fields={"NAME": f"Имя {number}"}) for number in range(3)}
    answer = official.call_batch(calls | {"bad": official.crm.contact.get(bitrix_id=999)})
    assert answer.result.result == {"c0": 1, "c1": 2, "c2": 3}
    assert answer.result.result_error["bad"]["error_description"] == "Not found"


def test_official_client_knows_the_errors(official):
    with pytest.raises(errors.BitrixAPINotFound):
        _ = official.crm.item.get(bitrix_id=999, entity_type_id=3).response
    with pytest.raises(errors.BitrixAPIWrongAuthType):
        _ = official.event.get().response


def test_official_client_refreshes_an_expired_token(tls, portal, monkeypatch):
    from b24pysdk.api.requesters.bitrix_oauth_requester import BitrixOAuthRequester

    monkeypatch.setattr(BitrixOAuthRequester, "_OAUTH_TOKEN_URL", f"https://{tls}/oauth/token/")  # a constant of the client, no option
    app = b24pysdk.BitrixAppLocal(domain=tls, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    token = b24pysdk.BitrixTokenLocal(auth_token="", refresh_token=FIRST_REFRESH_TOKEN, bitrix_app=app)
    token.refresh_and_set_oauth_token()
    first = token.auth_token
    client = b24pysdk.Client(token)
    assert client.profile().result["ID"] == "4"
    portal.offset = 3601
    assert client.profile().result["ID"] == "4"
    assert token.auth_token != first and portal.portal.tokens.refreshed == 2


def test_independent_client_reads_all_and_calls_many(portal):
    async def work(url):
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            client = BitrixAsync(f"{url}/rest/1/{WEBHOOK_SECRET}/", verbose=False, client=session)
            await client.call("crm.item.add", [{"entityTypeId": 3, "fields": {"name": f"Имя {n}"}} for n in range(120)])
            items = await client.get_all("crm.item.list", {"entityTypeId": 3, "select": ["id", "name"]})
            contacts = await client.get_all("crm.contact.list", {"select": ["ID"]})
            by_id = await client.get_by_ID("crm.contact.get", [1, 2])
        return items, contacts, by_id

    with running(portal) as url:
        items, contacts, by_id = finished(work(url))
    assert {item["id"] for item in items} == set(range(1, 121)) and len(contacts) == 120
    assert by_id["1"]["NAME"].startswith("Имя")


def test_independent_client_as_an_application_asks_for_a_new_token(portal):
    tokens = []

    async def work(url, session):
        async def token():
            query = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            old = tokens[-1]["refresh_token"] if tokens else FIRST_REFRESH_TOKEN
            async with session.get(f"{url}/oauth/token/", params=query | {"refresh_token": old}) as answer:
                tokens.append(await answer.json())
            return tokens[-1]["access_token"]

        client = BitrixAsync(f"{url}/rest/", token_func=token, verbose=False, client=session)
        first = await client.call("profile", raw=True)
        portal.offset = 3601
        return first, await client.call("profile", raw=True)

    async def with_session(url):
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            return await work(url, session)

    with running(portal) as url:
        answers = finished(with_session(url))
    assert [answer["result"]["ID"] for answer in answers] == ["4", "4"] and len(tokens) == 2
