"""Directories on the example shop: lists read from every system, a value told by its name, mapped by a person, released; people who left."""

from __future__ import annotations

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.decisions import directories
from hub.decisions.directories import Said
from hub.explain.found import find
from hub.explain.record import explain
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import directories as rows
from hub.storage import views
from hub.storage.engine import open_store
from hub.sync import lists, revisions
from hub.verify.reconcile import verify
from tests.scenarios.shop import opened


def problems(shop):
    with shop.hub.store.read() as at:
        return {row["ru"]: row["count"] for row in views.problems(at) if row["error_code"] == "directory_unknown"}


def told(shop, key, language="ru"):
    """System -> its sentence about the one record that a person finds by a key."""
    with shop.hub.store.read() as at:
        (row,) = find(shop.hub, at, key, ())
        page = views.record_page(at, row["id"])
        return {one.system: one.text for one in explain(shop.hub, at, page, Shown(Speech(language), views.titles(at)))}


def deal(shop, number):
    (found,) = shop.crm("crm.item.list", entityTypeId=2, filter={"UF_CRM_ORDER_NUMBER": number}, useOriginalUfNames="Y")["items"]
    return found


def place(shop, status="processing", **more):
    body = {"created_via": "checkout", "status": status, "line_items": [{"sku": "SV-007"}]}
    return shop.site("POST", "orders", body | more)


def test_an_unknown_stage_is_told_by_name_waits_and_flows_once_it_is_mapped(tmp_path):
    with opened(tmp_path, crm=True) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        revisions.activate(shop.hub)
        made = place(shop)
        shop.sync()
        shop.crm(
            "crm.item.update", entityTypeId=2, id=deal(shop, made["number"])["id"], fields={"stageId": "FINAL_INVOICE", "comments": "Ждёт"}
        )
        shop.sync()
        assert problems(shop) == {"Стадия «Финальный счёт» (FINAL_INVOICE) не сопоставлена": 1}
        order = shop.site("GET", f"orders/{made['id']}")
        assert (order["status"], order["customer_note"]) == ("processing", "Ждёт"), "only the field waits"
        other = assemble(shop.hub.settings, open_store("", tmp_path, shop.clock), lambda _, __: LocalLimiter(()))
        assert directories.say(other, [Said("order_status", "crm", "FINAL_INVOICE", "done")], actor="olga") == 1
        other.store.dispose()
        assert directories.settle(shop.hub) == 1
        shop.work()
        assert shop.site("GET", f"orders/{made['id']}")["status"] == "completed"
        assert problems(shop) == {} and verify(shop.hub).agrees
        prepare(shop.hub)  # a restart with the old configuration
        with shop.hub.store.read() as at:
            (twin,) = rows.twins(at, "order_status", "crm", '"FINAL_INVOICE"')
            told = views.audit_rows(at, action="operator.directory")
        assert (twin.value, twin.by) == ("done", "hand")
        assert [(row["actor"], row["after"]) for row in told] == [("olga", {"value": "done"})]
        directories.say(shop.hub, [Said("order_status", "crm", "FINAL_INVOICE", "packed")], actor="olga")
        directories.settle(shop.hub)
        shop.work()
        assert deal(shop, made["number"])["stageId"] == "FINAL_INVOICE"
        state = shop.sklad("GET", "customerorder", limit=10, expand="state")["rows"][0]["state"]["name"]
        assert state == "Собран", "another meaning brings the records under it that had the old one"


def test_a_status_added_a_moment_ago_is_named_and_never_its_id(tmp_path):
    with opened(tmp_path) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        place(shop)
        shop.sync()
        (row,) = shop.sklad("GET", "customerorder")["rows"]
        for name in ("На примерке", "У портного"):
            fresh = shop.sklad("POST", "customerorder/metadata/states", {"name": name, "stateType": "Regular"})
            shop.sklad("PUT", f"customerorder/{row['id']}", {"state": {"meta": fresh["meta"]}})
            shop.sync()
            assert problems(shop) == {f"Никто не сказал, что значит «{name}»": 1}
            assert told(shop, row["id"])["sklad"] == f"Ждёт: Статус (никто не сказал, что значит «{name}»); остальное совпадает."


def test_a_value_without_a_word_there_fails_by_name_and_goes_once_it_has_one(tmp_path):
    with opened(tmp_path) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        revisions.activate(shop.hub)
        directories.rename(shop.hub, "order_status", "exchanged", "Обменён", "Exchanged", actor="olga")
        directories.say(shop.hub, [Said("order_status", "site", "refunded", "exchanged", written=True)], actor="olga")
        place(shop, "refunded")
        shop.sync()
        with shop.hub.store.read() as at:
            (problem,) = [row for row in views.problems(at) if row["error_code"] == "directory_no_twin"]
        assert (problem["system"], problem["error_field"]) == ("sklad", "status")
        shop.sklad("POST", "customerorder/metadata/states", {"name": "Обмен", "stateType": "Unsuccessful"})
        lists.read(shop.hub, "sklad")
        with shop.hub.store.read() as at:
            assert [
                (t.plain, best.value) for t, best in directories.sheet(shop.hub, at, "order_status").unmapped if t.system == "sklad"
            ] == [("Обмен", "exchanged")]
        directories.say(shop.hub, [Said("order_status", "sklad", "Обмен", "exchanged")], actor="olga")
        shop.work()
        assert shop.sklad("GET", "customerorder", limit=10, expand="state")["rows"][0]["state"]["name"] == "Обмен"


def test_who_has_left_keeps_what_is_hers_and_gets_nothing_new(tmp_path):
    with opened(tmp_path, crm=True) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        before = place(shop, meta_data=[{"key": "responsible", "value": "ruslan"}])
        shop.sync()
        assert deal(shop, before["number"])["assignedById"] == 2
        shop.crm_app.portal.users[2]["ACTIVE"] = False
        lists.read(shop.hub, "crm")
        after = place(shop, meta_data=[{"key": "responsible", "value": "ruslan"}])
        shop.site("PUT", f"orders/{before['id']}", {"customer_note": "Позвонить"})
        shop.sync()
        assert (deal(shop, before["number"])["assignedById"], deal(shop, before["number"])["comments"]) == (2, "Позвонить")
        assert deal(shop, after["number"])["assignedById"] != 2
        assert {row[2] for row in shop.queue()} <= {"done", "skipped"} and verify(shop.hub).agrees
