"""Pages of records by Flask's client: found by any spelling, masked, told in words and in the reader's language."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.config.sections.stores import Store
from hub.explain.rules import rule
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import states
from hub.storage.tables import record
from hub.web.story import fields_of
from tests.faces.reader import Reader
from tests.faces.shop import page_of


@pytest.mark.parametrize("key", ["8 903 123-45-67", "+7(903)1234567", "ANNA@example.ru"])
def test_a_customer_is_found_by_any_spelling_and_shows_the_orders(shop, readers, key):
    found = readers["support"].client.get("/search", query_string={"q": key})
    assert found.status_code == 302
    text = readers["support"].get(found.headers["Location"]).text
    assert "Седова Анна" in text and f"№ {shop.stuck}" in text


def test_a_viewer_sees_personal_data_masked_everywhere(shop, readers):
    found = readers["viewer"].client.get("/search", query_string={"q": "anna@example.ru"}).headers["Location"]
    for path in (found, "/queue?state=any", "/audit", page_of(shop, shop.good)):
        text = readers["viewer"].get(path).text
        assert "Седова" not in text and "anna@example.ru" not in text and "+79031234567" not in text, path
    assert "Седова" in readers["support"].get(found).text


def test_a_record_says_in_a_sentence_what_each_system_holds_and_why_not(shop, readers):
    stuck = readers["support"].get(page_of(shop, shop.stuck)).text
    assert "не найден в каталоге: NEW-1" in stuck and "Кто исправит" in stuck and "Совпадает" in stuck
    ivan = readers["support"].client.get("/search", query_string={"q": "89051112233"}).headers["Location"]
    assert "не принимает запись без поля «Почта»" in readers["support"].get(ivan).text


def test_a_record_shows_the_number_that_people_of_the_system_use(shop, readers):
    names = {row["name"] for row in shop.sklad("GET", "customerorder")["rows"]}
    page = readers["support"].get(page_of(shop, shop.good)).text
    assert any(f"там: № {name} ·" in page for name in names)


def test_the_time_line_says_what_systems_hold_in_the_readers_words(shop, readers):
    """MoySklad was written FEMALE, 1990-06-05 00:00:00 and the name of a store; phones stay as they are typed there."""
    own = [{"key": key, "value": value} for key, value in {"sex": "female", "birthday": "1990-06-05", "store": "mega"}.items()]
    vera = {"email": "vera@example.ru", "first_name": "Вера", "billing": {"phone": "8 (903) 765-43-21"}, "meta_data": own}
    shop.site("POST", "customers", vera)
    shop.sync()
    (row,) = shop.sklad("GET", "counterparty", filter="email=vera@example.ru")["rows"]
    assert row["sex"] == "FEMALE"
    found = readers["support"].client.get("/search", query_string={"q": "vera@example.ru"}).headers["Location"]
    told = readers["support"].get(found).text
    assert "FEMALE" not in told and "1990-06-05" not in told
    assert told.count("женский") >= 2 and told.count("05.06.1990") >= 2, "among the fields, and in what was written"


def test_the_time_line_of_an_order_tells_its_lines_and_its_buyer_and_no_addresses_of_the_vendor(shop, readers):
    """MoySklad was written links to its goods and to the counterparty, and kopecks."""
    told = readers["support"].get(page_of(shop, shop.good)).text
    assert "· выполнено</div>" in told and "· ok</div>" not in told, "what came of a write, in words"
    assert "SV-001 × 2 по 3" in told and "349000" not in told and "entity/product" not in told
    assert "entity/counterparty" not in told and told.count("Седова Анна") >= 2, "in its own place, and in what was written"
    assert "Седова" not in readers["viewer"].get(page_of(shop, shop.good)).text


def test_a_record_shows_what_was_paid_in_words(shop, readers):
    line = {"sku": "SV-001", "quantity": 1}
    paid = {"status": "processing", "payment_method": "cod", "set_paid": True, "line_items": [line], "transaction_id": "7041"}
    number = shop.site("POST", "orders", paid)["number"]
    shop.sync()
    with shop.hub.store.read() as at:
        ident = next(r["id"] for r in at.execute(select(record)).mappings() if r["data"].get("number") == number)
    assert re.search(r"Оплаты.*Наличные 3\s490,00\s₽, \d", readers["support"].get(f"/records/{ident}").text, re.S)


def test_a_record_shows_consents_with_every_answer_before_and_edits_that_nobody_can_order_are_told(shop, readers):
    (anna,) = shop.site("GET", "customers", email="anna@example.ru", role="all")
    for value, time in ((True, "2026-08-03T09:40:00Z"), (False, "2026-09-01T07:00:00Z")):
        said = {"purpose": "реклама", "channel": "смс", "brand": "Лавка", "value": value, "source": "анкета", "time": time, "text": "v2"}
        unknown = {"purpose": "реклама", "channel": "почта", "value": True, "default": True}
        shop.site("PUT", f"customers/{anna['id']}", {"meta_data": [{"key": "consents", "value": [said, unknown]}]})
        shop.sync()
    with shop.hub.store.write() as at:
        states.count(at, floor_one_interval=3, floor_before_write=1)
    found = readers["support"].client.get("/search", query_string={"q": "anna@example.ru"}).headers["Location"]
    text = " ".join(readers["support"].get(found).text.split())
    assert "Согласия" in text and "неизвестно" in text and "1 ответ до того" in text
    assert "да · 03.08.2026 14:40:00 · site · анкета · v2" in text, "by the shop's clock"
    shop.hub.clock.offset += 60  # the figures are kept for a moment
    overview = readers["viewer"].get("/").text
    assert "3 набраны в двух местах" in overview and "1 набраны в миг" in overview


def test_our_own_words_of_a_failure_are_in_the_readers_language(shop):
    """What a delivery failed of is kept in both languages, and shown in one, wherever it is shown."""
    english, russian = (Reader(shop.app, "support", language) for language in ("en", "ru"))
    for path in (page_of(shop, shop.stuck), "/problems", "/queue?state=dead", "/plan?system=sklad"):
        assert "goods are not in the catalogue: NEW-1" in english.get(path).text, path
        assert "не найден в каталоге" not in english.get(path).text, path
        assert "не найден в каталоге: NEW-1" in russian.get(path).text, path
        assert "\x1f" not in russian.get(path).text, path


def test_what_a_rule_keeps_back_has_no_button_that_would_only_meet_the_rule_again(shop, readers):
    """The site cannot hold Ivan, who has no address; what a person skipped or what failed can be tried again."""
    with shop.hub.store.read() as at:
        ivan = next(row.id for row in at.execute(select(record.c.id, record.c.data)) if row.data.get("first_name") == "Иван")
    page = readers["support"].get(f"/records/{ivan}").text
    assert "система не принимает запись без поля «Почта»" in page
    assert "Повторить…" not in page
    assert "Повторить…" in readers["support"].get(page_of(shop, shop.stuck)).text


@pytest.mark.parametrize(
    "reason, told",
    [
        ("from before 2024-01-01", "это было раньше 2024-01-01"),
        ("refused at the brake by anna", "на тормозе отказал anna"),
        ("nothing is known of it: it means nobody", "Это «никто»: чеки"),
        ("not routed: source", "принимает только то, где заполнено поле «Источник»"),
        ("not routed: channel == 'online'", "по правилу маршрута «channel == 'online'»: здесь Канал = пусто"),
    ],
)
def test_reasons_of_what_is_not_passed_on_are_told_in_words(shop, reason, told):
    assert told in rule(reason, "order", {}, Shown(Speech("ru"), {}))


def test_a_rule_about_the_parts_of_a_field_is_told_by_the_field_alone(shop):
    refused = "not routed: consents[?purpose=='marketing' && value==`false`] && store"
    assert rule(refused, "customer", {}, Shown(Speech("en"), {})).endswith("here Consents = empty, Store = empty.")


def test_the_city_of_a_store_stands_beside_it(shop, readers, monkeypatch):
    stores = {"mega": Store("mega", city="Стерлитамак")}
    monkeypatch.setattr(shop.hub, "settings", replace(shop.hub.settings, stores=stores))
    assert "Стерлитамак" in readers["viewer"].get("/directories/store").text
    page = {"record": {"entity": "order", "data": {"store": "mega"}, "provenance": {}}, "problems": [], "waiting": [], "links": []}
    titles = {("store", "mega"): ("Уфа, Мега", "Ufa, Mega")}
    (row,) = fields_of(page, Shown(Speech("ru"), titles), city="Стерлитамак")
    assert row.value == "Уфа, Мега, Стерлитамак"
    assert fields_of(page, Shown(Speech("ru"), titles), city="Уфа")[0].value == "Уфа, Мега", "its title says so already"


def test_a_phone_that_a_second_counterparty_alone_has_finds_its_owner_and_is_told(shop, readers, run):
    """Somebody typed Anna in once more in the warehouse, with a phone that she has given up since."""
    (first,) = shop.sklad("GET", "counterparty", filter="email=anna@example.ru")["rows"]
    twin = {"name": "Анна", "legalFirstName": "Анна", "legalLastName": "Седова", "companyType": "individual", "phone": "+79031234567"}
    second = shop.sklad("POST", "counterparty", twin)["id"]
    shop.sync()
    for ident, phone in ((second, "+79035550001"), (first["id"], "+79035550002")):
        shop.sklad("PUT", f"counterparty/{ident}", {"phone": phone})
        shop.sync()
    found = readers["support"].client.get("/search", query_string={"q": "8 903 555-00-01"}).headers["Location"]
    told = readers["support"].get(found).text
    assert "Седова" in told and f"есть только в системе sklad, у дубля {second}" in told
    for command in (("record", "show"), ("queue", "why")):
        assert f"stands only in sklad, in the second object {second}" in run(*command, "8 903 555-00-01")
