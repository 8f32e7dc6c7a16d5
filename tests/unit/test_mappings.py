"""The mapping language: shipped mappings fulfil their examples; errors come all at once with file and line; overlays; keyed lists."""

from __future__ import annotations

from pathlib import Path

import pytest

import mappings
from connectors import registry
from hub.config.declared import world
from mappings.examples import Echo, run_examples

SHIPPED = Path(mappings.__file__).parent
LOADED = mappings.load([SHIPPED]).all


@pytest.mark.parametrize("mapping", LOADED, ids=lambda m: f"{m.connector}-{m.resource}")
def test_shipped_mapping_fulfils_its_examples(mapping):
    assert mapping.examples
    assert run_examples(mapping) == []


class Nothing:
    """No directory value, lookup or reference is known."""

    def __getattr__(self, name):
        return lambda *_: None


@pytest.mark.parametrize("mapping", LOADED, ids=lambda m: f"{m.connector}-{m.resource}")
def test_where_absence_means_nothing_an_absent_path_is_no_observation(mapping):
    """Also one inside an object that is absent itself."""
    told = {one.path for one in mapping.fields if one.read is not None}
    assert mapping.read({"id": "7"}, None, frozenset(), False, Nothing()).values.keys() <= told | {"id"}


def test_shipped_mappings_have_no_lint_errors():
    assert mappings.lint([SHIPPED], world(None)) == []


def test_every_connector_publishes_a_catalogue_of_what_is_mapped():
    """Without one lint could not tell a remote field that does not exist."""
    catalogues = registry.catalogues()
    assert {(m.connector, m.resource) for m in LOADED} <= {(name, resource) for name, found in catalogues.items() for resource in found}
    assert catalogues.keys() == registry.CONNECTORS.keys()


def test_lint_names_file_line_and_field_for_every_error_at_once(tmp_path):
    (tmp_path / "broken.yaml").write_text(
        "system: shop\nentity: customer\nresource: people\nfields:\n  last_name: {remote: name, as: no_such}\n  surname: {remote: 'a[['}\n  phones: {remot: x}\n"
    )
    errors = mappings.lint([tmp_path], world(None))
    found = {(Path(e.file).name, e.line, e.field) for e in errors}
    assert {("broken.yaml", 5, "last_name"), ("broken.yaml", 6, "surname"), ("broken.yaml", 7, "phones")} <= found


def test_an_overlay_adds_replaces_and_removes_fields(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "system: woocommerce\nentity: customer\nresource: customers\nfields:\n  comment: null\n  tags: {remote: tags, as: tags}\n  sex: {remote: gender}\n"
    )
    mapping = mappings.load([SHIPPED, tmp_path]).by("woocommerce", "customers")
    names = {f.field: f.path for f in mapping.fields}
    assert "comment" not in names
    assert (names["tags"], names["sex"], names["first_name"]) == ("tags", "gender", "first_name")


@pytest.mark.parametrize(("held", "customer"), [(2653, "2653"), (None, None), (0, None), ("", None), ("0", None)])
def test_a_link_of_a_deal_to_nobody_is_nobody_in_any_writing(held, customer):
    """The portal shows null for a link that was never set and 0 for one that was taken away (bitrix24 docs: crm.item.update)."""
    mapping = mappings.load([SHIPPED]).by("bitrix24", "deal")
    values = mapping.read({"id": 1, "contactId": held}, None, frozenset(), True, Echo()).values
    assert mapping.decode_all(values, Echo())[0].get("customer") == customer


def test_what_a_base_does_not_have_is_not_carried_and_no_value():
    """УТ has a manager of a partner; Розница has no such field, and absence says nothing there."""
    mapping = mappings.load([SHIPPED]).by("onec", "customers")
    values = mapping.read({"Ref_Key": "1", "names": {"first": "Анна"}}, None, frozenset(), False, Echo()).values
    assert values == {"names": {"first": "Анна"}}


def line(sku, quantity="1", price="10.00", discount="0.00"):
    total = f"{float(quantity) * float(price) - float(discount):.2f}"
    return {"sku": sku, "name": None, "quantity": quantity, "price": price, "discount": discount, "sum": total, "kind": "product"}


def row(number, sku, quantity=1, subtotal="10.00", total=None):
    return {
        "id": number,
        "sku": sku,
        "name": "Товар",
        "product_id": 1,
        "quantity": quantity,
        "subtotal": subtotal,
        "total": total or subtotal,
    }


@pytest.mark.parametrize(
    ("held", "wanted", "ids"),
    [
        ([row(1, "A"), row(2, "A")], [line("A"), line("A")], [1, 2]),  # equal items stay apart
        ([row(1, "A"), row(2, "B")], [line("B"), line("A")], [2, 1]),
        ([row(1, "A"), row(2, "A")], [line("A")], [1]),
        ([row(1, "A")], [line("A"), line("A")], [1, None]),
        ([row(1, "A")], [line("A", "3", "10.00")], [1]),
        ([row(1, "A")], [line("B")], [None]),
    ],
)
def test_lines_keep_the_vendors_ids(held, wanted, ids):
    mapping = mappings.load([SHIPPED]).by("woocommerce", "orders")
    projected, problems = mapping.project({"lines": wanted}, {"items": held}, Echo())
    assert problems == []
    assert [item.get("id") for item in projected["items"]] == ids
    decoded, _ = mapping.decode("items", projected["items"], Echo())
    assert [{k: v for k, v in found.items() if k != "name"} for found in decoded["lines"]] == [
        {k: v for k, v in one.items() if k != "name"} for one in wanted
    ]
