"""A client known to one system becomes known to the other, once, and stays the same in both."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage.tables import field_problem
from hub.sync import manual
from tests.scenarios.shop import opened


@pytest.fixture
def shop(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        yield shop


def anna(**more):
    return {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": {"phone": "8 (903) 123-45-67"}, **more}


def people(shop):
    return shop.sklad("GET", "counterparty")["rows"]


def test_a_client_of_the_site_gets_a_counterparty_once(shop):
    shop.site("POST", "customers", anna())
    shop.sync()
    (row,) = people(shop)
    assert (row["legalLastName"], row["legalFirstName"], row["name"]) == ("Орлова", "Анна", "Орлова Анна")
    assert (row["phone"], row["email"], row["companyType"]) == ("+79031234567", "anna@example.ru", "individual")
    for _ in range(3):
        shop.sync()
    assert len(people(shop)) == 1
    assert len(shop.site("GET", "customers", role="all")) == 1
    assert shop.counters().get("writes") == 1


def test_a_name_that_is_not_in_parts_is_never_written_over_with_a_stand_in(shop):
    """Clients of MoySklad often have the one name alone that people typed: it stays until somebody says its parts."""
    whole = shop.sklad("POST", "counterparty", {"name": "Маша, подруга Лены", "companyType": "individual", "email": "masha@example.ru"})
    shop.sync()
    (account,) = [one for one in shop.site("GET", "customers", role="all") if one["email"] == "masha@example.ru"]
    assert shop.sklad("GET", f"counterparty/{whole['id']}")["name"] == "Маша, подруга Лены"
    shop.site("PUT", f"customers/{account['id']}", {"first_name": "Мария", "last_name": "Орлова"})
    shop.sync()
    assert shop.sklad("GET", f"counterparty/{whole['id']}")["name"] == "Орлова Мария"


def test_edits_travel_both_ways_and_the_phone_keeps_its_spelling(shop):
    made = shop.site("POST", "customers", anna())
    shop.sync()
    (row,) = people(shop)
    shop.sklad("PUT", f"counterparty/{row['id']}", {"legalFirstName": "Анна-Мария"})
    shop.site("PUT", f"customers/{made['id']}", {"last_name": "Соколова"})
    shop.sync()
    assert shop.site("GET", f"customers/{made['id']}")["first_name"] == "Анна-Мария"
    assert shop.site("GET", f"customers/{made['id']}")["billing"]["phone"] == "8 (903) 123-45-67"
    (row,) = people(shop)
    assert (row["legalLastName"], row["name"]) == ("Соколова", "Соколова Анна-Мария")


def test_the_same_person_in_both_systems_is_recognised_by_phone(shop):
    shop.sklad(
        "POST", "counterparty", {"name": "Орлова Анна", "companyType": "individual", "legalFirstName": "Анна", "phone": "+7 903 123-45-67"}
    )
    shop.site("POST", "customers", anna())
    shop.sync()
    (row,) = people(shop)
    assert row["email"] == "anna@example.ru"
    assert len(shop.site("GET", "customers", role="all")) == 1


def test_a_client_without_an_email_is_not_applicable_to_the_site_until_there_is_one(shop):
    made = shop.sklad(
        "POST", "counterparty", {"name": "Пётр", "companyType": "individual", "legalFirstName": "Пётр", "phone": "89261112233"}
    )
    shop.sync()
    assert shop.site("GET", "customers", role="all") == []
    shop.sklad("PUT", f"counterparty/{made['id']}", {"email": "petr@example.ru"})
    shop.sync()
    (row,) = shop.site("GET", "customers", role="all")
    assert (row["email"], row["billing"]["phone"]) == ("petr@example.ru", "+79261112233")


def test_an_email_taken_by_another_role_is_adopted_and_not_made_twice(shop):
    shop.site("POST", "customers", {"email": "boss@example.ru", "first_name": "Олег"})
    shop.site_app.shop.tables["customers"][2]["role"] = "administrator"
    shop.sklad("POST", "counterparty", {"name": "Олег", "companyType": "individual", "legalFirstName": "Олег", "email": "boss@example.ru"})
    shop.sync()
    assert len(shop.site("GET", "customers", role="all")) == 1
    assert len(people(shop)) == 1


def test_what_a_first_account_brings_tells_the_second_of_the_same_list(shop):
    """The second account shares only its phone, and the counterparty has none: the size of a batch cannot matter."""
    shop.sklad("POST", "counterparty", {"name": "Анна", "companyType": "individual", "legalFirstName": "Анна", "email": "anna@example.ru"})
    shop.site("POST", "customers", anna())
    shop.site("POST", "customers", anna(email="other@example.ru"))
    shop.sync()
    shop.sync()
    (row,) = people(shop)
    assert row["phone"] == "+79031234567"
    assert len(shop.site("GET", "customers", role="all")) == 2


def test_an_address_that_nobody_can_read_is_a_problem_until_somebody_says_another(shop):
    """MoySklad takes two dots in a row, the site does not; the word that mends it may come from any place."""
    shop.sklad("POST", "counterparty", {"name": "Иван", "legalFirstName": "Иван", "companyType": "individual", "email": "ivan@mail..ru"})
    shop.sync()
    with shop.hub.store.read() as at:
        ((ident, *told),) = at.execute(select(field_problem.c.record_id, field_problem.c.system, field_problem.c.code)).all()
    assert told == ["sklad", "email_impossible"] and not shop.site("GET", "customers", role="all")
    manual.set_field(shop.hub, ident, "emails", [{"address": "ivan@mail.ru"}], actor="olga")
    shop.work()
    assert people(shop)[0]["email"] == "ivan@mail.ru" == shop.site("GET", "customers", role="all")[0]["email"]
    with shop.hub.store.read() as at:
        assert at.execute(field_problem.select()).all() == []
