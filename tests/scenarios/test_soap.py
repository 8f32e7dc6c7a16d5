"""A base that has only a web service of its own, and the site: customers and orders both ways, receipts in, through faults of every kind."""

from __future__ import annotations

import pytest

from tests.scenarios.soap_shop import opened


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, reference_wait=5.0) as shop:
        shop.sync()
        yield shop


def test_an_order_of_the_site_reaches_the_service_once_and_what_people_do_there_comes_back(shop):
    placed = shop.place(shop.buyer())
    shop.sync()
    (order,), (person,) = shop.table("orders"), shop.table("customers")
    assert (order["CustomerId"], order["Status"], order["Comment"]) == (person["Id"], "В работе", "Позвонить")
    lines = [(one["Article"], int(one["Quantity"]), float(one["Sum"])) for one in order["Lines"]["Line"]]
    assert lines == [("SV-007", 2, 1700.0), ("SV-001", 1, 3490.0)]
    assert (person["Name"], person["Phone"].lstrip("+"), person["Email"]) == ("Орлова Анна", "79031234567", "anna@example.ru")
    calls = len(shop.base.services.custom.requests)
    shop.sync()
    shop.sync()
    assert len(shop.table("orders")) == 1 and len(shop.base.services.custom.requests) == calls, "its own writes are no news"
    shop.put("orders", Id=order["Id"], Status="Выполнен")
    shop.put("customers", Id=person["Id"], Name="Соколова Анна", Birthday="1990-06-05T00:00:00")
    shop.sync()
    assert shop.site("GET", f"orders/{placed['id']}")["status"] == "completed"
    assert shop.site("GET", f"customers/{placed['customer_id']}")["last_name"] == "Соколова"
    shop.site("PUT", f"customers/{placed['customer_id']}", {"first_name": "Анна-Мария"})
    shop.sync()
    (person,) = shop.table("customers")
    assert (person["Name"], person["Birthday"], person["Phone"].lstrip("+")) == (
        "Соколова Анна-Мария",
        "1990-06-05T00:00:00",
        "79031234567",
    )


def test_a_name_of_two_words_that_the_service_cannot_keep_apart_goes_back_to_nobody_as_an_edit(shop):
    """The service keeps one text: "Гусейн Али" comes back as a first and a middle name. What people edit there is an edit all the same."""
    user = shop.site(
        "POST",
        "customers",
        {"email": "ali@example.ru", "first_name": "Гусейн Али", "last_name": "Мамедов", "billing": {"phone": "+79031234567"}},
    )
    shop.sync()
    (person,) = shop.table("customers")
    assert person["Name"] == "Мамедов Гусейн Али"
    shop.put("customers", Id=person["Id"], Comment="Звонить вечером")
    shop.sync()
    shop.site("PUT", f"customers/{user['id']}", {"last_name": "Мамедзаде"})
    shop.sync()
    assert shop.table("customers")[0]["Name"] == "Мамедзаде Гусейн Али"
    assert shop.site("GET", f"customers/{user['id']}")["first_name"] == "Гусейн Али"
    (known,) = shop.records("customer")
    assert (known["first_name"], known.get("middle_name"), known["comment"]) == ("Гусейн Али", None, "Звонить вечером")
    shop.put("customers", Id=person["Id"], Name="Мамедова Лейла")
    shop.sync()
    assert [shop.site("GET", f"customers/{user['id']}")[name] for name in ("last_name", "first_name")] == ["Мамедова", "Лейла"]


def test_a_customer_who_is_in_the_base_is_known_by_phone_and_receipts_come_in(shop):
    known = shop.put("customers", Name="Орлова Анна", Phone="8 903 123-45-67")
    line = {"Article": "SV-005", "Name": "Носки", "Quantity": 2, "Price": 490, "Sum": 980}
    shop.put("receipts", CustomerId=known["Id"], Store="Уфа, Мега", Total=980, Lines={"Line": [line]}, Payments={"Payment": [{"Kind": "Наличные", "Sum": 980}]})  # fmt: skip
    shop.sync()
    shop.place(shop.buyer())
    shop.sync()
    assert [one["Id"] for one in shop.table("customers")] == [known["Id"]]
    receipt = next(one for one in shop.records("order") if one.get("channel") == "retail")
    assert (receipt["total"], receipt["store"], receipt["payments"][0]["kind"]) == ("980.00", "mega", "cash")


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "late_effect", "truncated", "html", "empty", "error"])
def test_whatever_becomes_of_the_answers_each_object_is_made_once(shop, kind):
    """A create of a customer is keyed, one of an order is looked for: neither is made twice, and both are made."""
    shop.fault(kind, count=6, rate=0.6, seconds=1.0)
    shop.place(shop.buyer())
    for _ in range(4):
        shop.poll()
        shop.busy(10)
    assert shop.faulted(kind) > 0
    shop.fault("latency", count=0)  # no faults any more
    shop.sync()
    assert (len(shop.table("orders")), len(shop.table("customers"))) == (1, 1)
    assert shop.table("orders")[0]["CustomerId"] == shop.table("customers")[0]["Id"]


def test_a_lock_is_waited_for_and_a_refusal_names_its_field(shop):
    shop.control(locked=2)
    shop.place(shop.buyer())
    shop.sync()
    assert len(shop.table("orders")) == 1
    shop.control(refuse="{WebСервис.ShopService.Модуль(31)}: Не заполнено имя клиента")
    shop.site("PUT", f"customers/{shop.site('GET', 'customers')[0]['id']}", {"first_name": "Яна"})
    shop.poll()
    shop.busy(5)
    (refused,) = [row for row in shop.rows() if row["state"] == "dead"]
    assert (refused["error_class"], refused["error_field"], refused["error_text"]) == ("Rejected", "names", "Не заполнено имя клиента")
