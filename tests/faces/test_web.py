"""The dashboard by Flask's client: who may do what, forms without a token, languages, what pages cost."""

from __future__ import annotations

import re

import pytest
from werkzeug.security import generate_password_hash

from hub.storage.accounts import set_user
from hub.web.app import create_app
from tests.conftest import HASHING
from tests.faces.reader import TOKEN, Reader
from tests.faces.shop import PASSWORD, page_of
from tests.plans import spoken, walks


@pytest.mark.parametrize("path, least", [("/", "viewer"), ("/problems", "viewer"), ("/queue", "viewer"), ("/systems", "viewer"), ("/check", "viewer"), ("/alerts", "viewer"), ("/review", "viewer"), ("/conflicts", "viewer"), ("/stand-ins", "viewer"), ("/audit", "viewer"), ("/search?q=x", "viewer"), ("/people", "admin")])  # fmt: skip
def test_pages_ask_for_a_role(readers, path, least):
    order = ("viewer", "support", "admin")
    assert readers["stranger"].get(path).status_code == 302
    for role in order:
        assert readers[role].get(path).status_code == (200 if order.index(role) >= order.index(least) else 403), role


@pytest.mark.parametrize("path, least", [("/queue/preview", "support"), ("/queue/replay", "support"), ("/queue/skip", "support"), ("/systems/sklad/check", "support"), ("/systems/sklad/mode", "admin"), ("/systems/sklad/pause", "admin"), ("/people", "admin"), ("/people/viewer/active", "admin")])  # fmt: skip
def test_actions_ask_for_a_role_and_for_the_token_of_the_form(readers, path, least):
    order = ("viewer", "support", "admin")
    assert readers["admin"].post(path, token=False).status_code == 400
    assert readers["stranger"].post(path).status_code == 302
    for role in order[: order.index(least)]:
        assert readers[role].post(path).status_code == 403, role


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(shop):
    reader = Reader(shop.app)
    wrong, unknown = reader.post("/login", user="admin", password="x"), reader.post("/login", user="nobody", password="x")
    assert wrong.status_code == unknown.status_code == 401
    assert TOKEN.sub("", wrong.text) == TOKEN.sub("", unknown.text)


def test_the_language_is_the_browsers_until_a_person_chooses_and_then_that_everywhere(shop):
    with shop.hub.store.write() as at:
        set_user(at, "olga", PASSWORD, "viewer")
    reader = Reader(shop.app, language="en")
    reader.post("/login", user="olga", password=PASSWORD)
    assert 'lang="en"' in reader.get("/").text, "as the page on which she signed in"
    reader.token = TOKEN.search(reader.get("/").text).group(1)
    reader.post("/language/ru")
    again = Reader(shop.app, language="en")
    again.post("/login", user="olga", password=PASSWORD)
    assert 'lang="ru"' in again.get("/").text


def test_a_guess_of_a_password_costs_what_a_tenth_of_a_second_does():
    assert HASHING == "scrypt", "at the cost of werkzeug, which goes up with the years; tests alone hash for less"
    assert generate_password_hash("x", HASHING).startswith("scrypt:32768:8:1$")


def test_many_wrong_passwords_shut_the_name_for_a_while(shop):
    reader = Reader(create_app(shop.hub))
    for _ in range(10):
        reader.post("/login", user="viewer", password="x")
    assert reader.post("/login", user="viewer", password=PASSWORD).status_code == 401


def test_every_answer_bears_the_headers_and_no_script_stands_in_a_page(shop, readers):
    for path in ("/", "/queue", page_of(shop, shop.stuck)):
        answer = readers["admin"].get(path)
        assert (
            "script-src 'self'" in answer.headers["Content-Security-Policy"] and "unsafe" not in answer.headers["Content-Security-Policy"]
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", answer.text), path


def test_no_form_sends_people_to_another_site(readers):
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert readers["viewer"].post("/language/ru", back=target).headers["Location"] == "/"
    assert readers["viewer"].post("/language/ru", back="/queue?state=dead").headers["Location"] == "/queue?state=dead"


def test_nobody_shuts_themselves_out(readers):
    assert readers["admin"].post("/people/admin/active", active="").status_code == 400


def test_english_pages_hold_no_russian_words_of_the_interface(shop):
    reader = Reader(shop.app, "support", "en")
    for path in ("/", "/problems", "/queue?state=any", "/systems", "/plan", "/brakes", "/review"):
        words = set(re.findall(r"[А-Яа-яё]+", re.sub(r"<[^>]+>", " ", reader.get(path).text)))
        allowed = set(
            re.findall(r"[А-Яа-яё]+", "Русский МойСклад Седова Белова Анна Вера Петров Иван Товар строки не найден в каталоге Уфа ₽")
        )
        assert words <= allowed, (path, words - allowed)


def test_searches_use_indexes(shop):
    """A search over millions of records must not read them all."""
    with shop.hub.store.read() as at:
        seen = []
        from sqlalchemy import event

        @event.listens_for(shop.hub.store.main, "before_cursor_execute")
        def remember(connection, cursor, statement, parameters, context, many):
            if statement.startswith("SELECT"):
                seen.append((statement, parameters))

        from hub.explain.found import find

        find(shop.hub, at, shop.stuck, [])
        event.remove(shop.hub.store.main, "before_cursor_execute", remember)
        plans = [row[-1] for sql, values in seen for row in at.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    tables = [
        plan for plan in plans if plan.startswith("SCAN") and not plan.startswith("SCAN anon_")
    ]  # anon_: what a walk of at most 50 found
    assert plans and not tables, plans


COUNTS = (  # of all links and records: asked once a minute where there are many
    "SELECT link.system, link.entity, count(*)",
    "SELECT record.entity, count(*)",
    "SELECT count(*) AS count_1 FROM (SELECT delivery.id AS id FROM delivery WHERE 1 = 1 LIMIT",  # ends at its limit
    "SELECT count(*) AS count_1 FROM field_problem",
    "SELECT count(*) AS count_1 FROM parked",
    "SELECT field_problem.system, field_problem.entity",
    "SELECT count(*) AS count_1 FROM (SELECT 1 AS one FROM inbox",
)
READ_OFTEN = ("/", "/?fragment=1", "/problems", "/queue", "/queue?state=dead", "/queue?system=crm&state=waiting", "/queue?system=crm&error=Rejected", "/queue?state=any", "/review", "/conflicts", "/check", "/systems", "/audit", "/audit?action=operator.", "/search?q=0001")  # fmt: skip


def test_pages_cost_the_same_among_a_thousand_records_and_among_millions(shop, readers):
    page = page_of(shop, shop.stuck)

    def look():
        for path in (*READ_OFTEN, page):
            assert readers["admin"].get(path).status_code in (200, 302), path

    plans = spoken(look)
    bad = walks(plans, COUNTS)
    assert len(plans) > 20 and not bad, bad
