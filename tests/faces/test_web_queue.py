"""The queue by Flask's client: replays with a preview, skips with a reason, brakes, the audit log of all that."""

from __future__ import annotations

import re

from sqlalchemy import select

from hub.decisions import brakes
from hub.storage import views
from hub.storage.tables import audit, record
from hub.storage.tables import delivery as outbox
from tests.faces.reader import Reader
from tests.faces.shop import storm


def delivery(shop, **filters):
    with shop.hub.store.read() as at:
        return views.queue(at, limit=1, **filters)[0]


def test_the_queue_finds_the_stuck_order_by_its_buyers_phone(shop, readers):
    text = readers["support"].client.get("/queue", query_string={"q": "8 (903) 123 45 67", "state": "dead"}).text
    assert f"№ {shop.stuck}" in text and f"№ {shop.good}" not in text


def test_a_replay_is_previewed_confirmed_and_audited(shop, readers):
    row = delivery(shop, state="dead")
    preview = readers["support"].post("/queue/preview", id=row["id"], back="/queue")
    assert preview.status_code == 200 and f"№ {shop.stuck}" in preview.text and "нельзя записать" in preview.text
    assert delivery(shop, id=row["id"])["state"] == "dead"
    assert readers["support"].post("/queue/replay", id=row["id"], back="/queue").headers["Location"] == "/queue"
    assert delivery(shop, id=row["id"])["state"] == "pending"
    with shop.hub.store.read() as at:
        last = at.execute(select(audit.c.actor, audit.c.outcome).where(audit.c.action == "operator.replay")).all()[-1]
    assert tuple(last) == ("support", "1")
    shop.work()


def test_a_preview_shows_old_and_new_value_of_a_field(shop, readers):
    """A write that was skipped by hand differs: the preview says in what."""
    with shop.hub.store.read() as at:
        anna = next(row for row in at.execute(select(record)).mappings() if row["data"].get("first_name") == "Анна")
        ident = next(x["external_id"] for x in views.record_page(at, anna["id"])["links"] if x["system"] == "site")
    with shop.hub.store.write() as at:
        states = {row["system"]: row for row in views.systems(at)}
        assert states["sklad"]["mode"] == "live"
    readers["admin"].post("/systems/sklad/mode", mode="observe")
    shop.site("PUT", f"customers/{ident}", {"last_name": "Белова"})
    shop.poll()
    for _ in range(5):
        from hub.sync.intake import Intake

        Intake(shop.hub).run()
    row = delivery(shop, system="sklad", records=[anna["id"]])
    with shop.hub.store.write() as at:
        shop.hub.outbox.skip(at, [row["id"]], "later", now=shop.hub.clock())
    text = readers["support"].post("/queue/preview", id=row["id"]).text
    assert re.search(r"Фамилия.*Седова.*Белова", text, re.S)
    readers["admin"].post("/systems/sklad/mode", mode="live")
    readers["support"].post("/queue/replay", id=row["id"])
    shop.work()
    assert "Белова" in str(shop.sklad("GET", "counterparty")["rows"])


def test_a_skip_needs_a_reason_and_keeps_it(shop, readers):
    row = delivery(shop, state="dead")
    readers["support"].post("/queue/skip", id=row["id"], reason="")
    assert delivery(shop, id=row["id"])["state"] == "dead"
    readers["support"].post("/queue/skip", id=row["id"], reason="проба")
    assert delivery(shop, id=row["id"])["reason"] == "проба"
    readers["support"].post("/queue/replay", id=row["id"])
    shop.work()
    assert delivery(shop, id=row["id"])["state"] == "dead"


def test_a_brake_is_shown_with_its_sample_and_answered_by_who_may(shop, readers):
    ident = storm(shop)
    masked, text = readers["viewer"].get("/brakes").text, readers["support"].get("/brakes").text
    assert "опустошила поле «Фамилия»" in text and "Седова" in text and "Разрешить" in text
    assert "Седова" not in masked and "Разрешить</button>" not in masked
    assert readers["viewer"].post(f"/brakes/{ident}", decision="approve").status_code == 403
    readers["support"].post(f"/brakes/{ident}", decision="refuse")
    assert "Отказано" in readers["support"].get("/brakes").text
    with shop.hub.store.read() as at:
        last = at.execute(select(audit.c.actor, audit.c.outcome).where(audit.c.action == "operator.brake")).all()[-1]
    assert tuple(last) == ("support", "refuse")


def test_a_queued_delivery_that_a_brake_holds_says_so_in_the_queue(shop, readers):
    mine = (outbox.c.system == "sklad", outbox.c.entity == "customer", outbox.c.state == "done")
    brake = storm(shop)
    with shop.hub.store.write() as at:
        ident = at.execute(select(outbox.c.id).where(*mine).limit(1)).scalar()
        at.execute(outbox.update().where(outbox.c.id == ident).values(state="pending"))
    assert "сработал тормоз, разом изменилось бы слишком много" in readers["support"].get("/queue?state=pending").text
    with shop.hub.store.write() as at:
        at.execute(outbox.update().where(outbox.c.id == ident).values(state="done"))
    brakes.decide(shop.hub, brake, brakes.APPROVE, actor="anna")
    assert "сработал тормоз" not in readers["support"].get("/queue?state=pending").text


def test_the_audit_log_says_causes_and_outcomes_in_words(shop, readers):
    for mode in ("observe", "live"):
        readers["admin"].post("/systems/site/mode", mode=mode)
    page = readers["support"].get("/audit").text
    assert "работает → наблюдает" in page
    assert "наблюдает → работает" in page
    written = readers["viewer"].get("/audit?action=write.").text
    assert "версия записи 1" in written
    assert "выполнено" in written
    english = Reader(shop.app, "support", "en").get("/audit?action=write.").text
    assert "version 1 of the record, done" in english
