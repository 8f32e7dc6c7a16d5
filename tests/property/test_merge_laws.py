"""Laws of merge on any statements: the order in which they arrive does not matter, nor how often; consents are as strict as they must be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.entities.policy import Policy
from hub.sync.merge import CONSENT_HISTORY, HUB, Said, merge
from tests.property.test_engine import PROFILE

TRUST = {"a": 3.0, "b": 2.0, "c": 1.0}
STATUSES = ("new", "packed", "done", "cancelled")
STEPS = (("new", ("packed", "cancelled")), ("packed", ("done", "new")), ("done", ("packed",)), ("cancelled", ("new",)))
POLICIES = {
    "comment": Policy(),
    "total": Policy("priority", ("b", "a")),
    "organisation": Policy("owner", ("c",)),
    "promo_codes": Policy("union"),
    "store": Policy("ask"),
    "status": Policy("steps", steps=STEPS),
    "lines": Policy("owner", ("a", "b"), until=("packed", "done"), then=("c",)),
    "consents": Policy("consent"),
}
many = settings(PROFILE, max_examples=PROFILE.max_examples * 2, deadline=None)
moments = st.none() | st.sampled_from((10.0, 20.0, 21.0, 30.0, 40.0))
words = st.sampled_from(("", "x", "y", "z"))
sets = st.lists(st.sampled_from("xyz"), max_size=3, unique=True)
consent = st.fixed_dictionaries(
    {
        "purpose": st.just("marketing"),
        "channel": st.sampled_from(("sms", "email")),
        "value": st.sampled_from((True, False, None)),
        "source": st.sampled_from((None, "till", "site")),
        "time": st.sampled_from((None, "1970-01-01T00:00:15Z", "1970-01-01T00:00:25Z", "2030-01-01T00:00:00Z")),
    },
    optional={"brand": st.sampled_from(("", "lavka")), "text": st.just("v2")},
)
consents = st.lists(consent, max_size=3)
VALUES = dict.fromkeys(("comment", "total", "organisation", "store"), words) | {
    "promo_codes": sets, "status": st.sampled_from(STATUSES), "lines": sets, "consents": consents,
}  # fmt: skip


@st.composite
def said(draw, name: str) -> list[Said]:
    """What up to four links say of a field, each with its own edits in the order of their times."""
    found = []
    for number, system in enumerate(draw(st.lists(st.sampled_from(("a", "b", "c", HUB)), max_size=4))):
        times = sorted(draw(st.lists(moments, min_size=1, max_size=3)), key=lambda at: (at is not None, at or 0.0))
        if system == HUB:
            times = [at or 5.0 for at in times]
        values, ops, before = [draw(VALUES[name]) for _ in times], [], None
        for value, at in zip(values, times, strict=True):
            ops.append((before, value, at))
            before = value
        clears = draw(st.booleans())
        kept = tuple(ops) if POLICIES[name].keeps_edits else ()
        found.append(Said(f"link-{number}", system, values[-1], times[-1], clears, kept, seen=45.0))
    return found


records = st.fixed_dictionaries({name: said(name) for name in POLICIES}).map(lambda all: {name: some for name, some in all.items() if some})


@many
@given(records, st.randoms(use_true_random=False), st.booleans())
def test_a_record_does_not_depend_on_the_order_of_what_was_said(everything, random, twice):
    one = merge(everything, POLICIES.__getitem__, TRUST)
    shuffled = {name: random.sample(some, len(some)) for name, some in random.sample(sorted(everything.items()), len(everything))}
    if twice:
        shuffled = {name: some + some for name, some in shuffled.items()}
    again = merge(shuffled, POLICIES.__getitem__, TRUST)
    assert (again.data, again.provenance) == (one.data, one.provenance)
    assert again.conflicts.keys() == one.conflicts.keys()


MINUTE, SECOND = "2026-08-03T09:40:00Z", "2026-08-03T09:40:17Z"


@pytest.mark.parametrize(
    "values, expected",
    [
        ((SECOND, MINUTE), SECOND),
        ((MINUTE, SECOND), SECOND),
        ((SECOND, "2026-08-03T09:41:00Z"), "2026-08-03T09:41:00Z"),
        ((SECOND, "2026-08-03T09:40:25Z"), "2026-08-03T09:40:25Z"),
        (("09:40:17Z", "09:40:00Z"), "09:40:00Z"),
    ],
)
def test_a_moment_kept_to_the_minute_does_not_take_the_seconds_from_others(values, expected):
    """MoySklad keeps an order's moment so: said later, or after a restore, it is the same moment. Another minute is an edit."""
    said = [Said(f"link-{system}", system, value, at, False) for system, value, at in zip("ab", values, (10.0, 20.0), strict=True)]
    assert merge({"comment": said}, POLICIES.__getitem__, TRUST).data["comment"] == expected


@many
@given(said("consents"), st.randoms(use_true_random=False))
def test_consents_do_not_depend_on_the_order_of_what_was_said(statements, random):
    one = merge({"consents": statements}, POLICIES.__getitem__, TRUST)
    again = merge({"consents": random.sample(statements, len(statements))}, POLICIES.__getitem__, TRUST)
    assert again.data == one.data


@many
@given(said("consents"))
def test_a_yes_counts_only_where_no_no_is_as_new_and_unknown_is_neither(statements):
    """From the history alone, as a lawyer would read it."""
    data = merge({"consents": statements}, POLICIES.__getitem__, TRUST).data
    history = data.get(CONSENT_HISTORY) or []

    def key(one):
        return one["purpose"], one["channel"], one.get("brand", "")

    for one in data.get("consents") or []:
        mine = [word for word in history if key(word) == key(one)]
        yes, no = ([word["time"] or "" for word in mine if word["value"] is value] for value in (True, False))
        if one["value"] is None:
            assert not mine, "unknown, though somebody answered"
        else:
            assert one["value"] is bool(yes and max(yes) > max(no, default="") or (yes and not no))
    assert all(word["value"] is not None for word in history)


@many
@given(said("consents"), consent, st.sampled_from((50.0, 60.0)))
def test_a_newer_no_silences_and_a_newer_yes_permits(statements, item, at):
    item = item | {"time": None, "value": at == 60.0}
    later = Said("later", "z", [item], at, False, ((None, [item], at),))
    data = merge({"consents": [*statements, later]}, POLICIES.__getitem__, TRUST).data
    found = next(x for x in data["consents"] if (x["channel"], x.get("brand", "")) == (item["channel"], item.get("brand", "")))
    assert all((w["time"] or "") <= "1970-01-01T00:01:00Z" for w in data[CONSENT_HISTORY]), "nothing was said after it was seen"
    newer = [w for w in data[CONSENT_HISTORY] if w["channel"] == item["channel"] and w.get("brand", "") == item.get("brand", "")]
    assert found["value"] is item["value"] or any((w["time"] or "") >= "1970-01-01T00:00:50Z" and w["system"] != "z" for w in newer)
