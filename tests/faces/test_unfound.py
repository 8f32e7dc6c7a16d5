"""What people are told who look for somebody in vain: why, where there is a reason, on the page and by the command."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import insert

from hub.config.settings import zone
from hub.explain.found import find
from hub.explain.unfound import reasons
from hub.keeping import erasure
from hub.language import Speech
from hub.storage import inbox
from hub.storage.tables import parked
from hub.web.app import create_app
from mappings.phones import numbers
from tests.faces.reader import Reader


def told(shop, text):
    with shop.hub.store.read() as at:
        return reasons(shop.hub, at, text, Speech("en"))


def test_who_was_never_there_has_no_reason(shop):
    assert told(shop, "+7 999 000 00 01") == []


def test_a_day_or_store_that_people_remember_wrongly_is_told(shop, monkeypatch):
    """One minute after midnight in the shop, when it is yesterday in Greenwich."""
    with shop.hub.store.read() as at:
        (order,) = find(shop.hub, at, shop.good, ())
    there = zone(shop.hub.settings.timezone)
    day = datetime.fromisoformat(order["data"]["created"]).astimezone(there).date()
    monkeypatch.setattr(shop.hub, "clock", datetime.combine(day, time(0, 1), there).timestamp)
    (other,) = told(shop, f"order {shop.good} {day - timedelta(days=40)}")
    assert other.startswith("Documents of this number are of other days: ") and str(day.year) in other
    (elsewhere,) = told(shop, f"{shop.good} today at Nowhere")
    assert "in another store" in elsewhere
    assert told(shop, "order 909090 today") == []


def test_an_object_that_could_not_be_read_is_named(shop):
    with shop.hub.store.write() as at:
        row = {"system": "crm", "resource": "contact", "reason": "ValueError: the object has no id", "at": 1.0}
        at.execute(insert(parked).values(**row, data={"PHONE": [{"VALUE": "+79990000002"}]}))
    assert told(shop, "8 (999) 000-00-02") == [
        "An object of crm (contact) in which it stands could not be read: ValueError: the object has no id. See Review."
    ]


def test_a_load_that_is_not_over_and_rows_that_wait_are_named(shop):
    hint = {"system": "sklad", "resource": "counterparty", "external_id": "x", "kind": "hint", "looked_at": 0.0, "received_at": 0.0, "due_at": 0.0}  # fmt: skip
    with shop.hub.store.intake() as at:
        inbox.put(at, [hint])
    assert told(shop, "nobody") == ["Objects that came in and are not looked at yet: 1. Try again in a minute."]
    with shop.hub.store.intake() as at:
        before = inbox.get_cursor(at, "site", "orders")["identified_at"]
        inbox.set_cursor(at, "site", "orders", identified_at=None)
    assert told(shop, "nobody") == ["The first load is not over (site): what it has not come to is not found yet."]
    with shop.hub.store.intake() as at:
        inbox.set_cursor(at, "site", "orders", identified_at=before)


def test_an_erased_person_is_told_as_that_on_the_page_too(shop):
    with shop.hub.store.read() as at:
        anna = next(row for row in find(shop.hub, at, "+79031234567", numbers("+79031234567")) if row["entity"] == "customer")
    certificate = erasure.erase(shop.hub, anna["id"], actor="test", prove=False)["certificate"]
    for text in ("8 903 123 45 67", "anna@example.ru", anna["id"]):
        (line,) = told(shop, text)
        assert certificate in line and "sverka record readmit" in line
    assert certificate in Reader(create_app(shop.hub), "viewer").get("/search?q=8 903 123 45 67").text
