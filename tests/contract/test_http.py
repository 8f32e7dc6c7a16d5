"""The one HTTP session of all connectors: what became of a request, what is tried again, what an error may say."""

from __future__ import annotations

from contextlib import contextmanager
from email.utils import formatdate

import pytest
import requests
import responses
from urllib3.exceptions import NewConnectionError, ProtocolError

from connectors.deadline import within
from connectors.errors import Unavailable, Unknown
from connectors.http import Clock, Http
from connectors.redaction import redact

URL = "https://shop.example.ru/api/orders"
SECRET = "cs_very_secret"


class Doors:
    """A limiter that counts who goes in and out."""

    def __init__(self):
        self.entered = self.inside = 0

    @contextmanager
    def request(self, weight=1.0, method=""):
        self.entered += 1
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def penalise(self, seconds, method=""):
        pass


@pytest.fixture
def naps():
    return []


@pytest.fixture
def http(naps):
    return Http("https://shop.example.ru/api", Doors(), secrets=(SECRET,), sleep=naps.append)


refused = requests.exceptions.ConnectionError(NewConnectionError(None, "Connection refused"))
reset = requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")))


@pytest.mark.parametrize(
    ("trouble", "read", "write"),
    [
        pytest.param(requests.exceptions.ConnectTimeout(), Unavailable, Unavailable, id="no connection in time: nothing left"),
        pytest.param(requests.exceptions.SSLError(), Unavailable, Unavailable, id="no trust: nothing left"),
        pytest.param(refused, Unavailable, Unavailable, id="nobody listens: nothing left"),
        pytest.param(requests.exceptions.ReadTimeout(), Unavailable, Unknown, id="no answer in time: it may have taken effect"),
        pytest.param(reset, Unavailable, Unknown, id="cut in the middle: it may have taken effect"),
        pytest.param(requests.exceptions.ChunkedEncodingError(), Unavailable, Unknown, id="half an answer: it has probably taken effect"),
    ],
)
@responses.activate
def test_what_became_of_a_request(http, trouble, read, write):
    responses.get(URL, body=trouble)
    responses.post(URL, body=trouble)
    with pytest.raises(read):
        http.request("GET", "orders", safe=True)
    with pytest.raises(write) as caught:
        http.request("POST", "orders", safe=False, json={"name": "Анна"})
    assert type(caught.value) is write
    assert http.limiter.inside == 0


@responses.activate
def test_a_read_is_tried_three_times_and_the_limiter_counts_each(http, naps):
    responses.get(URL, body=reset)
    responses.get(URL, body=reset)
    responses.get(URL, json=[1])
    assert http.request("GET", "orders", safe=True).json() == [1]
    assert (http.limiter.entered, len(naps)) == (3, 2)


@responses.activate
def test_a_write_of_unknown_effect_is_never_repeated_here(http):
    responses.post(URL, body=reset)
    with pytest.raises(Unknown):
        http.request("POST", "orders", safe=False)
    assert len(responses.calls) == 1


@pytest.mark.parametrize(("asked", "calls"), [(0.3, 3), (60.0, 1)], ids=["a moment is waited for", "a minute is the caller's to wait"])
@responses.activate
def test_a_write_turned_away_at_the_door_may_be_repeated_after_the_vendors_delay(http, naps, asked, calls):
    responses.post(URL, status=429)

    def read(answer):
        raise Unavailable("slow down", code="429", retry_after=asked)

    with pytest.raises(Unavailable):
        http.call("POST", "orders", read, safe=False)
    assert len(responses.calls) == calls
    assert all(asked <= nap < asked + 0.2 for nap in naps)


@responses.activate
def test_nothing_leaves_after_the_deadline_and_no_request_outlives_it(http):
    responses.get(URL, json={})
    with within(0.0), pytest.raises(Unavailable) as caught:
        http.request("GET", "orders", safe=True)
    assert (caught.value.code, len(responses.calls)) == ("deadline", 0)
    with within(3.0):
        http.request("GET", "orders", safe=True)
    assert all(seconds <= 3.0 for seconds in responses.calls[0].request.req_kwargs["timeout"])


@responses.activate
def test_too_large_an_answer_is_none(http, monkeypatch):
    monkeypatch.setattr("connectors.http.LARGEST", 10)
    responses.get(URL, body=b"x" * 11)
    responses.post(URL, body=b"x" * 11)
    with pytest.raises(Unavailable):
        http.request("GET", "orders", safe=True)
    with pytest.raises(Unknown):
        http.request("POST", "orders", safe=False)


@pytest.mark.parametrize("body", ["<!doctype html><p>Технические работы", '{"id": 5', ""], ids=["a page", "half an object", "nothing"])
@responses.activate
def test_a_good_status_without_json_is_no_answer(http, body):
    responses.get(URL, body=body)
    answer = http.request("GET", "orders", safe=True)
    for safe, trouble in ((True, Unavailable), (False, Unknown)):
        with pytest.raises(trouble):
            http.parse(answer, safe)


@responses.activate
def test_redirects_are_not_followed(http):
    responses.get(URL, status=301, headers={"Location": "https://elsewhere.example.ru/"})
    assert http.request("GET", "orders", safe=True).status_code == 301


@responses.activate
def test_errors_tell_neither_secrets_nor_people(http):
    told = requests.exceptions.ConnectionError(f"https://shop.example.ru/?consumer_secret={SECRET}&email=anna@example.ru")
    responses.get(URL, body=told)
    with pytest.raises(Unavailable) as caught:
        http.request("GET", "orders", safe=True)
    assert SECRET not in str(caught.value) and "anna" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /orders?consumer_key=ck_1&consumer_secret=cs_2&page=3", "GET /orders?consumer_key=***&consumer_secret=***&page=3"),
        ("oauth_signature=abc%3D&oauth_nonce=1", "oauth_signature=***&oauth_nonce=***"),
        ("token cs_very_secret was refused", "token *** was refused"),
        ("anna.orlova+shop@example.ru is taken", "***@*** is taken"),
        ("phones 8 (903) 123-45-67 and +79031234567", "phones +7********** and +7**********"),
        ("order 79031234567890 of 2026-03-04", "order 79031234567890 of 2026-03-04"),
    ],
)
def test_what_a_message_may_show(text, shown):
    assert redact(text, (SECRET,)) == shown


def header(at):
    return formatdate(at, usegmt=True)


@pytest.mark.parametrize(
    ("seen", "skew"),
    [
        pytest.param([], None, id="no answer yet"),
        pytest.param([("not a date", 100.0, 100.1)], None, id="no date"),
        pytest.param([(header(1000), 1000.2, 1000.3)], 0.0, id="within the second that a header has"),
        pytest.param([(header(4600), 1000.2, 1000.3)], 3600.2, id="an hour ahead"),
        pytest.param([(header(4600), 1000.0, 1000.1), (header(4601), 1001.9, 1002.0)], 3600.0, id="answers narrow it down"),
        pytest.param([(header(4600), 1000.2, 1000.3), (header(1060), 1060.2, 1060.3)], 0.0, id="a clock that was set right"),
    ],
)
def test_the_vendors_clock_is_measured_by_its_answers(seen, skew):
    clock = Clock()
    for date, sent, received in seen:
        clock.saw(date, sent, received)
    assert clock.skew == (skew if skew is None else pytest.approx(skew, abs=0.11))
