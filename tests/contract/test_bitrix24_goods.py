"""Goods of a portal over HTTP: read again by time of change, prices of the named groups alone."""

from __future__ import annotations

import pytest

from connectors.bitrix24.goods import Goods
from connectors.contract import Write
from connectors.errors import Rejected
from tests.contract.test_connector_bitrix24_portal import crm, tokens  # noqa: F401 - fixtures


def swept(goods, cursor=None):
    pages = list(goods.changes(cursor or {}))
    return {one.id: one.data for page in pages for one in page.objects}, pages[-1].cursor


@pytest.fixture
def goods(portal, crm):  # noqa: F811
    return Goods(crm.api, crm.lists, ["1"])


def test_goods_are_read_and_then_those_that_changed_alone(portal, goods):
    found, cursor = swept(goods)
    assert found["101"]["xmlId"] == "SV-001"
    portal("catalog.product.update", id=101, fields={"name": "Рубашка", "active": "N"})
    again = swept(goods, cursor)[0]
    assert (again["101"]["name"], again["101"]["active"]) == ("Рубашка", "N") and "102" not in again
    assert [one.id for one in goods.fetch(["102", "nonsense"])] == ["102"]


def test_prices_of_a_group_that_nobody_named_are_not_asked_for(portal, crm, goods):  # noqa: F811
    (named,), (unnamed,) = (Goods(crm.api, crm.lists, groups).fetch(["101"]) for groups in (["1"], []))
    assert named.data["prices"][0]["kind"] == "1" and named.data["prices"][0]["value"]
    assert unnamed.data["prices"] == []


def test_the_hub_writes_none(crm):  # noqa: F811
    (outcome,) = crm.write("product", [Write("k", "101", {"name": "x"})])
    assert isinstance(outcome.error, Rejected) and {one.path for one in crm.fields("product")} >= {"xmlId", "prices"}
