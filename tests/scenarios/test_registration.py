"""A client registers on the site or at the till: known everywhere once, with one card and one welcome, whatever gets lost on the way."""

from __future__ import annotations

import pytest
import requests

from connectors.errors import Rejected
from hub.decisions import duplicates
from hub.storage import unions
from hub.storage.tables import link as link_table
from hub.sync import uniting
from hub.sync.identify import TOLD_LATER
from hub.web.app import create_app
from sandbox.frame.server import running
from tests.scenarios.loyalty_shop import ANNA, CONTACT, GREETED, WELCOMED, opened, registers, settled


@pytest.fixture
def shop(tmp_path):
    """Every system was read for the first time: who comes now is new."""
    with opened(tmp_path) as shop:
        shop.sync()
        yield shop


def at_the_till(shop):
    return shop.sklad("POST", "counterparty", {"name": "Орлова Анна", "companyType": "individual", "legalFirstName": "Анна", "legalLastName": "Орлова", "phone": "8 903 1234567"})  # fmt: skip


def in_all_systems_once(shop):
    """The one member, contact, counterparty and account, which agree about her card."""
    (member,), (contact,), (person,), (account,) = shop.members(), shop.contacts(), shop.people(), shop.accounts()
    card, kind, points = member["discountCardNumber"], member["discountCardName"], member["availableBonuses"]
    assert (contact["UF_CRM_CARD"], contact["UF_CRM_CARD_TYPE"], contact["UF_CRM_BONUS"]) == (card, kind, points)
    assert (account["meta"]["card"], account["meta"]["card_type"], account["meta"]["points_active"]) == (card, kind, f"{points:.2f}")
    assert person["discountCardNumber"] == card
    return member, contact, person, account


def test_a_registration_gets_a_card_with_points_which_come_back(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        shop.sync()
        registers(shop)
        settled(shop)
        member, contact, _, account = in_all_systems_once(shop)
        assert (member["phone"], member["person"]["fn"], member["person"]["ln"]) == (ANNA, "Анна", "Орлова")
        assert (member["availableBonuses"], contact["UF_CRM_CARD_TYPE"]) == (300.0, "Бронза")
        assert account["meta"]["points_next_burn"].endswith(": 300.00")
        assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)
        writes = shop.counters()["writes"]
        settled(shop)
        assert shop.counters()["writes"] == writes, "what came back comes back no second time"


def test_somebody_whom_the_till_knows_is_recognised_by_phone(shop):
    at_the_till(shop)
    settled(shop)
    (member,) = shop.members()
    registers(shop)
    settled(shop)
    again, *_ = in_all_systems_once(shop)
    assert again["id"] == member["id"]
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_who_was_there_when_the_hub_came_gets_a_card_and_no_welcome(tmp_path):
    with opened(tmp_path) as shop:
        at_the_till(shop)
        settled(shop)
        registers(shop)
        settled(shop)
        member, *_ = in_all_systems_once(shop)
        assert (member["availableBonuses"], shop.movements(), shop.noticed()) == (0.0, [], {})


def test_who_is_known_since_before_the_programme_began_gets_no_welcome_later(tmp_path):
    """Known to the CRM without a phone; the phone comes long after."""
    with opened(tmp_path, loyalty={"start_date": "2100-01-01"}) as shop:
        shop.sync()
        made = shop.crm("crm.item.add", entityTypeId=CONTACT, fields={"name": "Анна"})["item"]
        settled(shop)
        assert shop.members() == []
        phone = [{"typeId": "PHONE", "valueType": "MOBILE", "value": "+7 903 123-45-67"}]
        shop.crm("crm.item.update", entityTypeId=CONTACT, id=made["id"], fields={"fm": phone})
        settled(shop)
        (member,) = shop.members()
        assert (member["availableBonuses"], shop.noticed()) == (0.0, {})


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        pytest.param("reset_after", {}, id="done, and the line broke"),
        pytest.param("html", {}, id="a page of maintenance, not done"),
        pytest.param("late_effect", {"seconds": 1.0}, id="done after the line broke"),
    ],
)
def test_welcomed_once_though_an_answer_was_lost(shop, kind, more):
    shop.fault(kind, "^POST /api/customer$", **more)
    registers(shop)
    settled(shop, 3)
    in_all_systems_once(shop)
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)
    assert [row for row in shop.queue() if row[2] in ("dead", "unknown")] == []


def test_nobody_is_welcomed_twice_while_the_programme_is_away(shop):
    shop.fault("error", "^[A-Z]+ /api/", count=9, status=503)
    registers(shop)
    settled(shop)
    in_all_systems_once(shop)
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


@pytest.mark.parametrize(("account_for_all", "email"), [(False, "anna@example.ru"), (True, "anna@example.ru"), (True, "")])
def test_a_customer_of_the_tills_own_loyalty_appears_in_the_crm_without_a_second_welcome(tmp_path, account_for_all, email):
    with opened(tmp_path, account_for_all=account_for_all) as shop:
        shop.sync()
        made = shop.loyalty("POST", "customer", {"phone": ANNA, "fn": "Анна", "email": email})
        settled(shop)
        (contact,), (person,) = shop.contacts(), shop.people()
        assert (contact["name"], contact["UF_CRM_CARD"], contact["UF_CRM_BONUS"]) == ("Анна", made["discountCardNumber"], 100.0)
        assert person["discountCardNumber"] == made["discountCardNumber"]
        assert [row["meta"]["points_active"] for row in shop.accounts()] == (["100.00"] if account_for_all and email else [])
        assert (shop.movements(), shop.noticed()) == ([("Credit_Registration", 100.0, False)], GREETED)


def test_at_the_till_and_on_the_site_in_the_same_minute(shop):
    """The hub has not heard of the till's customer when it is about to register the site's: it asks first."""
    made = shop.loyalty("POST", "customer", {"phone": ANNA, "fn": "Анна"})
    registers(shop)
    shop.poll_only("site", "customers")
    shop.work()
    settled(shop)
    member, *_ = in_all_systems_once(shop)
    assert (member["id"], member["person"]["ln"]) == (made["id"], "Орлова")
    assert (shop.movements(), shop.noticed()) == ([("Credit_Registration", 100.0, False)], GREETED)


def typed_into_the_crm(shop, **fields):
    """A manager makes a contact, and the hub does not hear of it."""
    said = {"name": "Анна", "fm": [{"typeId": "PHONE", "valueType": "WORK", "value": "8 (903) 123-45-67"}], **fields}
    return shop.crm("crm.item.add", entityTypeId=CONTACT, fields=said)["item"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="the phone, spelt in another way"),
        pytest.param({"fm": [{"typeId": "EMAIL", "valueType": "HOME", "value": "Anna@Example.ru"}]}, id="the e-mail"),
    ],
)
def test_typed_into_the_crm_in_the_seconds_before_the_site_tells_of_her(shop, fields):
    made = typed_into_the_crm(shop, comments="звонила, хочет красное", **fields)
    registers(shop)
    shop.poll_only("site", "customers")
    shop.work()
    (contact,) = shop.contacts()
    assert (contact["id"], contact["lastName"], contact["comments"]) == (made["id"], "Орлова", "звонила, хочет красное")
    settled(shop)
    in_all_systems_once(shop)
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_typed_at_the_till_in_the_seconds_before_the_site_tells_of_her(shop):
    made = shop.sklad(
        "POST", "counterparty", {"name": "Анна", "companyType": "individual", "legalFirstName": "Анна", "phone": "89031234567"}
    )
    registers(shop)
    shop.poll_only("site", "customers")
    shop.work()
    assert [person["id"] for person in shop.people()] == [made["id"]]
    settled(shop)
    in_all_systems_once(shop)


def test_somebody_else_with_the_phone_in_the_crm_is_asked_about_and_the_new_one_is_made(shop):
    typed_into_the_crm(shop, name="Пётр")
    registers(shop)
    shop.poll_only("site", "customers")
    shop.work()
    assert sorted(contact["name"] for contact in shop.contacts()) == ["Анна", "Пётр"]
    with shop.hub.store.read() as at:
        assert [pair["reason"] for pair in unions.open_pairs(at)] == ["same phone, another first name"]


def asked_of_the_crm(shop, monkeypatch):
    """(key, how many values) of each look-up."""
    crm, asked = shop.hub.connectors["crm"], []
    find = crm.find
    monkeypatch.setattr(crm, "find", lambda resource, key, values: asked.append((key, len(values))) or find(resource, key, values))
    return asked


def crowd_registers(shop, count):
    for n in range(count):
        registers(shop, email=f"client{n}@example.ru", first_name=f"Имя{n}", billing={"phone": f"8926{1_230_000 + n}"})


def test_the_crm_is_asked_in_batches(shop, monkeypatch):
    asked = asked_of_the_crm(shop, monkeypatch)
    crowd_registers(shop, 30)
    shop.poll_only("site", "customers")
    shop.work()
    assert len(shop.contacts()) == 30 and asked == [("phone", 30), ("email", 30)]


def test_a_first_load_has_read_everybody_and_asks_nobody(tmp_path, monkeypatch):
    with opened(tmp_path) as shop:
        asked = asked_of_the_crm(shop, monkeypatch)
        crowd_registers(shop, 30)
        settled(shop)
        assert len(shop.contacts()) == 30 and asked == []


def test_a_right_that_lacks_holds_up_no_create(shop, monkeypatch):
    def refused(resource, key, values):
        raise Rejected("The request requires higher privileges", code="insufficient_scope")

    monkeypatch.setattr(shop.hub.connectors["crm"], "find", refused)
    registers(shop)
    shop.poll_only("site", "customers")
    shop.work()
    assert len(shop.contacts()) == 1


def test_a_phone_that_is_somebody_elses_there_waits_for_a_person(shop):
    shop.loyalty("POST", "customer", {"phone": ANNA, "fn": "Пётр"})
    registers(shop)
    settled(shop)
    (member,) = shop.members()
    assert (member["person"], shop.noticed()) == ({"fn": "Пётр"}, GREETED)
    assert sorted(contact["name"] for contact in shop.contacts()) == ["Анна", "Пётр"]
    (row,) = [row for row in shop.rows() if row["state"] == "dead"]
    assert (row["system"], row["error_class"], row["error_field"]) == ("loyalty", "Exists", "phone")
    assert row["attempts"] == 1, "who is there stays there: the same create would be refused again"
    with shop.hub.store.read() as at:
        assert [pair["reason"] for pair in unions.open_pairs(at)] == ["same phone, another first name"]


def test_a_new_phone_keeps_card_and_points(shop):
    account = registers(shop)
    settled(shop)
    (before,) = shop.members()
    shop.site("PUT", f"customers/{account['id']}", {"billing": {"phone": "+7 926 000-00-00"}})
    settled(shop)
    member, *_ = in_all_systems_once(shop)
    assert (member["id"], member["phone"]) == (before["id"], "79260000000")
    assert member["discountCardNumber"] == before["discountCardNumber"]
    assert shop.movements() == WELCOMED


def test_who_was_deleted_in_the_programme_is_not_welcomed_again(shop):
    account = registers(shop)
    settled(shop)
    shop.loyalty("DELETE", f"customer/{ANNA}")
    shop.site("PUT", f"customers/{account['id']}", {"first_name": "Аня"})
    settled(shop)
    assert (shop.members(), shop.movements()) == ([], WELCOMED)
    assert [row["first_name"] for row in shop.accounts()] == ["Аня"]


def links_of(shop, system, number=0):
    """(record id, link id) of a system's object, in the order of their making."""
    with shop.hub.store.read() as at:
        rows = at.execute(
            link_table.select().where(link_table.c.system == system, link_table.c.entity == "customer").order_by(link_table.c.id)
        ).mappings()
        return [(row["record_id"], row["id"]) for row in rows][number]


def test_a_person_taken_apart_and_put_together_again_is_welcomed_no_second_time(shop):
    """The contact of the CRM is thought to be somebody else, gets a phone and a card of its own, and is found to be Anna after all."""
    registers(shop)
    settled(shop)
    record, contact = links_of(shop, "crm")
    step = uniting.split(shop.hub, record, [contact], actor="olga")
    phone = [{"typeId": "PHONE", "valueType": "MOBILE", "value": "+7 926 000-00-00"}]
    shop.crm("crm.item.update", entityTypeId=CONTACT, id=shop.contacts()[0]["id"], fields={"fm": phone})
    settled(shop)
    assert len(shop.members()) == 2 and (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)
    uniting.undo(shop.hub, step, actor="olga")
    settled(shop)
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_a_phone_told_later_asks_whether_they_are_one_and_the_account_gets_the_card_of_the_till(shop):
    """She registered by e-mail alone, and was known at the till by her phone all along."""
    at_the_till(shop)
    account = registers(shop, billing={})
    settled(shop)
    shop.site("PUT", f"customers/{account['id']}", {"billing": {"phone": "+7 903 123-45-67"}})
    settled(shop)
    with shop.hub.store.read() as at:
        (group,) = duplicates.groups(at)
    assert (group.key, [pair["reason"] for pair in group.pairs]) == ("phone+same-name", [TOLD_LATER])
    assert "card" not in shop.accounts()[0]["meta"]
    duplicates.decide_group(shop.hub, group.key, "same", actor="olga")
    settled(shop)
    (member,), (account,) = shop.members(), shop.accounts()
    assert account["meta"]["card"] == member["discountCardNumber"] and member["person"]["email"] == "anna@example.ru"
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED)


def test_two_who_become_one_before_they_have_cards_are_welcomed_once(shop):
    shop.fault("error", "(GET|POST) /api/customer", count=10_000)
    registers(shop)
    shop.sklad(
        "POST", "counterparty", {"name": "Петрова Анна", "companyType": "individual", "legalFirstName": "Анна", "phone": "8 926 0000000"}
    )
    shop.poll()
    shop.take()
    uniting.merge(shop.hub, links_of(shop, "site")[0], links_of(shop, "sklad")[0], actor="olga")
    shop.fault("error", "nothing")
    settled(shop)
    assert (shop.movements(), shop.noticed()) == (WELCOMED, GREETED) and len(shop.members()) == 1


def test_points_typed_into_the_crm_are_written_over_and_never_a_movement(shop):
    registers(shop)
    settled(shop)
    (contact,) = shop.contacts()
    shop.crm("crm.item.update", entityTypeId=CONTACT, id=contact["id"], fields={"UF_CRM_BONUS": 9999, "UF_CRM_CARD_TYPE": "Платина"}, useOriginalUfNames="Y")  # fmt: skip
    settled(shop)
    in_all_systems_once(shop)
    assert shop.movements() == WELCOMED


def test_points_that_a_till_takes_are_heard_of_and_polled(shop):
    class Served:
        flask, offset = create_app(shop.hub), 0.0

    registers(shop)
    settled(shop)
    with running(Served()) as url:
        shop.hub.connectors["loyalty"].subscribe(f"{url}/webhooks/loyalty/hook-d")
        shop.loyalty("PATCH", f"customer/{ANNA}/balance", {"amount": -50})
        shop.loyalty_app.hooks.drain()
        assert shop.loyalty_app.hooks.sent == 1
        shop.work()
        assert in_all_systems_once(shop)[0]["availableBonuses"] == 250.0
    shop.loyalty("PATCH", f"customer/{ANNA}/balance", {"amount": -50})
    shop.loyalty_app.hooks.drain()
    settled(shop)
    assert in_all_systems_once(shop)[0]["availableBonuses"] == 200.0
    assert [kind for kind, _, _ in shop.movements()] == ["Credit_Registration", "Debit_Manual", "Debit_Manual"]


def test_many_registrations_on_a_bad_line_make_each_one_member_welcomed_once(shop):
    """Three of ten calls go wrong, each in one of the ways; the ledger is the programme's own."""
    kinds = ("reset_before", "reset_after", "late_effect", "truncated", "error", "html")
    rules = [{"kind": kind, "match": "^(POST|GET) /api/customer", "rate": 0.06, "seconds": 0.3, "status": 500} for kind in kinds]
    requests.post(f"{shop.loyalty_url}/_sandbox/faults", json=rules, timeout=5).raise_for_status()
    phones = [f"7926{n:07d}" for n in range(1_230_001, 1_230_021)]
    for n, phone in enumerate(phones):
        registers(shop, email=f"client{n}@example.ru", first_name=f"Имя{n}", billing={"phone": f"8{phone[1:]}"})
    settled(shop, 4)
    assert sum(requests.get(f"{shop.loyalty_url}/_sandbox/faults", timeout=5).json().values()) > 5
    requests.delete(f"{shop.loyalty_url}/_sandbox/faults", timeout=5)
    settled(shop)
    assert sorted(member["phone"] for member in shop.members()) == phones
    assert shop.movements() == WELCOMED * len(phones)
    cards = {member["discountCardNumber"] for member in shop.members()}
    assert {contact["UF_CRM_CARD"] for contact in shop.contacts()} == {row["meta"]["card"] for row in shop.accounts()} == cards
