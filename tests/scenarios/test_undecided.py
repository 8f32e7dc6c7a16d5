"""A status that the configuration does not know is somebody's word: it waits, is not written over, and yields only to a later word."""

from __future__ import annotations

from dataclasses import replace

from hub.app import prepare
from hub.storage import views
from hub.sync import revisions
from hub.verify.reconcile import verify
from tests.scenarios.shop import opened


def state(shop):
    return shop.sklad("GET", "customerorder", limit=10, expand="state")["rows"][0]["state"]["name"]


def test_a_status_nobody_mapped_stays_until_somebody_says_another(tmp_path):
    with opened(tmp_path) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        made = shop.site("POST", "orders", {"created_via": "checkout", "status": "processing", "line_items": [{"sku": "SV-007"}]})
        shop.sync()
        (row,) = shop.sklad("GET", "customerorder")["rows"]
        fresh = shop.sklad("POST", "customerorder/metadata/states", {"name": "На примерке", "stateType": "Regular"})
        shop.sklad("PUT", f"customerorder/{row['id']}", {"state": {"meta": fresh["meta"]}})
        shop.sync()
        shop.site("PUT", f"orders/{made['id']}", {"customer_note": "Позвонить"})  # another field: the order is written, the status waits
        shop.sync()
        assert state(shop) == "На примерке"
        assert shop.site("GET", f"orders/{made['id']}")["status"] == "processing"
        assert verify(shop.hub).agrees, "what waits is explained"
        shop.site("PUT", f"orders/{made['id']}", {"status": "completed"})
        shop.sync()
        assert state(shop) == "Доставлен"
        assert verify(shop.hub).agrees


def test_each_unknown_value_is_one_problem_that_names_it(tmp_path):
    with opened(tmp_path) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        fitting, tailor = (
            shop.sklad("POST", "customerorder/metadata/states", {"name": name, "stateType": "Regular"})
            for name in ("На примерке", "У портного")
        )
        for _ in range(3):
            shop.site("POST", "orders", {"created_via": "checkout", "status": "processing", "line_items": [{"sku": "SV-007"}]})
        shop.sync()
        rows = shop.sklad("GET", "customerorder")["rows"]
        for row, chosen in zip(rows, (fitting, fitting, tailor), strict=True):
            shop.sklad("PUT", f"customerorder/{row['id']}", {"state": {"meta": chosen["meta"]}})
        shop.sync()
        with shop.hub.store.read() as at:
            found = {row["ru"]: row["count"] for row in views.problems(at) if row["error_code"] == "directory_unknown"}
        assert found == {
            "Никто не сказал, что значит «На примерке»": 2,
            "Никто не сказал, что значит «У портного»": 1,
        }


def test_a_value_that_the_configuration_learns_releases_what_waited(tmp_path):
    with opened(tmp_path) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        fitting = shop.sklad("POST", "customerorder/metadata/states", {"name": "На примерке", "stateType": "Regular"})
        made = shop.site("POST", "orders", {"created_via": "checkout", "status": "processing", "line_items": [{"sku": "SV-007"}]})
        revisions.activate(shop.hub)
        shop.sync()
        (row,) = shop.sklad("GET", "customerorder")["rows"]
        shop.sklad("PUT", f"customerorder/{row['id']}", {"state": {"meta": fitting["meta"]}})
        shop.sync()
        statuses = shop.hub.settings.directories["order_status"]
        taught = statuses | {"done": statuses["done"] | {"sklad": ["Доставлен", "На примерке"]}}
        shop.hub.settings = replace(shop.hub.settings, directories=dict(shop.hub.settings.directories) | {"order_status": taught})
        shop.hub.cache.clear()
        prepare(shop.hub)
        assert revisions.activate(shop.hub) > 0
        shop.sync()
        assert shop.site("GET", f"orders/{made['id']}")["status"] == "completed"
