"""The dashboard by Flask's client: who may do what, forms without a token, masked data, sentences, previews."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from hub.config.sections.stores import Store
from hub.decisions import brakes
from hub.decisions.directories import Said, say
from hub.explain.rules import rule
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import alerts as alert_rows
from hub.storage import directories, inbox, restoration, reviews, states, views
from hub.storage.accounts import set_user
from hub.storage.restoration import Restoration
from hub.storage.tables import audit, record
from hub.storage.tables import delivery as outbox
from hub.sync.intake import Intake
from hub.systems import fingerprints, modes, standing
from hub.systems.quality import Standing
from hub.verify import habit
from hub.watch import alerts
from hub.web.app import create_app
from hub.web.story import fields_of
from tests.faces.reader import TOKEN, Reader
from tests.faces.shop import PASSWORD, stocked, storm
from tests.plans import spoken, walks


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with stocked(tmp_path_factory.mktemp("web")) as shop:
        shop.app = create_app(shop.hub)
        yield shop


@pytest.fixture(scope="module")
def readers(shop):
    return {role: Reader(shop.app, role) for role in ("viewer", "support", "admin")} | {"stranger": Reader(shop.app)}


def delivery(shop, **filters):
    with shop.hub.store.read() as at:
        return views.queue(at, limit=1, **filters)[0]


def page_of(shop, number):
    with shop.hub.store.read() as at:
        rows = at.execute(select(record.c.id, record.c.data)).all()
    return next(f"/records/{row.id}" for row in rows if row.data.get("number") == number)


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


def test_the_queue_finds_the_stuck_order_by_its_buyers_phone(shop, readers):
    text = readers["support"].client.get("/queue", query_string={"q": "8 (903) 123 45 67", "state": "dead"}).text
    assert f"№ {shop.stuck}" in text and f"№ {shop.good}" not in text


def test_a_replay_is_previewed_confirmed_and_audited(shop, readers):
    row = delivery(shop, state="dead")
    preview = readers["support"].post("/queue/preview", id=row["id"], back="/queue")
    assert preview.status_code == 200 and f"№ {shop.stuck}" in preview.text and "нельзя записать" in preview.text
    assert delivery(shop, id=row["id"])["state"] == "dead"
    assert readers["support"].post("/queue/replay", id=row["id"], back="/queue").headers["Location"] == "/queue"
    assert delivery(shop, id=row["id"])["state"] == "pending"
    with shop.hub.store.read() as at:
        last = at.execute(select(audit.c.actor, audit.c.outcome).where(audit.c.action == "operator.replay")).all()[-1]
    assert tuple(last) == ("support", "1")
    shop.work()


def test_a_preview_shows_old_and_new_value_of_a_field(shop, readers):
    """A write that was skipped by hand differs: the preview says in what."""
    with shop.hub.store.read() as at:
        anna = next(row for row in at.execute(select(record)).mappings() if row["data"].get("first_name") == "Анна")
        ident = next(x["external_id"] for x in views.record_page(at, anna["id"])["links"] if x["system"] == "site")
    with shop.hub.store.write() as at:
        states = {row["system"]: row for row in views.systems(at)}
        assert states["sklad"]["mode"] == "live"
    readers["admin"].post("/systems/sklad/mode", mode="observe")
    shop.site("PUT", f"customers/{ident}", {"last_name": "Белова"})
    shop.poll()
    for _ in range(5):
        from hub.sync.intake import Intake

        Intake(shop.hub).run()
    row = delivery(shop, system="sklad", records=[anna["id"]])
    with shop.hub.store.write() as at:
        shop.hub.outbox.skip(at, [row["id"]], "later", now=shop.hub.clock())
    text = readers["support"].post("/queue/preview", id=row["id"]).text
    assert re.search(r"Фамилия.*Седова.*Белова", text, re.S)
    readers["admin"].post("/systems/sklad/mode", mode="live")
    readers["support"].post("/queue/replay", id=row["id"])
    shop.work()
    assert "Белова" in str(shop.sklad("GET", "counterparty")["rows"])


def test_a_skip_needs_a_reason_and_keeps_it(shop, readers):
    row = delivery(shop, state="dead")
    readers["support"].post("/queue/skip", id=row["id"], reason="")
    assert delivery(shop, id=row["id"])["state"] == "dead"
    readers["support"].post("/queue/skip", id=row["id"], reason="проба")
    assert delivery(shop, id=row["id"])["reason"] == "проба"
    readers["support"].post("/queue/replay", id=row["id"])
    shop.work()
    assert delivery(shop, id=row["id"])["state"] == "dead"


def test_a_system_is_paused_and_resumed(shop, readers):
    readers["admin"].post("/systems/site/pause", paused="1")
    assert "поставил admin" in readers["viewer"].get("/systems").text
    assert readers["support"].post("/systems/site/check").headers["Location"] == "/check#site"
    page = readers["support"].get("/check").text
    assert "site: пауза снята, работа продолжается." in page
    assert "Ключ читает заказы" in page
    assert "поставил admin" not in readers["viewer"].get("/systems").text


def test_a_brake_is_shown_with_its_sample_and_answered_by_who_may(shop, readers):
    ident = storm(shop)
    masked, text = readers["viewer"].get("/brakes").text, readers["support"].get("/brakes").text
    assert "опустошила поле «Фамилия»" in text and "Седова" in text and "Разрешить" in text
    assert "Седова" not in masked and "Разрешить</button>" not in masked
    assert readers["viewer"].post(f"/brakes/{ident}", decision="approve").status_code == 403
    readers["support"].post(f"/brakes/{ident}", decision="refuse")
    assert "Отказано" in readers["support"].get("/brakes").text
    with shop.hub.store.read() as at:
        last = at.execute(select(audit.c.actor, audit.c.outcome).where(audit.c.action == "operator.brake")).all()[-1]
    assert tuple(last) == ("support", "refuse")


def test_the_plan_is_a_page_and_a_table_that_is_sent_as_it_is_thought(shop, readers):
    page = readers["support"].get("/plan?system=site").text
    assert "не принимает запись без поля «Почта»" in page
    answer = readers["support"].get("/plan.csv?system=site&entity=customer")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plan-site-customer.csv"'
    assert answer.text.lstrip("\ufeff").splitlines()[0].startswith("system,entity,kind,record,name,id,field")
    assert "not_passed_on" in answer.text
    assert readers["viewer"].get("/plan.csv").status_code == 403
    assert readers["viewer"].get("/plan?system=nowhere").status_code == 404


def test_a_pilot_is_chosen_on_the_page(shop, readers):
    answer = readers["admin"].post("/systems/site/pilot", store="mega", phones="8 903 123-45-67")
    assert answer.status_code == 302
    assert "mega, 8 903 123-45-67" in readers["viewer"].get("/systems").text
    assert readers["support"].post("/systems/site/pilot", store="mega").status_code == 403
    readers["admin"].post("/systems/site/mode", mode="live")
    shop.work()


def test_what_a_file_of_directories_may_not_bring_is_told_by_its_word_in_the_readers_language(shop, readers):
    rows = "directory;system;remote;value;title_ru\npayment_kind;site;zzz;nosuch;\n;site;x;y;\nstore;site;gafuri;gafuri;Уфа, Гафури 5\n"
    answer = readers["admin"].post("/directories.csv", file=(io.BytesIO(rows.encode("utf-8-sig")), "directories.csv"))
    assert answer.status_code == 302
    page = readers["admin"].get("/directories").text
    assert "site zzz: payment_kind: нет значения «nosuch»" in page and "строка 3: нужны справочник" in page
    assert "1 строка изменила справочники." in page, "the others are taken"
    assert "Выбрать файл CSV…" in page, "said by us: a browser's own button speaks the browser's language"


def test_the_overview_tells_what_a_mode_keeps_from_being_written(shop, readers):
    """Nothing is "under way" to a system that is observed; the hub's own alarm stands there, too; a pilot agrees as far as it goes."""
    readers["admin"].post("/systems/site/mode", mode="observe")
    assert "site: теперь режим «наблюдает»" in readers["admin"].get("/systems").text
    anna = next(row for row in shop.sklad("GET", "counterparty")["rows"] if row.get("legalFirstName") == "Анна")
    shop.sklad("PUT", f"counterparty/{anna['id']}", {"legalMiddleName": "Ивановна"})
    shop.poll()
    while Intake(shop.hub).run():
        pass
    shop.clock.offset += 3  # longer than the overview's figures are kept
    page = readers["viewer"].get("/").text
    assert "читается, не пишется" in page
    readers["admin"].post("/systems/site/pilot", store="mega")
    shop.work()
    shop.clock.offset += 3
    assert "в пределах пилота совпадает" in readers["viewer"].get("/").text
    fingerprints.raise_alarm(shop.hub, "site", fingerprints.COPY, told="copy.example", known="shop.example")
    shop.clock.offset += 3
    assert "похоже, это её копия" in readers["viewer"].get("/").text
    with shop.hub.store.write() as at:
        modes.change(shop.hub, at, "site", "live", accept=True)
    shop.work()


def test_a_pilot_may_be_a_store_that_people_have_added(shop, readers):
    """Directories live in the database: a store of the page is as good as one of the configuration."""
    say(shop.hub, [Said("store", "site", "gafuri", "gafuri", "Уфа, Гафури 5")], actor="admin")
    assert 'value="gafuri"' in readers["admin"].get("/systems").text
    readers["admin"].post("/systems/site/pilot", store="gafuri")
    page = readers["admin"].get("/systems").text
    assert "пилот" in page and "gafuri" in page
    with shop.hub.store.read() as at:
        assert (states.get(at, "site")["mode"], modes.pilot(shop.hub, at, "site").stores) == ("pilot", ("gafuri",))
    readers["admin"].post("/systems/site/pilot", store="nowhere")
    assert "нет магазина «nowhere»" in readers["admin"].get("/systems").text
    readers["admin"].post("/systems/site/mode", mode="live")
    shop.work()


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


# alerts -----------------------------------------------------------------------------------------------------


def test_an_alert_is_taken_care_of_by_the_link_of_its_message_once_and_without_signing_in(shop, readers):
    """Opening the link does nothing: mail programs open links by themselves."""
    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="проба")
    alerts.watch(shop.hub)
    with shop.hub.store.read() as at:
        ident = next(row["id"] for row in alert_rows.listed(at) if row["key"] == "paused:site")
    path = f"/alerts/acknowledge/{alerts.link(shop.hub, ident, 'post')}"
    stranger = readers["stranger"]
    page = stranger.get(path)
    assert page.status_code == 200
    assert "site на паузе: проба." in page.text
    stranger.token = TOKEN.search(page.text).group(1)
    assert "занимается этим" not in readers["viewer"].get("/alerts").text
    assert "Вы занимаетесь этим" in stranger.post(path).text
    assert "post (по ссылке из сообщения) занимается этим" in stranger.post(path).text
    assert "post (по ссылке из сообщения) занимается этим" in readers["viewer"].get("/alerts").text
    assert stranger.get("/alerts/acknowledge/forged").status_code == 404
    assert stranger.post(path, token=False).status_code == 400
    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="")
    alerts.watch(shop.hub)


def test_support_takes_care_of_an_alert_and_a_viewer_may_not(shop, readers):
    with shop.hub.store.write() as at:
        states.set_values(at, "sklad", paused="проба")
    alerts.watch(shop.hub)
    with shop.hub.store.read() as at:
        ident = next(row["id"] for row in alert_rows.listed(at) if row["key"] == "paused:sklad")
    assert readers["viewer"].post(f"/alerts/{ident}/acknowledge").status_code == 403
    assert readers["support"].post(f"/alerts/{ident}/acknowledge").status_code == 302
    assert "support занимается этим" in readers["support"].get("/alerts").text
    assert readers["support"].post("/alerts/unknown/acknowledge").status_code == 404
    assert readers["support"].post("/alerts/test").status_code == 403
    with shop.hub.store.write() as at:
        states.set_values(at, "sklad", paused="")
    alerts.watch(shop.hub)


# checks -----------------------------------------------------------------------------------------------------


def test_the_page_of_checks_says_what_the_hub_has_met_and_where_to_mend_it(shop, readers):
    """A refused subscription by its tariff, a word that no directory knows, and the machine itself; in English too."""
    with shop.hub.store.write() as at:
        states.set_values(at, "sklad", webhooks={"error": "Использование вебхуков недоступно на вашем тарифе", "code": "30006"})
        directories.remember(at, [("order_status", "sklad", '"Ждёт оплаты"')], now=shop.hub.clock())
        reviews.set_waiting(
            at, ["nobody"], [("directory", "order_status", '"Ждёт оплаты"', "sklad", "nobody", "status")], now=shop.hub.clock()
        )
    assert readers["viewer"].post("/check").status_code == 403
    assert readers["support"].post("/check").status_code == 302
    page = readers["support"].get("/check").text
    assert "МойСклад → Настройки → Подписка" in page
    assert "Панель → Справочники → Статусы заказов" in page
    assert "Ждёт оплаты" in page
    assert "о тревогах не сообщается никому" in page
    english = Reader(shop.app, "support", "en").get("/check").text
    assert "MoySklad → Settings → Subscription" in english
    assert "Dashboard → Directories → Order statuses" in english
    with shop.hub.store.write() as at:
        states.set_values(at, "sklad", webhooks={})
        reviews.set_waiting(at, ["nobody"], [], now=shop.hub.clock())


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


def test_the_comparison_page_tells_what_was_found_and_lets_one_begin(shop, readers):
    page = readers["support"].get("/agreement").text
    assert "Проверено до" in page and "Сверки расхождений не нашли" in page
    assert readers["viewer"].post("/agreement/sklad/counterparty").status_code == 403
    assert readers["support"].post("/agreement/sklad/counterparty").status_code == 302
    anna = next(row for row in shop.sklad("GET", "counterparty")["rows"] if row.get("legalFirstName") == "Анна")
    shop.sklad("PUT", f"counterparty/{anna['id']}", {"legalLastName": "Тихая"})
    with shop.hub.store.intake() as at:  # as after a poll that did not show it
        inbox.set_cursor(at, "sklad", "counterparty", swept_at=shop.hub.clock() + 60)
    habit.whole(shop.hub, "sklad", "counterparty")
    page = readers["viewer"].get("/agreement").text
    assert "изменено там, не замечено: Фамилия" in page and "не сообщили ни вебхук, ни опрос" in page and "Тихая" not in page
    shop.work()
    shop.clock.offset += 3  # longer than the overview's figures are kept
    assert "проверено до" in readers["viewer"].get("/").text
    assert shop.site("GET", "customers", role="all")[0]["last_name"] == "Тихая"


def test_what_a_restored_backup_holds_is_told_and_let_go_on_the_page(shop, readers):
    with shop.hub.store.state() as at:
        restoration.begin(at, Restoration("r1", 1.0, 1.0, 1.0, 1.0, stage="waiting", held=["sklad", "site"]))
    assert "Восстановлена резервная копия" in readers["viewer"].get("/agreement").text
    assert readers["support"].post("/agreement/restored", system="site").status_code == 403
    assert readers["admin"].post("/agreement/restored", system="site").status_code == 302
    with shop.hub.store.read() as at:
        assert restoration.holds(at, "sklad") and not restoration.holds(at, "site")
    readers["admin"].post("/agreement/restored", system="sklad")
    assert "Восстановлена резервная копия" not in readers["viewer"].get("/agreement").text


# what stands, in words ------------------------------------------------------------------------------------


def test_a_queued_delivery_that_a_brake_holds_says_so_in_the_queue(shop, readers):
    mine = (outbox.c.system == "sklad", outbox.c.entity == "customer", outbox.c.state == "done")
    brake = storm(shop)
    with shop.hub.store.write() as at:
        ident = at.execute(select(outbox.c.id).where(*mine).limit(1)).scalar()
        at.execute(outbox.update().where(outbox.c.id == ident).values(state="pending"))
    assert "сработал тормоз, разом изменилось бы слишком много" in readers["support"].get("/queue?state=pending").text
    with shop.hub.store.write() as at:
        at.execute(outbox.update().where(outbox.c.id == ident).values(state="done"))
    brakes.decide(shop.hub, brake, brakes.APPROVE, actor="anna")
    assert "сработал тормоз" not in readers["support"].get("/queue?state=pending").text


def test_the_audit_log_says_causes_and_outcomes_in_words(shop, readers):
    for mode in ("observe", "live"):
        readers["admin"].post("/systems/site/mode", mode=mode)
    page = readers["support"].get("/audit").text
    assert "работает → наблюдает" in page
    assert "наблюдает → работает" in page
    written = readers["viewer"].get("/audit?action=write.").text
    assert "версия записи 1" in written
    assert "выполнено" in written
    english = Reader(shop.app, "support", "en").get("/audit?action=write.").text
    assert "version 1 of the record, done" in english


def test_the_plan_shows_no_column_in_which_nothing_is(shop, readers):
    page = readers["support"].get("/plan").text
    for shown in ("будет создано", "будет изменено", "уже совпадает", "не передаётся"):
        assert f">{shown}</th>" in page
    assert ">пишется</th>" not in page


def test_the_switch_of_side_effects_stands_only_where_writing_has_some(shop, readers):
    page = readers["admin"].get("/systems").text
    assert page.count("Побочные действия там выключены") == 1, "the site sends mails, MoySklad sends nothing"


def test_the_page_of_systems_says_how_well_each_connector_is_shown_to_work(shop, readers, monkeypatch):
    page = readers["viewer"].get("/systems").text
    assert page.count("Качество коннектора: ") == len(shop.hub.settings.systems) and "Качество коннектора: золото." in page
    monkeypatch.setattr(standing, "kept", lambda name: Standing())
    page = readers["viewer"].get("/systems").text
    assert (
        "Качество коннектора: ниже бронзы. Чего не хватает:" in page and "бронза: Коннектор проверен на стенде по настоящему HTTP" in page
    )


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
    page = {"record": {"entity": "order", "data": {"store": "mega"}, "provenance": {}}, "problems": [], "waiting": []}
    titles = {("store", "mega"): ("Уфа, Мега", "Ufa, Mega")}
    (row,) = fields_of(page, Shown(Speech("ru"), titles), city="Стерлитамак")
    assert row.value == "Уфа, Мега, Стерлитамак"
    assert fields_of(page, Shown(Speech("ru"), titles), city="Уфа")[0].value == "Уфа, Мега", "its title says so already"
