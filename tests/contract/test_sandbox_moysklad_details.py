"""The MoySklad sandbox where the vendor's pages go into detail: lines, metadata, subscriptions, audit, paging, what is refused."""

import json

import pytest
import requests

from sandbox.frame.server import running
from sandbox.moysklad.app import BASIC, PEOPLE, Moysklad

API = "/api/remap/1.2"
HOOK = {"url": "https://hub.example.ru/ms/1", "action": "CREATE", "entityType": "counterparty"}


@pytest.fixture(scope="module")
def shared():
    account = Moysklad(allow_loopback_webhooks=True)
    account.limits.enforce = False
    with running(account) as url:
        yield account, url + API


@pytest.fixture
def ask(shared):
    """A request of a person's token: (status, body); of the parsed answer, or None."""

    def asked(method, path, body=None, auth=f"Bearer {PEOPLE}", **options):
        headers = {"Authorization": auth, "Content-Type": "application/json"} | options.pop("headers", {})
        text = None if body is None else json.dumps(body)
        address = path if path.startswith("http") else f"{shared[1]}/{path}"
        answer = requests.request(method, address, data=text, headers=headers, timeout=10, **options)
        return answer.status_code, answer.json() if answer.content else None

    return asked


@pytest.fixture
def order(ask):
    """An order of two lines."""
    firm = ask("GET", "entity/organization")[1]["rows"][0]["meta"]
    goods = ask("GET", "entity/product")[1]["rows"]
    agent = ask("POST", "entity/counterparty", {"name": "Анна"})[1]["meta"]
    lines = [{"quantity": 2, "price": 50000.0, "assortment": {"meta": one["meta"]}} for one in goods[:2]]
    return ask("POST", "entity/customerorder", {"organization": {"meta": firm}, "agent": {"meta": agent}, "positions": lines})[1]


def code(answer):
    return answer[0], answer[1]["errors"][0]["code"]


def test_lines_are_read_added_and_removed_one_by_one_and_in_batches(ask, order):
    lines = order["positions"]["meta"]["href"]
    first, second = ask("GET", lines)[1]["rows"]
    assert ask("GET", first["meta"]["href"])[1]["id"] == first["id"]
    goods = {"meta": first["assortment"]["meta"]}
    made = ask("POST", f"{lines}/batch", [{"quantity": 1, "price": 1000, "assortment": goods}, {"id": second["id"], "quantity": 5}])[1]
    assert [row["quantity"] for row in made] == [1.0, 5.0] and len(ask("GET", lines)[1]["rows"]) == 3
    gone = ask("POST", f"{lines}/delete", [{"meta": made[0]["meta"]}, {"meta": made[0]["meta"]}])[1]
    assert "info" in gone[0] and gone[1]["errors"][0]["code"] == 1021
    assert code(ask("DELETE", made[0]["meta"]["href"])) == (404, 1021)
    assert ask("GET", order["meta"]["href"])[1]["sum"] == 350000.0


def test_a_reserve_is_counted_and_is_no_more_than_the_line(ask, order):
    (first, _) = ask("GET", order["positions"]["meta"]["href"])[1]["rows"]
    assert code(ask("PUT", first["meta"]["href"], {"reserve": 3})) == (412, 17003)
    line = ask("PUT", first["meta"]["href"], {"reserve": 2, "shipped": 2, "colour": "red"})[1]
    assert (line["reserve"], line["shipped"], "colour" in line) == (2.0, 0.0, False)
    assert ask("GET", order["meta"]["href"])[1]["reservedSum"] == 100000.0


def test_a_line_of_wrong_types_is_refused(ask, order):
    first = ask("GET", order["positions"]["meta"]["href"])[1]["rows"][0]["meta"]["href"]
    assert code(ask("PUT", first, {"quantity": "two"})) == (400, 2005) and code(ask("PUT", first, {"price": None})) == (400, 2005)


def test_hrefs_of_statuses_and_fields_lead_somewhere(ask, order):
    assert ask("GET", order["state"]["meta"]["href"])[1]["name"] == "Новый"
    field = ask("POST", "entity/customerorder/metadata/attributes", {"name": "Курьер", "type": "string"})[1]
    assert ask("GET", field["meta"]["href"])[1]["name"] == "Курьер"
    assert ask("GET", "context/companysettings/pricetype")[1][0]["name"] == "Цена продажи"  # a bare array
    assert ask("GET", "context/companysettings")[1]["useRecycleBin"] is True


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        ({"entityType": "notes"}, 30000),
        ({"method": "GET"}, 30001),
        ({"action": "PROCESSED"}, 30002),
        ({}, 30003),
        ({"url": "hub"}, 30005),
        ({"diffType": "FIELDS"}, 30009),
        ({"url": "https://hub.example.ru/" + "x" * 255}, 30010),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(ask, hook, error):
    ask("POST", "entity/webhook", HOOK)
    assert code(ask("POST", "entity/webhook", HOOK | hook)) == (412, error)


def test_one_event_goes_to_five_addresses_at_most(ask):
    made = [ask("POST", "entity/webhook", HOOK | {"url": f"https://{n}.example.ru/", "action": "DELETE"}) for n in range(6)]
    assert [status for status, _ in made] == [200] * 5 + [412] and code(made[-1])[1] == 30007
    assert (made[0][1]["method"], made[0][1]["diffType"], made[0][1]["enabled"]) == ("POST", "NONE", True)


def test_an_object_is_deleted_by_its_sync_id(ask):
    sync = "0d5d0a4e-77c1-4b7e-9a53-2d1b7a8f1f10"
    made = ask("POST", "entity/counterparty", {"name": "Б", "syncId": sync})[1]
    assert ask("DELETE", f"entity/counterparty/syncid/{sync}")[0] == 200
    assert code(ask("GET", f"entity/counterparty/{made['id']}")) == (404, 1021)


def test_the_next_page_is_the_same_request_further_on(ask):
    ask("POST", "entity/counterparty", [{"name": f"Страница {n}", "tags": ["стр"]} for n in range(3)])
    page = ask("GET", "entity/counterparty?limit=2&filter=name~=Страница&filter=name!=Страница 9&order=name,asc")[1]
    last = ask("GET", page["meta"]["nextHref"])[1]
    assert [row["name"] for row in page["rows"] + last["rows"]] == ["Страница 0", "Страница 1", "Страница 2"]
    assert "nextHref" not in last["meta"]


def test_filters_by_author_goods_and_number(ask, order):
    goods = ask("GET", order["positions"]["meta"]["href"])[1]["rows"][0]["assortment"]["meta"]["href"]
    mine = ask("GET", f"entity/customerorder?filter=updatedBy=admin@sandbox;assortment={goods};sum>=99999.5;sum<1000000")[1]["rows"]
    assert order["id"] in [row["id"] for row in mine]
    assert ask("GET", "entity/customerorder?filter=updatedBy=till1@sandbox")[1]["rows"] == []


def test_the_audit_tells_the_events_of_an_entry_and_of_an_object(ask, order):
    entry = ask("GET", "audit?limit=1")[1]["rows"][0]
    (event,) = ask("GET", f"audit/{entry['id']}/events")[1]["rows"]
    assert (event["entity"]["meta"]["href"], event["eventType"]) == (order["meta"]["href"], "create")
    assert [one["eventType"] for one in ask("GET", f"entity/customerorder/{order['id']}/audit")[1]["rows"]] == ["create"]


def test_what_the_vendor_refuses_or_ignores_in_a_body(ask):
    assert code(ask("POST", "entity/counterparty", {"name": "В", "id": "0d5d0a4e-77c1-4b7e-9a53-2d1b7a8f1f10"})) == (400, 1006)
    assert code(ask("POST", "entity/counterparty", {"name": "В"}, headers={"Content-Type": "text/plain"})) == (415, 1037)
    assert code(ask("POST", "entity/counterparty", {"name": "В", "tags": ["а"] * 1001})) == (413, 2022)
    made = ask("POST", "entity/counterparty", {"name": "В", "nickname": "В.", "salesAmount": 5})[1]
    assert "nickname" not in made and "salesAmount" not in made


def test_the_page_of_an_object_on_the_web_leads_back_to_it(ask):
    made = ask("POST", "entity/counterparty", {"name": "Г"})[1]
    screen = made["meta"]["uuidHref"].rsplit("=", 1)[1]
    assert screen != made["id"] and ask("GET", f"entity/counterparty/{screen}")[1]["id"] == made["id"]


def test_too_many_wrong_keys_are_answered_with_429():
    with running(Moysklad()) as url:
        codes = [requests.get(f"{url}{API}/context/employee", headers={"Authorization": "Bearer no"}, timeout=10) for _ in range(31)]
        assert {one.status_code for one in codes[:30]} == {401}
        assert (codes[30].status_code, codes[30].json()["errors"][0]["code"]) == (429, 1048)


def test_a_new_token_ends_the_user_s_earlier_ones():
    account = Moysklad()
    with running(account) as url:

        def ask(method, path, auth):
            return requests.request(method, f"{url}{API}/{path}", headers={"Authorization": auth}, timeout=10)

        token = ask("POST", "security/token", BASIC).json()["access_token"]
        me = "context/employee"
        assert [ask("GET", me, auth).status_code for auth in (f"Bearer {token}", f"Bearer {PEOPLE}", BASIC)] == [200, 401, 200]
        assert ask("POST", "security/token", f"Bearer {token}").status_code == 401


def test_prices_name_their_kind_and_currency(ask):
    """The vendor's own client refuses goods whose prices do not."""
    (price,) = ask("GET", "entity/product?limit=1")[1]["rows"][0]["salePrices"]
    assert ask("GET", price["priceType"]["meta"]["href"])[1]["name"] == "Цена продажи"
    assert ask("GET", price["currency"]["meta"]["href"])[1]["isoCode"] == "RUB"


def test_lines_and_fields_come_in_the_forms_that_clients_send(ask, order):
    """The vendor's own client wraps the lines of a document into ``rows``, and sends what it has nothing of as null."""
    goods = {"meta": ask("GET", order["positions"]["meta"]["href"])[1]["rows"][0]["assortment"]["meta"]}
    body = {"positions": {"rows": [{"quantity": 3, "price": 1000.0, "assortment": goods}]}, "attributes": None, "store": None}
    assert ask("PUT", order["meta"]["href"], body)[1]["sum"] == 3000.0
    assert ask("PUT", order["meta"]["href"], {"positions": None, "description": "х"})[1]["sum"] == 3000.0
    assert code(ask("PUT", order["meta"]["href"], {"positions": {"meta": order["positions"]["meta"]}})) == (400, 2002)
    assert code(ask("PUT", order["meta"]["href"], {"attributes": {"Курьер": 1}})) == (400, 2002)
