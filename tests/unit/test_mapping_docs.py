"""docs/mappings.md cannot rot: it names every key and codec, its code blocks are run, its codec rows and lint messages are true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import mappings
from hub.cli import main
from hub.config.declared import DIRECTORIES, SHIPPED, world
from mappings.build import ADOPT_KEYS, EXAMPLE_KEYS, FIELD_KEYS, KEYS, MODIFIED_KEYS, PART_KEYS
from mappings.choice import build_codec, takes_of
from mappings.codec import CODECS
from mappings.declaration import Declaration
from mappings.examples import Echo
from mappings.world import CUSTOM_TYPES
from tests.unit.test_lint import BROKEN, told

TEXT = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.M | re.S)
mappings.load([SHIPPED])  # the vendors' codecs register themselves


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files that the page shows, where it says they are; what is continued is appended."""
    for kind, text in BLOCKS:
        named = re.match(r"(?:#|//) (\S+\.\w+)( \(continued\))?\n", text)
        if kind not in ("yaml", "json", "python") or not named:
            continue
        path = tmp_path / named[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        body = text[named.end() :]
        path.write_text((path.read_text() if named[2] else "") + body)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    CODECS.pop("kassa_grade", None)


def test_the_commands_of_the_page_pass(folder):
    """Lint and the examples find nothing; the trial shows what the page says it shows."""
    commands = [line.removeprefix("$ sverka ") for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]
    assert len(commands) == 4
    shown = [CliRunner().invoke(main, command.split(), catch_exceptions=False) for command in commands]
    assert [(result.exit_code, result.output) for result in shown if result.exit_code] == []
    trial = json.loads(CliRunner().invoke(main, [*commands[-1].split(), "--json"]).output)
    back = {row["path"]: row["back"] for row in trial["rows"] if not row["held"]}
    assert back == {"surname": "Соколова", "tel": "8 (903) 123-45-67 муж", "title": "Соколова Анна"}
    assert trial["canonical"]["custom.club"] == "Золото" and trial["canonical"]["store"] == "Уфа, Мега"


def test_the_codec_of_the_page_keeps_its_laws(folder):
    mappings.load([SHIPPED, folder / "overlays"])
    grade = CODECS["kassa_grade"]()
    assert grade.decode("A-1", Echo()) == "1" and grade.encode("2", "A-1", Echo()) == "A-2" and grade.encode("1", "A-1", Echo()) == "A-1"
    with pytest.raises(mappings.BadValue):
        grade.decode("B-1", Echo())


FRAGMENTS = [text for kind, text in BLOCKS if kind == "yaml" and text.startswith("# a fragment")]


@pytest.mark.parametrize("text", FRAGMENTS, ids=lambda text: text.splitlines()[0])
def test_every_fragment_is_sound(tmp_path, text):
    (tmp_path / "one.yaml").write_text(f"system: kassa\nentity: customer\nresource: clients\n{text}")
    assert mappings.lint([tmp_path]) == []


def test_every_block_is_looked_at():
    assert len(FRAGMENTS) >= 5
    assert {kind for kind, _ in BLOCKS} == {"yaml", "json", "python", "console"}
    for kind, text in BLOCKS:
        assert kind == "console" or re.match(r"(#|//) (a fragment|\S+\.\w+)", text), text.splitlines()[0]


@pytest.mark.parametrize("name", sorted({*KEYS, *FIELD_KEYS, *PART_KEYS, *ADOPT_KEYS, *EXAMPLE_KEYS, *MODIFIED_KEYS, *DIRECTORIES}))
def test_every_key_is_named(name):
    assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", TEXT), f"docs/mappings.md does not name {name}"


@pytest.mark.parametrize("name", CUSTOM_TYPES)
def test_every_type_of_a_custom_field_is_named(name):
    assert name in TEXT


ROWS = [
    [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in TEXT.splitlines()
    if line.startswith("| `")
]
CODEC_ROWS = [(row[0][1:-1], row[1][1:-1], row[2][1:-1], row[3]) for row in ROWS if len(row) == 4]


@pytest.mark.parametrize(("spec", "remote", "canonical", "about"), CODEC_ROWS, ids=[row[0] for row in CODEC_ROWS])
def test_a_row_of_a_codec_is_true(spec, remote, canonical, about):
    declared = Declaration({})
    codec = build_codec(declared, (), yaml.safe_load(spec))
    assert declared.errors == []
    held, value = json.loads(remote), json.loads(canonical)
    assert codec.decode(held, Echo()) == value
    assert codec.decode(codec.encode(value, None, Echo()), Echo()) == value
    assert codec.encode(value, held, Echo()) == held


def test_every_codec_has_a_row_that_names_its_arguments():
    rows = {next(iter(made)) if isinstance(made := yaml.safe_load(spec), dict) else made: spec + about for spec, _, _, about in CODEC_ROWS}
    shipped = {name for name in CODECS if name != "kassa_grade"}
    assert shipped - rows.keys() == set(), "docs/mappings.md has no row for these"
    for name in shipped:
        missing = [argument for argument in takes_of(CODECS[name]) if not re.search(rf"\b{argument}\b", rows[name])]
        assert missing == [], f"the row of {name} does not name {missing}"


MESSAGES = [
    re.escape(row[0]).replace("…", ".*")
    for row in (line.strip("| ").split(" | ") for line in TEXT[TEXT.index("| message |") :].splitlines()[2:])
]


@pytest.mark.parametrize("name", BROKEN)
def test_what_lint_says_stands_on_the_page(tmp_path, name):
    for *_, message, _ in told(tmp_path, broken=BROKEN[name][0]):
        assert any(re.fullmatch(pattern, message) for pattern in MESSAGES), f"docs/mappings.md does not tell how to mend: {message}"


def test_directories_that_the_page_names_are_known():
    assert world(None).directories >= DIRECTORIES
