"""Commands of every day: why and what of a record, the queue, brakes, alerts, conflicts, the audit log."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import select

from hub.explain.found import find
from hub.storage import conflicts as conflict_rows
from hub.storage import states, views
from hub.storage.tables import audit
from tests.faces.shop import storm


def dead(shop):
    with shop.hub.store.read() as at:
        return views.queue(at, state="dead", limit=1)[0]


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
