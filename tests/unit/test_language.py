"""The forms of the mapping language: every one accepted, read and written as the documents say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

import mappings
from mappings import HUB_KEY
from mappings.examples import Echo
from mappings.trial import try_record, try_remote

NONE: frozenset[str] = frozenset()
DESIGN = """
system: moysklad                  # connector
entity: customer
resource: counterparty            # the remote collection
id: id
modified: {remote: updated, as: moysklad_time}
create: {companyType: individual} # constants sent only when the hub creates the object
external_key: externalCode
adopted_key: "attributes[name='Сверка'].value"
adopt: [{remote: "attributes[name='Номер на сайте'].value", system: site}, {remote: code, system: crm, pattern: "^CRM-([0-9]+)$"}]
when: "companyType == 'individual'"
fields:
  last_name:     {remote: legalLastName, max: 255}
  phone:         {remote: phone, as: phone}
  sex:           {remote: sex, as: {MALE: male, FEMALE: female}}
  birthday:      {remote: birthDate, as: moysklad_date}
  store:         {remote: group.meta.href, as: {directory: store}}
  bonus_balance: {remote: "attributes[name='Бонусы'].value", as: integer, only: write}
  full_name:     {remote: name, write: "join(' ', [last_name, first_name])"}
  lines:
    remote: positions.rows
    key: [id, [sku, price], position]
    each:
      sku:   {remote: assortment.meta.href, as: {lookup: goods_by_sku}}
      price: {remote: price, as: kopecks}
  customer:      {remote: agent.meta.href, as: {ref: customer}}
"""


def compiled(tmp_path: Path, text: str):
    (tmp_path / "one.yaml").write_text(text)
    (one,) = mappings.load([tmp_path]).all
    return one


@pytest.fixture
def design(tmp_path):
    return compiled(tmp_path, DESIGN)


PERSON = {
    "id": "c1",
    "updated": "2026-08-03 12:40:11.507",
    "companyType": "individual",
    "externalCode": "rec-1",
    "code": "CRM-42",
    "legalLastName": " Орлова ",
    "phone": "8 903 123-45-67",
    "sex": "FEMALE",
    "group": {"meta": {"href": "ufa"}},
    "attributes": [{"name": "Номер на сайте", "value": 7}, {"name": "Бонусы", "value": 5}],
    "positions": {"rows": [{"id": "p1", "assortment": {"meta": {"href": "A"}}, "price": 1000.0, "reserve": 1}]},
}


def read(mapping, remote, carries=None, lacks=NONE, absent_is_empty=True):
    return mapping.read(remote, carries, lacks, absent_is_empty, Echo())


def test_the_example_of_the_design_reads(design):
    found = read(design, PERSON)
    assert (found.id, found.hub_key, found.modified) == ("c1", "rec-1", datetime(2026, 8, 3, 9, 40, 11, tzinfo=UTC))
    assert found.adopted == {"site": "7", "crm": "42"}
    data, problems = design.decode_all(found.values, Echo())
    assert problems == []
    assert {name: value for name, value in data.items() if value is not None} == {
        "last_name": "Орлова",
        "phone": "+79031234567",
        "sex": "female",
        "store": "ufa",
        "lines": [{"sku": "A", "price": "10.00"}],
    }


def test_the_example_of_the_design_writes(design):
    record = {
        "last_name": "Орлова",
        "first_name": "Анна",
        "bonus_balance": 7,
        "sex": None,
        "lines": [{"sku": "A", "price": "10.00"}, {"sku": "A", "price": "10.00"}],
    }
    values, problems = design.project(record, read(design, PERSON).values, Echo())
    assert problems == []
    held = {"id": "p1", "assortment": {"meta": {"href": "A"}}, "price": 1000.0}
    assert values == {
        "legalLastName": " Орлова ",
        "sex": "",
        "attributes[name='Бонусы'].value": 7,
        "name": "Орлова Анна",
        "positions.rows": [held, {"assortment": {"meta": {"href": "A"}}, "price": 1000}],
    }
    assert design.nest({"attributes[name='Бонусы'].value": 7, "name": "x"}) == {"attributes": [{"name": "Бонусы", "value": 7}], "name": "x"}


@pytest.mark.parametrize(("code", "found"), [("CRM-42", "42"), ("42", None), (None, None), (["CRM-42"], None)])
def test_a_cross_reference_is_what_its_pattern_finds(design, code, found):
    assert read(design, PERSON | {"code": code}).adopted.get("crm") == found


def test_the_hub_key_of_objects_made_elsewhere(design):
    """It stands at `adopted_key`, is written where nothing stands, and never over a foreign one."""
    path = "attributes[name='Сверка'].value"
    foreign = PERSON | {"attributes": [{"name": "Сверка", "value": "rec-2"}]}
    assert read(design, foreign).hub_key == "rec-2"
    assert design.project({HUB_KEY: "rec-9"}, {path: None}, Echo())[0][path] == "rec-9"
    assert design.project({HUB_KEY: "rec-9"}, {path: "чужой"}, Echo())[0][path] == "чужой"


@pytest.mark.parametrize(
    ("carries", "lacks", "absent_is_empty", "there", "missing"),
    [
        (None, NONE, True, "birthDate", None),
        (None, NONE, False, "sex", "birthDate"),
        (None, frozenset({"positions.rows"}), True, "sex", "positions.rows"),
        (frozenset({"sex", "positions"}), NONE, True, "positions.rows", "phone"),
        (frozenset({"attributes"}), NONE, True, "attributes[name='Бонусы'].value", "sex"),
    ],
)
def test_what_a_representation_does_not_carry_is_no_observation(design, carries, lacks, absent_is_empty, there, missing):
    values = read(design, PERSON, carries, lacks, absent_is_empty).values
    assert there in values
    assert missing is None or missing not in values


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"group": "Уфа"}, {"store"}),
        ({"group": []}, set()),  # PHP writes an empty map as a list
        ({"attributes": "нет"}, set()),  # only written fields stand there
        ({"positions": {"rows": [None]}}, {"lines"}),
        ({"positions": {"rows": {"0": {}}}}, {"lines"}),
        ({"positions": 5}, {"lines"}),
        ({"sex": ["FEMALE"], "phone": {}}, {"sex"}),  # an empty object is nothing,
        ({"legalLastName": {"ru": "Орлова"}, "updated": "вчера"}, {"last_name"}),
    ],
)
def test_a_value_of_another_shape_delays_its_field_only(design, change, problem):
    found = read(design, PERSON | change)
    _, problems = design.decode_all(found.values, Echo())
    assert {(p.field, p.kind) for p in problems} == {(field, "bad_value") for field in problem}
    assert found.id == "c1"


def test_what_is_no_object_is_refused(design):
    with pytest.raises(TypeError):
        read(design, ["id"])


LINES = """
system: shop
entity: order
resource: sales
fields:
  comment: {remote: note, default: "-"}
  tags: {remote: labels, as: tags, clears: true}
  custom.club: {remote: club, as: {gold: Золото, silver: {read: Золото}}}
  first: {read: "rows[0].code"}
  lines:
    remote: rows
    id: uid
    key: [uid, [sku], position]
    keep: [mark]
    each:
      sku: {remote: code}
      quantity: {remote: count, as: integer, default: 1}
      kind: {read: "type == 'S' && 'service' || 'product'"}
      name: {remote: title, only: read}
"""


def test_lists_options_and_one_way_fields(tmp_path):
    shop = compiled(tmp_path, LINES)
    rows = [{"uid": 1, "code": "A", "count": 2, "title": "Чай", "type": "S", "mark": "m1", "other": 9}, {"uid": 2, "code": "B", "count": 1}]
    values = read(shop, {"id": 1, "rows": rows, "labels": ["x"], "club": "silver"}).values
    data, problems = shop.decode_all(values, Echo())
    assert problems == []
    assert data["first"] == "A" and data["tags"] == ["x"] and data["custom.club"] == "Золото"
    assert data["lines"] == [
        {"sku": "A", "quantity": 2, "kind": "service", "name": "Чай"},
        {"sku": "B", "quantity": 1, "kind": "product", "name": None},
    ]
    wanted = [{"sku": "A", "quantity": 3}, {"sku": "C"}, {"sku": "D", "quantity": 4}]
    written, _ = shop.project({"lines": wanted, "comment": None, "custom.club": "Золото"}, values, Echo())
    assert written == {
        "note": "-",
        "club": "silver",
        "rows": [{"uid": 1, "code": "A", "count": 3}, {"uid": 2, "code": "C", "count": 1}, {"code": "D", "count": 4}],
    }  # A by its SKU, C in the place where B stood, D new


def test_a_list_that_cannot_be_read_is_not_written(tmp_path):
    """A line whose goods are unknown must not be lost by writing the others."""
    shop = compiled(tmp_path, LINES)
    held = {"rows": [{"uid": 1, "code": "A", "count": "много"}]}
    values, problems = shop.project({"lines": [{"sku": "B", "quantity": 1}], "comment": "x"}, held, Echo())
    assert values == {"note": "x"}
    assert [(p.field, p.code) for p in problems] == [("lines", "number_unreadable")]


def test_fields_that_share_a_path_go_together_or_not_at_all(tmp_path):
    mapping = compiled(
        tmp_path,
        "system: bitrix24\nentity: customer\nresource: contact\nfields:\n  phones: {remote: fm, as: bitrix_fm_phones}\n  emails: {remote: fm, as: bitrix_fm_emails}\n",
    )
    record = {"phones": [{"number": "+79031234567"}], "emails": [{"address": "a@b.ru"}]}
    values, problems = mapping.project(record, {}, Echo())
    assert problems == [] and [item["typeId"] for item in values["fm"]] == ["EMAIL", "PHONE"]
    values, problems = mapping.project(record | {"emails": 5}, {}, Echo())
    assert values == {} and [p.field for p in problems] == ["emails"]


def test_a_trial_shows_each_field_with_what_is_wrong(design):
    trial = try_remote(design, PERSON | {"sex": "X"}, Echo(), {"last_name": "Иванова", "sex": "male"})
    rows = {row.field: row for row in trial.rows}
    assert trial.applies and trial.canonical["phone"] == "+79031234567"
    assert (rows["sex"].path, rows["sex"].raw, rows["sex"].canonical, rows["sex"].problem) == ("sex", "X", None, "Неизвестное значение «X»")
    assert (rows["last_name"].back, rows["last_name"].held, rows["phone"].held) == ("Иванова", False, True)
    assert trial.projection["legalLastName"] == "Иванова"


def test_a_trial_of_a_record_shows_the_object_that_would_be_made(design):
    trial = try_record(design, {"last_name": "Иванова", "sex": "other"}, Echo())
    assert trial.projection == {"companyType": "individual", "legalLastName": "Иванова", "name": ""} | trial.projection
    assert {row.field: row.problem for row in trial.rows}["sex"] == "Значение «other» здесь не бывает"
