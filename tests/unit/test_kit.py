"""The contract suite of the connector kit, told of vendors that differ from those it grew with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from connectors.contract import Limit, Manifest, Outcome, Representation, ResourceManifest
from connectors.errors import Missing, Rejected, Unauthorized, Unavailable
from connectors.kit import Answer, Stand, Suite

WHOLE = Representation()
PEOPLE = ResourceManifest(entity="customer", operations={}, representations={"fetch": WHOLE}, listed=False)
LIMITS = (Limit("window", 5, 1.0), Limit("window", 1000, 3600.0))


class Bonsai:
    """A vendor whose ids look like P-7: any other text is a mistake of the caller. ``limiter``: what it was made with."""

    def __init__(self, limiter):
        self.limiter, self.asked = limiter, []

    def fetch(self, resource, ids):
        self.asked += ids
        return []

    def write(self, resource, writes):
        return [Outcome(error=Missing("no such person") if one.id.startswith("P-") else Rejected("no id")) for one in writes]


def suite(*answers):
    made = type("TestBonsai", (Suite,), {"answers": answers})
    made.package = SimpleNamespace(
        __path__=["connectors/bonsai"],
        MANIFEST=Manifest("bonsai", "Bonsai", {"persons": PEOPLE}, LIMITS),
        create=lambda settings, limiter, tokens, clock: Bonsai(limiter),
    )
    return made()


class Screen(Stand):
    absent = "P-999999"

    def faults(self, *rules):
        pass

    def update(self, resource):
        return {}


def told(*statuses):
    return [Answer(status, "{}", error, error) for status, error in statuses]


REST = told((404, Missing), (429, Unavailable), (500, Unavailable))


def asked_for(*answers):
    suite(*answers).test_every_answer_of_the_vendor_has_its_meaning(Screen("http://nowhere"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_vendor_refuses_a_wrong_key_by_either_status(status):
    asked_for(*told((status, Unauthorized)), *REST)


def test_answers_that_every_vendor_has_are_asked_for_by_name():
    with pytest.raises(AssertionError, match="add what 401 or 403, 429 look like"):
        asked_for(*(one for one in REST if one.status != 429))


def test_what_is_not_there_is_asked_for_by_an_id_of_the_vendors_form():
    suite().test_an_object_that_is_gone_is_missing(Bonsai(None), Screen("http://nowhere"), "persons")


def test_every_case_keeps_the_limits_that_a_test_can_wait_for():
    assert suite().made(Screen("http://nowhere")).limiter.limits == [LIMITS[0]]
