"""Everything that both vendors can hold of a client and an order travels both ways, to the kopeck, and comes to rest."""

from __future__ import annotations

import pytest

from tests.scenarios.shop import opened

CONSENT = {"purpose": "marketing", "channel": "sms", "value": True, "source": "сайт", "time": "2026-08-03T09:40:00Z"}


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield shop


def meta(row, key):
    return next((m["value"] for m in row["meta_data"] if m["key"] == key), None)


def attributes(row):
    return {a["name"]: a["value"] for a in row.get("attributes", ())}


def attribute(shop, kind, name, value):
    """An additional field as a user sets it; a text that names a store or a person becomes its reference."""
    rows = shop.sklad("GET", f"{kind}/metadata/attributes")["rows"]
    found = next(row for row in rows if row["name"] == name)
    if found["type"] in ("store", "employee"):
        value = {"meta": next(row["meta"] for row in shop.sklad("GET", found["type"])["rows"] if row["name"] == value)}
    return {"meta": found["meta"], "value": value}


def quiet(shop):
    """Nothing moves any more, and nothing waits for a person."""
    before = shop.counters().get("writes")
    for _ in range(2):
        shop.sync()
    assert shop.counters().get("writes") == before
    assert {row[2] for row in shop.queue()} <= {"done", "skipped"}, [row for row in shop.queue() if row[2] not in ("done", "skipped")]


def anna(shop):
    own = {"middle_name": "Ивановна", "birthday": "1990-06-05", "sex": "female", "card": "2700000001", "tags": ["Опт", "vip"], "note": "Любит лён",
           "consents": [CONSENT], "store": "mega", "responsible": "maria", "last_purchase": "2026-08-03T09:40:17"}  # fmt: skip
    billing = {"phone": "8 (903) 123-45-67", "city": "Уфа", "postcode": "450000", "address_1": "Ленина, 1", "address_2": "домофон 12"}
    body = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Орлова", "billing": billing}
    return shop.site("POST", "customers", body | {"meta_data": [{"key": k, "value": v} for k, v in own.items()]})


def test_a_client_with_everything(shop):
    made = anna(shop)
    shop.sync()
    row = next(r for r in shop.sklad("GET", "counterparty", limit=100, expand="owner")["rows"] if r.get("email"))
    assert (row["legalLastName"], row["legalFirstName"], row["legalMiddleName"], row["name"]) == (
        "Орлова",
        "Анна",
        "Ивановна",
        "Орлова Анна Ивановна",
    )
    assert (row["birthDate"][:10], row["sex"], row["discountCardNumber"], row["description"]) == (
        "1990-06-05",
        "FEMALE",
        "2700000001",
        "Любит лён",
    )
    assert (sorted(row["tags"]), row["owner"]["name"]) == (["vip", "опт"], "Мария Соколова")
    assert row["actualAddressFull"] == {"postalCode": "450000", "city": "Уфа", "street": "Ленина, 1", "addInfo": "домофон 12"}
    held = attributes(row)
    assert held["Согласия"] == "marketing/sms: да; сайт; 2026-08-03T09:40:00Z"
    assert (held["Магазин"]["name"], held["Последняя покупка"]) == ("Уфа, Мега", "2026-08-03 12:40:00.000")
    quiet(shop)

    boss = next(r["meta"] for r in shop.sklad("GET", "employee")["rows"] if r["name"] == "Анна Ильина")
    change = {
        "tags": [*row["tags"], "юбилей"],
        "owner": {"meta": boss},
        "actualAddressFull": {**row["actualAddressFull"], "house": "5", "city": "Стерлитамак"},
        "attributes": [
            attribute(shop, "counterparty", "Магазин", "Уфа, Ленина 10"),
            attribute(shop, "counterparty", "Согласия", "marketing/sms: нет; касса; 2026-09-01T07:00:00Z"),
        ],
    }
    shop.sklad("PUT", f"counterparty/{row['id']}", change)
    shop.site("PUT", f"customers/{made['id']}", {"billing": {"address_1": "Мира, 2"}})
    shop.sync()
    there = shop.site("GET", f"customers/{made['id']}")
    assert (sorted(meta(there, "tags")), meta(there, "responsible"), meta(there, "store")) == (["vip", "опт", "юбилей"], "anna", "lenina")
    assert meta(there, "consents") == [CONSENT | {"value": False, "source": "касса", "time": "2026-09-01T07:00:00Z"}]
    assert (there["billing"]["city"], there["billing"]["phone"]) == ("Стерлитамак", "8 (903) 123-45-67")
    here = shop.sklad("GET", f"counterparty/{row['id']}")["actualAddressFull"]
    assert (here["street"], here["house"]) == ("Мира, 2", "5")  # the part that no mapping names is carried over
    quiet(shop)


def place(shop):
    buyer = anna(shop)
    own = {
        "_wc_order_attribution_utm_source": "yandex",
        "_wc_order_attribution_utm_campaign": "лето",
        "card": "2700000001",
        "responsible": "ruslan",
    }
    body = {
        "customer_id": buyer["id"], "status": "processing", "customer_note": "Позвонить", "created_via": "checkout", "set_paid": True,
        "payment_method": "cloudpayments", "transaction_id": "70410901", "shipping": {"address_1": "Ленина, 1"},
        "billing": {"first_name": "Анна", "last_name": "Орлова", "email": "anna@example.ru", "phone": "+7 903 123-45-67"},
        "line_items": [{"sku": "SV-007", "quantity": 3}, {"sku": "SV-001", "quantity": 1}], "coupon_lines": [{"code": "spring"}],
        "shipping_lines": [{"method_id": "flat_rate", "method_title": "СДЭК", "total": "250.00"}],
        "fee_lines": [{"name": "Упаковка", "total": "50.00"}, {"name": "Оплата бонусами", "total": "-100.00"}, {"name": "Округление", "total": "-0.40"}],
        "meta_data": [{"key": k, "value": v} for k, v in own.items()],
    }  # fmt: skip
    return shop.site("POST", "orders", body)


def lines(row):
    return [
        (p["assortment"]["code"], p["quantity"], p["price"], round(p["price"] * p["quantity"] * (1 - p["discount"] / 100)))
        for p in row["positions"]["rows"]
    ]


def order_of(shop):
    (row,) = shop.sklad("GET", "customerorder", limit=100, expand="positions.assortment,agent,state,salesChannel,owner,organization")[
        "rows"
    ]
    return row


def test_an_order_with_everything(shop):
    placed = place(shop)
    assert placed["total"] == "6259.60"  # 2670 + 3490 - 100 of the coupon, + 250 + 50 - 100 - 0.40
    shop.sync()
    row = order_of(shop)
    assert (row["agent"]["email"], row["state"]["name"], row["salesChannel"]["name"]) == (
        "anna@example.ru",
        "Подтверждён",
        "Интернет-магазин",
    )
    assert (row["owner"]["name"], row["organization"]["name"], row["shipmentAddress"]) == ("Руслан Хабибуллин", "ООО Лавка", "Ленина, 1")
    totals = {line["sku"]: round(float(line["total"]) * 100) for line in placed["line_items"]}
    assert lines(row) == [
        ("SV-007", 3.0, 89000.0, totals["SV-007"]),
        ("SV-001", 1.0, 349000.0, totals["SV-001"]),
        ("DELIVERY", 1.0, 25000.0, 25000),
        ("SERVICE", 1.0, 5000.0, 5000),
    ]
    assert row["sum"] == 636000.0
    held = attributes(row)
    assert held.pop("Оплаты").startswith("Карта 6259.60 от ") and held.pop("Оплачен")
    wanted = {"Номер на сайте": placed["number"], "Контакт": "Анна Орлова", "Телефон": "+79031234567", "Почта": "anna@example.ru",
              "Бонусы списано": 100.0, "Округление": -0.4, "Карта": "2700000001", "Промокоды": "spring", "Доставка": "Курьер",
              "Стоимость доставки": 250.0, "Источник": "checkout", "utm_source": "yandex", "utm_campaign": "лето"}  # fmt: skip
    assert held == wanted
    quiet(shop)

    change = [
        ("Бонусы списано", 150.0),
        ("Трек-номер", "RB1"),
        ("Продавец", "Анна Ильина"),
        ("Причина отмены", "передумала"),
        ("Номер чека", "182"),
    ]
    change += [("Контакт", "Анна Петрова"), ("Округление", None)]
    body = {"attributes": [attribute(shop, "customerorder", name, value) for name, value in change]}
    rows = [{"id": p["id"], "quantity": 2 if p["assortment"]["code"] == "SV-001" else p["quantity"]} for p in row["positions"]["rows"]]
    shop.sklad("PUT", f"customerorder/{row['id']}", body | {"positions": [r for r in rows if r["id"] != row["positions"]["rows"][3]["id"]]})
    shop.sync()
    there = shop.site("GET", f"orders/{placed['id']}")
    first = {line["sku"]: line for line in there["line_items"]}
    assert (first["SV-001"]["quantity"], first["SV-001"]["id"]) == (2, placed["line_items"][1]["id"])
    assert (first["SV-007"]["total"], first["SV-007"]["subtotal"]) == (f"{totals['SV-007'] / 100:.2f}", "2670.00")
    assert [(line["method_title"], line["total"]) for line in there["shipping_lines"]] == [("СДЭК", "250.00")]
    assert [(fee["name"], fee["total"]) for fee in there["fee_lines"]] == [("Оплата бонусами", "-150.00"), ("Округление", "-0.40")]
    assert (there["billing"]["first_name"], there["billing"]["last_name"]) == ("Анна", "Петрова")
    assert {k: meta(there, k) for k in ("track", "seller", "cancel_reason", "receipt_number")} == {
        "track": "RB1", "seller": "anna", "cancel_reason": "передумала", "receipt_number": "182"
    }  # fmt: skip
    quiet(shop)


def test_a_receipt_of_the_till_brings_its_payments_and_fiscal_data(shop):
    shift, goods = shop.sklad("GET", "retailshift")["rows"][0], shop.sklad("GET", "product")["rows"][0]
    position = {"quantity": 2, "price": 49000.0, "assortment": {"meta": goods["meta"]}}
    shop.sklad(
        "POST", "retaildemand", {"retailShift": {"meta": shift["meta"]}, "positions": [position], "cashSum": 50000.0, "noCashSum": 48000.0}
    )
    shop.sync()
    from hub.storage.tables import record

    with shop.hub.store.read() as at:
        (data,) = at.execute(record.select().with_only_columns(record.c.data).where(record.c.entity == "order")).scalars()
    assert [(one["kind"], one["amount"]) for one in data["payments"]] == [("cash", "500.00"), ("card", "480.00")]
    assert {(one["id"], one["time"]) for one in data["payments"]} == {(data["number"], data["closed"])}, "each names its receipt"
    assert (data["channel"], data["store"], data["organisation"], data["total"]) == ("retail", "lenina", "lavka", "980.00")
    assert data["receipt.drive"] == "9960440300000001" and data["receipt.number"] and data["receipt.sign"] and data["receipt.time"]
    quiet(shop)
