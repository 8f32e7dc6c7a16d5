"""What the RetailCRM connector reads: the sweep of everybody, and the history of changes behind it."""

from __future__ import annotations

import pytest

from connectors.contract import Write
from connectors.retailcrm.connector import Retailcrm as Connector
from connectors.retailcrm.feed import touched
from tests.contract.given import Penalties
from tests.contract.retailcrm_account import now, settings


def test_a_sweep_sees_everybody_though_somebody_goes_and_resumes_from_any_page(retail):
    ids = [retail.person(firstName=str(n)) for n in range(120)]
    retail.control("clock", offset=60)
    ids += [retail.person(firstName=str(n)) for n in range(120, 230)]
    pages = retail.connector.changes("customers", {})
    first = next(pages)
    retail.control("delete", kind="customers", ids=ids[-20:])  # of the page that was read: the others move up by twenty
    rest = [first, *pages]
    assert {int(one.id) for page in rest for one in page.objects} == set(ids)
    assert (first.total, rest[-1].last) == (230, True)
    again = [int(one.id) for page in retail.connector.changes("customers", first.cursor) for one in page.objects]
    assert set(ids[:-100]) <= set(again)


def test_what_changes_during_a_sweep_is_in_the_history_behind_it(retail):
    ids = [retail.person(firstName=str(n)) for n in range(110)]
    pages = retail.connector.changes("customers", {})
    next(pages)
    retail.people.customer_edit({"id": ids[-1], "lastName": "Орлова"}, "id")
    *_, last = pages
    assert ids[-1] in retail.changes("customers", last.cursor)[0]


def test_an_account_where_nothing_happened_lately_is_read_on_from_a_day_and_not_from_the_beginning(retail):
    retail.control("clock", offset=-5 * 86400)
    old = retail.person()
    retail.control("clock", offset=0)
    *_, last = retail.connector.changes("customers", {})
    assert list(last.cursor) == ["from"]
    ids, _, cursor = retail.changes("customers", last.cursor)
    assert (ids, cursor) == ([], last.cursor)
    new = retail.person()
    assert retail.changes("customers", cursor)[0] == [new], old


def test_changes_of_people_and_of_other_programs_come_and_our_own_do_not(retail):
    first, second, third = (retail.person(firstName=name) for name in "АБВ")
    cursor = retail.caught_up("customers")
    retail.people.customer_edit({"id": first, "lastName": "Орлова"}, "id")
    retail.other.customer_edit({"id": second, "lastName": "Петров"}, "id")
    retail.connector.write("customers", [Write("k", str(third), {"lastName": "Сидоров"})])
    assert sorted(retail.changes("customers", cursor)[0]) == [first, second]
    shared = Connector(settings(retail.url, shared_key=True), Penalties(), now)
    assert sorted(int(one.id) for page in shared.changes("customers", cursor) for one in page.objects) == [first, second, third]


@pytest.mark.parametrize("order", [("people", "hub"), ("hub", "people")], ids=["before our own", "behind our own"])
def test_a_foreign_change_of_the_field_that_we_wrote_is_not_masked_by_our_mark(retail, order):
    ident = retail.person()
    cursor = retail.caught_up("customers")
    says = {
        "people": lambda: retail.people.customer_edit({"id": ident, "lastName": "Людей"}, "id"),
        "hub": lambda: retail.connector.write("customers", [Write("k", str(ident), {"lastName": "Хаба"})]),
    }
    for who in order:
        says[who]()
    (page,) = retail.connector.changes("customers", cursor)
    assert [one.data["lastName"] for one in page.objects] == ["Хаба" if order[-1] == "hub" else "Людей"]


def record(ident, **more):
    return {"id": ident, "field": "last_name", "source": "api", "apiKey": {"current": True}, "customer": {"id": 5, "site": "shop"}} | more


@pytest.mark.parametrize(
    ("rows", "changed", "gone"),
    [
        pytest.param([record(1), record(2)], [], [], id="our own alone"),
        pytest.param([record(1), record(2, source="user")], ["5"], [], id="somebody behind us"),
        pytest.param([record(1, apiKey={"current": False}), record(2)], ["5"], [], id="another key before us"),
        pytest.param([record(1), record(2, source="code", field="segments")], ["5"], [], id="what the system made of it"),
        pytest.param([record(1), record(2, source="rule")], ["5"], [], id="what a trigger made of it"),
        pytest.param([record(1, field="external_id")], ["5"], [], id="an external id is always looked at"),
        pytest.param([record(1, created=True)], ["5"], [], id="a creation, whose answer may have been lost"),
        pytest.param([record(1, deleted=True)], [], ["5"], id="deleted"),
        pytest.param([record(1, source="user"), record(2, combinedTo={"id": 6})], [], ["5"], id="combined"),
        pytest.param([record(1, source="user", customer={"id": 7, "site": "outlet"})], [], [], id="of another store"),
    ],
)
def test_whose_state_is_read_again(rows, changed, gone):
    assert touched("customer", rows, site="shop", shared=False) == (changed, set(gone))


def test_the_deleted_and_the_combined_are_told_and_the_winner_is_shown(retail):
    first, second, winner, vanished = (retail.person(firstName=name) for name in "АБВГ")
    cursor = retail.caught_up("customers")
    retail.people.customer_edit({"id": vanished, "lastName": "x"}, "id")
    retail.control("delete", kind="customers", ids=[first, vanished])
    retail.people.customers_combine([{"id": second}], {"id": winner})
    retail.people.customer_edit({"id": winner, "phones": [{"number": "+79031234567"}]}, "id")
    ids, gone, _ = retail.changes("customers", cursor)
    assert (ids, sorted(gone)) == ([winner], [first, second, vanished])
    assert retail.connector.fetch("customers", [str(first), str(second), "нет"]) == []


def test_a_cursor_trails_the_newest_record_by_a_minute(retail):
    ident = retail.person()
    cursor = retail.caught_up("customers")
    retail.people.customer_edit({"id": ident, "lastName": "Орлова"}, "id")
    for _ in range(2):  # a record that a later commit shows below the newest one is not missed
        ids, _, cursor = retail.changes("customers", cursor)
        assert ids == [ident]
    retail.control("clock", offset=retail.app.offset + 61)
    _, _, cursor = retail.changes("customers", cursor)
    assert retail.changes("customers", cursor)[0] == []


def test_hundreds_of_changes_are_read_page_by_page_and_resumed_from_any(retail):
    ids = [retail.person(firstName=str(n)) for n in range(150)]
    cursor = retail.caught_up("customers")
    for ident in ids:
        retail.people.customer_edit({"id": ident, "lastName": "а", "patronymic": "б"}, "id")
    pages = list(retail.connector.changes("customers", cursor))
    assert [len(page.objects) for page in pages] == [50, 50, 50]
    rest = retail.changes("customers", pages[0].cursor)[0]
    assert set(rest) == set(ids[50:])
