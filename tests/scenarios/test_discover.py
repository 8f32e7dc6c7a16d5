"""A shop's own fields are found in three systems; the overlays written for them lint clean, and the field travels through all three."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from connectors.limiter import LocalLimiter
from hub.app import assemble, prepare
from hub.cli import main
from hub.config.settings import load
from hub.storage.engine import open_store
from hub.systems.discovery import discover
from sandbox.moysklad.seed import definition
from tests.blank import lay_tables
from tests.scenarios.onec_shop import opened as books
from tests.scenarios.shop import Shop, example, opened


@pytest.fixture
def shop(tmp_path):
    """A shop whose three systems have a field "Клуб" each, and other fields of their own."""
    (tmp_path / "first").mkdir()
    with opened(tmp_path / "first", crm=True) as shop:
        store = shop.sklad_app.store
        for name, kind in (("Клуб", "string"), ("Скидка, %", "double"), ("Скан", "file")):
            store.attributes["counterparty"].append(definition(store, "counterparty", "attributes", "attributemetadata", name, type=kind, required=False, show=True))  # fmt: skip
        club = {"FIELD_NAME": "CLUB", "USER_TYPE_ID": "enumeration", "EDIT_FORM_LABEL": "Клуб"}
        shop.crm("crm.contact.userfield.add", fields=club | {"LIST": [{"VALUE": "Золото"}, {"VALUE": "Серебро"}]})
        meta = [{"key": "club", "value": "Золото"}, {"key": "parts", "value": ["a", "b"]}, {"key": "_plugin", "value": "x"}]
        shop.site("POST", "customers", {"email": "anna@example.ru", "first_name": "Анна", "billing": {"phone": "+79031234567"}, "meta_data": meta})  # fmt: skip
        yield shop


@pytest.fixture
def place(shop, tmp_path, monkeypatch):
    """The folder of an installation at these systems, with a configuration that commands read."""
    raw = example({"sklad": shop.sklad_url, "site": shop.site_url, "crm": shop.crm_url})
    for system in raw["systems"].values():
        system["limits"] = "none"
    save(tmp_path, raw | {"folder": "var", "custom_fields": {"customer": {"club": {"ru": "Клуб", "en": "Club"}}}})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SVERKA_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def save(folder, raw):
    (folder / "config.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True))


def run(*words, code=0):
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def fields(found, resource):
    (one,) = [one for one in found["collections"] if one["resource"] == resource]
    return {field["path"]: field for field in one["fields"]}, one


def test_the_fields_of_a_system_are_shown_with_what_is_mapped(place):
    found = json.loads(run("discover", "sklad", "--json"))
    there, one = fields(found, "counterparty")
    assert there["phone"]["mapped"] == ["phones"] and not there["phone"]["custom"] and there["kpp"]["mapped"] == []
    assert there["attributes[name='Скидка, %'].value"] | {"mapped": None} == {"path": "attributes[name='Скидка, %'].value", "type": "double", "writable": True, "title": "Скидка, %", "options": [], "many": False, "mapped": None, "custom": True}  # fmt: skip
    assert one["refused"] == {"attributes[name='Скан'].value": "no codec reads file"}
    assert {sheet["name"] for sheet in found["directories"]} and found["stand_ins"] == []
    assert all(word["system"] == "sklad" for sheet in found["directories"] for word in sheet["unmapped"])
    text = run("discover", "sklad")
    assert "proposed: custom.skidka" in text and "kpp" in text and "no codec reads file" in text and "legalFirstName" not in text
    assert "legalFirstName" in run("discover", "sklad", "--all")


def test_the_overlays_lint_clean_and_the_field_travels(shop, place):
    needed = {}
    for system in ("sklad", "crm", "site"):
        found = json.loads(run("discover", system, "--overlay", f"overlays/{system}.yaml", "--json"))
        assert [(place / file).exists() for file in found["written"]] == [True], system
        for entity, names in found["custom_fields"].items():
            needed.setdefault(entity, {}).update(names)
    assert "is there already" in run("discover", "site", "--overlay", "overlays/site.yaml", code=1)
    assert needed["customer"].keys() == {"skidka", "nomer_na_sayte"}, "Клуб is the field that the configuration has already"
    assert needed["customer"]["skidka"] == {"type": "decimal", "ru": "Скидка, %", "en": "Скидка, %"}
    raw = yaml.safe_load((place / "config.yaml").read_text()) | {"mappings": ["overlays"]}
    raw["custom_fields"]["customer"] |= needed["customer"]
    save(place, raw)
    assert run("mappings", "lint") == "0 errors\n"

    settings = load(place / "config.yaml")
    lay_tables(settings.folder)
    hub = assemble(settings, open_store("", settings.folder, shop.clock), lambda _, __: LocalLimiter(()))
    prepare(hub)
    here = Shop(hub, {"sklad": shop.sklad_url, "site": shop.site_url, "crm": shop.crm_url}, {"sklad": shop.sklad_app, "site": shop.site_app, "crm": shop.crm_app})  # fmt: skip
    try:
        here.sync()
        (row,) = here.sklad("GET", "counterparty")["rows"]
        assert {one["name"]: one["value"] for one in row["attributes"]}["Клуб"] == "Золото"
        (contact,) = here.crm("crm.item.list", entityTypeId=3, select=["*"], useOriginalUfNames="Y")["items"]
        options = here.crm("crm.item.fields", entityTypeId=3, useOriginalUfNames="Y")["fields"]["UF_CRM_CLUB"]["items"]
        assert {int(one["ID"]): one["VALUE"] for one in options}[int(contact["UF_CRM_CLUB"])] == "Золото"
    finally:
        hub.store.dispose()


def test_a_base_of_1c_is_asked_for_what_goes_its_way_and_its_additions_get_lines_that_lint_clean(tmp_path):
    with books(tmp_path) as shop:
        shop.control("attributes", Document_ЗаказКлиента={"added": "mega_Подарок:S100"})
        found = discover(shop.hub, "uchet")
    shown = {one.resource for one in found.collections}
    assert {"customers", "orders", "receipts", "returns"} <= shown and not [
        name for name in shown if name.startswith(("site_", "soap_", "ed_"))
    ]
    ((resource, text),) = found.overlays().items()
    assert resource == "orders" and "custom.mega_podarok: {remote: mega_Подарок}" in text
    assert found.needed == {"order": {"mega_podarok": {"type": "text", "ru": "mega_Подарок", "en": "mega_Подарок"}}}
