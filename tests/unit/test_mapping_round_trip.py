"""Every shipped mapping both ways: a generated record, written and read again, is the same record; repeated SKUs stay apart."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mappings
from hub.config.declared import SHIPPED, world
from hub.entities import SCHEMAS
from mappings import paths
from mappings.answers import Table
from mappings.codec import CODECS
from mappings.consents import ConsentFlag
from mappings.lists import EachItem, ListOf
from mappings.scalars import Money, Text
from tests.unit.codec_cases import CASES, CONTEXT, Case, same_line

GIVING = [m for m in mappings.load([SHIPPED]).all if m.give]
NAMES = {cls: name for name, cls in CODECS.items()}
EXAMPLES = int(os.environ.get("SVERKA_EXAMPLES", "40"))
SCHEMA = world(None).entities
TRIES = 5  # values drawn for one that must be there: half of what a codec can say is nothing


def case_of(codec, declared=None) -> Case:
    """The canonical values that a field's codec can say, and when two of them are one. ``declared``: the field of the entity's schema."""
    if isinstance(codec, Table):
        return Case(st.sampled_from(sorted(map(str, codec.back))), st.none())
    if isinstance(codec, ListOf):
        line = case_of(codec.item, declared.inner if declared is not None else None)
        once = st.lists(line.canonical, min_size=1, max_size=4)
        return Case(
            once | once.map(lambda found: [*found, *found]), st.none(), same=lambda a, b: len(a) == len(b) and all(map(same_line, a, b))
        )
    if isinstance(codec, EachItem):
        of = declared.schema.fields if declared is not None else {}
        return Case(st.fixed_dictionaries({name: said(part, of.get(name)) for name, part in codec.parts.items()}), st.none())
    if isinstance(codec, ConsentFlag):  # of its own key: an answer is what the vendor does not set by itself
        answers = [{**codec.key, "value": value, "source": None, "time": None} for value in {True, False, None} - {codec.default}]
        return Case(st.sampled_from(answers).map(lambda one: [one]), st.none())
    case = CASES[NAMES[type(codec)]]
    if isinstance(codec, Text) and codec.max:
        return Case(case.canonical.map(lambda text: (text or "")[: codec.max].strip() or None), st.none(), same=case.same)
    return case


def said(part, declared) -> st.SearchStrategy:
    """Values of one field of an item: nothing only where the schema lets it be nothing, and a sum is always there."""
    found = case_of(part.codec).canonical
    always = isinstance(part.codec, Money) or (declared is not None and not declared.allow_none)
    if not always:
        return found
    some = st.tuples(*[found] * TRIES).map(lambda drawn: next((value for value in drawn if value is not None), None))
    return some.filter(lambda value: value is not None)


def two_way(mapping):
    return [one for one in mapping.fields if not one.only]


def records(mapping) -> st.SearchStrategy[dict]:
    """Records of the fields that go both ways, each there or not, as the entity's schema allows."""
    declared = SCHEMAS[mapping.entity]().fields
    fields = {one.field: case_of(one.codec, declared.get(one.field)).canonical for one in two_way(mapping)}
    for name in fields:
        if choices := SCHEMA[mapping.entity][name].choices:
            fields[name] = fields[name].filter(choices.__contains__)
    drawn = st.fixed_dictionaries({}, optional=fields)
    return drawn.map(lambda record: {name: value for name, value in record.items() if value is not None})


def stored(mapping, record, held=None):
    """The object after the hub wrote ``record`` to it."""
    values, problems = mapping.project(record, values_of(mapping, held) if held else {}, CONTEXT)
    assert problems == []
    remote = json.loads(json.dumps(held if held else mapping.create))
    for path, value in values.items():
        paths.put(remote, path, value)
    return remote


def values_of(mapping, remote):
    return mapping.read(remote, None, frozenset(), True, CONTEXT).values


def agrees(mapping, remote, record):
    data, problems = mapping.decode_all(values_of(mapping, remote), CONTEXT)
    assert problems == []
    for one in two_way(mapping):
        if one.field in record:
            assert case_of(one.codec).same(data[one.field], record[one.field]), (one.field, data[one.field], record[one.field])
    return data


@pytest.mark.parametrize("mapping", GIVING, ids=lambda m: f"{m.connector}-{m.resource}")
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(data=st.data())
def test_a_record_written_and_read_is_the_same_record(mapping, data):
    """Made new, and laid over an object that held another record; and what was read makes no write (I5)."""
    before, after = data.draw(records(mapping)), data.draw(records(mapping))
    assert SCHEMAS[mapping.entity]().validate(after) == {}, "the record is one that the schema allows"
    made = stored(mapping, before)
    assert mapping.applies(made)
    agrees(mapping, made, before)
    changed = stored(mapping, after, held=made)
    read = agrees(mapping, changed, after)
    held = values_of(mapping, changed)
    echo, _ = mapping.project({name: value for name, value in read.items() if value is not None}, held, CONTEXT)
    two = {one.path for one in two_way(mapping)}
    assert {path: value for path, value in echo.items() if path in two and value != held[path]} == {}


def test_every_shipped_mapping_that_gives_is_here():
    """One that is only read has nothing to write back; its examples hold it."""
    shipped = {f"{p.parent.name}-{p.stem}" for p in Path(SHIPPED).glob("*/*.yaml")}
    only_read = {f"{m.connector}-{m.resource}" for m in mappings.load([SHIPPED]).all if not m.give}
    assert {f"{m.connector}-{m.resource}" for m in GIVING} == shipped - only_read
