"""Mango Office carries a call and Bitrix24 shows it, too: one call, one count, one outcome of the task, by whichever tells more, in whatever order they tell."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage.tables import link, record
from tests.scenarios.calling_shop import opened
from tests.scenarios.test_call_loop import met


def calls(shop):
    with shop.hub.store.read() as at:
        rows = at.execute(select(record.c.id, record.c.data).where(record.c.entity == "call", record.c.merged_into.is_(None))).all()
        told = at.execute(select(link.c.record_id, link.c.system).where(link.c.entity == "call", link.c.system.in_(("ats", "crm")))).all()
    return [data | {"by": sorted(system for owner, system in told if owner == ident)} for ident, data in rows]


def figures(shop):
    with shop.hub.store.read() as at:
        (one,) = at.execute(select(record.c.data).where(record.c.entity == "customer")).scalars()
    return one.get("calls_made"), one.get("calls_talked")


def with_task(shop):
    (anna,) = met(shop)
    shop.wants(anna)
    shop.turn(2)
    (task,) = shop.tasks()
    shop.clock.skip(300.0)
    return anna, task


@pytest.mark.parametrize("first", ["ats", "crm"])
def test_a_call_by_the_exchange_that_the_crm_shows_too_is_one(tmp_path, database_url, first):
    with opened(tmp_path, database_url, exchange=True) as shop:
        anna, task = with_task(shop)
        start = shop.clock() - 200.0  # the exchange counts from the dialling, the CRM from the connection
        tells = {"ats": lambda: shop.dials(task, start), "crm": lambda: shop.rings(task, ago=shop.clock() - start - 5.0)}
        tells.pop(first)()
        shop.clock.skip(310.0)
        shop.turn(2)
        assert [one["by"] for one in calls(shop)] == [[first]]
        next(iter(tells.values()))()
        for _ in range(2):
            shop.clock.skip(310.0)
            shop.turn(2)
        (call,) = calls(shop)
        assert (call["by"], call["outcome"], call["duration"]) == (["ats", "crm"], "talked", 90)
        assert figures(shop) == (1, 1)
        shop.clock.skip(700.0)
        shop.turn(2)
        (one,) = shop.records()
        assert (one["state"], one["outcome"], one["tries"]) == ("done", "talked", 1)
        assert len(shop.actions("Sverka.Call")) == 1 and [row["customFields"]["callResult"] for row in shop.actions()] == ["talked"]
        told = shop.cdp("Website.GetCustomerInfo", {"customer": {"ids": {"mindboxId": anna}}})["customer"]["customFields"]
        assert (told["callsMade"], told["callsTalked"]) == (1, 1)


@pytest.mark.parametrize("first", ["ats", "crm"])
@pytest.mark.parametrize(
    ("exchange", "portal", "outcome"),
    [
        pytest.param({"reason": 1180}, "486", "busy", id="the portal's"),
        pytest.param({"reason": 1121}, "OTHER", "busy", id="the exchange's"),
    ],
)
def test_the_outcome_is_that_of_whichever_knows_one(tmp_path, first, exchange, portal, outcome):
    with opened(tmp_path, exchange=True) as shop:
        _, task = with_task(shop)
        start = shop.clock() - 100.0
        tells = {"ats": lambda: shop.dials(task, start, 0, **exchange), "crm": lambda: shop.rings(task, portal, 0, shop.clock() - start)}
        tells.pop(first)()
        shop.clock.skip(310.0)
        shop.turn()
        next(iter(tells.values()))()
        shop.clock.skip(310.0)
        shop.turn(2)
        (call,) = calls(shop)
        assert (call["by"], call["outcome"]) == (["ats", "crm"], outcome)
        shop.clock.skip(700.0)
        shop.turn(2)
        assert [(one["outcome"], one["tries"]) for one in shop.records()] == [(outcome, 1)]
