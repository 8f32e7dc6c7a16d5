"""The call loop between the tills, the site, the CRM and Mindbox: who is wanted is one task of one seller, and what became of it is told once."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
import requests
from click.testing import CliRunner

from hub.calling import desk
from hub.calling.board import why
from hub.calling.requests import of_segments
from hub.calling.staff import employees
from hub.cli import main
from hub.config.sections.campaigns import Employee
from hub.decisions import directories, directory_csv
from hub.storage import directories as directory_rows
from hub.storage import inbox
from hub.storage.accounts import set_user
from hub.sync import lists
from hub.verify import habit, reconcile
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.calling_shop import UFA, opened


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        yield made


def met(shop, count=1, **more):
    """So many customers, known everywhere."""
    people = [shop.person(number, **more) for number in range(1, count + 1)]
    shop.clock.skip(400.0)
    shop.sync()
    return people


def test_who_is_wanted_becomes_one_task_of_a_seller_and_its_outcome_one_action(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        (anna,) = met(shop)
        for _ in range(3):
            shop.wants(anna, "2f0d")
        shop.turn(2)
        (task,) = shop.tasks()
        assert task["RESPONSIBLE_ID"] in ("1", "2") and task["COMMUNICATIONS"][0]["VALUE"] == "+79030000001"
        assert task["SUBJECT"] == "Позвонить: Орлова-1 Анна (обзвонено 0, осталось 1)"
        assert "Данные на 12:" in task["DESCRIPTION"] and "Покупок не видно" in task["DESCRIPTION"]
        shop.rings(task)
        shop.marks(task, "обещала зайти в субботу")
        shop.clock.skip(700.0)
        shop.turn(2)
        assert shop.tasks() == []
        (told,) = shop.actions()
        assert (told["customFields"]["callResult"], told["customFields"]["campaign"], told["customFields"]["callTries"]) == (
            "promised",
            "winback",
            1,
        )
        assert len(shop.actions("Sverka.Call")) == 1
        (one,) = shop.records()
        assert (one["state"], one["outcome"], one["comment"].split(" ", 1)[1]) == ("done", "promised", "обещала зайти в субботу")


def sell(shop, phone, seller=""):
    """A receipt of the tills, of the customer of this phone."""
    (person,) = shop.sklad("GET", "counterparty", filter=f"phone~{phone[-10:]}")["rows"]
    shift, goods = shop.sklad("GET", "retailshift")["rows"][0], shop.sklad("GET", "product")["rows"][0]
    position = {"quantity": 1, "price": 100.0, "assortment": {"meta": goods["meta"]}}
    body = {"retailShift": {"meta": shift["meta"]}, "agent": {"meta": person["meta"]}, "positions": [position]}
    if seller:
        (who,) = [x for x in shop.sklad("GET", "employee")["rows"] if x["name"] == seller]
        body["owner"] = {"meta": who["meta"]}
    return shop.sklad("POST", "retaildemand", body)


def consent(shop, customer):
    rows = shop.cdp("Website.GetCustomerInfo", {"customer": {"ids": {"mindboxId": customer}}})["customer"]
    return rows["customFields"].get("callsAllowed")


def test_a_refusal_a_wrong_number_and_a_purchase_end_it_and_nobody_is_asked_again(shop):
    refuses, wrong, buys, never, silent = people = met(shop, 5)
    shop.cdp("Website.EditCustomer", {"customer": {"ids": {"mindboxId": never}, "customFields": {"callsAllowed": False}}})
    for who in people:
        shop.wants(who)
    shop.turn(2)
    assert len(shop.tasks()) == 4, "who said no, though nobody told the hub, is not called: she was asked about before"
    by_phone = {one["COMMUNICATIONS"][0]["VALUE"][-1]: one for one in shop.tasks()}
    shop.marks(by_phone["1"], "отказ, просила не звонить")
    shop.marks(by_phone["2"], "не тот номер")
    shop.rings(by_phone["5"], seconds=7)
    sell(shop, "79030000003")
    shop.clock.skip(700.0)
    shop.turn(2)
    assert {(one["state"], one.get("outcome"), one.get("closed_reason")) for one in shop.records() if one["state"] != "open"} == {
        ("done", "refused", "refused"), ("done", "wrong_number", "invalid_phone"), ("cancelled", None, "bought"), ("cancelled", None, "refused"),
    }  # fmt: skip
    (still,) = shop.records(state="open")
    assert (still["outcome"], still["tries"]) == ("no_answer", 1), "seven seconds are no talk"
    assert consent(shop, refuses) is False
    assert sorted(one["customFields"]["callResult"] for one in shop.actions()) == ["refused", "wrongNumber"]
    for who in (refuses, wrong, buys, never):
        shop.wants(who)
    shop.turn(2)
    assert len(shop.tasks()) == 1 and len(shop.records()) == 9, "each request is answered, and nobody is called"
    assert silent


def test_who_does_not_answer_is_called_again_later_until_the_limit(shop):
    (anna,) = met(shop)
    shop.wants(anna)
    for number in range(1, 4):
        shop.turn(2)
        (task,) = shop.tasks()
        assert f"Данные на {'12' if number == 1 else ''}" in task["DESCRIPTION"]
        shop.rings(task, "304", 0)
        shop.marks(task, "недозвон")
        shop.turn()
        assert [one["tries"] for one in shop.records()] == [number]
        shop.clock.skip(7300.0)
    shop.turn(2)
    (one,) = shop.records()
    assert (one["state"], one["outcome"], one["closed_reason"], shop.tasks()) == ("done", "no_answer", "limit", [])
    assert [row["customFields"]["callTries"] for row in shop.actions()] == [3]


def test_call_later_moves_the_task_and_empties_the_line_for_the_next_word(shop):
    (anna,) = met(shop)
    shop.wants(anna)
    shop.turn(2)
    (task,) = shop.tasks()
    shop.marks(task, "перезвонить 18:30")
    shop.turn(2)
    (task,) = shop.tasks()
    assert task["START_TIME"][11:16] == "18:30" and task["DESCRIPTION"].endswith("Итог:"), "and what was written is kept as a comment"
    assert "перезвонить 18:30" in task["DESCRIPTION"]
    shop.clock.skip(300.0)
    shop.turn()
    assert [one["tries"] for one in shop.records()] == [1], "the same word counts once"


def test_tasks_are_given_out_in_the_hours_of_the_store_with_receipts_of_that_day(tmp_path):
    with opened(tmp_path, hour=22) as shop:
        (anna,) = met(shop)
        shop.wants(anna)
        shop.turn(2)
        assert (shop.tasks(), shop.records(state="open")[0]["seller"] in ("anna", "ruslan")) == ([], True)
        shop.at(10, 30)
        requests_lost(shop, True)
        shop.turn(2)
        assert shop.tasks() == [], "the tills were not read since the store was opened"
        requests_lost(shop, False)
        shop.turn(2)
        (task,) = shop.tasks()
        assert "Данные на 10:" in task["DESCRIPTION"]
        shop.at(10, 30)
        shop.turn(2)
        assert "Данные на 10:" in shop.tasks()[0]["DESCRIPTION"]
        assert [one["as_of"][:10] for one in shop.records()] == [shop.records()[0]["offered_at"][:10]]


def requests_lost(shop, lost):
    """Whether the tills answer."""
    rules = [{"kind": "error", "match": "retaildemand", "rate": 1.0, "status": 503}] if lost else []
    requests.post(f"{shop.sklad_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()


def test_sellers_of_a_store_share_evenly_and_who_is_away_gives_back(shop):
    people = met(shop, 7)
    for who in people:
        shop.wants(who)
    shop.turn(2)
    loads = {seller: len(shop.tasks(seller)) for seller in (1, 2, 3)}
    assert (sorted((loads[1], loads[2])), loads[3]) == ([3, 4], 0)
    (head,) = [one for one in shop.tasks(1) if "обзвонено" in one["SUBJECT"]]
    assert f"(обзвонено 0, осталось {loads[1]})" in head["SUBJECT"]
    shop.crm_app.portal.users[1]["ACTIVE"] = False
    lists.read(shop.hub, "crm")
    shop.turn(2)
    assert (len(shop.tasks(1)), len(shop.tasks(2))) == (0, 7)


def test_the_sums_stand_on_a_task_that_the_seller_still_sees(shop):
    """One that he has marked has gone from his list before it is known what it came to."""
    for who in met(shop, 6):
        shop.wants(who)
    shop.turn(2)
    first, *_ = shop.tasks(1)
    shop.marks(first)
    shop.turn()
    assert len(shop.records(state="open")) == 6, "its outcome is awaited"
    assert [one["SUBJECT"].partition("(")[2] for one in shop.tasks(1)] == ["обзвонено 1, осталось 2)", ""]
    (left,) = shop.tasks(ID=first["ID"], COMPLETED="Y")
    assert left["SUBJECT"] == first["SUBJECT"], "he may be typing his word there"
    shop.marks(left, "недозвон")
    shop.turn(2)
    assert [one["SUBJECT"].partition("(")[2] for one in shop.tasks(1)] == ["обзвонено 0, осталось 3)", "", ""]
    *_, last = shop.tasks(1)
    sell(shop, last["COMMUNICATIONS"][0]["VALUE"].lstrip("+"))
    shop.turn(2)
    sums = [one["SUBJECT"].partition("(")[2] for one in shop.tasks(1)]
    assert sums == ["обзвонено 0, осталось 2)", ""], "who bought is off his list, and nobody has called her"


def test_who_has_had_her_days_fill_is_given_nothing_for_what_she_closes(tmp_path):
    with opened(tmp_path, employees={"anna": {"store": "lenina", "cap": 2}}) as shop:
        for who in met(shop, 3):
            shop.wants(who)
        shop.turn(2)
        first, _ = shop.tasks(1)
        (waits,) = shop.records(seller=None)
        assert (waits["store"], why(waits, shop.clock())) == ("lenina", "no seller of the store has room, or is there")
        shop.marks(first, "обещала зайти")
        shop.turn(2)
        assert len(shop.tasks(1)) == 1 and len(shop.records(state="open", seller=None)) == 1


def test_the_former_seller_gets_her_own_customers(shop):
    people = met(shop, 4)
    for number in (1, 2):
        sell(shop, f"7903000{number:04d}", seller="Руслан Хабибуллин")
    shop.clock.skip(3 * 86_400.0)
    shop.at(12)
    shop.sync()
    for who in people:
        shop.wants(who)
    shop.turn(2)
    assert {one["COMMUNICATIONS"][0]["VALUE"][-1] for one in shop.tasks(2)} == {"1", "2"}
    assert "Последняя покупка:" in shop.tasks(2)[0]["DESCRIPTION"]


@pytest.mark.parametrize("kind", ["reset_after", "late_effect"])
def test_a_lost_answer_makes_no_second_task_and_tells_no_outcome_twice(shop, kind):
    (anna,) = met(shop)
    for url, match in ((shop.crm_url, "POST .*batch"), (shop.cdp_url, "POST .*async")):
        rule = {"kind": kind, "match": match, "count": 1, "seconds": 0.5}
        requests.post(f"{url}/_sandbox/faults", json=[rule], timeout=5).raise_for_status()
    shop.wants(anna)
    shop.turn(3)
    (task,) = shop.crm("crm.activity.list", filter={"ORIGINATOR_ID": "sverka"}, select=["*"], start=-1)
    shop.marks(task, "обещала")
    shop.turn(3)
    assert len(shop.crm("crm.activity.list", filter={"ORIGINATOR_ID": "sverka"}, start=-1)) == 1
    assert [row["customFields"]["callResult"] for row in shop.actions()] == ["promised"]


def test_who_dies_between_two_steps_leaves_them_to_the_next(shop, monkeypatch):
    """After each commit of the loop the process is gone before it does anything more."""
    (anna,) = met(shop)
    shop.wants(anna)
    shop.sync()

    def die(*_, **__):
        raise KeyboardInterrupt

    for _ in range(4):
        with monkeypatch.context() as patched:
            patched.setattr("hub.calling.desk.follow", die)
            try:
                desk.step(shop.hub)
            except KeyboardInterrupt:
                pass
    shop.turn(2)
    (task,) = shop.tasks()
    shop.marks(task, "отказ")
    shop.poll()
    shop.take()
    with monkeypatch.context() as patched:
        patched.setattr("hub.calling.desk.follow", die)
        with pytest.raises(KeyboardInterrupt):
            desk.step(shop.hub)
    shop.turn(2)
    assert (shop.tasks(), consent(shop, anna), len(shop.actions()), len(shop.records())) == ([], False, 1, 1)


def cli(folder, *words):
    said = CliRunner().invoke(main, ["calls", *words, "--config", str(folder / "config.yaml")], env={"SVERKA_LANGUAGE": "en"})
    assert said.exit_code == 0, said.output
    return said


def test_a_list_of_people_is_asked_for_once_and_unknown_ones_are_named(shop, tmp_path):
    met(shop, 2)
    file = tmp_path / "spring.csv"
    file.write_text("phone;comment\n8 903 000-00-01;любит платья\n+79030000002;\n8 999 111 22 33;\n")
    for known in ((2, 0), (0, 2)):
        said = cli(tmp_path, "import", str(file), "--campaign", "winback")
        assert f"Asked for: {known[0]}, asked for before: {known[1]}." in said.stdout and "line 4" in said.stderr
    shop.turn(2)
    assert len(shop.tasks()) == 2 and any("любит платья" in one["DESCRIPTION"] for one in shop.tasks())
    rows = json.loads(cli(tmp_path, "list", "--json").stdout)
    assert {(row["customer"], row["state"], row["why"]) for row in rows} == {
        ("Орлова-1 Анна", "open task", "with the seller"), ("Орлова-2 Анна", "open task", "with the seller"),
    }  # fmt: skip
    with shop.hub.store.write() as at:
        set_user(at, "support", PASSWORD, "support")
    page = Reader(create_app(shop.hub), "support").get("/calls").text
    assert "Орлова-1 Анна" in page and "у продавца" in page and "winback" in page and "Уфа, Ленина 10" in page
    assert cli(tmp_path, "deal").stdout == "Tasks changed: 0.\n"
    wrong = CliRunner().invoke(main, ["calls", "import", str(file), "--campaign", "autumn", "--config", str(tmp_path / "config.yaml")])
    assert wrong.exit_code == 1 and "autumn" in wrong.output and "winback" in wrong.output


def test_members_of_a_segment_are_called_and_who_leaves_it_is_not(tmp_path):
    with opened(tmp_path, campaign={"segment": {"system": "cdp", "name": "vip"}}, segment="vip") as shop:
        stays, leaves = met(shop, 2)
        for who in (stays, leaves):
            requests.post(f"{shop.cdp_url}/_sandbox/segment", json={"name": "vip", "customer": who}, timeout=5).raise_for_status()
        shop.clock.skip(400.0)
        for _ in range(2):
            shop.sync()
            assert of_segments(shop.hub) in (0, 2)
        shop.turn(2)
        assert len(shop.tasks()) == 2
        requests.post(
            f"{shop.cdp_url}/_sandbox/segment", json={"name": "vip", "customer": leaves, "inside": False}, timeout=5
        ).raise_for_status()
        shop.clock.skip(400.0)
        shop.turn(2)
        assert [one["closed_reason"] for one in shop.records(state="cancelled")] == ["left"] and len(shop.tasks()) == 1


def test_two_requests_for_one_customer_are_one_task_at_a_time(shop):
    (anna,) = met(shop)
    shop.wants(anna)
    shop.wants(anna)
    shop.turn(2)
    assert len(shop.tasks()) == 1
    shop.wants(anna)
    shop.turn(2)
    assert len(shop.tasks()) == 1
    assert [one["closed_reason"] for one in shop.records(state="cancelled")] == ["open_already"] * 2
    assert len(shop.crm("crm.activity.list", filter={"ORIGINATOR_ID": "sverka"}, start=-1)) == 1


def test_a_task_that_somebody_deleted_is_closed_and_not_made_again(shop):
    (anna,) = met(shop)
    shop.wants(anna)
    shop.turn(2)
    (task,) = shop.tasks()
    shop.crm("crm.activity.delete", id=int(task["ID"]))
    now = shop.hub.clock()
    row = {
        "system": "crm",
        "resource": "call_task",
        "external_id": task["ID"],
        "kind": "hint",
        "looked_at": now,
        "received_at": now,
        "due_at": now,
    }
    with shop.hub.store.intake() as at:
        inbox.put(at, [row])
    shop.turn(2)
    assert shop.tasks() == [] and [one["closed_reason"] for one in shop.records()] == ["by_hand"]


def test_where_and_when_a_seller_works_is_said_on_the_page_and_in_the_file_of_directories(shop):
    people = met(shop, 4)
    for who in people:
        shop.wants(who)
    shop.turn(2)
    with shop.hub.store.write() as at:
        set_user(at, "admin", PASSWORD, "admin")
    admin = Reader(create_app(shop.hub), "admin")
    assert "Кто звонит" in admin.get("/directories/employee").text
    today = datetime.fromtimestamp(shop.clock(), UFA).date().isoformat()
    admin.post("/directories/employee/about", value="anna", store="lenina", cap="5", leave=f"{today}")
    shop.turn(2)
    assert (len(shop.tasks(1)), len(shop.tasks(2))) == (0, 4), "she is away, and what was open went to the other"
    admin.post("/directories/employee/about", value="anna", store="moon", cap="5", leave="")
    assert "нет магазина «moon»" in admin.get("/directories/employee").text
    file = admin.get("/directories.csv?name=employee").text
    (anna,) = [line for line in file.splitlines() if line.startswith("employee;crm;1;")]
    assert anna.endswith(f";lenina;5;{today}")
    changed = file.replace(f";lenina;5;{today}", ";mega;7;")
    with shop.hub.store.read() as at:
        titles = directories.sheet(shop.hub, at, "employee")
    said, wrong = directory_csv.read(changed)
    assert (directories.bring(shop.hub, said, actor="admin"), wrong, bool(titles.values)) == ((1, []), [], True)
    with shop.hub.store.read() as at:
        assert employees(shop.hub, at)["anna"] == Employee("mega", 7)
        assert employees(shop.hub, at)["maria"] == Employee("mega", 20), "nobody said anything of her: the configuration counts"
        assert dict(next(one for one in directory_rows.values(at, "employee") if one.value == "maria").about) == {}, (
            "nor does a file that says the same"
        )
    brought(admin, shop, ";mega;20;", f";mega;20;{today}")
    with shop.hub.store.read() as at:
        maria = employees(shop.hub, at)["maria"]
        assert maria.leave and maria.store == "mega", "away, and still of her store"
    brought(admin, shop, f";mega;20;{today}", ";mega;20;")
    with shop.hub.store.read() as at:
        assert employees(shop.hub, at)["maria"] == Employee("mega", 20), "back again"


def brought(admin, shop, was, now):
    """The file of employees, changed in one place, is brought back."""
    said, wrong = directory_csv.read(admin.get("/directories.csv?name=employee").text.replace(was, now))
    assert (directories.bring(shop.hub, said, actor="admin"), wrong) == ((1, []), [])


def test_what_mindbox_never_shows_is_not_lost_when_systems_are_compared(shop):
    (anna,) = met(shop)
    shop.wants(anna)
    shop.turn(2)
    (task,) = shop.tasks()
    shop.rings(task)
    shop.marks(task, "обещала")
    shop.turn(2)
    assert len(shop.actions()) == len(shop.actions("Sverka.Call")) == 1
    report = reconcile.verify(shop.hub, ["cdp"])
    assert [one for one in report.lost if one["entity"] != "customer"] == []
    shop.clock.skip(2 * 86_400.0)
    assert {resource for system, resource in habit.due(shop.hub, now=shop.clock()) if system == "cdp"} == {"customer"}
