"""Lint: one broken mapping a rule, each told with file, line, field, what is wrong and what to do; all errors at once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

import mappings
from mappings import FieldType, World

ITEMS = {"sku": FieldType("text"), "price": FieldType("money"), "quantity": FieldType("decimal")}
WORLD = World(
    entities={
        "customer": {
            "first_name": FieldType("text"),
            "address.city": FieldType("text"),
            "phones": FieldType("list[Phone]"),
            "emails": FieldType("list[Email]"),
            "sex": FieldType("text", ("male", "female")),
            "birthday": FieldType("date"),
            "points_active": FieldType("money"),
            "store": FieldType("text"),
            "referrer": FieldType("ref[customer]"),
            "last_order": FieldType("ref[order]"),
            "custom.club": FieldType("text"),
            "custom.rank": FieldType("integer"),
        },
        "order": {
            "number": FieldType("text"),
            "customer": FieldType("ref[customer]"),
            "lines": FieldType("list[Line]", items=ITEMS),
            "total": FieldType("money"),
        },
    },
    catalogues={
        "shop": {
            "people": {
                "id": "-integer", "name": "string", "phone": "string", "mail": "string", "gender": "enum", "born": "date", "changed": "-datetime",
                "points": "integer", "cents": "kopecks", "shop.id": "integer", "refer": "integer", "key": "string", "note": "text", "club": "string",
                "fields[name='*'].value": "any", "address": "any", "address.city": "string", "last": "integer", "fm": "multifield",
            },
            "sales": {
                "id": "-integer", "number": "string", "buyer": "integer", "total": "-number", "rows": "list", "rows[].code": "string",
                "rows[].price": "kopecks", "rows[].count": "number", "changed": "-datetime",
            },
            "checks": {"id": "-integer", "number": "-string"},
        }
    },
    directories=frozenset({"store", "order_status"}),
    lookups={"shop": frozenset({"goods_by_sku", "enum:*"})},
    systems={"site": "shop", "loyalty": "bonus"},
    routes={"customer": {"site": (True, True)}, "order": {"site": (False, True)}},
    connectors=frozenset({"shop", "bonus"}),
    places={("policies",): ("config.yaml", 7), ("policies", "customer", "points_active"): ("config.yaml", 9)},
)  # fmt: skip

PEOPLE = "system: shop\nentity: customer\nresource: people\n"
SALES = "system: shop\nentity: order\nresource: sales\n"


def field(text: str) -> str:
    """A mapping of people with one field under test."""
    return f"{PEOPLE}fields:\n  {text}\n"


# name: (mapping, field told, part of the message, part of the fix); the line told is the one that ends in "#!"
BROKEN: dict[str, tuple[str, str, str, str]] = {
    # the file
    "not YAML": (f"{PEOPLE}fields: {{a: [}}  #!\n", "", "not YAML", "Quote"),
    "no mapping at all": ("- a  #!\n", "", "keys and values", "Begin with"),
    "no resource": ("system: shop  #!\nentity: customer\nfields: {}\n", "", "no `resource:`", "names its system, entity, resource"),
    "a key said twice": (f"{PEOPLE}fields:\n  first_name: {{remote: name}}\n  first_name: {{remote: note}}  #!\n", "first_name", "said twice", "Keep one"),
    "unknown key": (f"{PEOPLE}feilds: {{}}  #!\nfields:\n  first_name: {{remote: name}}\n", "", "unknown key 'feilds'", "Did you mean fields?"),
    "a key of the wrong kind": (f"{PEOPLE}give: maybe  #!\nfields:\n  first_name: {{remote: name}}\n", "", "`give` is of the wrong kind", "true or false"),
    "no fields": (f"{PEOPLE}fields:  #!\n", "", "no fields", "under it one line"),
    "adds to nothing that it names": (f"{PEOPLE}give: false\nadds: true  #!\nfields:\n  first_name: {{remote: name, only: read}}\n", "", "only adds to another", "Write adopt:"),
    # a field
    "a field that is no mapping": (field("first_name: name  #!"), "first_name", "a field is a mapping", "Write for example"),
    "unknown option": (field("first_name: {remot: name}  #!"), "first_name", "unknown option 'remot'", "Did you mean remote?"),
    "an option of the wrong kind": (field("first_name: {remote: name, max: long}  #!"), "first_name", "`max` is of the wrong kind", "a whole number"),
    "a word that YAML takes for a switch": (field("first_name: {remote: off}  #!"), "first_name", "`remote` is of the wrong kind", "stand in quotes"),
    "an example whose key YAML takes for a switch": (f"{field('first_name: {remote: name}')}examples:\n  - {{remote: {{rows: [{{no: 1}}]}}, canonical: {{}}}}  #!\n", "", "a key of the object is false", "in quotes"),
    "no remote": (field("first_name: {as: text}  #!"), "first_name", "no `remote:`", "Name where"),
    "only is read or write": (field("first_name: {remote: name, only: both}  #!"), "first_name", "`only` is read or write", "Leave it out"),
    "read beside remote": (field("first_name: {read: name, remote: name}  #!"), "first_name", "`read:` is the whole", "Leave out remote"),
    "write in a field only read": (field("first_name: {remote: name, write: name, only: read}  #!"), "first_name", "only written", "Leave out only"),
    "clears in a field only written": (field("first_name: {remote: name, only: write, clears: true}  #!"), "first_name", "`clears`", "Leave it out"),
    "aliases in a field only read": (field("first_name: {remote: name, only: read, aliases: true}  #!"), "first_name", "`aliases`", "Leave it out"),
    "once in a field only read": (field("first_name: {remote: name, only: read, once: true}  #!"), "first_name", "`once`", "Leave it out"),
    "counts down in what is read too": (field("first_name: {remote: name, counts: down}  #!"), "first_name", "`counts: down`", "only: write"),
    "counts in a total that is written": (field("first_name: {remote: name, counts: lines}  #!"), "first_name", "`counts: lines`", "only: read"),
    "default in a field only read": (field("first_name: {remote: name, only: read, default: x}  #!"), "first_name", "`default`", "Leave it out"),
    "a codec beside a list": (f"{SALES}fields:\n  lines: {{remote: rows, as: tags, item: woo_line}}  #!\n", "lines", "a list has one of", "Keep the one"),
    "a key without a list": (field("first_name: {remote: name, key: [id]}  #!"), "first_name", "`key` belongs to a list", "`each:` or `item:`"),
    "bad path": (field("first_name: {remote: 'a[['}  #!"), "first_name", "cannot read '[['", "list[key='x'].value"),
    "bad path of the id": (f"{PEOPLE}id: '[0]'  #!\nfields:\n  first_name: {{remote: name}}\n", "", "a path begins with a key", "Write keys"),
    "bad JMESPath": (field("first_name: {read: 'name =='}  #!"), "first_name", "not JMESPath", "jmespath.org"),
    "bad JMESPath of when": (f"{PEOPLE}when: nosuch(name)  #!\nfields:\n  first_name: {{remote: name}}\n", "", "Unknown function", "jmespath.org"),
    "no codec of that name": (field("first_name: {remote: name, as: txet}  #!"), "first_name", "no codec 'txet'", "Did you mean text?"),
    "no codec of that name with arguments": (field("store: {remote: shop.id, as: {directry: {name: store}}}  #!"), "store", "no codec 'directry'", "Did you mean directory?"),
    "a codec without its arguments": (field("store: {remote: shop.id, as: directory}  #!"), "store", "does not take these arguments", "It takes name"),
    "a codec with other arguments": (field("points_active: {remote: points, as: {money: {txt: true}}}  #!"), "points_active", "does not take these arguments", "It takes text"),
    "a codec that takes no max": (field("birthday: {remote: born, as: iso_date, max: 4}  #!"), "birthday", "takes no `max`", "Leave `max` out"),
    "a table that says nothing": (field("sex: {remote: gender, as: {M: male, F: null}}  #!"), "sex", "says nothing usable of 'F'", "{read: value}"),
    "an item that is no mapping": (f"{SALES}fields:\n  lines:\n    remote: rows\n    each:\n      sku: code  #!\n", "lines.sku", "a part of an item", "Write for example"),
    "a key that no item has": (f"{SALES}fields:\n  lines:\n    remote: rows\n    key: [id, article]  #!\n    each:\n      sku: {{remote: code}}\n", "lines", "names 'article'", "There are: id, position, sku"),
    "requires what is not mapped": (f"{PEOPLE}requires: [emails]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "names 'emails'", "Add the field"),
    "a cross-reference without a system": (f"{PEOPLE}adopt: [{{remote: note}}]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "a cross-reference names", "system: site"),
    "a bad pattern": (f"{PEOPLE}adopt: [{{remote: note, system: site, pattern: '('}}]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "not a regular expression", "first group"),
    "an example without canonical": (f"{PEOPLE}fields:\n  first_name: {{remote: name}}\nexamples:\n  - {{remote: {{id: 1}}}}  #!\n", "", "`remote:` and `canonical:`", "Give an object"),
    # the connector
    "a connector typed wrong": (field("first_name: {remote: name}").replace("system: shop", "system: shpo  #!"), "", "no connector 'shpo'", "Did you mean shop?"),
    # the entity's schema
    "no such entity": ("system: shop\nentity: client  #!\nresource: people\nfields:\n  name: {remote: name}\n", "", "no entity 'client'", "There are: customer, order"),
    "unknown canonical field": (field("city: {remote: address.city}  #!"), "city", "customer has no field 'city'", "Did you mean address.city?"),
    "undeclared custom field": (field("custom.level: {remote: club}  #!"), "custom.level", "has no field", "`custom_fields`"),
    "a codec of another type": (field("points_active: {remote: points, as: integer}  #!"), "points_active", "gives integer", "type money"),
    "a text for a number of the config": (field("custom.rank: {remote: points}  #!"), "custom.rank", "gives text", "type integer"),
    "a list in a plain field": (field("first_name: {remote: \"fields[name='a'].value\", each: {a: {remote: b}}}  #!"), "first_name", "a list cannot be", "`as:`"),
    "an item's field that does not exist": (f"{SALES}fields:\n  lines:\n    remote: rows\n    each:\n      article: {{remote: code}}  #!\n", "lines.article", "no field 'article'", "There are: sku"),
    "an item's field of another type": (f"{SALES}fields:\n  lines:\n    remote: rows\n    each:\n      quantity: {{remote: count}}  #!\n", "lines.quantity", "gives text, but quantity", "decimal"),
    "a table with foreign values": (field("sex: {remote: gender, as: {M: man, F: female}}  #!"), "sex", "cannot be man", "male, female"),
    "any text where few values are": (field("sex: {remote: gender}  #!"), "sex", "any text", "Use a table"),
    # the vendor's catalogue
    "no such resource": ("system: shop\nentity: customer\nresource: peple  #!\nfields:\n  first_name: {remote: name}\n", "", "no resource 'peple'", "Did you mean people?"),
    "unknown remote field": (field("first_name: {remote: nmae}  #!"), "first_name", "has no field nmae", "Did you mean name?"),
    "unknown remote field of an item": (f"{SALES}fields:\n  lines:\n    remote: rows\n    each:\n      sku: {{remote: article}}  #!\n", "lines.sku", "has no field rows[].article", "catalogue"),
    "unknown remote field of the key": (f"{PEOPLE}external_key: uid  #!\nfields:\n  first_name: {{remote: name}}\n", "", "has no field uid", "catalogue"),
    "unknown remote field of adopt": (f"{PEOPLE}adopt: [{{remote: uid, system: site}}]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "has no field uid", "catalogue"),
    "a write to what is read only": (f"{SALES}fields:\n  total: {{remote: total, as: money}}  #!\n", "total", "total is read only", "only: read"),
    "roubles for kopecks": (field("points_active: {remote: cents, as: money}  #!"), "points_active", "of type kopecks", "integer, number, string"),
    "a date for a text": (field("birthday: {remote: points, as: iso_date}  #!"), "birthday", "of type integer", "Use a codec for integer"),
    # inside the mapping
    "a table that is not invertible": (field("sex:\n    remote: gender\n    as:\n      M: male\n      MALE: male  #!\n      F: female"), "sex", "'male' is said by 'M' and by 'MALE'", "MALE: {read: male}"),
    "two writers of one path": (f"{PEOPLE}fields:\n  phones: {{remote: phone, as: phones_text}}\n  first_name: {{remote: phone}}  #!\n", "first_name", "phone is written by phones and by first_name", "only: read"),
    "a writer inside another": (f"{PEOPLE}fields:\n  first_name: {{remote: address}}\n  address.city: {{remote: address.city}}  #!\n", "address.city", "address and address.city", "only: read"),
    "no such directory": (field("store: {remote: shop.id, as: {directory: shops}}  #!"), "store", "no directory 'shops'", "order_status, store"),
    "no such lookup": (f"{SALES}fields:\n  number: {{remote: number, as: {{lookup: goods}}}}  #!\n", "number", "has no lookup 'goods'", "goods_by_sku"),
    "a reference to nothing": (field("referrer: {remote: refer, as: {ref: person}}  #!"), "referrer", "no entity 'person'", "customer, order"),
    "an example that fails": (f"{PEOPLE}fields:\n  first_name: {{remote: name}}\nexamples:\n  - name: Анна  #!\n    remote: {{id: 1, name: Анна}}\n    canonical: {{first_name: Мария}}\n", "", "read 'Анна', expected 'Мария'", "Mend"),
    # names inside expressions
    "a condition about nothing": (f"{PEOPLE}when: clubb == 'yes'  #!\nfields:\n  first_name: {{remote: name}}\n", "", "shop people has no field 'clubb'", "Did you mean club?"),
    "a reference's condition about nothing": (f"{PEOPLE}adopt: [{{remote: key, system: site, when: clubb}}]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "shop people has no field 'clubb'", "Did you mean club?"),
    "a hub key out of nothing": (f"{PEOPLE}hub_key: field[?name=='hub'].value | [0]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "shop people has no field 'field'", "Did you mean fields?"),
    "a field read out of nothing": (field("custom.club: {read: \"clubb || 'none'\"}  #!"), "custom.club", "shop people has no field 'clubb'", "Did you mean club?"),
    "a field written out of nothing": (field("whole: {remote: name, write: \"join(' ', [frist_name, address.city])\"}  #!"), "whole", "customer has no field 'frist_name'", "Did you mean first_name?"),
    "a constant that nobody takes": (f"{PEOPLE}create:\n  gendr: f  #!\nfields:\n  first_name: {{remote: name}}\n", "", "shop people has no field 'gendr'", "Did you mean gender?"),
    "a reference to no system": (f"{PEOPLE}adopt: [{{remote: key, system: sitte}}]  #!\nfields:\n  first_name: {{remote: name}}\n", "", "no system 'sitte'", "Did you mean site?"),
    "an empty table": (field("sex: {remote: gender, as: {}}  #!"), "sex", "an empty table understands nothing", "{remote: canonical}"),
    "an example that `when` leaves out": (f"{PEOPLE}when: club\nfields:\n  first_name: {{remote: name}}\nexamples:\n  - name: Анна  #!\n    remote: {{id: 1}}\n    canonical: {{}}\n", "", "`when` leaves this object out", "Mend"),
}  # fmt: skip


KEY = re.compile(r"^(\w+):", re.M)


def told(tmp_path: Path, world: World = WORLD, **texts: str) -> list[tuple[str, int, str, str, str]]:
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return [(Path(e.file).name, e.line, e.field, e.message, e.fix) for e in mappings.lint([tmp_path], world)]


def marked(text: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.endswith("#!"))


@pytest.mark.parametrize("name", BROKEN)
def test_each_rule_tells_file_line_field_and_fix(tmp_path, name):
    text, where, message, fix = BROKEN[name]
    found = told(tmp_path, broken=text)
    places = {where} if where else {"", *KEY.findall(text)}  # what lies in no field is told of its key
    assert any(
        (file, line) == ("broken.yaml", marked(text)) and said in places and message in what and fix in cure
        for file, line, said, what, cure in found
    ), found
    assert all(cure for *_, cure in found), "every error says what to do"
    assert len(found) == 1, found


def test_a_sound_mapping_has_nothing_to_say(tmp_path):
    people = f"""{PEOPLE}id: id
modified: {{remote: changed, as: utc_time}}
external_key: key
adopted_key: "fields[name='Сверка'].value"
adopt: [{{remote: note, system: site, pattern: "site-(\\\\d+)"}}]
fields:
  first_name: {{remote: name, max: 50}}
  address.city: {{remote: address.city}}
  phones: {{remote: phone, as: phones_text}}
  sex: {{remote: gender, as: {{M: male, MALE: {{read: male}}, F: female}}}}
  birthday: {{remote: born, as: iso_date}}
  points_active: {{remote: cents, as: kopecks, only: write}}
  store: {{remote: shop.id, as: {{directory: store}}}}
  referrer: {{remote: refer, as: {{ref: {{entity: customer, integer: true}}}}}}
  custom.rank: {{remote: points, as: integer}}
  custom.club: {{remote: "fields[name='Клуб'].value"}}
"""
    sales = f"""{SALES}fields:
  number: {{remote: number}}
  customer: {{remote: buyer, as: {{ref: customer}}}}
  lines:
    remote: rows
    key: [id, [sku, price], position]
    each:
      sku: {{remote: code}}
      price: {{remote: price, as: kopecks}}
      quantity: {{remote: count, as: decimal}}
"""
    assert told(tmp_path, people=people, sales=sales) == []


def test_all_errors_come_at_once(tmp_path):
    """Those of a field's own form too, beside those against the schema and the catalogue."""
    text = f"{PEOPLE}when: 'a =='\nfields:\n  first_name: {{remote: nmae}}\n  city: {{remote: address.city}}\n  sex: {{remote: 'a[['}}\n  phones: {{remote: phone, as: nosuch}}\n"
    assert [line for _, line, *_ in told(tmp_path, broken=text)] == [4, 6, 7, 8, 9]


def test_one_resource_cannot_be_two_entities(tmp_path):
    one, two = field("first_name: {remote: name}"), PEOPLE.replace("customer", "order") + "fields:\n  number: {remote: name}\n"
    found = told(tmp_path, a=one, b=two)
    assert [(file, line) for file, line, *_ in found] == [("b.yaml", 2)] and "customer and to order" in found[0][3]


def test_one_entity_is_written_to_one_resource(tmp_path):
    sales, checks = (
        f"{SALES}fields:\n  number: {{remote: number}}\n",
        SALES.replace("sales", "checks") + "fields:\n  number: {remote: number, only: read}\n",
    )
    found = told(tmp_path, a=checks, b=sales)
    assert [(file, line) for file, line, *_ in found] == [("b.yaml", 3)] and "give: false" in found[0][4]
    assert told(tmp_path, a=f"{checks}give: false\n", b=sales) == []


CIRCLE = {
    "people": f"{PEOPLE}requires: [first_name, last_order]\nfields:\n  first_name: {{remote: name}}\n  last_order: {{remote: last, as: {{ref: order}}}}\n",
    "sales": f"{SALES}requires: [customer]\nfields:\n  customer: {{remote: buyer, as: {{ref: customer}}}}\n",
}


def test_required_references_in_a_circle(tmp_path):
    found = told(tmp_path, **CIRCLE)
    assert [(file, line) for file, line, *_ in found] == [("people.yaml", 4), ("sales.yaml", 4)]
    assert "customer -> order -> customer" in found[0][3]


def test_a_stand_in_opens_the_circle(tmp_path):
    assert told(tmp_path, people=CIRCLE["people"], sales=f"{CIRCLE['sales']}stand_in: [customer]\n") == []


def test_a_reference_to_oneself_cannot_be_required(tmp_path):
    text = f"{PEOPLE}requires: [referrer]\nfields:\n  referrer: {{remote: refer, as: {{ref: customer}}}}\n"
    assert [line for _, line, *_ in told(tmp_path, people=text)] == [4]


@pytest.mark.parametrize(
    ("owner", "mapped", "expected"),
    [
        ("site", "only: write", ("people.yaml", 5, "points_active", "only writes it")),
        ("site", None, ("config.yaml", 9, "points_active", "no mapping of shop reads it")),
        ("loyalty", "only: write", ("config.yaml", 9, "points_active", "its route does not give")),
        ("nobody", "only: write", ("config.yaml", 9, "points_active", "no configured system")),
        ("site", "only: read", None),
    ],
)
def test_owners_that_cannot_say_their_field(tmp_path, owner, mapped, expected):
    fields = f"points_active: {{remote: cents, as: kopecks, {mapped}}}" if mapped else "first_name: {remote: name}"
    around = replace(WORLD, owners={("customer", "points_active"): (owner,)})
    found = told(tmp_path, around, people=field(fields))
    if expected is None:
        assert found == []
    else:
        file, line, name, what = expected
        assert any((f, n, where) == (file, line, name) and what in said for f, n, where, said, _ in found), found


def test_a_custom_field_of_no_known_type(tmp_path):
    entities = {"customer": WORLD.entities["customer"] | {"custom.club": FieldType("txt")}}
    around = World(entities, places={("custom_fields", "customer", "club"): ("config.yaml", 3)})
    found = told(tmp_path, around, people=field("first_name: {remote: name}"))
    assert [(file, line, name) for file, line, name, *_ in found] == [("config.yaml", 3, "custom.club")]


BASE = f"{PEOPLE}fields:\n  first_name: {{remote: name}}\n  sex:\n    remote: gender\n    as: {{M: male, F: female}}\nexamples:\n  - remote: {{id: 1, name: Анна, gender: F}}\n    canonical: {{first_name: Анна, sex: female}}\n"


def overlaid(tmp_path: Path, text: str) -> list[tuple[str, int, str, str, str]]:
    for folder, said in (("base", BASE), ("mine", f"{PEOPLE}{text}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.yaml").write_text(said)
    return [(Path(e.file).name, e.line, e.field, e.message, e.fix) for e in mappings.lint([tmp_path / "base", tmp_path / "mine"], WORLD)]


def test_an_error_of_an_overlay_is_told_of_the_overlay(tmp_path):
    """Also where the overlay leaves out what the shipped file had: the codec of `sex` is text now."""
    assert [e[:3] for e in overlaid(tmp_path, "fields:\n  sex: {remote: gender}\n")] == [("mine.yaml", 5, "sex")]


def test_examples_do_not_hold_an_overlay_to_what_it_changed(tmp_path):
    assert overlaid(tmp_path, "fields:\n  sex: {remote: gender, as: {A: male, B: female}}\n  first_name: null\n") == []


def test_an_overlay_cannot_remove_what_is_not_there(tmp_path):
    found = overlaid(tmp_path, "fields:\n  first_nmae: null\n")
    assert [e[:3] for e in found] == [("mine.yaml", 5, "first_nmae")] and "Did you mean first_name?" in found[0][4]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    """A misspelt folder of overlays would leave the shipped mappings in force, in silence."""
    (found,) = mappings.lint([tmp_path / "overlais"], WORLD)
    assert (Path(found.file).name, found.message) == ("overlais", "no folder of this name") and "mappings:" in found.fix
    with pytest.raises(mappings.MappingError, match="overlais"):
        mappings.load([tmp_path / "overlais"])


@pytest.mark.parametrize(
    ("name", "content", "line", "message"),
    [
        ("codecs.py", b"\n\ndef broken(:\n", 3, "cannot be loaded: SyntaxError"),
        ("codecs.py", b"\nimport no_such_module\n", 2, "cannot be loaded: ModuleNotFoundError"),
        ("people.yaml", "comment: Имя".encode("cp1251"), 1, "cannot be read: not in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(tmp_path, name, content, line, message):
    (tmp_path / name).write_bytes(content)
    (found,) = mappings.lint([tmp_path], WORLD)
    assert (Path(found.file).name, found.line) == (name, line) and found.message.startswith(message), found


def test_names_inside_the_items_of_a_list_are_none_of_the_object(tmp_path):
    text = "(rows[?code=='x'].count | [0]) || buyer && sort_by(rows, &price)[0].code || max(rows[*].price) || {a: number}.b"
    assert mappings.expressions.expression(text).outer == {"rows", "buyer", "number"}
    assert told(tmp_path, fine=f'{SALES}when: "{text}"\nfields:\n  number: {{remote: number}}\n') == []


def test_an_error_that_asks_is_followed_by_its_fix_and_no_full_stop(tmp_path):
    (tmp_path / "one.yaml").write_text(field("sex: {remote: gender, as: {M: male, MALE: male}}"))
    (error,) = mappings.lint([tmp_path], WORLD)
    assert str(error).endswith("which is written? Mark those that are not written: MALE: {read: male}")
