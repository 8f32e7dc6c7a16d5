"""The quality scale: its rules bite, what was gathered is what the tree shows, and the page says it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors import registry
from connectors.contract import Operation
from hub.cli import main
from hub.systems import capabilities, quality, standing
from hub.systems.quality import RULES, Standing, Subject, judge

ROOT = Path(__file__).parents[2]
NAME = "mindbox"  # keeps every rule: what each test takes away is what it lacks


def subject(manifest=None, standing_=None):
    kept = standing_ or standing.kept(NAME)
    return Subject(manifest or registry.manifest(NAME), capabilities.connector_of(NAME), registry.catalogues()[NAME], kept)


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "tests/standing").glob("*.yaml")))
def test_what_was_gathered_is_what_the_tree_shows(name):
    """Written anew by `python -m hub.systems.standing`, which refuses a claim whose test is not there."""
    assert (ROOT / "connectors" / name / standing.FILE).read_text() == standing.text(standing.gather(name))


def test_a_connector_that_keeps_every_rule_is_gold():
    assert judge(subject()).level == "gold" and judge(subject()).lacks == {}


@pytest.mark.parametrize("claim", standing.CLAIMS)
def test_a_claim_that_nothing_shows_is_lacking(claim):
    kept = standing.kept(NAME)
    found = judge(subject(standing_=replace(kept, shown={key: tests for key, tests in kept.shown.items() if key != claim})))
    assert found.lacks == {claim: [claim]} and found.level != "gold"


def changed(**changes):
    manifest = registry.manifest(NAME)
    return replace(manifest, resources={name: replace(of, **changes) for name, of in manifest.resources.items()})


@pytest.mark.parametrize(
    ("manifest", "rule"),
    [
        (replace(registry.manifest(NAME), limits=()), "facts"),
        (changed(operations={"create": Operation("findable")}), "facts"),
        (changed(operations={}), "both_ways"),
        (changed(fetched=False, listed=False), "both_ways"),
        (changed(telling=replace(registry.manifest(NAME).resources["customer"].telling, webhook=frozenset(), typed=False)), "heard"),
        (changed(listed=False), "heard"),
        (changed(operations={"create": Operation("never"), "update": Operation("safe")}), "repeat"),
        (changed(operations={"create": Operation("safe", side_effects=("mail: x",)), "update": Operation("safe")}), "quiet"),
    ],
)  # fmt: skip
def test_each_rule_of_the_manifest_bites(manifest, rule):
    assert rule in judge(subject(manifest)).lacks


def test_a_command_must_never_be_repeated_and_is_given_for_its_effect():
    command = {"operations": {"create": Operation("never", side_effects=("call: x",))}, "one_by_one": True}
    manifest = registry.manifest(NAME)
    call = manifest.resources["call"]
    assert call.fact
    told = replace(manifest, resources={**manifest.resources, "call": replace(call, **command)})
    assert judge(subject(told)).lacks == {}
    loose = replace(manifest, resources={**manifest.resources, "call": replace(call, **command | {"one_by_one": False})})
    assert judge(subject(loose)).lacks == {"repeat": ["call.create"], "quiet": ["call.create"]}


def test_traps_without_tests_unmapped_collections_and_nothing_at_all():
    kept = standing.kept(NAME)
    assert judge(subject(standing_=replace(kept, untested=("phones",)))).lacks == {"traps": ["phones"]}
    assert judge(subject(standing_=replace(kept, traps=0))).lacks == {"traps": ["traps"]}
    unmapped = sorted(kept.mapped - {"order"})
    assert judge(subject(standing_=replace(kept, mapped=frozenset(unmapped)))).lacks == {"mappings": ["order"]}
    nothing = judge(subject(standing_=Standing()))
    assert nothing.level == "" and {rule.level for rule in RULES if rule.name in nothing.lacks} == set(quality.LEVELS)
    excused = replace(kept, shown={key: tests for key, tests in kept.shown.items() if key != "client"}, no_client="none is published")
    assert judge(subject(standing_=excused)).level == "gold"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("paging: contract/test_nothing.py", "there is no tests/contract/test_nothing.py"),
        ("paging: unit/test_x.py::test_nothing", "tests/unit/test_x.py has no test_nothing"),
        ("speed: unit/test_x.py", "speed is no claim"),
        ("traps: [{trap: phones, tests: unit/test_x.py::test_nothing}]", "has no test_nothing"),
        ("page: unit/test_x.py", "there is no docs/connectors/shop.md"),
        ("traps: [{trap: sums, tests: unit/test_mappings.py::test_shipped_mapping_fulfils_its_examples}]", "sums: examples: .* goes with"),
        ("traps: [{trap: sums, tests: unit/test_codecs.py::test_what_is_written_reads_back}]", "codecs: .* with"),
        ("traps: [{trap: sums, tests: unit/test_codecs.py::test_what_is_written_reads_back, codecs: [pounds]}]", "there is no pounds"),
        ('traps: [{trap: sums, tests: unit/test_x.py, examples: ["orders: an order"]}]', "goes with"),
    ],
)
def test_a_claim_without_its_test_is_refused(tmp_path, text, said):
    (tmp_path / "tests/standing").mkdir(parents=True)
    (tmp_path / "tests/unit").mkdir()
    (tmp_path / "tests/unit/test_x.py").write_text("def test_something(): ...\n")
    for file, function in ((standing.OF_EXAMPLES.split("::")), ("unit/test_codecs.py", "test_what_is_written_reads_back")):
        (tmp_path / "tests" / file).write_text(f"def {function}(): ...\n")
    (tmp_path / "tests/standing/shop.yaml").write_text(text)
    with pytest.raises(standing.NotShown, match=said):
        standing.gather("shop", tmp_path)


def test_a_class_of_the_contract_suite_has_the_suites_tests(tmp_path):
    (tmp_path / "tests/standing").mkdir(parents=True)
    (tmp_path / "tests/test_y.py").write_text("class TestShop(Suite): ...\n")
    (tmp_path / "tests/standing/shop.yaml").write_text("paging: test_y.py::test_a_list_shows_everybody_and_goes_on_from_any_page")
    assert standing.gather("shop", tmp_path)["shown"] == {"paging": ["test_y.py::test_a_list_shows_everybody_and_goes_on_from_any_page"]}


def test_the_command_tells_programs_what_each_lacks():
    found = json.loads(CliRunner().invoke(main, ["connector", "quality", "--json"]).stdout)
    assert {one["connector"] for one in found} == set(registry.CONNECTORS) and {one["level"] for one in found} <= {"", *quality.LEVELS}
