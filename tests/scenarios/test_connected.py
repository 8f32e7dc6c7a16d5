"""The first day of a shop that another program connected years ago, over the vendors' protocols: everybody and every order is recognised,
the more trusted word stands, gaps are filled, and nothing is made for what a system knows."""

from __future__ import annotations

from hub.demo.connected import overlay
from sandbox.judge.connected import fill_connected
from sandbox.judge.golive import go_live, owed_creates
from sandbox.judge.people import Shares
from sandbox.judge.snapshot import TERMS, connect, take
from sandbox.judge.verdict import Verdict
from tests.scenarios.shop import opened


def test_nobody_is_made_twice_and_no_filled_field_follows_a_less_trusted_one(tmp_path):
    overlay(tmp_path / "overlays")
    with opened(tmp_path, crm=True, reference_wait=5.0, mappings=["overlays"]) as shop:
        vendors = connect([f"{one.name}={one.connector}={one.url}" for one in shop.hub.settings.systems.values()])
        journal = fill_connected(vendors, seed=3, customers=30, orders=40, shares=Shares(times=2))
        for vendor in vendors.values():
            vendor.api.control("limits", {"enforce": False})
        owed = owed_creates(journal, TERMS, vendors)
        shop.sync()
        shop.sync()
        seen = take(vendors, journal)
        day = go_live(journal, seen)
        assert (day.created_for_known, day.overwritten, dict(day.created)) == ([], [], owed)
        assert day.filled > 20, "gaps were there to be filled"
        assert day.corrected > 5, "and older values to be followed"
        verdict = Verdict(journal, seen, TERMS).judge()
        assert not (verdict.lost or verdict.duplicates or verdict.drift or verdict.lost_edits), verdict.drift[:5]


def test_of_two_cards_of_one_person_that_which_the_other_program_names_is_written(tmp_path):
    """A cashier typed them in once more: that card has no cross-reference, and whichever is read first, changes go to the one that has."""
    overlay(tmp_path / "overlays")
    with opened(tmp_path, crm=True, reference_wait=5.0, mappings=["overlays"]) as shop:
        (named,) = [a for a in shop.sklad("GET", "counterparty/metadata/attributes")["rows"] if a["name"] == "Номер на сайте"]
        pairs = {}
        for n in range(8):
            person = {"first_name": "Анна", "last_name": f"Орлова{n}", "billing": {"phone": f"+7903123450{n}", "city": "Уфа"}}
            user = shop.site("POST", "customers", {"email": f"a{n}@example.ru", **person})
            card = {
                "name": f"Орлова{n} Анна",
                "companyType": "individual",
                "legalFirstName": "Анна",
                "legalLastName": f"Орлова{n}",
                "phone": f"8 903 123 45 0{n}",
            }
            bearing = card | {"attributes": [{"meta": named["meta"], "value": str(user["id"])}]}
            pairs[shop.sklad("POST", "counterparty", bearing)["id"]] = shop.sklad("POST", "counterparty", card)["id"]
        shop.sync()
        cities = {
            row["id"]: (row.get("actualAddressFull") or {}).get("city", "") for row in shop.sklad("GET", "counterparty", limit=100)["rows"]
        }
        assert {one: (cities[one], cities[other]) for one, other in pairs.items()} == dict.fromkeys(pairs, ("Уфа", ""))
