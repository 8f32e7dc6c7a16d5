"""The Bitrix24 sandbox: online events form-encoded, once, with the application token; and the offline queue."""

import pytest

from sandbox.bitrix24.auth import APPLICATION_TOKEN, HUB, TELEPHONY
from tests.contract.bitrix24_portal import CONTACT, DEAL, waited


def bound(portal, handler, *events):
    for event in events:
        assert portal.app("event.bind", event=event, handler=handler.url) is True


def test_an_event_is_a_form_with_ids_and_the_application_token(portal, handler):
    bound(portal, handler, "OnCrmContactAdd", "ONCRMDEALUPDATE", "ONCRMDEALMOVETOCATEGORY")
    contact = portal.contact()["id"]
    assert waited(lambda: handler.got)
    event = handler.got[0]
    assert (event["event"], event["data"]) == ("ONCRMCONTACTADD", {"FIELDS": {"ID": str(contact)}})
    assert event["auth"]["application_token"] == APPLICATION_TOKEN and event["auth"]["client_endpoint"] == f"{portal.url}/rest/"
    assert handler.types == ["application/x-www-form-urlencoded"] and event["ts"].isdigit()
    deal = portal.deal()["id"]
    portal.update(DEAL, deal, title="Новое имя")
    portal.update(DEAL, deal, categoryId=1)
    assert waited(lambda: len(handler.got) == 3)
    assert [event["event"] for event in handler.got[1:]] == ["ONCRMDEALUPDATE", "ONCRMDEALMOVETOCATEGORY"]
    assert handler.got[2]["data"]["FIELDS"] == {"ID": str(deal), "CATEGORY_ID": "1", "STAGE_ID": "C1:NEW"}


def test_changed_lines_are_an_update_of_their_deal_even_with_the_same_total(portal, handler):
    bound(portal, handler, "ONCRMDEALUPDATE")
    deal = portal.deal()["id"]
    rows = [{"productId": 101, "price": 100, "quantity": 2}]
    for sent in (rows, [{"productId": 101, "price": 200}], [{"productId": 101, "price": 200}]):
        portal("crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=sent)
    assert waited(lambda: len(handler.got) == 2) and portal.vendor.sender.drain()
    assert len(handler.got) == 2  # the third set changed nothing


def test_subscriptions_are_listed_unbound_and_checked(portal, handler):
    bound(portal, handler, "ONCRMCONTACTUPDATE")
    assert [(row["event"], row["handler"]) for row in portal.app("event.get")] == [("ONCRMCONTACTUPDATE", handler.url)]
    with pytest.raises(AssertionError, match="ERROR_HANDLER_ALREADY_EXIST"):
        bound(portal, handler, "ONCRMCONTACTUPDATE")
    with pytest.raises(AssertionError, match="ERROR_EVENT_NOT_FOUND"):
        bound(portal, handler, "ONNOTHING")
    assert portal.app("event.unbind", event="ONCRMCONTACTUPDATE", handler=handler.url) == {"count": 1}
    assert portal.app("event.get") == []


def test_a_handler_on_this_machine_needs_the_switch(portal, handler):
    portal.vendor.portal.allow_loopback = False
    with pytest.raises(AssertionError, match="ERROR_WRONG_HANDLER_URL"):
        bound(portal, handler, "ONCRMCONTACTADD")


def test_faults_of_delivery(portal, handler):
    bound(portal, handler, "ONCRMCONTACTADD")
    portal.control("webhooks", loss=1)
    portal.contact()
    portal.control("webhooks", duplicate=1)
    number = portal.contact()["id"]
    assert waited(lambda: len(handler.got) == 2)
    assert {event["data"]["FIELDS"]["ID"] for event in handler.got} == {str(number)}
    portal.control("webhooks", reorder=1)
    for _ in range(20):
        portal.contact()
    assert waited(lambda: len(handler.got) == 22)
    order = [int(event["data"]["FIELDS"]["ID"]) for event in handler.got[2:]]
    assert sorted(order) == list(range(number + 1, number + 21)) and order != sorted(order)
    portal.control("webhooks", off=True)
    portal.contact()
    assert portal.vendor.sender.drain() and len(handler.got) == 22


def test_a_failed_delivery_is_not_repeated(portal, handler):
    bound(portal, handler, "ONCRMCONTACTADD")
    handler.close()
    portal.contact()
    assert waited(lambda: portal.vendor.sender.failed == 1) and portal.vendor.sender.drain()
    assert portal.vendor.sender.failed == 1


def waiting(portal, key, **more):
    return portal.app("event.offline.get", auth_connector=key, **more)


def test_the_offline_queue_coalesces_and_leaves_out_the_writers_own_changes(portal):
    assert portal.app("event.bind", event="ONCRMCONTACTUPDATE", event_type="offline", auth_connector="sverka") is True
    number = portal.contact()["id"]
    for name in ("Ольга", "Мария"):
        portal.update(CONTACT, number, name=name)
    portal.app("crm.item.update", entityTypeId=CONTACT, id=number, fields={"name": "Алия"}, auth_connector="sverka")
    assert portal.app("event.offline.get")["events"] == []  # without the key only events without a key are seen
    events = waiting(portal, "sverka")["events"]
    assert [(event["EVENT_NAME"], event["EVENT_DATA"]) for event in events] == [("ONCRMCONTACTUPDATE", {"FIELDS": {"ID": str(number)}})]
    assert waiting(portal, "sverka")["events"] == []
    portal.app("crm.item.update", entityTypeId=CONTACT, id=number, fields={"name": "Анна"}, auth_connector="sverka")
    assert waiting(portal, "sverka")["events"] == []
    portal.app("crm.item.update", entityTypeId=CONTACT, id=number, fields={"name": "Олег"}, auth_connector="other")
    assert len(waiting(portal, "sverka")["events"]) == 1


def test_reserved_offline_events_are_hidden_until_cleared(portal):
    portal.app("event.bind", event="ONCRMCONTACTADD", event_type="offline", auth_connector="k")
    portal.contact(), portal.contact()
    first = waiting(portal, "k", clear=0, limit=1)
    second = waiting(portal, "k", clear=0)
    assert len(first["events"]) == len(second["events"]) == 1 and first["process_id"] != second["process_id"]
    assert waiting(portal, "k", clear=0)["events"] == []
    portal.app("event.offline.error", auth_connector="k", process_id=first["process_id"])
    portal.app("event.offline.clear", auth_connector="k", process_id=second["process_id"])
    left = portal.app("event.offline.list", auth_connector="k")
    assert [(row["ID"], row["ERROR"]) for row in left] == [(first["events"][0]["ID"], "1")]


def test_the_doorbell_rings_once_in_its_interval(portal, handler):
    portal.app("event.bind", event="ONOFFLINEEVENT", handler=handler.url, options={"minTimeout": 5})
    portal.app("event.bind", event="ONCRMCONTACTADD", event_type="offline")
    portal.contact(), portal.contact()
    assert waited(lambda: handler.got) and portal.vendor.sender.drain()
    assert [event["event"] for event in handler.got] == ["ONOFFLINEEVENT"]
    portal.control("clock", offset=10)
    portal.contact()
    assert waited(lambda: len(handler.got) == 2)


def test_each_application_has_its_own_bindings_token_and_queue(portal, handler):
    bound(portal, handler, "ONCRMCONTACTADD")
    portal.exchange("event.bind", event="ONCRMCONTACTADD", handler=handler.url)
    portal.exchange("event.bind", event="ONCRMCONTACTADD", event_type="offline")
    portal.contact()
    assert waited(lambda: len(handler.got) == 2)
    assert {event["auth"]["application_token"] for event in handler.got} == {HUB.application_token, TELEPHONY.application_token}
    assert portal.app("event.offline.get")["events"] == [] and len(portal.exchange("event.offline.get")["events"]) == 1
    assert portal.app("event.unbind", event="ONCRMCONTACTADD") == {"count": 1}
    assert len(portal.exchange("event.get")) == 2


def test_robots_that_write_echo_each_save(portal, handler):
    bound(portal, handler, "ONCRMDEALADD", "ONCRMDEALUPDATE")
    portal.control("robots", echoes=2)
    deal = portal.deal()["id"]
    portal.update(DEAL, deal, title="x")
    assert waited(lambda: len(handler.got) == 6)
    assert "access_token" not in handler.got[1]["auth"]  # nobody acted
