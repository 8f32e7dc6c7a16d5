"""The door by which 1C comes in as to its site, and what becomes of what it brings and fetches."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hub import reconcile
from hub.accounts import set_user
from hub.storage import archive, offers, states, uploads
from hub.storage.tables import brake, offer, record, system_state
from hub.sync import exchanging
from hub.sync.intake import Intake
from hub.sync.writing import Writer
from hub.web import exchange as face
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from tests.conftest import empty
from tests.scenarios.exchange_shop import (
    GUID,
    LOGIN,
    PASSWORD,
    SIZE,
    Door,
    basic,
    catalogue,
    document,
    documents,
    hub_of,
    item,
    offered,
    offers_of,
    packed,
)

LINES = f"<Товары><Товар><Ид>{GUID}</Ид><Артикул>MUG-R</Артикул><Наименование>Кружка</Наименование><ЦенаЗаЕдиницу>745</ЦенаЗаЕдиницу><Количество>2</Количество><Сумма>1490</Сумма></Товар></Товары>"


ONE = pytest.mark.parametrize("kept_store", ["sqlite"], indirect=True)  # what the database has no part in


@pytest.fixture
def door(store, tmp_path, monkeypatch):
    return Door(store, tmp_path, monkeypatch)


@pytest.fixture
def stocked(door):
    """1C has brought a mug."""
    door.enter()
    assert door.bring("import.xml", catalogue(item())) == "success"
    door.work()
    return door


# who may come in ------------------------------------------------------------------------------------------------


@ONE
def test_checkauth_tells_cookie_and_sessid(door):
    lines = door.enter()
    assert lines[:2] == ["success", "sverka_exchange"] and lines[3].startswith("sessid=") and len(lines) == 4
    assert door.say(f"type=catalog&mode=init&sessid={door.sessid}") == "zip=yes\nfile_limit=1000000"


@ONE
@pytest.mark.parametrize(
    "auth",
    [None, "Basic", "Basic !!!", "Bearer x", basic(LOGIN, "не тот"), basic("чужой", PASSWORD), basic(LOGIN, ""), basic("", "")],
    ids=["none", "empty", "no base64", "another way", "password", "login", "no password", "nothing"],
)
def test_who_is_not_told_the_password_is_told_nothing(door, auth):
    answer = door.ask("type=catalog&mode=checkauth", auth=auth)
    assert answer.status_code == 401 and answer.get_data(as_text=True).startswith("failure\n") and "WWW-Authenticate" not in answer.headers


@ONE
def test_names_and_passwords_may_come_in_windows_1251(door):
    assert door.say("type=catalog&mode=checkauth", auth=basic(LOGIN, PASSWORD, "windows-1251")).startswith("success")


@ONE
def test_a_wrong_password_beside_a_right_cookie_is_wrong(door):
    door.enter()
    assert door.ask("type=catalog&mode=init", auth=basic(LOGIN, "x")).status_code == 401
    assert door.say("type=catalog&mode=init", auth=None).startswith("zip="), "the cookie alone is enough: it was given for the password"


@ONE
def test_guessing_is_slowed_down_for_the_one_who_guesses(door):
    for _ in range(12):
        door.ask("type=catalog&mode=checkauth", auth=basic(LOGIN, "x"))
    assert door.ask("type=catalog&mode=checkauth").status_code == 401
    with door.app.test_request_context():
        pass
    answer = door.client.get("/exchange/uchet/1c_exchange.php?type=catalog&mode=checkauth", headers={"Authorization": basic(LOGIN, PASSWORD)}, environ_base={"REMOTE_ADDR": "10.0.0.7"})  # fmt: skip
    assert answer.status_code == 200, "1C comes from elsewhere"


@ONE
@pytest.mark.parametrize("cookie", ["", "sverka_exchange=", "sverka_exchange=a.1.b", "sverka_exchange=a.x.b", "other=1"])
def test_without_a_session_nothing_is_taken(door, cookie):
    assert door.say("type=catalog&mode=file&filename=import.xml", b"<a/>", cookie=cookie).startswith("failure\n")


@ONE
def test_a_wrong_sessid_is_refused_and_none_is_not_asked_for(door):
    door.enter()
    assert door.say("type=catalog&mode=init&sessid=другой").startswith("failure\n")
    assert door.say("type=catalog&mode=init").startswith("zip=")


@ONE
def test_a_trial_checkauth_does_not_end_the_session_before_it(door):
    door.enter()
    first = door.cookie
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item()))
    door.enter()
    assert door.cookie != first
    assert door.say("type=catalog&mode=import&filename=import.xml").startswith("failure\n"), "sessions do not see each other's files"
    assert door.say("type=catalog&mode=import&filename=import.xml", cookie=first) == "success"


@ONE
@pytest.mark.parametrize(
    "path", ["/exchange/uchet", "/exchange/uchet/bitrix/admin/1c_exchange.php", "/bitrix/admin/1c_exchange.php", "/1c_exchange.php"]
)
def test_addresses_as_people_type_them(door, path):
    assert door.say("type=catalog&mode=checkauth", path=path).startswith("success")


@ONE
def test_systems_that_do_not_exchange_have_no_door(door):
    assert door.ask("type=catalog&mode=checkauth", path="/exchange/other/1c_exchange.php").status_code == 401


@ONE
@pytest.mark.parametrize("query", ["", "type=reference&mode=checkauth", "type=crm&mode=listen", "type=sale&mode=что"])
def test_unknown_commands_are_answered_in_words(door, query):
    door.enter()
    answer = door.ask(query)
    assert answer.status_code == 200 and answer.get_data(as_text=True) == "failure\nНеизвестная команда."


@ONE
def test_answers_are_plain_text_in_utf8(door):
    answer = door.ask("type=catalog&mode=checkauth")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8" and "Content-Encoding" not in answer.headers


# files ----------------------------------------------------------------------------------------------------------


@ONE
def test_fragments_are_put_together(door):
    body = catalogue(*(item(f"{GUID[:-3]}{n:03}", f"A-{n}") for n in range(300)))
    door.enter()
    door.say("type=catalog&mode=init")
    for start in range(0, len(body), 7001):
        assert door.say("type=catalog&mode=file&filename=import0_1.xml", body[start : start + 7001]) == "success"
    assert door.say("type=catalog&mode=import&filename=import0_1.xml") == "success"
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["A-0", "A-299"]).keys() == {"A-0", "A-299"} and not door.unread()


def test_a_lost_answer_to_a_fragment_or_to_import_does_no_harm(door):
    """1C sends the fragment again: the file is refused, and 1C brings all of it at its next exchange. `import` once more is the same success."""
    body = catalogue(item())
    door.enter()
    for piece in (body[:200], body[:200], body[200:]):
        door.say("type=catalog&mode=file&filename=import.xml", piece)
    assert door.say("type=catalog&mode=import&filename=import.xml").startswith("failure\n")
    assert door.bring("import.xml", body) == "success"
    assert door.say("type=catalog&mode=import&filename=import.xml") == "success"
    door.work()
    assert door.say("type=catalog&mode=import&filename=import.xml") == "success"
    door.work()
    assert door.unread() == []


@ONE
def test_init_clears_the_place_and_spares_what_is_to_be_worked_on(door):
    door.enter()
    door.say("type=catalog&mode=file&filename=import.xml", b"<half")
    door.bring("offers.xml", catalogue(item()))
    door.say("type=catalog&mode=init")
    assert door.say("type=catalog&mode=import&filename=import.xml").startswith("failure\n")
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R"]) == {"MUG-R": GUID}


@ONE
def test_an_archive_under_a_name_of_the_moment_holds_the_files_that_are_asked_for(door):
    body = packed(
        **{"import0_1.xml": catalogue(item()), "offers0_1.xml": catalogue(item(GUID[::-1], "X")), "import_files/ab/ab.jpeg": b"\xff\xd8"}
    )
    door.enter()
    for start in range(0, len(body), 100):
        door.say("type=catalog&mode=file&filename=v8_3B8F_3e.zip", body[start : start + 100])
    assert door.say("type=catalog&mode=import&filename=import0_1.xml") == "success"
    assert door.say("type=catalog&mode=import&filename=prices0_1.xml").startswith("failure\n")
    door.work()
    assert door.say("type=catalog&mode=import&filename=offers0_1.xml") == "success"
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R", "X"]).keys() == {"MUG-R", "X"}


def test_a_backup_holds_what_was_accepted_and_not_worked_on_yet(door, tmp_path):
    door.enter()
    door.bring("import.xml", catalogue(item()))
    with door.store.snapshot() as (main, intake):
        archive.write(tmp_path / "backup.zip", main, intake, {})
    empty(door.store)
    kept = archive.Archive(tmp_path / "backup.zip")
    for branch, transaction in (("main", door.store.write), ("intake", door.store.intake)):
        with transaction() as at:
            kept.put(at, branch)
    kept.close()
    door.work()
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R"]) == {"MUG-R": GUID}


@ONE
def test_pictures_are_taken_and_let_fall(door):
    door.enter()
    assert door.say("type=catalog&mode=file&filename=import_files/ab/ab12_34cd.jpeg", b"\xff\xd8" * 1000) == "success"
    with door.store.read_intake() as at:
        assert uploads.found(at, "uchet", door.cookie, "x") == []


@ONE
@pytest.mark.parametrize("name", ["../../etc/passwd.xml", "..%5C..%5Cimport.xml", "C:%5Cimport.xml", "", "a%00.xml"])
def test_names_that_lead_outside_are_refused(door, name, tmp_path):
    door.enter()
    before = sorted(tmp_path.rglob("*"))
    assert door.say(f"type=catalog&mode=file&filename={name}", catalogue(item())) == "failure\nНедопустимое имя файла."
    assert sorted(tmp_path.rglob("*")) == before


@ONE
@pytest.mark.parametrize(
    "body", [b"<html>502</html>", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", catalogue(item())[:-9]], ids=["page", "entities", "cut"]
)
def test_what_cannot_be_read_is_refused_while_1c_still_has_it(door, body):
    door.enter()
    assert door.bring("import.xml", body).startswith("failure\nФайл import.xml не принят")


@ONE
def test_an_empty_file_is_refused(door):
    door.enter()
    assert door.say("type=catalog&mode=file&filename=import.xml", b"").startswith("failure\n")


@ONE
def test_a_file_that_is_too_large_is_refused(door, monkeypatch):
    monkeypatch.setattr(face, "LARGEST_FILE", 1000)
    door.enter()
    assert door.say("type=catalog&mode=file&filename=import.xml", b"x" * 900) == "success"
    assert "больше" in door.say("type=catalog&mode=file&filename=import.xml", b"x" * 900)


def test_a_connection_that_breaks_leaves_nothing_of_its_piece(door):
    def broken():
        yield b"y" * (uploads.PIECE + 5)
        raise OSError

    door.enter()
    session = door.cookie.partition("=")[2].partition(".")[0]
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item())[:100])
    with pytest.raises(OSError):
        uploads.append(door.store, "uchet", session, "catalog", "import.xml", broken(), most=1 << 30)
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item())[100:])
    assert door.say("type=catalog&mode=import&filename=import.xml") == "success"


@ONE
def test_a_node_that_asks_for_nothing_is_not_waited_for_for_ever(door):
    """The node's flag «выгружать файлы без ожидания подтверждения»."""
    door.enter()
    door.say("type=catalog&mode=file&filename=import.xml", catalogue(item()))
    door.say("type=catalog&mode=file&filename=offers.xml", b"<half")
    door.hub.clock = lambda late=door.hub.clock() + exchanging.QUIET + 1: late
    assert exchanging.due(door.hub, now=door.hub.clock()) == {"uchet"}
    exchanging.work(door.hub, "uchet")
    assert door.hub.connectors["uchet"].exchange.shelf.goods(["MUG-R"]) == {"MUG-R": GUID}
    assert len(door.unread()) == 1 and "offers.xml" in door.unread()[0]


def test_a_kill_in_the_middle_of_a_file_loses_nothing_and_repeats_little(door, monkeypatch):
    monkeypatch.setattr(exchanging, "BATCH", 3)
    door.enter()
    door.bring("orders.xml", documents(*(document(str(n), lines=LINES) for n in range(10))), "sale")
    turns = iter([True, False])  # taken on, and stopped after the first step
    assert exchanging.work(door.hub, "uchet", lambda: next(turns, False)) == 0
    assert 0 < len(door.waiting()) < 10
    door.work()
    assert sorted(row["number"] for row in door.orders()) == [str(n) for n in range(10)]


def test_a_kill_between_the_two_commits_of_a_step_loses_nothing(door, monkeypatch):
    """What is kept is kept, and nobody was told to look at it."""

    def killed(*_):
        raise SystemExit

    door.enter()
    door.bring("orders.xml", documents(document("1", lines=LINES), document("2", lines=LINES)), "sale")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(exchanging.inbox, "put", killed)
        exchanging.work(door.hub, "uchet")
    assert len(door.offers()) == 2 and door.waiting() == []
    door.hub.clock = lambda late=door.hub.clock() + exchanging.LEASE + 1: late
    door.work()
    assert sorted(row["number"] for row in door.orders()) == ["1", "2"]


# orders 1C shows ------------------------------------------------------------------------------------------------


@ONE
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251"])
def test_orders_that_1c_shows_become_records_and_what_cannot_be_read_a_note(stocked, encoding):
    stocked.enter("sale")
    bodies = (
        document("777", {"Статус заказа": "Отгружен"}, LINES),
        "<Документ><ХозОперация>Отпуск товара</ХозОперация></Документ>",
        document("778", {"Отменен": "true"}),
    )
    assert stocked.bring("orders-5b1e_1.xml", documents(*bodies, encoding=encoding), "sale") == "success"
    stocked.work()
    found = {one["number"]: one for one in stocked.orders()}
    assert found["777"]["status"] == "shipped" and found["778"]["status"] == "cancelled"
    assert found["777"]["lines"][0] | {"price": ""} == {"sku": "MUG-R", "name": "Кружка", "quantity": "2", "price": "", "discount": "0.00", "sum": "1490.00", "kind": "product"}  # fmt: skip
    (note,) = stocked.unread()
    assert "orders-5b1e_1.xml, строка" in note and "Отпуск товара" in note


@ONE
def test_an_order_that_the_hub_did_not_give_is_never_changed_in_1c(stocked):
    stocked.enter("sale")
    stocked.bring("orders.xml", documents(document("777", {"Статус заказа": "Отгружен"}, LINES)), "sale")
    stocked.work()
    (row,) = stocked.offers()
    assert row["record_id"] is None and "<Документ>" not in stocked.say("type=sale&mode=query")


def test_what_1c_brought_agrees_with_the_records(stocked):
    stocked.enter("sale")
    stocked.bring("orders.xml", documents(document("777", {"Статус заказа": "Отгружен"}, LINES)), "sale")
    stocked.bring("offers.xml", offers_of(offered(GUID, "10", stores={"s1": "3"})))
    stocked.place()
    stocked.work()
    found = reconcile.verify(stocked.hub)
    assert [getattr(found, name) for name in ("drift", "lost", "strangers", "absent")] == [[], [], [], []], found


# orders 1C is given ------------------------------------------------------------------------------------------------


def fetched(door: Door) -> str:
    door.enter("sale")
    return door.say("type=sale&mode=query")


def test_an_order_is_owed_until_1c_has_said_that_it_has_it(stocked):
    stocked.place()
    stocked.work()
    assert stocked.states() == [("waiting", "")]
    text = fetched(stocked)
    assert text.startswith("<?xml") and "<Номер>S5012</Номер>" in text and f"<Ид>{GUID}</Ид>" in text
    stocked.work()
    assert stocked.states() == [("waiting", "")], "handed over is not taken"
    assert fetched(stocked).count("<Номер>S5012</Номер>") == 1, "without success the same is given again"
    assert stocked.say("type=sale&mode=success") == "success"
    stocked.work()
    assert stocked.states() == [("done", "")] and "<Документ>" not in fetched(stocked)


@ONE
def test_pages_say_that_an_order_waits_to_be_fetched(stocked):
    key = stocked.place()
    stocked.work()
    with stocked.store.write() as at:
        set_user(at, "support", "long enough", "support")
    client = stocked.app.test_client()
    stocked.app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/login", data={"user": "support", "password": "long enough"}).status_code == 302
    for page in (f"/records/{key}", "/queue"):
        text = client.get(page, headers={"Accept-Language": "ru"}).get_data(as_text=True)
        assert "система заберёт при следующем обмене" in text or "fetches it at its next exchange" in text, page


def test_success_counts_for_what_its_own_session_was_given(stocked):
    stocked.place()
    stocked.work()
    fetched(stocked)
    first = stocked.cookie
    fetched(stocked)  # a manual run beside it
    stocked.say("type=sale&mode=success", cookie=first)
    assert "<Документ>" in fetched(stocked)


def test_a_change_between_query_and_success_is_owed_anew(stocked):
    key = stocked.place()
    stocked.work()
    fetched(stocked)
    stocked.change(key, status="cancelled")
    stocked.work()
    stocked.say("type=sale&mode=success")
    stocked.work()
    assert stocked.states() == [("waiting", "")]
    text = fetched(stocked)
    assert "<Номер>S5012</Номер>" in text and "<Наименование>Отменен</Наименование><Значение>true</Значение>" in text
    stocked.say("type=sale&mode=success")
    stocked.work()
    assert stocked.states() == [("done", "")]


@ONE
@pytest.mark.parametrize("shown", [False, True], ids=["never shown by 1C", "shown by 1C"])
def test_a_kill_while_a_change_is_laid_out_ends_well(stocked, monkeypatch, shown):
    key = stocked.place()
    stocked.work()
    fetched(stocked)
    stocked.say("type=sale&mode=success")
    if shown:
        stocked.bring("orders.xml", documents(document("S5012", {}, LINES)), "sale")
    stocked.work()
    stocked.change(key, status="cancelled")

    def killed(*_):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Writer, "_read_back", killed)
        stocked.work()
    now = stocked.hub.clock() + 120
    for step in range(6):
        stocked.hub.clock = lambda at=now + 10 * step: at
        with stocked.store.write() as at:
            stocked.hub.outbox.expire(at, now=stocked.hub.clock())
        stocked.work()
    assert stocked.states() == [("waiting", "")]
    assert "<Значение>true</Значение>" in fetched(stocked)
    stocked.say("type=sale&mode=success")
    stocked.work()
    assert stocked.states() == [("done", "")]


def test_an_order_that_comes_back_is_taken_though_success_was_lost(stocked):
    key = stocked.place()
    stocked.work()
    fetched(stocked)
    stocked.enter("sale")
    stocked.bring("orders.xml", documents(document("S5012", {"Отгружен": "true"}, LINES)), "sale")
    stocked.work()
    assert stocked.states() == [("done", "")] and "<Документ>" not in fetched(stocked)
    (order,) = stocked.orders()
    assert order["status"] == "shipped" and len(stocked.offers()) == 1 and stocked.offers()[0]["record_id"] == key


@ONE
def test_goods_that_1c_has_not_brought_are_never_sent_and_go_once_it_has(door):
    door.place(sku="NEW-1")
    door.work()
    assert door.states() == [("dead", "sku_unknown")] and door.offers() == []
    door.enter()
    door.bring("import.xml", catalogue(item(article="NEW-1")))
    door.work()
    assert door.states() == [("waiting", "")] and f"<Ид>{GUID}</Ид>" in fetched(door)


@ONE
def test_an_article_of_several_goods_names_none_and_sizes_are_told_by_barcode(door):
    door.enter()
    twice = catalogue(
        item(GUID[:-1] + "1", "SAME"), item(GUID[:-1] + "2", "SAME"), item(SIZE, "MUG-R", "<Штрихкод>4600000000017</Штрихкод>")
    )
    door.bring("import.xml", twice)
    door.work()
    shelf = door.hub.connectors["uchet"].exchange.shelf
    assert shelf.goods(["SAME", "MUG-R", "4600000000017"]) == {"4600000000017": SIZE} and shelf.names([SIZE]) == {SIZE: "4600000000017"}


@ONE
def test_goods_that_lose_their_article_are_not_found_by_it(stocked):
    stocked.place()
    stocked.work()
    stocked.bring("import1.xml", catalogue(item(article="MUG-NEW")))
    stocked.work()
    stocked.place("5013")
    stocked.work()
    assert sorted(stocked.states()) == [("dead", "sku_unknown"), ("waiting", "")]


def test_numbers_are_short_and_meet_nobody_elses(stocked):
    """Sites and years begin to count anew: the second order of a number gets one of its own."""
    for number in ("5012", "5012", "очень длинный номер заказа"):
        stocked.place(number)
    stocked.work()
    found = [row["number"] for row in stocked.offers()]
    assert len(set(found)) == 3 and all(len(one) <= 11 for one in found) and "S5012" in found


@ONE
def test_an_order_that_1c_has_from_a_former_hub_is_not_given_twice(stocked):
    stocked.enter("sale")
    stocked.bring("orders.xml", documents(document("S5012", {}, LINES), document("S5013", {}, LINES)), "sale")
    stocked.work()
    stocked.place("5012", created="2024-03-05T09:07:09Z")
    stocked.place("5013", created="2026-01-01T09:00:00Z")
    stocked.work()
    assert ("dead", "there") in stocked.states()
    (given,) = [row["number"] for row in stocked.offers() if row["record_id"]]
    assert given not in ("S5012", "S5013"), "another year's number is another order's"


@ONE
def test_large_sets_go_in_portions(stocked, monkeypatch):
    monkeypatch.setattr(face, "BATCH", 2)
    for number in range(5):
        stocked.place(str(number))
    stocked.work()
    counts = []
    for _ in range(4):
        counts.append(fetched(stocked).count("<Документ>"))
        stocked.say("type=sale&mode=success")
    assert counts == [2, 2, 1, 0]


@ONE
def test_what_was_not_taken_has_its_turn_though_new_orders_come_all_the_time(stocked):
    stocked.place("old")
    stocked.work()
    for _ in range(3):
        fetched(stocked)
    for number in range(4):
        stocked.place(str(number))
        stocked.work()
        text = fetched(stocked)
        stocked.say("type=sale&mode=success")
        if "<Номер>Sold</Номер>" in text:
            break
    else:
        raise AssertionError("it waits for ever")
    assert text.count("<Документ>") == 1, "apart from the others"


def test_one_order_that_1c_cannot_load_keeps_back_no_other_and_is_laid_before_a_person(stocked, monkeypatch):
    """The whole batch is refused each time; halved, the others get through, and the poison stands alone in the end."""
    monkeypatch.setattr(face, "BATCH", 8)
    for number in range(8):
        stocked.place(str(number))
    stocked.work()
    for _ in range(60):
        text = fetched(stocked)
        if "<Номер>S3</Номер>" not in text:
            stocked.say("type=sale&mode=success")
        stocked.work()
    states_ = sorted(stocked.states())
    assert states_ == [("dead", "exchange")] + [("done", "")] * 7
    assert fetched(stocked).count("<Документ>") == 1, "it is offered still: once it is mended there, it goes"
    stocked.say("type=sale&mode=success")
    stocked.work()
    assert set(stocked.states()) == {("done", "")}


@ONE
def test_nothing_is_given_while_the_system_is_observed(stocked):
    stocked.place()
    stocked.work()
    with stocked.store.write() as at:
        at.execute(update(system_state).where(system_state.c.system == "uchet").values(mode="observe"))
    assert "<Документ>" not in fetched(stocked)
    with stocked.store.write() as at:
        states.set_values(at, "uchet", mode="live")
    assert "<Документ>" in fetched(stocked)


@ONE
def test_check_says_whether_1c_comes_and_what_waits_for_it(stocked):
    stocked.place()
    stocked.work()
    told = {one.name: one for one in stocked.hub.connectors["uchet"].check().findings}
    assert told["exchange"].ok and "/exchange/uchet/1c_exchange.php" in told["exchange"].en
    assert not told["exchanged"].ok and told["exchanged"].en == "1C has not fetched orders yet; 1 wait for it"
    fetched(stocked)
    assert {one.name: one for one in stocked.hub.connectors["uchet"].check().findings}["exchanged"].ok


def test_info_names_the_words_that_a_person_maps(door):
    door.enter("sale")
    text = door.say("type=sale&mode=info")
    assert text.startswith("<?xml") and "Отгружен" in text


def test_what_is_erased_leaves_its_number_alone(stocked):
    key = stocked.place()
    stocked.work()
    with stocked.store.write() as at:
        assert offers.forget(at, [key]) == 1
    (row,) = stocked.offers()
    assert row["document"] is None and row["number"] == "S5012" and "<Документ>" not in fetched(stocked)


# the catalogue --------------------------------------------------------------------------------------------------


def carried(door: Door, **files: bytes) -> None:
    door.enter()
    for name, body in files.items():
        assert door.bring(f"{name}.xml", body) == "success"
    door.work()


def prices(product) -> list[tuple[str, str]]:
    return [(one["kind"], one["value"]) for one in product.get("prices") or ()]


@pytest.mark.parametrize("first", ["import", "offers"], ids=["goods first", "offers first"])
def test_a_product_is_put_together_from_several_files(door, first):
    group = "<Группы><Ид>g1</Ид></Группы><Описание>Белая</Описание>"
    lists = "<Классификатор><Группы><Группа><Ид>g0</Ид><Наименование>Дом</Наименование><Группы><Группа><Ид>g1</Ид><Наименование>Посуда</Наименование></Группа></Группы></Группа></Группы></Классификатор>"  # fmt: skip
    goods = catalogue(item(more=group)).replace("<Каталог".encode(), f"{lists}<Каталог".encode(), 1)
    files = {
        "import0_1": goods,
        "offers0_1": offers_of(offered(GUID, "795.00", stores={"s1": "7", "s2": "0"}, more="<Штрихкод>4600000000017</Штрихкод>")),
    }
    carried(door, **dict(sorted(files.items(), reverse=first == "offers")))
    (product,) = door.of("product")
    said = {name: product.get(name) for name in ("guid", "article", "category", "description", "barcodes", "archived")}
    assert said == {
        "guid": GUID,
        "article": "MUG-R",
        "category": "Посуда",
        "description": "Белая",
        "barcodes": ["4600000000017"],
        "archived": False,
    }
    assert prices(product) == [("retail", "795.00")]
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [("lenina", "0"), ("mega", "7")]


@ONE
def test_prices_that_nobody_named_do_not_leave_the_files(door):
    carried(door, offers=offers_of(offered(GUID, "795.00")))
    assert prices(door.of("product")[0]) == [("retail", "795.00")] and "111.11" not in repr(door.rows(offer)) + repr(door.of("product"))


@ONE
def test_sizes_are_products_of_their_own_and_the_item_is_none(door):
    red, blue = f"{GUID}#1", f"{GUID}#2"
    carried(door, import_=catalogue(item()), offers=offers_of(offered(red, "10", "M"), offered(blue, "20", "L")))
    found = {one["guid"]: one for one in door.of("product") if one.get("size")}
    assert {guid: (one["size"], one["article"], prices(one)) for guid, one in found.items()} == {red: ("M", "MUG-R", [("retail", "10.00")]), blue: ("L", "MUG-R", [("retail", "20.00")])}  # fmt: skip
    carried(door, import1=catalogue(item(article="NEW-ART")))
    assert {one["article"] for one in door.of("product") if one.get("size")} == {"NEW-ART"}, "what the item says counts for its sizes"


@ONE
def test_an_item_waits_until_it_is_known_whether_it_is_sold_in_sizes(door):
    """Files of one exchange are read one after the other, and only the offers tell."""
    door.enter()
    door.bring("import.xml", catalogue(item(), item("g2", "PLAID")))
    exchanging.work(door.hub, "uchet")
    assert Intake(door.hub).run() == 0 and door.of("product") == [] and exchanging.due(door.hub, now=door.hub.clock()) == set()
    door.bring("offers.xml", offers_of(offered(SIZE, "10", "M")))
    exchanging.work(door.hub, "uchet")
    now = door.hub.clock()
    assert exchanging.due(door.hub, now=now + exchanging.SETTLED + 1) == {"uchet"}
    door.hub.clock = lambda: now + exchanging.SETTLED + 1
    exchanging.work(door.hub, "uchet")
    Intake(door.hub).run()
    assert sorted(one["guid"] for one in door.of("product")) == [SIZE, "g2"]


def test_a_first_upload_of_thousands_is_a_first_load_and_no_storm(door):
    many = [item(f"g{n}", f"A-{n}") for n in range(400)]
    carried(door, import_=catalogue(*many))
    assert len(door.of("product")) == 400 and door.rows(brake) == []
    carried(door, import_=catalogue(*many[:2]), import1=only_changes(*(item(f"h{n}", f"B-{n}") for n in range(400))))
    assert len(door.of("product")) == 800 and door.rows(brake) == [], (
        "the button «выгрузить всё»: the first portion alone says that it is all"
    )
    carried(door, import_=only_changes(*(item(f"i{n}", f"C-{n}") for n in range(400))))
    assert [(row["kind"], row["entity"]) for row in door.rows(brake)] == [("created", "product")], (
        "as many at once that are changes are asked about"
    )


def only_changes(*items: str) -> bytes:
    return catalogue(*items).replace('Изменения="false"'.encode(), 'Изменения="true"'.encode())


@ONE
def test_an_update_of_prices_and_stocks_alone_leaves_the_rest(door):
    carried(door, import_=catalogue(item()), offers=offers_of(offered(GUID, "795", stores={"s1": "7", "s2": "2"})))
    carried(door, prices=offers_of(offered(GUID, "800", stores={"s1": "6"}), lists=False, root="ИзмененияПакетаПредложений"))
    (product,) = door.of("product")
    assert product["article"] == "MUG-R" and prices(product) == [("retail", "800.00")]
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [("lenina", "0"), ("mega", "6")], "a store that is not told of any more holds nothing"  # fmt: skip


@ONE
def test_a_price_of_nothing_is_none_and_a_deleted_item_is_archived(door):
    carried(door, import_=catalogue(item()), offers=offers_of(offered(GUID, "0")))
    assert prices(door.of("product")[0]) == []
    carried(door, import1=catalogue(item().replace("<Товар>", '<Товар Статус="Удален">')))
    assert door.of("product")[0]["archived"] is True


@ONE
def test_stocks_without_a_store_are_those_of_the_store_that_is_named(store, tmp_path, monkeypatch):
    door = Door(store, tmp_path, monkeypatch, stock_store="Уфа, Мега")
    carried(door, offers=offers_of(offered(GUID, more="<Количество>5</Количество>")), rests=offers_of(offered("g2", more="<Остатки><Остаток><Склад><Ид>s2</Ид><Количество>3</Количество></Склад></Остаток></Остатки>")))  # fmt: skip
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [("lenina", "3"), ("mega", "5")]


@ONE
def test_stocks_of_every_version_are_read(door):
    """2.05 names stores in elements, 2.07 in attributes; 2.09 sends a file of stocks that names what has changed."""
    old = "<КоличествоНаСкладах><КоличествоНаСкладе><ИдСклада>s1</ИдСклада><Количество>4</Количество></КоличествоНаСкладе></КоличествоНаСкладах>"
    new = "<Остатки><Остаток><Склад><Ид>{}</Ид><Количество>{}</Количество></Склад></Остаток></Остатки>"
    carried(door, offers=offers_of(offered("g1", more=old), offered("g2", stores={"s1": "5"}), offered("g3", more=new.format("s1", 6))))
    carried(door, rests=offers_of(offered("g3", more=new.format("s2", 7)), lists=False))
    assert sorted((one["store"], one["available"]) for one in door.of("stock")) == [
        ("lenina", "7"),
        ("mega", "4"),
        ("mega", "5"),
        ("mega", "6"),
    ]


@ONE
def test_services_are_no_goods_and_an_item_without_an_id_is_a_note(door):
    service = "<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ТипНоменклатуры</Наименование><Значение>Услуга</Значение></ЗначениеРеквизита></ЗначенияРеквизитов>"
    carried(door, import_=catalogue(item("d1", "DELIVERY", service), "<Товар><Наименование>Без всего</Наименование></Товар>", item()))
    assert [one["guid"] for one in door.of("product")] == [GUID] and "Без всего" in door.unread()[0]
    door.place(sku="DELIVERY")
    door.work()
    assert door.states() == [("waiting", "")], "a service can be ordered all the same"


def test_the_same_upload_once_more_is_no_news(door):
    files = {"import": catalogue(item()), "offers": offers_of(offered(GUID, "795", stores={"s1": "7"}))}
    carried(door, **files)
    versions = [(row["id"], row["version"]) for row in door.rows(record)]
    door.enter()
    for name, body in files.items():
        door.bring(f"{name}.xml", body)
    exchanging.work(door.hub, "uchet")
    assert door.waiting() == []
    door.work()
    assert [(row["id"], row["version"]) for row in door.rows(record)] == versions


# beside OData ---------------------------------------------------------------------------------------------------


@ONE
@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ("commerceml", {"site_orders", "site_goods", "site_stock"}),
        ({"order": "commerceml"}, {"site_orders", "receipts", "goods", "stock"}),
        ({"product": "commerceml", "stock": "commerceml"}, {"orders", "receipts", "site_goods", "site_stock"}),
        (None, {"orders", "receipts", "goods", "stock"}),
    ],
    ids=["all by files", "orders by files", "goods by files", "all by OData"],
)
def test_the_way_is_chosen_for_each_entity(store, tmp_path, monkeypatch, chosen, asked):
    hub = hub_of(store, tmp_path, monkeypatch, transports=chosen)
    assert set(hub.resources("uchet")) == asked
    assert hub.giving("uchet", "order").resource == ("site_orders" if "site_orders" in asked else "orders")
    assert (exchanging.of(hub, "uchet") is None) == (chosen is None)


@ONE
def test_orders_by_files_name_goods_that_odata_knows(store, tmp_path, monkeypatch):
    base = Onec()
    with running(base) as url:
        door = Door(store, tmp_path, monkeypatch, url=f"{url}/ut", transports={"order": "commerceml"})
        door.place(sku="SV-005")
        door.place("5013", sku="JACKET-M")
        door.place("5014", sku="NOWHERE")
        door.work()
        text = fetched(door)
    ident = next(key for key, row in base.base.tables["Catalog_Номенклатура"].items() if row["Артикул"] == "SV-005")
    assert f"<Ид>{ident}</Ид>" in text and text.count("#") == 1, "a size is told as CommerceML tells it"
    assert sorted(door.states()) == [("dead", "sku_unknown"), ("waiting", ""), ("waiting", "")]
