"""The cost of a record is the same among ten thousand and among millions: no statement of the daily work reads a whole table that grows."""

from __future__ import annotations

from hub.storage import records
from hub.sync.absorb import Absorber
from tests.plans import spoken, walks
from tests.scenarios.shop import opened
from tests.scenarios.test_three_systems import change, items, people, place

FIGURES = {  # these read an index to its end on purpose: a figure for people, not the way of a change
    "SELECT count(*) AS count_1 FROM (SELECT 1 AS one FROM inbox",
    "SELECT delivery.system, delivery.entity, delivery.state, count(*)",
}


def match_keys(shop):
    """Records by the phone of the buyer, as a search finds them."""
    with shop.hub.store.read() as at:
        found = records.holders(at, "customer", [("phone", "+79031234567")], most=5)
    return {record_id for ids in found.values() for record_id in ids}


def test_no_statement_of_the_daily_work_reads_a_whole_table(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})

        def day():
            place(shop, status="processing")
            shop.poll()
            shop.work()
            change(shop, 3, items(shop, 3)[0]["id"], name="Анастасия", UF_CRM_STORE="нет такого магазина")
            shop.site("PUT", f"orders/{shop.site('GET', 'orders')[0]['id']}", {"status": "completed"})
            shop.sklad("POST", "counterparty", {"name": "Анна", "phone": "8 903 123-45-67", "companyType": "individual"})
            shop.poll()
            shop.work()
            shop.sklad("PUT", f"counterparty/{people(shop)[0]['id']}", {"phone": "позвонить"})
            shop.poll()
            shop.work()
            Absorber(shop.hub).remerge(list(match_keys(shop)))
            shop.work()

        plans = spoken(day)
    bad = walks(plans, FIGURES)
    assert len(plans) > 40 and not bad, bad
