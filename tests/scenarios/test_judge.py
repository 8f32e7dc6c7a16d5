"""The judge says yes to a hub that works, and no to each of the ways in which one may fail."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import delete

from hub.storage.tables import delivery
from hub.sync.intake import Intake
from sandbox.judge.fill import fill
from sandbox.judge.people import Shares
from sandbox.judge.snapshot import TERMS, connect, made_by_hub, take
from sandbox.judge.users import Users
from sandbox.judge.verdict import Verdict
from tests.scenarios.shop import opened


class Court:
    """A small shop filled by the judge, a hub in this process, and the judge beside it."""

    def __init__(self, shop, seed, customers, orders):
        self.shop, self.round = shop, 0
        systems = shop.hub.settings.systems.values()
        self.vendors = connect([f"{one.name}={one.connector}={one.url}" for one in systems])
        self.shares = Shares(times=2)
        self.journal = fill(self.vendors, seed=seed, customers=customers, orders=orders, shares=self.shares)
        self.sync()

    def unlimited(self):
        for vendor in self.vendors.values():
            vendor.api.control("limits", {"enforce": False})

    def sync(self):
        self.unlimited()
        self.shop.sync()
        self.shop.sync()

    def users(self):
        """Users of the next round."""
        self.round += 1
        prices = {system: vendor.prices() for system, vendor in self.vendors.items()}
        made = made_by_hub(self.vendors, self.journal)
        self.unlimited()
        return Users(self.vendors, self.journal, random.Random(self.round), self.round, self.shares, prices, made=made)

    def judge(self, terms=TERMS):
        verdict = Verdict(self.journal, take(self.vendors, self.journal), terms).judge()
        self.unlimited()
        return verdict

    def clean_person(self):
        """Somebody whom both the warehouse and the site know, without dirt."""
        return next(p for p in self.journal.people if not p.dirt and p.where == ["sklad"] and p.email)


@contextmanager
def court(folder, *, seed=5, customers=12, orders=8, **changes):
    with opened(folder, reference_wait=5.0, **changes) as shop:
        yield Court(shop, seed, customers, orders)


def sound(verdict):
    return not (verdict.lost or verdict.duplicates or verdict.drift or verdict.lost_edits)


def test_a_hub_that_works_passes_two_rounds_of_users(tmp_path):
    with court(tmp_path, customers=20, orders=15) as here:
        assert sound(here.judge()), here.judge()
        for _ in range(2):
            here.users().work(edits=14, calls=3, pause=0.0)
            here.sync()
        verdict = here.judge()
        assert sound(verdict), (verdict.lost, verdict.duplicates, verdict.drift, verdict.lost_edits)
        assert len([e for e in here.journal.edits if e.round]) > 20


def test_a_missing_line_of_a_mapping_is_drift(tmp_path):
    overlay = tmp_path / "overlay"
    overlay.mkdir()
    (overlay / "customers.yaml").write_text("system: woocommerce\nentity: customer\nresource: customers\nfields: {middle_name: null}\n")
    with court(tmp_path, mappings=["overlay"]) as here:
        verdict = here.judge()
        assert {row["field"] for row in verdict.drift} == {"middle_name"}


def test_a_deleted_delivery_is_drift_of_the_field_and_nothing_more(tmp_path):
    with court(tmp_path) as here:
        one = here.clean_person()
        here.users().type_person(one, "sklad", "city", "Бирск")
        here.shop.poll()
        Intake(here.shop.hub).run()
        with here.shop.hub.store.write() as at:
            assert at.execute(delete(delivery).where(delivery.c.state == "pending")).rowcount
        here.shop.work()
        verdict = here.judge()
        assert [(row["who"], row["field"]) for row in verdict.drift] == [(str(one.number), "city")]
        assert not verdict.lost_edits, "the system where it was typed holds it"


def test_a_deleted_delivery_of_a_new_person_is_a_lost_object(tmp_path):
    with court(tmp_path) as here:
        here.users().create_person("sklad")
        here.shop.poll()
        Intake(here.shop.hub).run()
        with here.shop.hub.store.write() as at:
            at.execute(delete(delivery).where(delivery.c.state == "pending"))
        here.shop.work()
        assert any(text.startswith(f"person {len(here.journal.people)} is not in") for text in here.judge().lost)


@pytest.mark.parametrize("kind", ["counterparty", "customerorder"])
def test_a_create_repeated_is_a_duplicate(tmp_path, kind):
    with court(tmp_path) as here:
        roster = here.judge().people if kind == "counterparty" else here.judge().orders
        view = next(views["sklad"][0] for views in roster.made.values() if "sklad" in views)
        api = here.vendors["sklad"].api
        row = api("GET", f"{kind}/{view.id}", expand="positions")
        names = ("name", "companyType", "legalLastName", "legalFirstName", "phone", "email", "discountCardNumber", "agent", "organization",
                 "attributes", "externalCode")  # fmt: skip
        api("POST", kind, {name: row[name] for name in names if name in row})
        assert len(here.judge().duplicates) == 1


@pytest.mark.parametrize("ignored", [False, True])
def test_an_owner_ignored_is_drift(tmp_path, ignored):
    policies = {} if ignored else {"policies": {"customer": {"birthday": {"kind": "owner", "systems": ["sklad"]}}}}
    terms = replace(TERMS, owners={"birthday": "sklad"})
    with court(tmp_path, **policies) as here:
        one = here.clean_person()
        users = here.users()
        users.type_person(one, "site", "birthday", "1977-07-07")
        here.sync()
        verdict = here.judge(terms)
        assert sound(verdict) != ignored, (verdict.lost, verdict.duplicates, verdict.drift, verdict.lost_edits)


def test_an_edit_reverted_in_one_system_is_drift_and_in_all_of_them_is_lost(tmp_path):
    with court(tmp_path) as here:
        one = here.clean_person()
        here.users().type_person(one, "sklad", "city", "Бирск")
        here.sync()
        ids = {s: views[0].id for s, views in ((s, here.judge().people.of(str(one.number), s)) for s in here.vendors) if views}
        others = [system for system in ids if system != "sklad"]
        here.vendors[others[0]].type_person(ids[others[0]], "city", one.city)
        verdict = here.judge()
        assert [row["field"] for row in verdict.drift] == ["city"]
        assert not verdict.lost_edits
        for system in ("sklad", *others[1:]):
            here.vendors[system].type_person(ids[system], "city", one.city)
        verdict = here.judge()
        assert not verdict.drift
        assert [text.split(":")[0] for text in verdict.lost_edits] == [f"customer {one.number}"]


def test_words_beside_a_phone_that_a_write_erased_are_drift(tmp_path):
    with court(tmp_path) as here:
        one = here.clean_person()
        one.dirt.append("two_phones")
        assert any(row["field"] == "words beside phones" for row in here.judge().drift)
