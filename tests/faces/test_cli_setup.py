"""Commands of the first day: init, doctor, check, modes, the plan, verify, first loads."""

from __future__ import annotations

import csv
import io
import json
import re

from sqlalchemy import select

from hub.storage import states
from hub.storage.tables import audit


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


def test_doctor_tells_a_half_written_configuration_by_its_line(run, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("systems:\n  sklad: {connector: moysklad\n")
    assert f"{path}:3: not YAML" in run("doctor", "--config", str(path), code=1)


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
    one, other = (re.sub(r"\d+ s ", "", run("check", *named)) for named in (("site",), ("--system", "site")))
    assert one == other, "but for the seconds by which the stand-in's clock differs"


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
    (kept,), (refused,) = ([row for row in rows if row["kind"] == kind] for kind in ("not_passed_on", "refused"))
    assert (
        kept["reason"].startswith("Not passed on: this system cannot hold a record without E-mails")
        and kept["code"] == "not applicable: no emails"
    )
    assert "NEW-1" in refused["reason"] and (refused["code"], refused["field"]) == ("sku_unknown", "lines")
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
