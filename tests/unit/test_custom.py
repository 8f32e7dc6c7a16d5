"""Lines proposed for custom fields: what they are called, how they are read, and that lint accepts what is proposed for every type."""

from __future__ import annotations

from pathlib import Path

import pytest

import mappings
from connectors.contract import RemoteField
from hub.config.declared import SHIPPED, world
from hub.systems.discovery import is_custom, mapped, write
from mappings.custom import Custom, declared, latin, overlay, propose, refused, types
from mappings.world import FieldType

PATHS = {
    "moysklad": ("counterparty", "attributes[name='{}'].value"),
    "bitrix24": ("contact", "UF_CRM_{}"),
    "woocommerce": ("customers", "meta_data[key='{}'].value"),
    "retailcrm": ("customers", "customFields.{}"),
    "onec": ("customers", "mega_{}"),
}


def every(connector):
    """A custom field of each type that the vendor's table has."""
    for number, kind in enumerate(types(connector)):
        path = PATHS[connector][1].format(f"own{number}")
        yield Custom(
            path, kind.removesuffix("[]"), f"Своё {number}", True, ("Да", "Нет") if kind == "enumeration" else (), kind.endswith("[]")
        )


@pytest.mark.parametrize("connector", PATHS)
def test_what_is_proposed_for_every_type_lints_clean(tmp_path, connector):
    fields = list(every(connector))
    proposals = propose(connector, fields, {})
    assert len(proposals) == len(fields) == len(types(connector))
    needed = declared(proposals, {})
    text = overlay("it", connector, "customer", PATHS[connector][0], proposals, needed)
    (tmp_path / "own.yaml").write_text(text)
    around = world(None)
    around.entities["customer"] |= {f"custom.{name}": FieldType(said["type"]) for name, said in needed.items()}
    assert mappings.lint([SHIPPED, tmp_path], around) == []
    merged = mappings.load([SHIPPED, tmp_path]).by(connector, PATHS[connector][0])
    assert {f"custom.{one.name}" for one in proposals} <= {one.field for one in merged.fields}


def test_a_field_is_called_by_its_own_name_in_small_latin_letters():
    assert latin("Размер обуви, подъём (ЕС)") == "razmer_obuvi_podem_es"
    (one,) = propose("bitrix24", [Custom("UF_CRM_1712345678", "string", "Клуб")], {})
    assert (one.name, one.line) == ("klub", {"remote": "UF_CRM_1712345678"})


def test_fields_of_one_name_and_different_types_get_different_names():
    known = {"klub": {"type": "boolean", "ru": "В клубе"}}
    found = propose(
        "moysklad", [Custom("attributes[name='Клуб'].value", "string"), Custom("attributes[name='КЛУБ'].value", "string")], known
    )
    assert [one.name for one in found] == ["klub_2", "klub_3"]


def test_a_field_called_like_a_known_one_of_its_type_is_the_same():
    known = {"club": {"type": "text", "ru": "Клуб", "en": "Club"}}
    (one,) = propose("bitrix24", [Custom("UF_CRM_7", "string", "Клуб")], known)
    assert one.name == "club" and declared([one], known) == {}


@pytest.mark.parametrize(("writable", "give"), [(False, True), (True, False)])
def test_what_cannot_be_written_is_only_read(writable, give):
    (one,) = propose("bitrix24", [Custom("UF_CRM_A", "string", writable=writable)], {}, give=give)
    assert one.line["only"] == "read"


def test_a_list_is_told_by_its_texts():
    (one,) = propose("bitrix24", [Custom("UF_CRM_CLUB", "enumeration", "Клуб", True, ("Золото", "Серебро"))], {})
    assert one.line["as"] == {"bitrix_enum": {"field": "UF_CRM_CLUB", "options": {"Золото": "Золото", "Серебро": "Серебро"}}}


@pytest.mark.parametrize(
    ("connector", "field", "why"),
    [
        ("moysklad", Custom("attributes[name='Скан'].value", "file"), "no codec reads file"),
        ("bitrix24", Custom("UF_CRM_A", "date", many=True), "no codec reads date[]"),
        ("bitrix24", Custom("UF_CRM_A", "enumeration"), "its list is empty"),
        ("woocommerce", Custom("meta_data[key='_plugin'].value", "string"), "a plugin keeps it for itself"),
        ("woocommerce", Custom("meta_data[key='it's'].value", "string"), "its name has a quote"),
        ("bonusplus", Custom("x", "string"), "no codec reads string"),
    ],
)
def test_why_a_field_gets_no_line(connector, field, why):
    assert refused(connector, field) == why and propose(connector, [field], {}) == []


def test_a_field_is_custom_where_only_a_star_names_it():
    catalogue = {"name": "string", "UF_*": "any"}
    assert [is_custom(path, catalogue) for path in ("name", "UF_CRM_A", "unheard")] == [False, True, False]


def test_what_is_mapped_is_told_by_every_way_that_a_mapping_names_a_path():
    site = mappings.load([SHIPPED]).by("woocommerce", "orders")
    assert mapped(site, "billing.phone") == ("contact.phone",)
    assert mapped(site, "meta_data[key='sverka_id'].value") == ("hub key",)
    assert "delivery.price" in mapped(site, "shipping_total") and mapped(site, "order_key") == ()
    assert mapped(site, RemoteField("meta_data[key='sverka'].value").path) == ()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path):
    assert write({"deal": "a", "contact": "b"}, tmp_path / "new" / "crm.yaml") == [
        tmp_path / "new" / f"crm-{kind}.yaml" for kind in ("deal", "contact")
    ]
    with pytest.raises(FileExistsError):
        write({"deal": "x", "call": "y"}, tmp_path / "new" / "crm.yaml")
    assert not (tmp_path / "new" / "crm-call.yaml").exists() and (tmp_path / "new" / "crm-deal.yaml").read_text() == "a"
