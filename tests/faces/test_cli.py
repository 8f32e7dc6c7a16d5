"""The commands, on a small shop: what they say, what they leave alone, and how they end."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from hub.cli import main
from hub.explain.found import find
from hub.storage import conflicts as conflict_rows
from hub.storage import states, views
from hub.storage.tables import audit
from tests.faces.shop import stocked, storm, written


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    with stocked(folder) as shop:
        shop.config = str(written(shop, folder))
        yield shop


@pytest.fixture
def run(shop, monkeypatch):
    monkeypatch.setenv("SVERKA_CONFIG", shop.config)
    monkeypatch.setenv("SVERKA_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words, code=0):
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
        return result.output

    return call


def dead(shop):
    with shop.hub.store.read() as at:
        return views.queue(at, state="dead", limit=1)[0]


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
        ("up --config /nowhere.yaml", 1, "sverka init"),
    ],
)
def test_a_wrong_word_is_named_with_the_next_step(run, words, code, said):
    assert said in run(*words.split(), code=code)


def test_a_missing_configuration_names_the_next_step(run, tmp_path):
    assert "sverka init" in run("check", "--config", str(tmp_path / "none.yaml"), code=1)


def test_init_speaks_the_language_of_its_reader(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SVERKA_LANGUAGE", "ru")
    assert run("init", str(tmp_path / "new")).startswith("Записаны ")


def test_init_writes_what_doctor_accepts_and_never_overwrites(run, tmp_path):
    assert "doctor" in run("init", str(tmp_path / "new"))
    assert (tmp_path / "new" / "overlays").is_dir()
    assert "exists already" in run("init", str(tmp_path / "new"), code=1)


def test_doctor_says_what_is_wrong_and_what_to_do(run, tmp_path, monkeypatch):
    path = tmp_path / "config.yaml"
    path.write_text("systems:\n  sklad: {connector: moysklad, url: 'http://127.0.0.1:1', secrets: {token: {env: NOT_SET}}, mod: live}\n")
    found = json.loads(run("doctor", "--config", str(path), "--json", code=1))
    bad = {f["name"]: f for f in found if f["level"] == "bad"}
    assert "did you mean 'mode'" in bad["configuration"]["text"] and ":2:" in bad["configuration"]["text"]
    assert "NOT_SET" in bad["secret"]["text"] and "export NOT_SET" in bad["secret"]["fix"]
    assert all(f["fix"] for f in bad.values())


def test_doctor_without_a_configuration_makes_nothing_and_still_looks_at_the_environment(run, tmp_path, monkeypatch):
    path = tmp_path / "nowhere" / "config.yaml"
    assert {f["name"] for f in json.loads(run("doctor", "--config", str(path), "--json", code=1))} & {"database", "redis"} == {"redis"}
    assert not path.parent.exists()
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/x")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    bad = {f["name"]: f["text"] for f in json.loads(run("doctor", "--config", str(path), "--json", code=1)) if f["level"] == "bad"}
    assert "refused" in bad["database"] and "REDIS_URL" in bad["redis"]


def test_another_kind_of_database_is_refused_in_a_sentence(run, shop, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere/else")
    assert "postgresql://USER:PASSWORD@HOST" in run("mode", code=1)
    bad = {f["name"]: f for f in json.loads(run("doctor", "--json", code=1)) if f["level"] == "bad"}
    assert "must look like postgresql://" in bad["configuration"]["text"] and "Only PostgreSQL" in bad["database"]["fix"]


def test_doctor_of_a_good_installation_finds_nothing_bad(run, shop):
    found = json.loads(run("doctor", "--json"))
    assert {f["name"] for f in found} >= {
        "python",
        "configuration",
        "secret",
        "disk",
        "database",
        "redis",
        "mappings",
        "clock",
        "port",
        "webhooks",
    }
    assert not [f for f in found if f["level"] == "bad"]


def test_check_resumes_a_paused_system_that_answers(run, shop):
    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="unauthorized")
    found = json.loads(run("check", "--json"))
    assert found["site"]["ok"] and found["site"]["resumed"] and not found["sklad"]["resumed"]


def test_check_tells_a_clock_that_is_whole_hours_off_and_remembers_it(run, shop):
    kept, shop.site_app.offset = shop.site_app.offset, 3 * 3600.0
    try:
        found = json.loads(run("check", "--system", "site", "--json"))["site"]
    finally:
        shop.site_app.offset = kept
    (told,) = [f for f in found["findings"] if f["name"] == "clock"]
    assert told["level"] == "warn" and "3 h ahead of ours: whole hours" in told["text"] and "time zone" in told["fix"]
    with shop.hub.store.read() as at:
        assert abs(states.clock_skews(at)["site"] - 3 * 3600.0) < 5.0
    assert run("check", "site") == run("check", "--system", "site")


def test_why_answers_from_any_key_in_one_sentence_a_system(run, shop):
    said = run("queue", "why", "8 (905) 111-22-33", "--system", "site")
    assert "cannot hold a record without E-mails" in said and said.count("\n") == 1
    for spelling in ("2233", "…2233", "петров", "Иван Петров", "Петров Иван"):
        assert run("queue", "why", spelling, "--system", "site") == said
    by_delivery = run("queue", "why", dead(shop)["id"], "--system", "sklad")
    assert "NEW-1" in by_delivery and by_delivery == run("queue", "why", shop.stuck, "--system", "sklad")
    assert "Nothing is known of +7 999 000 00 01" in run("queue", "why", "+7 999 000 00 01", code=1)
    assert "there is no system “skald”" in run("queue", "why", shop.stuck, "--system", "skald", code=1)


def test_an_order_is_found_by_the_number_that_the_warehouse_gave_it(run, shop):
    """The site's number stands in an additional field there, and people on the phone read MoySklad's own."""
    there = next(row for row in shop.sklad("GET", "customerorder")["rows"] if any(a["value"] == shop.good for a in row["attributes"]))
    assert there["name"] != shop.good
    by_site = run("queue", "why", shop.good)
    assert run("queue", "why", there["name"]) == run("queue", "why", f"заказ № {there['name']} сегодня") == by_site


def test_record_show_gives_data_and_who_said_it(run, shop):
    (found,) = json.loads(run("record", "show", "anna@example.ru", "--json"))
    assert found["data"]["last_name"] == "Седова" and found["said_by"]["last_name"]["system"] in ("site", "sklad")
    assert {s["system"]: s["state"] for s in found["systems"]}["sklad"] == "agrees"


def test_queue_list_filters(run, shop):
    rows = json.loads(run("queue", "list", "--state", "dead", "--json"))
    assert [(row["system"], row["error_code"]) for row in rows] == [("sklad", "sku_unknown")]
    assert json.loads(run("queue", "list", "--system", "site", "--state", "dead", "--json")) == []


def test_replay_previews_without_changing_and_replays_with_an_audit_row(run, shop):
    assert "say which" in run("queue", "replay", code=2)
    preview = json.loads(run("queue", "replay", "--code", "sku_unknown", "--preview", "--json"))
    assert (preview["deliveries"], preview["changes"][0]["kind"]) == (1, "refused")
    assert dead(shop)["error_code"] == "sku_unknown"
    assert json.loads(run("queue", "replay", "--code", "sku_unknown", "--json")) == {"replayed": 1}
    shop.work()
    with shop.hub.store.read() as at:
        actor = at.execute(select(audit.c.actor).where(audit.c.action == "operator.replay")).scalars().all()[-1]
    assert actor.startswith("cli") and dead(shop)


def test_skip_keeps_the_reason(run, shop):
    row = dead(shop)
    run("queue", "skip", row["id"], "--reason", "a test")
    with shop.hub.store.read() as at:
        assert views.queue(at, id=row["id"])[0]["reason"] == "a test"
    run("queue", "replay", "--id", row["id"])
    shop.work()
    assert "no delivery" in run("queue", "skip", "nothing", "--reason", "x", code=1)


def counted(shop):
    with shop.hub.store.read() as at:
        tables = [name for (name,) in at.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: at.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() for name in tables}


def test_plan_counts_samples_and_writes_nothing(run, shop):
    before = counted(shop)
    found = json.loads(run("plan", "--json"))
    cells = {(c["system"], c["entity"]): c for c in found["counts"]}
    assert cells["site", "customer"]["not_passed_on"] == 1 and cells["sklad", "customer"]["linked"] == 2
    assert cells["sklad", "order"]["refused"] == 1 and cells["sklad", "order"]["creates"] == 0
    rows = list(csv.DictReader(io.StringIO(run("plan", "--csv", "-").lstrip("\ufeff"))))
    assert {row["kind"] for row in rows} == {"not_passed_on", "refused"}
    assert counted(shop) == before


def test_a_plan_says_lines_states_and_people_in_words(run, shop):
    """Not in the vendor's own form, which is addresses, kopecks and ids; nor in the address of a reference."""
    order = shop.site("GET", f"orders/{shop.good}")
    masha = shop.site("POST", "customers", {"email": "masha@example.ru", "first_name": "Мария", "last_name": "Гордеева"})
    shop.sync()
    line = {"id": order["line_items"][0]["id"], "quantity": 3}
    shop.site("PUT", f"orders/{shop.good}", {"status": "completed", "line_items": [line], "customer_id": masha["id"]})
    shop.poll()
    shop.take()
    said = run("plan", "--system", "sklad", "--entity", "order")
    assert re.search(r"Lines: SV-001 × 2 at [\d.,]+ ₽ → SV-001 × 3 at [\d.,]+ ₽", said), said
    assert "Status: Confirmed → Delivered" in said and "Customer: Седова Анна → Гордеева Мария" in said
    assert "https://" not in said
    shop.work()


def test_mode_changes_at_once_and_is_audited(run, shop):
    assert json.loads(run("mode", "--json"))["sklad"] == "live"
    run("mode", "sklad", "observe")
    with shop.hub.store.read() as at:
        assert states.get(at, "sklad")["mode"] == "observe"
        assert at.execute(select(audit.c.cause).where(audit.c.action == "operator.mode")).scalar() == "live -> observe"
    run("mode", "sklad", "live")
    assert "there is no system" in run("mode", "skald", "live", code=1)


def test_a_pilot_is_chosen_by_stores_and_phones(run, shop):
    assert "no phone number" in run("mode", "site", "pilot", "--phone", "nobody", code=1)
    assert "there are: lenina, mega" in run("mode", "site", "pilot", "--store", "nowhere", code=1)
    assert run("mode", "site", "pilot", "--store", "mega", "--phone", "8 903 123 45 67").strip() == "site: pilot (mega, 8 903 123 45 67)"
    assert "choose a pilot" in run("mode", "site", "live", "--store", "mega", code=2)
    run("mode", "site", "live")
    with shop.hub.store.read() as at:
        told = at.execute(select(audit.c.cause).where(audit.c.action == "operator.pilot")).scalar()
    assert told == "stores mega; phones 8 903 123 45 67"


def test_a_brake_is_listed_shown_and_answered(run, shop):
    assert "no brake is on" in run("brake", "list")
    ident = storm(shop)
    assert "sklad has emptied “Last name” in 120 objects within an hour" in run("brake", "list")
    text = run("brake", "show", ident)
    assert "Up to 100 are let through" in text and "Last name: Седова → —" in text and "Refuse: it is not taken" in text
    assert json.loads(run("brake", "list", "--json"))[0]["count"] == 120
    assert json.loads(run("brake", "refuse", ident, "--json")) == [{"id": ident, "decision": "refuse"}]
    assert "answered already: refuse" in run("brake", "approve", ident, code=1)
    assert "there is no brake" in run("brake", "show", "x", code=1)
    run("brake", "hush", "site")
    with shop.hub.store.read() as at:
        assert states.get(at, "site")["hushed"]
    run("brake", "hush", "site", "--off")
    with shop.hub.store.read() as at:
        found = at.execute(
            select(audit.c.action, audit.c.system, audit.c.outcome).where(audit.c.action.in_(["operator.brake", "operator.hush"]))
        ).all()
    assert [tuple(row) for row in found] == [
        ("operator.brake", "sklad", "refuse"),
        ("operator.hush", "site", "off by hand"),
        ("operator.hush", "site", "on again"),
    ]


def test_check_names_the_hand_switch_and_knows_the_base(run):
    found = {row["name"]: row for row in json.loads(run("check", "--system", "site", "--json"))["site"]["findings"]}
    assert "mails about a new account" in found["side effects"]["text"] and "Settings → Emails" in found["side effects"]["text"]
    assert found["base"]["ok"]


def test_verify_agrees_and_ends_with_1_on_drift(run, shop):
    report = json.loads(run("verify", "--json"))
    assert report["agrees"] and {(r["system"], r["entity"]) for r in report["table"]} >= {("sklad", "customer"), ("site", "order")}
    rows = shop.sklad("GET", "counterparty")["rows"]
    anna = next(row for row in rows if row.get("legalFirstName") == "Анна")
    shop.sklad("PUT", f"counterparty/{anna['id']}", {"legalLastName": "Иначе"})
    said = run("verify", code=1)
    assert f"sklad Customer Седова Анна {anna['id']}, Last name: there Иначе, wanted Седова" in said and "sklad   Customers" in said
    shop.sync()
    assert json.loads(run("verify", "--json"))["agrees"]


def test_backfill_reads_again_and_goes_on_where_it_stopped(run, shop):
    found = json.loads(run("backfill", "--again", "--json"))
    assert found["whole"] and all(row["loaded"] for row in found["resources"])
    from hub import backfill
    from hub.app import Hub

    hub: Hub = shop.hub
    backfill.begin_again(hub, [("site", "orders")])
    assert not backfill.progress(hub, [("site", "orders")])[0][0].loaded
    assert "everything is read and merged" in run("backfill", "--system", "site")


def proven(lines):
    """What an auditor's own program does with an export: nothing of the hub's."""
    facts, rows, previous = ("at", "actor", "action", "system", "entity", "record_id", "cause", "outcome"), {}, ""

    def packed(value):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    for row in (line for line in lines if line["kind"] == "row"):
        if row["values_salt"]:
            values = hashlib.sha256(row["values_salt"].encode() + packed([row["before"], row["after"]])).hexdigest()
            assert values == row["values_digest"]
        assert hashlib.sha256(packed([row["salt"], [row[name] for name in facts], row["values_digest"]])).hexdigest() == row["digest"]
        rows.setdefault(row["block"], []).append(row["digest"])
    for block in (line for line in lines if line["kind"] == "block"):
        assert hashlib.sha256("\n".join([previous, *rows[block["id"]]]).encode()).hexdigest() == block["digest"]
        previous = block["digest"]
    return sum(map(len, rows.values()))


def test_the_audit_log_is_exported_and_proven(run, shop):
    assert "the audit log is whole" in run("audit", "verify")
    rows = [json.loads(line) for line in run("audit", "export").splitlines()]
    assert {row["kind"] for row in rows} == {"row", "block"}
    assert proven(rows) == sum(row["kind"] == "row" for row in rows) > 0
    assert all("after" not in json.loads(line) for line in run("audit", "export", "--without-values").splitlines())
    with shop.hub.store.write() as at:
        at.exec_driver_sql("UPDATE audit SET outcome = 'forged' WHERE id = 1")
    assert "row 1" in run("audit", "verify", code=1)


def test_people_are_added_and_listed(run):
    run("user", "add", "oleg", "--role", "support", "--password", "long enough")
    assert {"name": "oleg", "role": "support", "active": True} in json.loads(run("user", "list", "--json"))


def test_the_schema_of_the_configuration_is_printed(run):
    assert json.loads(run("config", "schema"))["properties"]["systems"]["type"] == "object"


def test_mappings_are_linted_tested_and_tried(run, tmp_path):
    assert "0 errors" in run("mappings", "lint")
    assert "0 failures" in run("mappings", "test")
    one = tmp_path / "one.json"
    one.write_text(json.dumps({"id": "1", "companyType": "individual", "legalFirstName": "Анна"}, ensure_ascii=False))
    assert json.loads(run("mappings", "try", "moysklad", "counterparty", str(one), "--json"))["canonical"]["first_name"] == "Анна"
    assert "there are: moysklad assortment, moysklad counterparty" in run("mappings", "try", "moysklad", "nothing", str(one), code=1)
    assert "attributes[name='Согласия'].value" in run("mappings", "try", "moysklad", "counterparty", str(one)), "brackets are no markup"
    assert "nowhere.yaml: cannot be read" in run("mappings", "lint", "--config", str(tmp_path / "nowhere.yaml"), code=1)


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


def test_what_people_typed_is_shown_as_it_stands(run, shop):
    """Brackets in a comment are no markup of ours: a closing one without its like used to end the command."""
    named = {"name": "Ян", "companyType": "individual", "legalFirstName": "Ян", "phone": "+79035550199"}
    shop.sklad("POST", "counterparty", named | {"description": "[/b] :smile: [vip]"})
    shop.sync()
    assert "[/b] :smile: [vip]" in run("record", "show", "+79035550199")


def test_alerts_are_listed_taken_care_of_and_tried(run, shop):
    from hub.watch import alerts

    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="a trial")
    alerts.watch(shop.hub)
    said = run("alerts", "list", code=1)
    assert "site is paused: a trial." in said
    ident = json.loads(run("alerts", "list", "--json", code=1))[0]["id"]
    assert run("alerts", "acknowledge", ident) == "taken care of\n"
    assert "takes care of it already" in run("alerts", "acknowledge", ident, code=1)
    assert "sverka alerts list" in run("alerts", "acknowledge", "unknown", code=1)
    assert "the configuration names no receiver" in run("alerts", "test", code=1)
    with shop.hub.store.write() as at:
        states.set_values(at, "site", paused="")
    alerts.watch(shop.hub)
    assert run("alerts", "list") == "Nothing is amiss.\n"
    assert "over at" in run("alerts", "list", "--all")


def test_a_field_is_set_by_hand_and_taken_back(run, shop):
    said = run("record", "set", "customer", "8 (905) 111-22-33", "comment", "Звонить утром", "--reason", "asked")
    assert "takes it back" in said
    ident = said.split()[1].rstrip(":")
    shop.work()
    (sklad,) = [p for p in shop.sklad("GET", "counterparty", limit=1000)["rows"] if p.get("legalLastName") == "Петров"]
    assert sklad["description"] == "Звонить утром"
    run("record", "undo", "customer", ident, "comment")
    with shop.hub.store.read() as at:
        assert views.data_of(at, [ident])[ident].get("comment") in (None, "")
    assert "was not set by hand" in run("record", "undo", "customer", ident, "last_name", code=1)
    assert "no order" in run("record", "set", "order", ident, "comment", "x", code=1)


def test_conflicts_are_listed_counted_and_decided(run, shop):
    with shop.hub.store.read() as at:
        (ident,) = [row["id"] for row in find(shop.hub, at, "+79051112233", ["+79051112233"]) if row["entity"] == "customer"]
    options = [{"system": "sklad", "value": "Петров", "at": 1.0}, {"system": "site", "value": "Перов", "at": 2.0}]
    with shop.hub.store.write() as at:
        conflict_rows.keep(at, {ident: {"last_name": options, "middle_name": options}}, now=shop.hub.clock())
    groups = json.loads(run("conflicts", "list", "--json"))
    assert {g["group"]: g["count"] for g in groups} == {"customer.last_name:site+sklad": 1, "customer.middle_name:site+sklad": 1}
    assert "Would be decided as “site”: 1." in run("conflicts", "rule", "customer.middle_name:site+sklad", "--take", "site")
    assert "the sides of" in run("conflicts", "rule", "customer.middle_name:site+sklad", "--take", "crm", code=1)
    one = next(g["conflicts"][0]["id"] for g in groups if "last_name" in g["group"])
    run("conflicts", "decide", one, "--take", "sklad")
    assert "decided already" in run("conflicts", "decide", one, "--take", "sklad", code=1)
    shop.work()
    with shop.hub.store.read() as at:
        assert views.data_of(at, [ident])[ident]["last_name"] == "Петров"


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
