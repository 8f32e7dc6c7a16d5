"""The stand-in of UDS against the vendor's papers: pages, codes, the rule of sums, nonces, refunds, points that come later, signed webhooks."""

from __future__ import annotations

import hashlib
from threading import Thread

import pytest
import requests
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.frame.server import running
from sandbox.uds.app import COMPANY, KEY, Uds


class Company:
    def __init__(self, app, url):
        self.app, self.url, self.state = app, url, app.company

    def call(self, method, path, body=None, auth=(COMPANY, KEY), **params):
        return requests.request(method, f"{self.url}/partner/v2/{path}", json=body, params=params, auth=auth, timeout=5)

    def good(self, method, path, body=None, **params):
        answer = self.call(method, path, body, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def code(self, method, path, body=None, **params):
        answer = self.call(method, path, body, **params)
        return answer.status_code, answer.json()["errorCode"]

    def sale(self, total=1000, points=0, **more):
        who = {"participant": {"phone": "+79035550101"}}
        cash = total - points
        return who | {"receipt": {"total": total, "cash": cash, "points": points, "number": "A-1"}} | more


@pytest.fixture
def company():
    app = Uds(allow_loopback_webhooks=True)
    app.company.join("+79035550101", "Ирина Орлова", points=420)
    with running(app) as url:
        yield Company(app, url)


def test_a_wrong_key_and_an_ended_subscription(company):
    answer = company.call("GET", "settings", auth=(COMPANY, "x"))
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "unauthorized") and answer.headers["X-Request-Id"]
    company.state.programme.active = False
    assert company.code("GET", "settings") == (403, "companyIsInactive")


def test_pages_go_by_cursor_to_a_null_and_offsets_end(company):
    for n in range(119):
        company.state.join(f"+7903000{n:04d}")
    found, cursor = [], None
    while True:
        body = company.good("GET", "customers", max=50, cursor=cursor)
        found += body["rows"]
        if not (cursor := body["cursor"]):
            break
    assert len(found) == len({row["participant"]["id"] for row in found}) == 120
    assert company.code("GET", "customers", max=51) == company.code("GET", "customers", offset=10001) == (400, "badRequest")
    assert len(company.good("GET", "customers")["rows"]) == 10


def test_who_is_found_by_one_of_three_and_a_code_ends(company):
    (irina,) = company.state.members.values()
    short = company.state.code_of(irina.number)
    found = company.good("GET", "customers/find", code=short, exchangeCode="true", total=3000)
    assert (found["user"]["participant"]["points"], found["purchase"]["maxPoints"], found["purchase"]["cashBack"]) == (420.0, 420.0, 150.0)
    assert company.good("GET", "customers/find", uid=irina.uid)["user"]["phone"] == "+79035550101"
    company.app.offset = 46 * 60
    assert company.code("GET", "customers/find", code=short) == (404, "notFound")
    assert company.good("GET", "customers/find", code=found["code"])["user"]["uid"] == irina.uid, "a long one lives a day"
    plus = requests.get(f"{company.url}/partner/v2/customers/find?phone=+79035550101", auth=(COMPANY, KEY), timeout=5)
    assert plus.status_code == 404, "an unencoded plus is a space"


def test_sums_that_do_not_agree_are_refused_and_points_have_their_rules(company):
    wrong = company.sale()
    wrong["receipt"]["cash"] = 999
    assert company.code("POST", "operations", wrong) == (400, "invalidChecksum")
    assert company.code("POST", "operations", company.sale(1000, 421)) == (400, "insufficientFunds")
    assert company.code("POST", "operations", company.sale(800, 410)) == (400, "discountLimitExceed")
    company.state.programme.points_by_phone = False
    assert company.code("POST", "operations", company.sale(1000, 100)) == (400, "withdrawNotPermitted")
    (irina,) = company.state.members.values()
    by_code = {"code": company.state.code_of(irina.number), "receipt": company.sale(1000, 100)["receipt"]}
    assert company.good("POST", "operations", by_code)["points"] == 45.0 - 100.0
    irina.blocked = True
    assert company.code("POST", "operations", company.sale()) == (400, "participantIsBlocked")


def test_a_sale_by_phone_makes_a_customer_where_that_is_on(company):
    stranger = {"participant": {"phone": "+79261112233"}, "receipt": {"total": 100, "cash": 100, "points": 0}}
    company.state.programme.purchase_by_phone = False
    assert company.code("POST", "operations", stranger) == (400, "purchaseByPhoneDisabled")
    company.state.programme.purchase_by_phone = True
    number = company.good("POST", "operations", stranger)["customer"]["id"]
    made = company.good("GET", f"customers/{number}")
    assert (made["uid"], made["phone"], made["participant"]["points"]) == (None, "+79261112233", 5.0)


@pytest.mark.parametrize("repeat", ["same", "error"])
def test_a_nonce_guards_a_sale(company, repeat):
    company.state.programme.repeat = repeat
    body = company.sale(nonce="8f14e45f-ceea-467a-9a5c-2b1d7a10c0de")
    first = company.good("POST", "operations", body)
    again = company.call("POST", "operations", body)
    assert (again.status_code == 200 and again.json()["id"] == first["id"]) if repeat == "same" else again.status_code == 400
    assert len(company.state.operations) == 1


def test_refunds_in_part_and_whole_and_twice_is_twice(company):
    sale = company.good("POST", "operations", company.sale(1000, 200))
    for _ in range(2):
        part = company.good("POST", f"operations/{sale['id']}/refund", {"partialAmount": 250})
        assert (part["state"], part["origin"]["id"], part["total"], part["cash"], part["points"]) == (
            "REVERSAL",
            sale["id"],
            -250.0,
            -200.0,
            40.0,
        )
    assert company.code("POST", f"operations/{sale['id']}/refund", {"partialAmount": 501}) == (400, "badRequest")
    assert company.good("POST", f"operations/{sale['id']}/refund")["total"] == -500.0
    assert company.good("GET", f"operations/{sale['id']}")["state"] == "CANCELED"
    (irina,) = company.state.members.values()
    assert irina.points == 420


def test_points_may_come_later_and_a_reward_does(company):
    company.state.programme.defer = 3
    company.good("POST", "operations", company.sale())
    (irina,) = company.state.members.values()
    reward = company.call("POST", "operations/reward", {"points": 150.0, "participants": [irina.number], "silent": True})
    assert (reward.status_code, reward.text, irina.points) == (202, "", 420)
    company.app.offset = 60
    assert company.good("GET", f"customers/{irina.number}")["participant"]["points"] == 570.0
    company.app.offset = 4 * 86400
    assert company.good("GET", f"customers/{irina.number}")["participant"]["points"] == 620.0


def test_tags_are_replaced_and_shown_in_the_detail_alone(company):
    (irina,) = company.state.members.values()
    company.good("POST", f"customers/{irina.number}/tags", {"ids": [4, 9]})
    assert [one["id"] for one in company.good("POST", f"customers/{irina.number}/tags", {"ids": [9]})["rows"]] == [9]
    assert "tags" not in company.good("GET", "customers")["rows"][0]


def test_operations_are_listed_with_the_newest_first(company):
    made = [company.good("POST", "operations", company.sale())["id"] for _ in range(3)]
    assert [row["id"] for row in company.good("GET", "operations")["rows"]] == made[::-1]


def test_a_webhook_is_signed_over_everything_but_its_body(company):
    came = []

    @Request.application
    def receiver(request):
        came.append((request.headers, request.get_json()))
        return Response("")

    server = make_server("127.0.0.1", 0, receiver)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    requests.post(f"{company.url}/_sandbox/hooks", json={"operation": f"http://127.0.0.1:{server.server_port}/"}, timeout=5)
    made = company.good("POST", "operations", company.sale())
    company.app.hooks.drain()
    server.shutdown()
    server.server_close()
    ((headers, body),) = came
    wanted = hashlib.md5(f"{headers['X-RequestId']}{headers['X-Timestamp']}{COMPANY}{KEY}".encode()).hexdigest()
    assert (headers["X-Signature"], body["id"]) == (wanted, made["id"])


def test_too_many_requests(company):
    requests.post(f"{company.url}/_sandbox/limits", json={"per_second": 2}, timeout=5)
    assert [company.call("GET", "settings").status_code for _ in range(4)][-1] == 429
