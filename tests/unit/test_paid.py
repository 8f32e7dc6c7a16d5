"""How much of an order is paid: documents of money beside what systems tell, each rouble once; and from when it is paid in full."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hub.sync.fulfilment import FULFILMENT, add
from hub.sync.merge import Merged
from hub.sync.paid import put
from hub.sync.statement import Said


def money(amount, ident, time="2026-03-05T10:00:00Z"):
    return {"kind": "card", "amount": f"{amount:.2f}", "time": time, "id": ident}


def said(system, value):
    return Said(f"link of {system}", system, value, None, False)


def merged(own, documents, total=1000):
    """The payments of an order of ``total`` that the site tells, with those of documents: (system, payments)."""
    found = {"total": [said("site", f"{total:.2f}")]} | ({"payments": [said("site", own)]} if own else {})
    links = [
        (SimpleNamespace(id=f"{n}", external_id=f"{n}", system=s), {"payments": [said(s, rows)]}) for n, (s, rows) in enumerate(documents)
    ]
    add(found, links)
    (told,) = found.get("payments", [said("", [])])
    return [one["id"] for one in told.value]


@pytest.mark.parametrize(
    ("own", "documents", "kept"),
    [
        pytest.param([], [("books", [money(400, "b1")]), ("books", [money(600, "b2")])], ["b1", "b2"], id="two parts of the books"),
        pytest.param([], [("books", [money(500, "b1")]), ("books", [money(500, "b2")])], ["b1", "b2"], id="two equal parts of the books"),
        pytest.param([money(1000, "s")], [("books", [money(1000, "b")])], ["s"], id="the site's money entered in the books"),
        pytest.param([money(400, "s")], [("books", [money(600, "b")])], ["s", "b"], id="the rest by the bank"),
        pytest.param([money(500, "s")], [("books", [money(500, "b")])], ["s", "b"], id="two equal halves, one of each"),
        pytest.param([money(1000, "s")], [("books", [money(200, "b")])], ["s", "b"], id="paid too much is told as it is"),
        pytest.param([money(1000, "t")], [("acquirer", [money(1000, "t")])], ["t"], id="one transaction under one id"),
        pytest.param([], [("acquirer", [money(1000, "t")]), ("books", [money(1000, "b")])], ["t"], id="the acquirer's money entered in the books"),
    ],
)  # fmt: skip
def test_each_rouble_counts_once(own, documents, kept):
    assert merged(own, documents) == kept


@pytest.mark.parametrize(
    ("payments", "told", "documents", "expected"),
    [
        pytest.param([money(400, "a")], None, True, ("400.00", None), id="a part: not paid yet"),
        pytest.param([money(400, "a"), money(600, "b", "2026-03-09T10:00:00Z")], None, True, ("1000.00", "2026-03-09T10:00:00Z"), id="paid with the last part"),
        pytest.param([money(1000, "a")], "2026-03-04T00:00:00Z", True, ("1000.00", "2026-03-04T00:00:00Z"), id="a system says when"),
        pytest.param([money(1000, "a")], None, False, ("1000.00", None), id="without documents the systems' own word counts"),
        pytest.param([], None, True, (None, None), id="what was taken back is nothing"),
    ],
)  # fmt: skip
def test_an_order_is_paid_when_its_payments_cover_it(payments, told, documents, expected):
    data = {"total": "1000.00", "payments": payments or None} | ({"paid": told} if told else {})
    into = Merged(data, dict.fromkeys(data, ["site", "link", None]))
    put("order", into, [SimpleNamespace(role=FULFILMENT if documents else "primary")])
    assert (into.data["paid_total"], into.data.get("paid")) == expected
