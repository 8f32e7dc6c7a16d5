"""The table of what vendors can do says what their manifests say, in both languages, and the command gives it to programs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from connectors import registry
from connectors.contract import Operation, Telling
from hub.cli import main
from hub.language import Speech
from hub.systems import capabilities

EN = Speech("en")


def line(vendor, resource, say=EN, **changes):
    manifest = registry.manifest(vendor)
    manifest = replace(manifest, resources={resource: replace(manifest.resources[resource], **changes)})
    (found,) = capabilities.table([manifest], say)
    return found


def test_every_collection_of_every_vendor_has_its_line():
    found = [(one.vendor, one.resource) for one in capabilities.table(capabilities.shipped().values(), EN)]
    assert found == [(name, resource) for name in registry.CONNECTORS for resource in registry.manifest(name).resources]


@pytest.mark.parametrize(
    ("changes", "column", "said"),
    [
        ({"telling": Telling()}, "webhook", "no"),
        ({"telling": Telling(frozenset({"changed"}), typed=True)}, "webhook", "yes, typed by hand"),
        ({"telling": Telling(frozenset({"changed"}))}, "delete", "comparing all"),
        ({"telling": Telling(frozenset({"changed", "deleted"}), gone=True)}, "delete", "webhook, poll"),
        ({"telling": Telling(echo="mark")}, "echo", "mark"),
        ({"telling": Telling()}, "echo", "no: comes back and is equal"),
        ({"telling": Telling(), "listed": False}, "echo", "—"),
        ({"listed": False}, "read", "by id alone"),
        ({"listed": False, "fetched": False}, "read", "no"),
        ({"incremental": False}, "poll", "everything, compared"),
        ({"operations": {}}, "write", "no"),
        ({"operations": {}}, "repeat", "—"),
        ({"operations": {"create": Operation("never")}}, "write", "created, never changed"),
        ({"operations": {"create": Operation("never")}}, "repeat", "never: a person decides"),
        ({"operations": {"create": Operation("findable", find_by="phone card")}}, "repeat", "looked up first, by phone, card"),
        ({"operations": {"create": Operation(side_effects=("stock",), quiet="nostock=1")}}, "effects", "create: stock counts of goods (quietly: nostock=1)"),
        ({"operations": {"create": Operation()}}, "effects", "none"),
    ],
)  # fmt: skip
def test_a_cell_says_what_the_manifest_says(changes, column, said):
    assert line("moysklad", "counterparty", **changes).cells()[column] == said


def test_the_table_speaks_russian():
    assert line("woocommerce", "customers", Speech("ru")).poll == "всё, со сравнением"


def test_only_a_loyalty_service_lets_points_be_spent_during_a_checkout():
    able = {name: capabilities.abilities(capabilities.connector_of(name), EN) for name in registry.CONNECTORS}
    assert [name for name, said in able.items() if "points spent during a checkout" in said] == ["bonusplus", "uds"]


def test_the_command_gives_the_table_to_programs():
    found = json.loads(CliRunner().invoke(main, ["capabilities", "--json"], env={"SVERKA_LANGUAGE": "en"}).stdout)
    (woo,) = [one for one in found["capabilities"] if (one["vendor"], one["resource"]) == ("woocommerce", "orders")]
    assert woo["webhook"] == "yes" and "goods by SKU" in found["abilities"]["woocommerce"]
