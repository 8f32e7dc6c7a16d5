"""A copy of the base that calls, another base at the address, a base restored from a copy: nothing of it is merged or written, and a person
is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from connectors.contract import WebhookRequest
from connectors.registry import create
from hub.storage import states
from hub.storage.tables import audit
from hub.sync.intake import release_alarmed
from hub.systems import fingerprints, modes
from tests.property.vendors import FakeConnector, Traits
from tests.property.world import World, person


class Named(FakeConnector):
    """A vendor that says which base it is."""

    name = "first"

    def base(self):
        return self.name

    def base_of(self, request):
        return self.name


@pytest.fixture
def world():
    found = World({"a": Traits(), "b": Traits()})
    for number in range(6):
        found.vendors["a"].user_makes(person(number) | {"last": f"Orlova{number}"})
    found.quiet()
    found.connectors["a"].__class__ = Named
    assert fingerprints.recognise(found.hub, "a") == ""
    yield found
    found.close()


def state(world, system="a"):
    with world.hub.store.read() as at:
        return states.get(at, system)


def back(world, *, accept):
    with world.hub.store.write() as at:
        modes.change(world.hub, at, "a", "live", actor="anna", accept=accept)
    release_alarmed(world.hub)


def test_the_base_that_is_known_is_no_news(world):
    assert fingerprints.called(world.hub, "a", "first")
    assert fingerprints.recognise(world.hub, "a") == ""
    assert (state(world)["mode"], state(world)["alarm"]) == ("live", None)


def test_a_copy_of_the_base_that_calls_puts_the_system_into_observe_and_tells_a_person(world):
    assert not fingerprints.called(world.hub, "a", "copy")
    assert not fingerprints.called(world.hub, "a", "copy")
    assert fingerprints.called(world.hub, "a", "first"), "the base itself may call"
    found = state(world)
    assert (found["mode"], found["alarm"]["code"]) == ("observe", fingerprints.COPY)
    assert "copy instead of first" in found["alarm"]["en"]
    with world.hub.store.read() as at:
        rows = at.execute(select(audit.c.actor, audit.c.cause).where(audit.c.action == "mode")).all()
    assert [tuple(row) for row in rows] == [("hub", "live -> observe: copy")], "told once, however often it calls"


def test_a_copy_that_goes_on_calling_keeps_no_writer_waiting(world, monkeypatch):
    assert not fingerprints.called(world.hub, "a", "copy")
    monkeypatch.setattr(world.hub.store, "write", lambda: pytest.fail("a transaction for a webhook that is not even stored"))
    assert not fingerprints.called(world.hub, "a", "copy")


def test_another_base_at_the_address(world):
    Named.name = "second"
    try:
        assert fingerprints.recognise(world.hub, "a") == fingerprints.OTHER
        assert state(world)["mode"] == "observe"
        back(world, accept=True)
        assert fingerprints.recognise(world.hub, "a") == ""
        assert state(world)["mode"] == "live"
        assert not fingerprints.called(world.hub, "a", "first")
    finally:
        Named.name = "first"


def restore(world):
    """The base as it was last week: four people are not there yet, and the names of the others are the old ones."""
    vendor = world.vendors["a"]
    for ident in list(vendor.things)[2:]:
        del vendor.things[ident]
    for thing in vendor.things.values():
        thing.values["last"], vendor.seq = "Old", vendor.seq + 1
        thing.seq = vendor.seq


def test_a_restored_base_is_recognised_by_what_it_lacks_and_nothing_of_it_is_merged(world):
    restore(world)
    assert fingerprints.recognise(world.hub, "a") == fingerprints.RESTORED
    assert "4 are missing" in state(world)["alarm"]["en"]
    world.clock.advance(60.0)
    world.poll("a")
    while world.take():
        pass
    for system in ("a", "b"):
        while world.drain(system):
            pass
    assert {r.data["last_name"] for r in world.records()} == {f"Orlova{n}" for n in range(6)}
    assert {t.values["last"] for t in world.vendors["b"].things.values()} == {f"Orlova{n}" for n in range(6)}
    back(world, accept=True)
    assert fingerprints.recognise(world.hub, "a") == "", "what is not there was said to be right"
    world.quiet()
    assert {t.values["last"] for t in world.vendors["a"].things.values()} >= {"Old"}, "and what it shows counts from now on"


def test_a_few_objects_that_somebody_deleted_are_no_restored_base(world):
    for ident in list(world.vendors["a"].things)[:2]:
        del world.vendors["a"].things[ident]
    assert fingerprints.recognise(world.hub, "a") == ""


@pytest.mark.parametrize(("vendor", "request_", "base"), [
    ("moysklad", WebhookRequest({}, b'{"events": [{"accountId": "b27c"}]}'), "b27c"),
    ("moysklad", WebhookRequest({}, b"{}"), ""),
    ("woocommerce", WebhookRequest({"X-WC-Webhook-Source": "https://shop.example.ru/"}, b"{}"), "https://shop.example.ru"),
    ("bitrix24", WebhookRequest({}, b"event=ONCRMDEALADD&auth%5Bmember_id%5D=d41d"), "d41d"),
    ("bitrix24", WebhookRequest({}, b"\xff"), ""),
])  # fmt: skip
def test_which_base_a_webhook_comes_from(vendor, request_, base):
    from connectors.contract import SystemSettings

    secrets = {"webhook": "1/abc", "token": "t", "consumer_key": "k", "consumer_secret": "s"}
    connector = create(vendor, SystemSettings("x", vendor, "https://x.example", secrets=secrets), None, None, None)
    assert connector.base_of(request_) == base
