"""A vendor makes one of two of its own objects: the hub's links follow, nobody is deleted elsewhere or made anew, orders stay with their buyer."""

from __future__ import annotations

import requests
from sqlalchemy import select

from hub.language import Speech
from hub.storage import inbox, unions
from hub.storage.tables import link, record
from hub.sync import uniting
from hub.words.duplicates import decider
from tests.scenarios.shop import opened

CONTACT = 3


def contacts(shop):
    rows = shop.crm("crm.item.list", entityTypeId=CONTACT, select=["*"], order={"id": "ASC"}, useOriginalUfNames="Y")["items"]
    return {row["name"]: row for row in rows}


def people(shop):
    """Id -> first name."""
    return {row["id"]: row["legalFirstName"] for row in shop.sklad("GET", "counterparty", limit=100)["rows"] if row.get("legalFirstName")}


def hint(shop, resource, *ids, system="crm"):
    """Events, as the vendor's webhooks bring them."""
    now = shop.hub.clock()
    row = {"system": system, "resource": resource, "kind": "hint", "looked_at": now, "received_at": now, "due_at": now}
    with shop.hub.store.intake() as at:
        inbox.put(at, [row | {"external_id": str(ident)} for ident in ids])


def test_contacts_merged_in_bitrix24_are_one_record_and_one_can_take_it_back(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        for first, phone in (("Анна", "+79031234567"), ("Аня", "+79261112233"), ("Олег", "+79057778899")):
            body = {"name": first, "companyType": "individual", "legalFirstName": first, "legalLastName": "Седова", "phone": phone}
            shop.sklad("POST", "counterparty", body)
        shop.sync()
        before, clients = contacts(shop), people(shop)
        main, other = before["Анна"]["id"], before["Аня"]["id"]
        answer = shop.crm("crm.entity.mergeBatch", params={"entityTypeId": CONTACT, "entityIds": [main, other]})
        assert (answer["STATUS"], answer["ENTITY_IDS"]) == ("SUCCESS", [other])
        shop.crm("crm.item.delete", entityTypeId=CONTACT, id=before["Олег"]["id"])  # a deletion beside it is no merge
        hint(shop, "contact", other, main, before["Олег"]["id"])
        shop.sync()
        (left,) = contacts(shop).values()
        assert left["id"] == main and people(shop).keys() == clients.keys(), "nobody is made anew and nobody is deleted elsewhere"
        with shop.hub.store.read() as at:
            left_over = [r for r in at.execute(select(record)).mappings() if not r["merged_into"]]
            one, _ = sorted(left_over, key=lambda r: str(r["data"]["first_name"]))  # Anna before Oleg, whoever was met first
            roles = {(x.system, x.external_id): (x.role, x.state) for x in at.execute(select(link).where(link.c.record_id == one["id"]))}
            (step,) = unions.steps(at)
        assert decider(Speech("ru"), step["actor"]) == "слиты в crm"
        assert roles["crm", str(main)] == ("primary", "live") and roles["crm", str(other)] == ("alias", "gone")
        assert sorted(role for (system, _), (role, _) in roles.items() if system == "sklad") == ["alias", "primary"]
        assert one["data"]["first_name"] == left["name"] == "Анна", "what the survivor shows holds"
        assert {p["number"] for p in one["data"]["phones"]} == {"+79031234567", "+79261112233"}
        assert step["actor"] == "merged in crm"
        uniting.undo(shop.hub, step["id"], actor="olga")


def test_counterparties_combined_in_moysklad_keep_their_orders_and_their_accounts(tmp_path):
    with opened(tmp_path, reference_wait=5.0) as shop:
        for first, email, phone in (("Анна", "anna@example.ru", "+79031234567"), ("Аня", "anya@example.ru", "+79261112233")):
            buyer = shop.site("POST", "customers", {"email": email, "first_name": first, "billing": {"phone": phone}})
        order = {"customer_id": buyer["id"], "status": "processing", "line_items": [{"sku": "SV-001", "quantity": 1}]}
        shop.site("POST", "orders", order)
        shop.sync()
        ids = {name: ident for ident, name in people(shop).items()}
        main, other = ids["Анна"], ids["Аня"]
        requests.post(f"{shop.sklad_url}/_sandbox/combine", json={"main": main, "others": [other]}, timeout=10).raise_for_status()
        hint(shop, "counterparty", main, other, system="sklad")
        shop.sync()
        assert people(shop) == {main: "Анна"} and len(shop.site("GET", "customers", role="all")) == 2
        (bought,) = shop.sklad("GET", "customerorder", limit=100)["rows"]
        assert bought["agent"]["meta"]["href"].endswith(main), "the order stays with the one that is left"
        with shop.hub.store.read() as at:
            (one,) = at.execute(select(record).where(record.c.entity == "customer", record.c.merged_into.is_(None))).mappings()
            roles = {(x.system, x.role, x.state) for x in at.execute(select(link).where(link.c.record_id == one["id"]))}
        assert {("sklad", "primary", "live"), ("sklad", "alias", "gone"), ("site", "primary", "live"), ("site", "alias", "live")} == roles


def test_who_registers_anew_after_the_account_was_deleted_is_told_everything_there_again(tmp_path):
    with opened(tmp_path) as shop:
        body = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Седова", "billing": {"phone": "+79031234567"}}
        former = shop.site("POST", "customers", body)["id"]
        shop.sync()
        (client,) = people(shop)
        shop.sklad("PUT", f"counterparty/{client}", {"description": "любит синее"})
        shop.sync()
        shop.site("DELETE", f"customers/{former}?force=true")
        hint(shop, "customers", former, system="site")
        shop.sync()
        account = shop.site("POST", "customers", body)["id"]
        shop.sync()
        assert noted(shop, account) == "любит синее", "the card that stands there now is the one that is written"
        shop.sklad("PUT", f"counterparty/{client}", {"description": "любит красное"})
        shop.sync()
        assert noted(shop, account) == "любит красное"
        assert list(people(shop)) == [client], "nobody stands twice"


def noted(shop, account):
    """The remark on an account of the site."""
    return next((m["value"] for m in shop.site("GET", f"customers/{account}")["meta_data"] if m["key"] == "note"), None)
