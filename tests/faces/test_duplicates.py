"""Duplicates through commands and pages: counts and samples before anything changes, rules, one by one, and back."""

from __future__ import annotations

import json

import pytest

from hub.storage import links as link_rows
from hub.storage import records as record_rows
from hub.storage import reviews, unions
from hub.storage.records import Record
from hub.sync.goods import TWICE_THERE
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import families, stocked, written


@pytest.fixture
def shop(tmp_path):
    with stocked(tmp_path) as shop:
        shop.config = str(written(shop, tmp_path))
        families(shop, 4, 3)
        yield shop


def count(shop):
    return len(shop.sklad("GET", "counterparty", limit=1000)["rows"]), len(shop.site("GET", "customers", role="all", per_page=100))


def open_pairs(shop):
    with shop.hub.store.read() as at:
        return unions.open_pairs(at)


def test_the_commands_count_first_then_decide_and_take_back(shop, run):
    groups = json.loads(run("duplicates", "list", "--json"))
    assert {g["alike"]: g["count"] for g in groups} == {"phone+other-name": 4, "phone+no-name": 3}
    assert "Would be decided as “different people”: 4." in run("duplicates", "rule", "phone+other-name", "different")
    assert len(open_pairs(shop)) == 7, "without --apply nothing changes"
    assert json.loads(run("duplicates", "rule", "phone+other-name", "different", "--apply", "--json"))["decided"] == 4
    one, *rest = open_pairs(shop)
    assert len(rest) == 2
    before = count(shop)
    run("duplicates", "decide", one["id"], "same")
    shop.work()
    assert count(shop) == before, "nobody is created or deleted by a merge"
    assert "decided already" in run("duplicates", "decide", one["id"], "same", code=1)
    step, *apart = json.loads(run("duplicates", "steps", "--json"))
    assert (step["kind"], {one["kind"] for one in apart}, len(apart)) == ("merge", {"kept apart"}, 4)
    assert f"{apart[0]['id']}  kept apart  Дольск" in run("duplicates", "steps")
    run("duplicates", "undo", step["id"])
    assert len(open_pairs(shop)) == 3
    run("duplicates", "undo", apart[0]["id"])
    assert len(open_pairs(shop)) == 4
    run("duplicates", "rule", "phone+other-name", "different", "--apply")
    assert "no open pair" in run("duplicates", "rule", "card+same-name", "same", code=1)


def test_an_answer_to_many_is_taken_back_as_a_whole(shop, run):
    before, people = len(open_pairs(shop)), count(shop)
    assert json.loads(run("duplicates", "rule", "phone+no-name", "same", "--apply", "--json"))["decided"] == 3
    run("duplicates", "rule", "phone+other-name", "different", "--apply")
    shop.work()
    assert open_pairs(shop) == []
    steps = json.loads(run("duplicates", "steps", "--json"))
    assert len({(one["actor"], one["at"]) for one in steps}) == 2, "one moment for each answer"
    support = Reader(create_app(shop.hub), "support")
    assert "Отменить все 3 по этому правилу" in support.get("/duplicates").text
    merge = next(one["id"] for one in steps if one["kind"] == "merge")
    support.post(f"/duplicates/{merge}/undo", whole="1")
    assert "Отменено: 3 ответа." in support.get("/duplicates").text
    assert run("duplicates", "undo", next(one["id"] for one in steps if one["kind"] != "merge"), "--whole") == "4 undone\n"
    shop.work()
    assert (len(open_pairs(shop)), count(shop)) == (before, people)
    assert run("duplicates", "undo", merge, "--whole", code=1) == "0 undone\n"


def test_records_are_merged_and_split_by_name(shop, run):
    pair = open_pairs(shop)[0]
    step = json.loads(run("merge", pair["record_a"], pair["record_b"], "--json"))["step"]
    shop.work()
    assert "has no object sklad:nothing" in run("split", pair["record_a"], "sklad:nothing", code=1)
    assert "no customer is known by nobody" in run("merge", pair["record_a"], "nobody", code=1)
    run("duplicates", "undo", step)
    assert "undone already" in run("duplicates", "undo", step, code=1)
    run("merge", "anna@example.ru", "8 905 111-22-33")
    shop.work()
    ivan = next(row for row in shop.sklad("GET", "counterparty")["rows"] if "905" in (row.get("phone") or ""))
    assert run("queue", "why", "8 905 111-22-33") == run("queue", "why", "anna@example.ru")
    run("split", "anna@example.ru", f"sklad:{ivan['id']}")
    assert run("queue", "why", "8 905 111-22-33") != run("queue", "why", "anna@example.ru"), "two people again"


def test_a_record_is_merged_and_split_on_its_page(shop):
    app = create_app(shop.hub)
    viewer, support = Reader(app, "viewer"), Reader(app, "support")
    pair = next(pair for pair in open_pairs(shop) if "first name" in pair["reason"])
    one, other = pair["record_a"], pair["record_b"]
    assert viewer.post(f"/records/{one}/merge", other=other).status_code == 403
    support.post(f"/records/{one}/merge", other="+7 999 000-00-00")
    assert "«+7 999 000-00-00» — 0 других клиентов" in support.get(f"/records/{one}").text
    support.post(f"/records/{one}/merge", other=other)
    shop.work()
    assert "объединена с другой" in support.get(f"/records/{other}").text
    with shop.hub.store.read() as at:
        links = [x.id for x in link_rows.by_records(at, [one])[one] if x.system == "sklad"]
    assert len(links) == 2 and all(ident in support.get(f"/records/{one}").text for ident in links)
    support.post(f"/records/{one}/split", link=links)
    assert "не ноль и не все" in support.get(f"/records/{one}").text
    support.post(f"/records/{one}/split", link=links[1:])
    shop.work()
    with shop.hub.store.read() as at:
        assert [x.id for x in link_rows.by_records(at, [one])[one] if x.system == "sklad"] == links[:1]
        assert [step["kind"] for step in unions.steps(at)] == ["split", "merge"]


def test_pairs_of_goods_are_named_as_goods(shop, run):
    """Products wait here, too: by their names, under what they are, with the reason of each pair."""
    with shop.hub.store.write() as at:
        for ident, name in (("p-1", "Плед серый"), ("p-2", "Плед, серый")):
            record_rows.add(at, [Record(ident, "product", 1, {"name": name}, {}, None, 0.0, 0.0)])
        reviews.open_duplicate(at, "product", "p-1", "p-2", TWICE_THERE, now=0.0)
    page = Reader(create_app(shop.hub), "support").get("/duplicates?alike=product").text
    assert "Товары" in page and "Плед серый" in page and "один штрихкод у двух товаров" in page
    goods = page[page.index("По отдельности") :]
    assert "Разные люди" in goods and "Один человек" not in goods, "nobody makes one of two goods here"
    assert "Плед серый | Плед, серый" in run("duplicates", "list", "--alike", "product")


def test_the_page_shows_groups_and_only_support_decides(shop):
    app = create_app(shop.hub)
    viewer, support = Reader(app, "viewer"), Reader(app, "support")
    page = support.get("/duplicates").text
    assert "Один телефон, другое имя" in page and "Один телефон, имя неизвестно" in page and "4 пары" in page
    assert viewer.post("/duplicates/rule", alike="phone+other-name", decision="different").status_code == 403
    assert support.post("/duplicates/rule", alike="phone+other-name", decision="different").status_code == 302
    assert "Решены 4 пары." in support.get("/duplicates").text
    ident = open_pairs(shop)[0]["id"]
    assert support.post(f"/duplicates/{ident}", decision="same").status_code == 302
    with shop.hub.store.read() as at:
        (step,) = unions.steps(at)
        kept = unions.apart(at)[0]["id"]
    assert "объединены" in support.get("/duplicates").text
    support.post(f"/duplicates/{step['id']}/undo")
    support.post(f"/duplicates/{kept}/undo", pair="1")
    assert len(open_pairs(shop)) == 4
