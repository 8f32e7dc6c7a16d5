"""A backup restored in mid-run, over the vendors' own protocols: what the hub made since is out there, and nothing is made again."""

from __future__ import annotations

import pytest

from hub.keeping import backup, restoring
from hub.storage.archive import Archive
from hub.sync import rebuild
from hub.sync.intake import Intake
from tests.scenarios.shop import opened

CONTACT, DEAL = 3, 2


@pytest.fixture
def shop(tmp_path, postgres_url):
    with opened(tmp_path, postgres_url, crm=True, reference_wait=5.0) as shop:
        shop.nobody = shop.sklad("POST", "counterparty", {"name": "Розничный покупатель", "companyType": "individual"})
        yield shop


def items(shop, kind):
    return shop.crm("crm.item.list", entityTypeId=kind, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"]


def counted(shop):
    """Persons and orders in each system."""
    people = [row for row in shop.sklad("GET", "counterparty")["rows"] if row["name"] != "Розничный покупатель"]
    sklad = len(people), len(shop.sklad("GET", "customerorder", limit=100)["rows"])
    site = len(shop.site("GET", "customers", role="all", per_page=100)), len(shop.site("GET", "orders", per_page=100))
    return {"sklad": sklad, "crm": (len(items(shop, CONTACT)), len(items(shop, DEAL))), "site": site}


def goods(shop, code):
    return shop.sklad("GET", "product", filter=f"code={code}")["rows"][0]["meta"]


def happen(shop, number):
    """A person and an order of hers, in each of the three systems."""
    buyer = shop.site(
        "POST",
        "customers",
        {"email": f"anna{number}@example.ru", "first_name": f"Анна{number}", "billing": {"phone": f"+7903123450{number}"}},
    )
    line = {"line_items": [{"sku": "SV-007", "quantity": number}]}
    shop.site("POST", "orders", {"customer_id": buyer["id"], "status": "processing"} | line)
    agent = shop.sklad(
        "POST",
        "counterparty",
        {
            "name": f"Иван{number}",
            "companyType": "individual",
            "legalFirstName": f"Иван{number}",
            "phone": f"+7903123451{number}",
            "email": f"ivan{number}@example.ru",
        },
    )
    organisation = shop.sklad("GET", "organization")["rows"][0]
    positions = [{"quantity": number, "price": 89000, "assortment": {"meta": goods(shop, "SV-007")}}]
    shop.sklad(
        "POST", "customerorder", {"agent": {"meta": agent["meta"]}, "organization": {"meta": organisation["meta"]}, "positions": positions}
    )
    fields = {
        "name": f"Олег{number}",
        "fm": [
            {"typeId": "PHONE", "valueType": "MOBILE", "value": f"8903123452{number}"},
            {"typeId": "EMAIL", "valueType": "HOME", "value": f"oleg{number}@example.ru"},
        ],
    }
    contact = shop.crm("crm.item.add", entityTypeId=CONTACT, fields=fields)["item"]
    deal = shop.crm("crm.item.add", entityTypeId=DEAL, fields={"contactId": contact["id"], "stageId": "NEW"})["item"]
    shop.crm(
        "crm.item.productrow.set",
        ownerType="D",
        ownerId=deal["id"],
        productRows=[{"productName": "SV-007 | Полотенце", "price": 890, "quantity": number}],
    )


def scan(shop, seconds=600.0):
    deadline = shop.clock() + seconds
    while shop.clock() < deadline:
        shop.poll()
        while Intake(shop.hub).run():
            pass
        restored = rebuild.advance(shop.hub)
        if restored is None or restored.stage in ("waiting", "over"):
            return restored
        shop.clock.idle(shop.next_due())
    raise AssertionError(f"never rebuilt: {restored}")


def test_restored_in_mid_run_nothing_is_made_twice_and_all_agrees_after_approval(shop):
    happen(shop, 1)
    shop.sync(), shop.sync(), shop.sync()
    file, _ = backup.take(shop.hub)
    happen(shop, 2)
    shop.sync(), shop.sync(), shop.sync()
    happen(shop, 3)
    shop.poll()
    Intake(shop.hub).run()  # and in the midst of this it breaks
    before = counted(shop)
    restoring.restore(shop.hub, Archive(file), actor="test")
    shop.work()
    assert counted(shop) == before, "written while held"
    restored = scan(shop)
    assert (restored.stage, restored.doubt) == ("waiting", [])
    rebuild.approve(shop.hub, list(shop.hub.settings.systems), actor="test")
    for _ in range(4):
        shop.sync()
    assert counted(shop) == {"sklad": (9, 9), "crm": (9, 9), "site": (9, 3)}
