"""Since when somebody is known: whatever happened to her record."""

from __future__ import annotations

import uuid

import pytest

from hub.storage.links import Link
from hub.storage.records import Record
from hub.sync.known import known_since

NOON = 1_780_000_000.0


def made_at(moment: float) -> str:
    """An id that was made then."""
    return str(uuid.UUID(int=(int(moment * 1000) << 80) | (7 << 76) | (2 << 62)))


def record(ident: str = made_at(NOON), **data: str) -> Record:
    return Record(ident, "customer", data=data, created_at=NOON)


def link(moment: float) -> Link:
    return Link(made_at(moment), "site", "customer", "customers", "7", "r")


@pytest.mark.parametrize(
    ("one", "links", "expected"),
    [
        pytest.param(record(), [], NOON, id="since the record was made"),
        pytest.param(record(), [link(NOON + 60)], NOON, id="a later object tells nothing"),
        pytest.param(record(), [link(NOON - 60), link(NOON - 30)], NOON - 60, id="an object that was known before a split or merge"),
        pytest.param(record(made_at(NOON - 90)), [], NOON - 90, id="a record that came back after a restore"),
        pytest.param(record("not-a-uuid", first_purchase="2026-05-28T20:26:20Z"), [], NOON - 20, id="somebody who bought before"),
        pytest.param(record("not-a-uuid", first_purchase="soon"), [], NOON, id="what cannot be read says nothing"),
    ],
)
def test_known_since(one, links, expected):
    assert known_since(one, links) == pytest.approx(expected, abs=0.001)
