"""What the RetailCRM connector writes: batches, orders and their lines, payments once, calls once."""

from __future__ import annotations

from connectors.contract import Write
from connectors.errors import Missing, Rejected, Unknown
from connectors.retailcrm import payments


def test_a_batch_answers_item_by_item_each_with_its_own_reason(retail):
    held = retail.person(email="taken@example.ru")
    writes = [
        Write("k1", None, {"firstName": "А", "email": "не почта"}),
        Write("k2", None, {"firstName": "Б"}),
        Write("k3", None, {"firstName": "В", "customFields": {"points_active": "много"}}),
        Write("k4", str(held), {"lastName": "Г"}),
        Write("k5", "99999", {"lastName": "Д"}),
    ]
    first, second, third, fourth, fifth = retail.connector.write("customers", writes)
    assert (type(first.error), first.error.field) == (Rejected, "email")
    assert (second.error, retail.shown("customers", second.remote.id)["externalId"]) == (None, "k2")
    assert (type(third.error), third.error.field) == (Rejected, "customFields.points_active")
    assert (fourth.remote.id, type(fifth.error)) == (str(held), Missing)
    assert len(retail.app.account.tables["customers"]) == 2


def test_many_creates_are_one_request_of_fifty(retail):
    retail.connector.write("customers", [Write("warm", None, {"firstName": "x"})])
    before = retail.app.limits.requests
    outcomes = retail.connector.write("customers", [Write(f"k{n}", None, {"firstName": str(n)}) for n in range(120)])
    assert [one.error for one in outcomes] == [None] * 120
    assert retail.app.limits.requests - before == 3


def test_a_repeated_create_finds_what_the_first_try_made(retail):
    writes = [Write(f"k{n}", None, {"firstName": str(n)}) for n in range(3)]
    retail.faults({"kind": "reset_after", "match": "POST .*upload", "count": 1})
    assert [type(one.error) for one in retail.connector.write("customers", writes)] == [Unknown] * 3
    again = retail.connector.write("customers", writes)
    assert [one.remote.data["externalId"] for one in again] == ["k0", "k1", "k2"]
    assert len(retail.app.account.tables["customers"]) == 3


def test_an_upload_that_is_too_large_is_sent_in_halves(retail, monkeypatch):
    sent, post = [], retail.connector.api.post

    def small(path, fields):
        if path.endswith("upload"):
            sent.append(len(fields["customers"]))
            if len(fields["customers"]) > 2:
                raise Rejected("too large", code="413")
        return post(path, fields)

    monkeypatch.setattr(retail.connector.api, "post", small)
    outcomes = retail.connector.write("customers", [Write(f"k{n}", None, {"firstName": str(n)}) for n in range(5)])
    assert ([one.error for one in outcomes], sent) == ([None] * 5, [5, 2, 3, 2])


def test_an_edit_is_partial_words_are_added_and_taken_and_fields_that_the_account_lacks_are_left_out(retail):
    ident = retail.person(addTags=["VIP", "опт"], address={"city": "Уфа", "house": "5"}, managerId=2)
    held = retail.shown("customers", ident)
    data = {"tags": ["vip", "лето"], "address": {"city": "Казань"}, "managerId": "", "customFields": {"store": "mega", "nothing": 1}}
    (outcome,) = retail.connector.write("customers", [Write("k", str(ident), data, {"tags": held["tags"]})])
    assert outcome.error is None
    row = retail.shown("customers", ident)
    assert (row["tags"], row["address"], row["customFields"]) == (["VIP", "лето"], {"city": "Казань", "house": "5"}, {"store": "mega"})
    assert (row["firstName"], "managerId" in row) == ("Анна", False)


def test_an_order_shows_goods_and_delivery_in_one_list_and_money_that_came(retail):
    paid = [{"type": "cash", "status": "paid", "amount": 100}, {"type": "bank-card", "status": "not-paid", "amount": 5}]
    order = retail.shown("orders", retail.order(payments=paid, lastName="Орлова"))
    assert [(row["type"], row["quantity"], row["initialPrice"], row["discount"]) for row in order["lines"]] == [
        ("item", 2, 890, 80), ("item", 1, 50, 0), ("delivery", 1, 300, 0),
    ]  # fmt: skip
    assert (order["lines"][0]["offer"], order["contact_name"]) == ({"id": 37, "article": "SV-007"}, "Анна Орлова")
    assert [one["type"] for one in order["payments"]] == ["cash"]


def test_lines_change_under_their_ids_and_only_what_differs_is_sent(retail, monkeypatch):
    ident = retail.order()
    held = retail.shown("orders", ident)
    retail.people.order_edit({"id": ident, "items": [{"id": row["id"], "comment": "хрупкое"} for row in held["items"]]}, "id")
    first, service, delivery = held["lines"]
    new = {"type": "item", "quantity": 3, "initialPrice": 1290, "discount": 100, "offer": {"id": 34, "article": "SV-004"}}
    lines = [first | {"quantity": 3, "discount": 120}, service, new, delivery | {"initialPrice": 250}]
    sent, post = [], retail.connector.api.post
    monkeypatch.setattr(retail.connector.api, "post", lambda path, fields: sent.append(fields) or post(path, fields))
    retail.connector.write("orders", [Write("k", str(ident), {"lines": lines})])
    assert sent[0]["order"]["items"][1] == {"id": service["id"]}
    order = retail.shown("orders", ident)
    assert [(row["quantity"], row["discount"]) for row in order["lines"]] == [(3, 120), (1, 0), (3, 99.99), (1, 0)]
    assert [row["id"] for row in order["lines"][:2]] == [first["id"], service["id"]]
    assert [row.get("comment") for row in order["items"]] == ["хрупкое", "хрупкое", None]
    assert (order["delivery"]["cost"], order["delivery"]["code"]) == (250, "courier")
    retail.connector.write("orders", [Write("k", str(ident), {"lines": order["lines"][:1]})])
    order = retail.shown("orders", ident)
    assert (len(order["items"]), order["delivery"]["cost"]) == (1, 0)


def test_a_manual_discount_leaves_those_of_others_alone(retail):
    ident = retail.order(discountManualPercent=10)
    held = retail.shown("orders", ident)
    first = held["lines"][0]
    assert first["discount"] == 2 * (40 + 89)
    retail.connector.write("orders", [Write("k", str(ident), {"lines": [first | {"discount": 300}, *held["lines"][1:]]})])
    order = retail.shown("orders", ident)
    assert (order["items"][0]["discountManualAmount"], order["lines"][0]["discount"]) == (61, 300)


def test_a_new_order_bears_its_customer_payments_and_the_hubs_key(retail):
    buyer = retail.person(phones=[{"number": "+79031234567"}])
    data = {
        "number": "5012", "customer": {"id": buyer}, "contact_name": "Анна Ивановна Орлова", "status": "assembling", "bonus_spent": 150,
        "lines": [{"type": "item", "quantity": 1, "initialPrice": 100, "discount": 0, "name": "NEW-1 | Новинка"}, {"type": "delivery", "initialPrice": 300}],
        "payments": [{"type": "bank-card", "amount": 400, "paidAt": "2026-03-04 14:16:39", "externalId": "p-1"}],
    }  # fmt: skip
    (outcome,) = retail.connector.write("orders", [Write("hub-key", None, data)])
    order = retail.shown("orders", outcome.remote.id)
    assert (order["externalId"], order["customer"]["id"], order["firstName"], order["lastName"]) == (
        "hub-key",
        buyer,
        "Анна",
        "Ивановна Орлова",
    )
    assert (order["totalSumm"], order["fullPaidAt"], order["bonus_spent"]) == (400, "2026-03-04 14:16:39", 150)
    assert [one["externalId"] for one in order["payments"]] == ["p-1"]
    wrong = data | {"number": "5013", "lines": [{"type": "item", "quantity": 1, "initialPrice": 1, "discount": 0, "offer": {"id": 778}}]}
    (refused,) = retail.connector.write("orders", [Write("other", None, wrong)])
    assert (type(refused.error), refused.error.field) == (Rejected, "lines")


def test_the_accounts_own_loyalty_counts_before_the_additional_field(retail):
    ident = retail.order(customFields={"bonus_spent": 7})
    assert retail.shown("orders", ident)["bonus_spent"] == 7
    retail.app.account.tables["orders"][ident]["bonusesChargeTotal"] = 120
    assert retail.shown("orders", ident)["bonus_spent"] == 120


def test_payments_are_made_once_whatever_is_repeated_and_one_that_waits_becomes_the_paid_one(retail):
    ident = retail.order(payments=[{"type": "bank-card", "status": "not-paid", "amount": 2050}])
    wanted = [{"type": "bank-card", "amount": 2050, "paidAt": "2026-03-04 14:16:39", "externalId": "p-1"}, {"type": "cash", "amount": 10}]
    for _ in range(2):
        (outcome,) = retail.connector.write("orders", [Write("k", str(ident), {"payments": wanted})])
        assert outcome.error is None
    held = retail.app.account.tables["orders"][ident]["payments"]
    assert [(one["type"], one["status"], one.get("externalId")) for one in held.values()] == [
        ("bank-card", "paid", "p-1"), ("cash", "paid", None),
    ]  # fmt: skip


def test_payments_are_told_apart_by_id_number_and_sum():
    there = [{"id": 1, "type": "cash", "amount": 10, "status": "paid"}, {"id": 2, "type": "cash", "amount": 10, "status": "paid"}]
    one = {"type": "cash", "amount": 10}
    assert payments.steps(9, [one, one], there, "paid") == []
    assert payments.steps(9, [one, one, one], there, "paid") == [(None, {"order": {"id": 9}, **one, "status": "paid"})]
    assert payments.steps(9, [one | {"id": 2, "amount": 12}], there, "paid") == [(2, {"amount": 12})]
