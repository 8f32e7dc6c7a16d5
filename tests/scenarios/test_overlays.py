"""What a shop declares beside the shipped mappings: a field of its own travels, and the hub key of objects made elsewhere is written beside."""

from __future__ import annotations

import pytest

from tests.scenarios.shop import opened

SITE = """
system: woocommerce
entity: customer
resource: customers
adopted_key: "meta_data[key='sverka_ref'].value"
fields:
  custom.club: {remote: "meta_data[key='club'].value", as: {gold: Золото, silver: Серебро}}
"""
SKLAD = """
system: moysklad
entity: customer
resource: counterparty
fields:
  custom.club: {remote: fax}
"""


@pytest.fixture
def shop(tmp_path, database_url):
    overlays = tmp_path / "overlays"
    overlays.mkdir()
    for name, text in (("site", SITE), ("sklad", SKLAD)):
        (overlays / f"{name}.yaml").write_text(text)
    custom = {"customer": {"club": {"type": "text", "ru": "Клуб", "en": "Club"}}}
    with opened(tmp_path, database_url, mappings=[str(overlays)], custom_fields=custom) as shop:
        yield shop


def meta(shop, ident):
    return {item["key"]: item["value"] for item in shop.site("GET", f"customers/{ident}")["meta_data"]}


def test_a_field_of_the_shops_own_travels_both_ways(shop):
    made = shop.site("POST", "customers", {"email": "anna@example.ru", "meta_data": [{"key": "club", "value": "gold"}]})
    shop.sync()
    (row,) = shop.sklad("GET", "counterparty")["rows"]
    assert row["fax"] == "Золото"
    shop.sklad("PUT", f"counterparty/{row['id']}", {"fax": "Серебро"})
    shop.sync()
    assert meta(shop, made["id"])["club"] == "silver"


def test_an_object_made_elsewhere_gets_the_hub_key_beside_its_own(shop):
    """The site's user was made by a person; the counterparty by the hub, which wrote its key as the external code."""
    made = shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна"})
    shop.sync()
    (row,) = shop.sklad("GET", "counterparty")["rows"]
    shop.sklad("PUT", f"counterparty/{row['id']}", {"legalFirstName": "Анна-Мария"})
    shop.sync()
    assert meta(shop, made["id"])["sverka_ref"] == row["externalCode"]
    before = shop.counters()["writes"]
    shop.sync()
    assert shop.counters()["writes"] == before
