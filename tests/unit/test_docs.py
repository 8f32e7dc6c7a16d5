"""Documents that cannot rot: what they point at exists, and what must be documented is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mappings
from connectors.registry import CONNECTORS
from hub import sync
from hub.config import declared, field_table
from hub.language import Speech
from hub.systems import capabilities, quality, standing

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "benchmarks" / "README.md",
    ROOT / "hub/storage/migrations/README.md",
]
FOLDERS = ("hub", "connectors", "mappings", "retry_queue", "sandbox", "tests", "docs", "benchmarks", "requirements")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page):
    text = page.read_text()
    named = set(re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`", text))
    linked = {link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link}
    missing = [name for name in named if not (ROOT / name).exists()] + [link for link in linked if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("package", [sync, mappings], ids=lambda package: package.__name__)
def test_a_package_of_many_files_names_each_of_them_once(package):
    """Its docstring tells at which stage each module works: a new one is to be written there."""
    columns = re.findall(r"^    (\w+(?:, \w+)*)(?:  |$)", package.__doc__, flags=re.M)
    named = [name for column in columns for name in column.split(", ")]
    assert sorted(named) == sorted(path.stem for path in Path(package.__file__).parent.glob("*.py") if path.stem != "__init__")


def test_every_invariant_names_tests():
    rows = re.findall(r"^\| (I\d) .*\|(.*)\|$", (ROOT / "docs/consistency.md").read_text(), flags=re.M)
    assert [name for name, _ in rows] == [f"I{n}" for n in range(1, 10)]
    assert all("tests/" in shown for _, shown in rows)


def test_the_page_of_capabilities_is_what_the_manifests_say():
    """Written anew by `SVERKA_LANGUAGE=en sverka capabilities > docs/capabilities.md`."""
    assert (ROOT / "docs/capabilities.md").read_text() == capabilities.page(capabilities.shipped(), Speech("en"))


def test_the_page_of_fields_is_what_the_entities_say():
    """Written anew by `sverka mappings fields > docs/fields.md`, without a config.yaml beside."""
    assert (ROOT / "docs/fields.md").read_text() == field_table.page(declared.world(None))


def test_the_page_of_quality_is_what_the_rules_find():
    """Written anew by `python -m hub.systems.standing && SVERKA_LANGUAGE=en sverka connector quality > docs/quality.md`."""
    assert (ROOT / "docs/quality.md").read_text() == quality.page(standing.verdicts(), Speech("en"))


def test_every_connector_has_a_page():
    assert [name for name in CONNECTORS if not (ROOT / f"docs/connectors/{name}.md").exists()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs/connectors").glob("*.md")), ids=lambda page: page.stem)
def test_whoever_tries_a_connector_is_told_where_the_commands_come_from(page):
    tried = re.search(r"^## Try(.*?)^## ", page.read_text(), flags=re.M | re.S)
    assert tried and ". .venv/bin/activate" in tried[1] and tried[1].index("activate") < tried[1].index("```")
