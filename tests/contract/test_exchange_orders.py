"""Orders that 1C shows and is given as by its site."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from hub.storage import offers, states
from hub.storage.accounts import set_user
from hub.storage.tables import field_problem, link, system_state
from hub.sync import exchanging
from hub.sync.intake import Intake
from hub.sync.writing import Writer
from hub.verify import reconcile
from hub.web import exchange as face
from sandbox.frame.server import running
from sandbox.onec.app import Onec
from tests.contract.exchange_door import LINES, ONE
from tests.scenarios.exchange_shop import (
    GUID,
    SIZE,
    Door,
    catalogue,
    document,
    documents,
    hub_of,
    item,
    offered,
    offers_of,
)


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
def test_lines_of_goods_that_1c_never_brought_are_told_by_name_and_read_once_it_brings_them(door):
    """A file of orders may come alone, and its lines bear the identifiers of goods and no articles."""
    bare = LINES.replace("<Артикул>MUG-R</Артикул>", "")
    door.enter("sale")
    door.bring("orders.xml", documents(document("777", {"Статус заказа": "Отгружен"}, bare)), "sale")
    door.work()
    assert not door.orders()[0].get("lines") and door.rows(field_problem) == [], "at first they wait"
    Intake(door.hub).recheck(after=0.0)
    (problem,) = door.rows(field_problem)
    assert (problem["field"], problem["code"]) == ("lines", "sku_unknown") and GUID in problem["ru"] and GUID in problem["en"]
    door.enter()
    door.bring("import.xml", catalogue(item()))
    door.bring("offers.xml", offers_of(offered(GUID, "795.00")))
    door.work()
    Intake(door.hub).recheck(after=0.0)
    assert [line["sku"] for line in door.orders()[0]["lines"]] == ["MUG-R"] and door.rows(field_problem) == []


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


@ONE
@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ("commerceml", {"site_orders", "site_goods", "site_stock"}),
        ({"order": "commerceml"}, {"site_orders", "receipts", "payments", "goods", "stock"}),
        ({"product": "commerceml", "stock": "commerceml"}, {"orders", "receipts", "payments", "site_goods", "site_stock"}),
        (None, {"orders", "receipts", "payments", "goods", "stock"}),
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


@ONE
def test_receipts_and_returns_by_odata_are_of_the_order_that_was_given_by_files(store, tmp_path, monkeypatch):
    """By files an order is known by its number; what comes by OData names it by the guid that 1C gave it, which the base shows later."""
    base = Onec(profile="unf")
    with running(base) as url:
        door = Door(store, tmp_path, monkeypatch, url=f"{url}/unf", transports={"order": "commerceml"}, gives_returns=True)
        door.place(sku="SV-005")
        door.work()
        fetched(door)
        door.say("type=sale&mode=success")
        goods = next(key for key, row in base.base.tables["Catalog_Номенклатура"].items() if row["Артикул"] == "SV-005")
        line = {"Номенклатура_Key": goods, "Количество": 2, "Цена": 745, "Сумма": 1490, "Всего": 1490}
        about = {"Posted": True, "Статус": "Пробит", "СуммаДокумента": 1490, "Запасы": [line]}
        ident = "5b1e0000-77aa-11ef-8c35-00155d010203"
        receipt = base.base.add("Document_ЧекККМ", Заказ_Key=ident, НомерЧекаККМ="77", **about)
        base.base.add("Document_ЧекККМВозврат", ЧекККМ_Key=receipt["Ref_Key"], **about)
        door.polled()
        door.work()
        door.hub.clock = lambda later=door.hub.clock() + 600: later
        Intake(door.hub).recheck()
        door.work()
        assert len(door.orders()) == 1, "the receipt waits for its order: it is no purchase of its own"
        door.enter("sale")
        door.bring("orders.xml", documents(document("S5012", {"Статус заказа": "Отгружен"}, LINES)), "sale")
        door.work()
        door.polled()
        door.work()
        (order,), (back,) = door.orders(), door.of("return")
        assert order["receipt.number"] == "77" and order["paid"] and order["returned_total"] == "1490.00" == back["total"]
        roles = {(row["resource"], row["role"]) for row in door.rows(link) if row["entity"] in ("order", "return")}
        assert roles == {("site_orders", "primary"), ("receipts", "fulfilment"), ("returns", "primary")}
