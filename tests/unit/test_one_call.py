"""One call that two systems tell of is one; two calls of one system are two."""

from __future__ import annotations

import pytest

from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.one_call import call_keys, identify_call

BEGUN = {"phone": "+79031234567", "direction": "out", "start": "2026-03-12T11:05:50Z"}


def begun(second: int, minute: int = 5, **more) -> dict:
    return BEGUN | {"start": f"2026-03-12T11:{minute:02d}:{second:02d}Z"} | more


@pytest.mark.parametrize(("second", "minute"), [(50, 5), (0, 5), (59, 5), (0, 6), (49, 6)])
def test_beginnings_within_a_minute_meet_by_a_key(second, minute):
    assert call_keys(BEGUN) & call_keys(begun(second, minute))


@pytest.mark.parametrize("lacking", ["phone", "direction", "start"])
def test_what_cannot_be_told_apart_is_like_no_other(lacking):
    assert call_keys({**BEGUN, lacking: None}) == set()
    assert call_keys(BEGUN | {"start": "вчера"}) == call_keys(BEGUN | {"wanted": True}) == set()


def known(**starts: dict) -> tuple[dict, dict]:
    records = {ident: Record(ident, "call", 1, data) for ident, data in starts.items()}
    hits: dict = {}
    for ident, data in starts.items():
        for key in call_keys(data):
            hits.setdefault(key, []).append(ident)
    return records, hits


def link(state: str = "live") -> Link:
    return Link("l", "mango", "call", "call", "m-1", "near", role="primary", state=state)


@pytest.mark.parametrize(
    ("there", "links", "expected"),
    [
        pytest.param({"near": begun(58)}, {}, "near", id="eight seconds apart"),
        pytest.param({"near": begun(50, 6)}, {}, "near", id="a minute apart to the second"),
        pytest.param({"near": begun(51, 6)}, {}, None, id="more than a minute apart"),
        pytest.param({"near": begun(58), "far": begun(10)}, {}, "near", id="the nearest"),
        pytest.param({"near": begun(58), "far": begun(10)}, {"near": [link()]}, "far", id="the nearest that this system has not told of"),
        pytest.param({"near": begun(58)}, {"near": [link()]}, None, id="dialled again at once"),
    ],
)
def test_which_call_it_is(there, links, expected):
    records, hits = known(**there)
    assert identify_call(BEGUN, hits, records, links).record_id == expected


def test_a_call_that_the_hub_is_writing_there_is_waited_for():
    records, hits = known(near=begun(58))
    assert identify_call(BEGUN, hits, records, {"near": [link("creating")]}).wait


def test_another_direction_or_phone_is_another_call():
    assert not call_keys(BEGUN) & call_keys(BEGUN | {"direction": "in"})
    assert not call_keys(BEGUN) & call_keys(BEGUN | {"phone": "+79031234568"})
