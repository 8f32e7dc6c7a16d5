"""Runs write quietly: after a first load and after a replay of a thousand deliveries nobody was mailed and no robot started, unless a person
agreed. What users do day by day goes on as always."""

from __future__ import annotations

import pytest
import requests
from sqlalchemy import select, update

from hub.cli.queue import put_back
from hub.decisions import brakes
from hub.explain.record import explain
from hub.language import Speech
from hub.language.shown import Shown
from hub.storage import brakes as rows
from hub.storage import states, views
from hub.storage.tables import audit, delivery, record
from hub.sync import runs
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from hub.words import brakes as brake_words
from tests.scenarios.shop import opened


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path, crm=True, reference_wait=5.0) as shop:
        shop.agreeing = False
        yield shop


def effects(shop):
    """What people noticed, by system; zeros left out."""
    urls = {"sklad": shop.sklad_url, "crm": shop.crm_url, "site": shop.site_url}
    told = {name: requests.get(f"{url}/_sandbox/effects", timeout=5).json() for name, url in urls.items()}
    return {name: {kind: n for kind, n in kinds.items() if n} for name, kinds in told.items()}


def forget(shop):
    for url in (shop.crm_url, shop.site_url):
        requests.delete(f"{url}/_sandbox/effects", timeout=5)


def hand(shop, *, quiet):
    for url in (shop.crm_url, shop.site_url):
        requests.post(f"{url}/_sandbox/hand", json={"quiet": quiet}, timeout=5).raise_for_status()


def rounds(shop, number=12):
    """Work for a while, whatever waits for a person."""
    for _ in range(number):
        shop.poll()
        while Intake(shop.hub).run():
            pass
        for system in shop.hub.settings.systems:
            while Deliverer(shop.hub, system).drain():
                pass
        shop.clock.offset += 3.0
        for vendor in shop.clock.vendors:
            vendor.offset = shop.clock.offset


def asked(shop):
    with shop.hub.store.read() as at:
        return rows.undecided(at)


def test_what_goes_back_to_a_loud_system_is_asked_about_a_second_time(shop):
    """Refusing what Bitrix24 has emptied writes there, and its robots start at whatever is written: nobody has agreed to that by refusing."""
    for number in range(20):
        shop.crm(
            "crm.item.add",
            entityTypeId=3,
            fields={"name": "Нина", "lastName": f"Нет{number}", "fm": [{"typeId": "EMAIL", "value": f"n{number}@example.ru"}]},
        )
    shop.agreeing = True
    shop.sync()
    shop.agreeing = False
    for contact in shop.crm("crm.item.list", entityTypeId=3, select=["id"])["items"]:
        shop.crm("crm.item.update", entityTypeId=3, id=contact["id"], fields={"name": ""})
    rounds(shop, 3)
    (first,) = asked(shop)
    brakes.decide(shop.hub, first["id"], brakes.REFUSE, actor="anna")
    forget(shop)
    rounds(shop)
    (second,) = asked(shop)
    assert (first["way"], first["kind"], second["way"], second["kind"], second["system"]) == ("in", "emptied", "out", "effects", "crm")
    assert not effects(shop)["crm"], "nothing is written before the second answer"
    approve(shop)
    rounds(shop)
    assert [c["name"] for c in shop.crm("crm.item.list", entityTypeId=3, select=["id", "name"])["items"]] == ["Нина"] * 20


def approve(shop, system=""):
    for row in asked(shop):
        if row["system"] == system or not system:
            brakes.decide(shop.hub, row["id"], brakes.APPROVE, actor="anna")


def people(shop, count, *, mail=True):
    for number in range(count):
        one = {"name": f"Анна {number}", "legalFirstName": "Анна", "legalLastName": f"Седова {number}", "companyType": "individual"}
        one |= {"phone": f"+7903{1000000 + number}"} | ({"email": f"p{number}@example.ru"} if mail else {})
        shop.sklad("POST", "counterparty", one)


def contacts(shop):
    return len(shop.crm_app.portal.crm[3].rows)


def accounts(shop):
    return len(shop.site_app.shop.tables["customers"])


def test_a_first_load_is_quiet_where_it_can_be_and_waits_where_it_cannot(shop):
    before = accounts(shop)
    people(shop, 4)
    forget(shop)
    rounds(shop)
    assert contacts(shop) == 4, "Bitrix24 has a quiet way to create"
    assert accounts(shop) == before, "WooCommerce has none: nothing is written before somebody agrees"
    assert effects(shop) == {"sklad": {}, "crm": {}, "site": {}}
    (row,) = asked(shop)
    assert (row["system"], row["kind"], row["field"], row["count"]) == ("site", "effects", "mail: new account", 4)
    with shop.hub.store.read() as at:
        page = views.record_page(at, at.execute(select(record.c.id).limit(1)).scalar())
        said = {one.system: one.text for one in explain(shop.hub, at, page, Shown(Speech("en"), {}))}
    assert "would set off side effects" in said["site"]


def test_what_a_run_of_another_system_leads_to_is_asked_about_and_then_goes(shop):
    """Systems go live one after another: what a write of the first leads to belongs to its run, and sets off mails in another."""
    before = accounts(shop)
    people(shop, 3)
    shop.poll()
    shop.take()
    with shop.hub.store.write() as at:
        run = runs.begin(at, "go-live", system="sklad", actor="anna", now=shop.hub.clock())
        at.execute(update(delivery).where(delivery.c.system == "site").values(run=run))
    rounds(shop)
    (row,) = asked(shop)
    assert (row["system"], row["run"], row["kind"], row["count"]) == ("site", run, "effects", 3) and accounts(shop) == before
    approve(shop, "site")
    rounds(shop)
    assert (accounts(shop), asked(shop)) == (before + 3, [])


def test_with_the_hand_switch_an_approved_load_is_noticed_by_nobody(shop):
    before = accounts(shop)
    people(shop, 4)
    hand(shop, quiet=True)
    rounds(shop)
    approve(shop, "site")
    rounds(shop)
    assert accounts(shop) == before + 4
    assert effects(shop) == {"sklad": {}, "crm": {}, "site": {}}
    assert asked(shop) == []
    with shop.hub.store.read() as at:
        told = at.execute(select(audit.c.actor, audit.c.outcome).where(audit.c.action == "operator.brake")).all()
    assert [tuple(one) for one in told] == [("anna", "approve")]


def test_a_system_that_is_hushed_is_not_asked_about(shop):
    before = accounts(shop)
    hand(shop, quiet=True)
    with shop.hub.store.write() as at:
        states.set_values(at, "site", hushed="anna")
    people(shop, 3)
    rounds(shop)
    assert (accounts(shop), asked(shop)) == (before + 3, [])
    assert effects(shop) == {"sklad": {}, "crm": {}, "site": {}}


def test_what_users_do_day_by_day_flows_as_always(shop):
    rounds(shop, 3)
    before = accounts(shop)
    people(shop, 2)
    forget(shop)
    rounds(shop)
    assert (accounts(shop), contacts(shop), asked(shop)) == (before + 2, 2, [])
    assert effects(shop)["site"] == {"mail: new account": 2}, "a person who is registered is told so"


def test_a_replay_of_a_thousand_deliveries_is_noticed_by_nobody(shop):
    """Half of them make contacts in the CRM, which has a quiet way; the other half accounts of the site, which has none but the switch."""
    rounds(shop, 1)
    before = accounts(shop)
    people(shop, 500)
    shop.poll()
    while Intake(shop.hub).run():
        pass
    assert [(row["way"], row["kind"]) for row in asked(shop)] == [("in", "created")], "five hundred new people in an hour are asked about"
    approve(shop)
    while Intake(shop.hub).run():
        pass
    with shop.hub.store.write() as at:
        ids = list(at.execute(select(delivery.c.id).where(delivery.c.system.in_(("crm", "site")))).scalars())
        assert shop.hub.outbox.skip(at, ids, "not now", now=shop.hub.clock()) == 1000
    forget(shop)
    assert put_back(shop.hub, {"entity": "customer"}, confirmed=False) == 1000
    drain(shop)
    assert sorted((row["system"], row["kind"], row["count"]) for row in asked(shop)) == [("crm", "created", 500), ("site", "created", 500)]
    assert (contacts(shop), accounts(shop)) == (0, before), "counted before the first write"
    with shop.hub.store.read() as at:
        beside = {row["system"]: [one["field"] for one in brakes.beside(shop.hub, at, row)] for row in asked(shop)}
    assert beside == {"crm": [], "site": ["mail: new account"]}, "and told what the answer sets off"
    hand(shop, quiet=True)
    approve(shop)
    drain(shop)
    assert (contacts(shop), accounts(shop)) == (500, before + 500)
    assert effects(shop) == {"sklad": {}, "crm": {}, "site": {}}


def drain(shop):
    while sum(Deliverer(shop.hub, system).drain() for system in shop.hub.settings.systems):
        pass


def test_who_agrees_to_many_changes_is_told_what_they_set_off(shop):
    """A run over the measure is asked about once: its question says what else the answer lets through, and where that is switched off."""
    people(shop, 60)
    rounds(shop, 4)
    (row,) = [one for one in asked(shop) if one["system"] == "site"]
    assert (row["kind"], row["count"]) == ("created", 60)
    with shop.hub.store.read() as at:
        beside = brakes.beside(shop.hub, at, row)
        show = Shown(Speech("en"), {})
        told, switch = brake_words.others(beside, show), brake_words.switch(shop.hub, [row, *beside], show)
    assert told == "The same answer holds for: Writing to site would set off: mails about a new account. Objects: 60 (customers)."
    assert "switch 'New account' and the mails of orders off" in switch
    with shop.hub.store.write() as at:
        states.set_values(at, "site", hushed="anna")
        assert brakes.beside(shop.hub, at, row) == [], "nobody is warned of what is switched off"
        states.set_values(at, "site", hushed="")
    approve(shop, "site")
    with shop.hub.store.read() as at:
        cause = at.execute(select(audit.c.cause).where(audit.c.action == "operator.brake", audit.c.system == "site")).scalar()
    assert cause == "out created 60; out effects mail: new account 60", "the audit log says what was agreed to"
