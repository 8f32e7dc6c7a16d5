"""A write that was given up early may come true after the next one: until it cannot act any more its value is a late effect and nobody's edit."""

from __future__ import annotations

import pytest

from hub.storage.links import Link
from hub.sync.intent import close_intent, let_go, open_intent
from hub.sync.observe import Look, Rules, observe

RULES = Rules(alike=lambda path, a, b: a == b, settle=0.0)
PATH, LOST, SAID = "consents", "sms: yes", "sms: no"


def link_with(lost=LOST, rules=RULES):
    """At 100 s a write was lost sight of that may act until 160 s; at 105 s it was given up."""
    link = Link("l", "crm", "customer", "contact", "1", "r", base={PATH: ""}, sent={PATH: ""}, looked_at=90.0, whole_at=90.0)
    open_intent(link, {PATH: lost}, {}, now=100.0, settles_after=60.0)
    return link, let_go(link, rules)


@pytest.mark.parametrize(("seen_at", "edits"), [(120.0, []), (200.0, [PATH])], ids=["the lost write", "a person, later"])
def test_what_comes_true_after_another_write_is_no_edit_while_it_may(seen_at, edits):
    link, gone = link_with()
    assert gone and link.intent is None
    open_intent(link, {PATH: SAID}, {}, now=106.0, settles_after=60.0)
    close_intent(link, {PATH: SAID}, RULES, now=107.0)
    seen = observe(link, Look({PATH: LOST}, seen_at, None, 107.0, True), RULES)
    assert list(seen.edits) == edits


def test_the_same_value_said_again_is_forgotten_as_lost():
    link, _ = link_with(lost=SAID)
    open_intent(link, {PATH: SAID}, {}, now=106.0, settles_after=60.0)
    close_intent(link, {PATH: SAID}, RULES, now=107.0)
    assert link.dropped == {}


@pytest.mark.parametrize("rules", [Rules(alike=RULES.alike, safe_update=False), Rules(alike=RULES.alike, effects=frozenset({PATH}))])
def test_what_would_do_harm_when_said_again_is_not_given_up(rules):
    link, gone = link_with(rules=rules)
    assert not gone and link.intent is not None and link.dropped == {}
