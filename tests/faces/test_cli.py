"""The commands on a small shop: each explains itself, names wrong words, and speaks the reader's language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import main


def commands(group, path=()):
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("path, command", list(commands(main)), ids=lambda v: " ".join(v) if isinstance(v, tuple) else "")
def test_every_command_explains_itself(path, command):
    assert command.help, path
    result = CliRunner().invoke(main, [*path, "--help"])
    assert result.exit_code == 0
    takes = not hasattr(command, "commands") and any(one.name not in ("path", "machine", "help") for one in command.params)
    assert "sverka " in result.output or not takes, "an example of what it takes"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("verify --system nowhere", 1, "the configuration has: "),
        ("plan --entity clients", 2, "'customer'"),
        ("queue list --system nowhere", 1, "the configuration has: "),
        ("queue list --limit 0", 2, "x>=1"),
        ("queue replay", 2, "say which: --id"),
        ("queue replay --id none", 1, "sverka queue list"),
        ("queue replay --system nowhere --preview", 1, "the configuration has: "),
        ("queue skip none --reason x", 1, "sverka queue list"),
        ("queue why 000", 1, "Look by a phone"),
        ("record show zzz", 1, "Look by a phone"),
        ("mode nowhere live", 1, "the configuration has: "),
        ("merge a b", 1, "no customer is known by a"),
        ("brake approve 77", 1, "sverka brake list"),
        ("mappings try nobody clients -", 1, "there are: bitrix24 call"),
        ("mappings try moysklad counterparty -", 1, "one remote object"),
        ("audit export -o /nowhere/x", 1, "No such file"),
        ("demo --headless --customers -5", 2, "x>=0"),
        ("demo --headless --dirt -1", 2, "x>=0"),
        ("demo --headless --systems nosuch", 2, "no system is called nosuch"),
        ("demo --headless --systems loyalty", 2, "name another system beside it"),
        ("demo --headless --connected --systems sklad,woocommerce", 2, "crm is not among the systems"),
        ("up --config /nowhere.yaml", 1, "sverka init"),
    ],
)
def test_a_wrong_word_is_named_with_the_next_step(run, words, code, said):
    assert said in run(*words.split(), code=code)


def test_a_missing_configuration_names_the_next_step(run, tmp_path):
    assert "sverka init" in run("check", "--config", str(tmp_path / "none.yaml"), code=1)


def test_the_demo_says_where_it_can_be_had_if_the_stand_ins_are_not_here(run, monkeypatch):
    monkeypatch.setattr("hub.cli.running.find_spec", {}.get)
    assert "`make run`" in run("demo", "--headless", code=1)


def test_people_are_added_and_listed(run):
    run("user", "add", "oleg", "--role", "support", "--password", "long enough")
    assert {"name": "oleg", "role": "support", "active": True} in json.loads(run("user", "list", "--json"))


def test_the_schema_of_the_configuration_is_printed(run):
    assert json.loads(run("config", "schema"))["properties"]["systems"]["type"] == "object"


def test_what_overlays_change_is_shown_with_its_lines_and_tried_by_the_name_of_a_system(run, shop, tmp_path):
    path, folder, one = tmp_path / "config.yaml", tmp_path / "overlays", tmp_path / "one.json"
    assert "No overlay changes anything" in run("mappings", "diff")
    folder.mkdir()
    (folder / "people.yaml").write_text(
        "system: moysklad\nentity: customer\nresource: counterparty\nadopt:\n  - {remote: \"attributes[name='CRM'].value\", system: crm}\n"
        "fields:\n  comment: null\n  birthday: {remote: birthDate, as: moysklad_date, only: read}\n"
    )
    path.write_text(f"mappings: [{folder}]\n" + Path(shop.config).read_text())
    said = run("mappings", "diff", "--config", str(path)).splitlines()
    assert said[0] == "moysklad/counterparty" and any(line.startswith("  - fields.comment: ") for line in said)
    assert "people.yaml:8" in next(line for line in said if line.startswith("  + fields.birthday: "))
    assert not any("fields.phones" in line for line in said)
    one.write_text('{"id": "1", "companyType": "individual", "attributes": [{"name": "CRM", "value": "17"}]}')
    assert "an object of crm: 17 (named)" in run("mappings", "try", "sklad", "counterparty", str(one), "--config", str(path))


def test_mappings_are_linted_tested_and_tried(run, tmp_path):
    assert "0 errors" in run("mappings", "lint")
    assert "0 failures" in run("mappings", "test")
    one = tmp_path / "one.json"
    one.write_text(json.dumps({"id": "1", "companyType": "individual", "legalFirstName": "Анна"}, ensure_ascii=False))
    assert json.loads(run("mappings", "try", "moysklad", "counterparty", str(one), "--json"))["canonical"]["first_name"] == "Анна"
    assert "there are: moysklad assortment, moysklad counterparty" in run("mappings", "try", "moysklad", "nothing", str(one), code=1)
    assert "attributes[name='Согласия'].value" in run("mappings", "try", "moysklad", "counterparty", str(one)), "brackets are no markup"
    assert "nowhere.yaml: cannot be read" in run("mappings", "lint", "--config", str(tmp_path / "nowhere.yaml"), code=1)


@pytest.mark.parametrize("words", [("lint",), ("test",), ("fields",), ("diff",)], ids=" ".join)
def test_who_writes_a_mapping_needs_no_key_of_a_shop(run, tmp_path, monkeypatch, words):
    monkeypatch.delenv("MOYSKLAD_TOKEN", raising=False)
    run("init", str(tmp_path / "shop"))
    path, before = str(tmp_path / "shop" / "config.yaml"), sorted((tmp_path / "shop").rglob("*"))
    assert run("mappings", *words, "--config", path)
    assert sorted((tmp_path / "shop").rglob("*")) == before, "who only reads makes no key, and no folder for it"
    assert "MOYSKLAD_TOKEN is not set" in run("verify", "--config", path, code=1), "who calls a system does"


@pytest.mark.parametrize(
    ("language", "problem", "spelling"),
    [("en", "Unreadable date", "has no field “first_nam”, did you mean “first_name”?"), ("ru", "Непонятная дата", "«first_nam»; может быть, «first_name»?")],
)  # fmt: skip
def test_a_mapping_tried_speaks_the_readers_language_and_knows_the_fields_of_a_record(
    run, tmp_path, monkeypatch, language, problem, spelling
):
    monkeypatch.setenv("SVERKA_LANGUAGE", language)
    one, record = tmp_path / "one.json", tmp_path / "record.json"
    one.write_text(json.dumps({"id": "1", "companyType": "individual", "birthDate": "сегодня"}))
    record.write_text(json.dumps({"first_nam": "Анна"}))
    words = ("mappings", "try", "moysklad", "counterparty", str(one))
    assert problem in run(*words)
    assert {row["field"]: row["problem"] for row in json.loads(run(*words, "--json"))["rows"]}["birthday"] == problem
    assert spelling in run(*words, "--record", str(record), code=1)


COMMANDS_OF_A_DAY = (
    ("check", "--system", "sklad"),
    ("doctor",),
    ("queue", "list"),
    ("queue", "why", "8 (903) 123-45-67"),
    ("queue", "replay", "--system", "sklad", "--preview"),
    ("plan",),
    ("backfill",),
    ("verify",),
    ("verify", "--last"),
    ("mode",),
    ("brake", "list", "--all"),
    ("duplicates", "list"),
    ("duplicates", "steps"),
    ("conflicts", "list"),
    ("directory", "list", "store"),
    ("alerts", "list"),
    ("stand-ins", "list"),
    ("restore", "--status"),
    ("backup",),
    ("record", "show", "8 (903) 123-45-67"),
    ("record", "erased"),
    ("queue", "list", "--system", "skald"),
    ("brake", "show", "none"),
    ("queue", "skip", "none", "--reason", "x"),
)
NAMES = re.compile(
    r"`[^`]*`|--?\w[\w-]*|\b(?:sverka|systems|config|retention|web|alerts|mappings)\b[\w./:\[\]{} -]*|[\w.-]+@[\w.-]+|\S*[/_.:=0-9]\S*"
)
WORDS_OF_SYSTEMS = {"sklad", "site", "live", "observe", "pilot", "moysklad", "woocommerce", "hub", "redis", "python", "sqlite", "postgresql", "bad", "mega"}  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS_OF_A_DAY, ids=" ".join)
def test_what_commands_say_is_russian_where_the_reader_is(run, shop, monkeypatch, words):
    """No English sentence is left: names, codes, commands and settings aside, hardly a Latin word stands beside another."""
    monkeypatch.setenv("SVERKA_LANGUAGE", "ru")
    said = CliRunner().invoke(main, list(words)).output
    assert said.strip()
    english = [
        pair
        for pair in re.findall(r"\b([A-Za-z]{3,} [A-Za-z]{2,})\b", NAMES.sub(" | ", said))
        if not set(pair.lower().split()) & WORDS_OF_SYSTEMS
    ]
    assert english == [], said
