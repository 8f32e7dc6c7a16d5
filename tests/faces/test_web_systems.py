"""Systems by Flask's client: pauses, modes, pilots, the plan, directories, what a check and a comparison found."""

from __future__ import annotations

import csv
import io

from hub.decisions.directories import Said, say
from hub.storage import directories, inbox, restoration, reviews, states
from hub.storage.restoration import Restoration
from hub.sync.intake import Intake
from hub.systems import fingerprints, modes, standing
from hub.systems.quality import Standing
from hub.verify import habit
from hub.web.figures import overview_of
from tests.faces.reader import Reader


def test_a_system_is_paused_and_resumed(shop, readers):
    readers["admin"].post("/systems/site/pause", paused="1")
    assert "поставил admin" in readers["viewer"].get("/systems").text
    assert readers["support"].post("/systems/site/check").headers["Location"] == "/check#site"
    page = readers["support"].get("/check").text
    assert "site: пауза снята, работа продолжается." in page
    assert "Ключ читает заказы" in page
    assert "поставил admin" not in readers["viewer"].get("/systems").text


def test_the_plan_is_a_page_and_a_table_that_is_sent_as_it_is_thought(shop, readers):
    page = readers["support"].get("/plan?system=site").text
    assert "не принимает запись без поля «Почта»" in page
    answer = readers["support"].get("/plan.csv?system=site&entity=customer")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plan-site-customer.csv"'
    assert answer.text.lstrip("\ufeff").splitlines()[0].startswith("system,entity,kind,record,name,id,field")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    (kept,) = [row for row in rows if row["kind"] == "not_passed_on"]
    assert "не принимает запись без поля «Почта»" in kept["reason"] and kept["code"] == "not applicable: no emails"
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


def test_a_poll_that_failed_is_no_reading(shop):
    """Polled a second ago in vain: what stands on the page is when the last one came to its end, and nothing before the first."""

    def read(**row):
        cursors = {("site", "customers"): {"loaded_at": 50.0, "swept_at": 100.0, "polled_at": 900.0} | row}
        found = overview_of(shop.hub, {}, [], {}, 0, cursors, 901.0).rows
        return next(row for row in found if row.system == "site").squares["customer"].read

    assert (read(), read(error="HTTP 503"), read(error="closed for maintenance", swept_at=None, loaded_at=None)) == (900.0, 100.0, None)


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


def test_the_comparison_page_tells_what_was_found_and_lets_one_begin(shop, readers):
    page = readers["support"].get("/agreement").text
    assert "Сверок ещё не было." in page and "Сверки расхождений не нашли" not in page
    assert "Проверено до" in page
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
