"""Directories: the configuration seeds, people decide; suggestions; CSV there and back; lists of the vendors."""

from __future__ import annotations

import pytest

from hub.decisions import directory_csv
from hub.decisions.directories import Said, Sheet
from hub.decisions.likeness import likeness, same_person, suggest
from hub.storage import directories
from hub.storage.directories import Listed, Twin, Value

NOW = 1_800_000_000.0
STATUS = {
    "new": {"ru": "Новый", "en": "New", "sklad": ["Новый", "Черновик"], "crm": ["NEW"]},
    "done": {"ru": "Доставлен", "en": "Delivered", "sklad": ["Доставлен"], "crm": ["WON"]},
}
SYSTEMS = ["sklad", "crm"]


def seeded(store, configured=None, **more):
    with store.write() as at:
        directories.seed(at, {"order_status": STATUS} if configured is None else configured, SYSTEMS, now=NOW, **more)


def meanings(store, system="sklad"):
    with store.read() as at:
        return {twin.plain: (twin.value, twin.preferred, twin.by) for twin in directories.twins(at, "order_status", system)}


def decide(store, system, remote, value, *, written=True):
    with store.write() as at:
        directories.assign(at, ("order_status", system, directories.text_of(remote)), value, written=written)


def test_the_configuration_is_a_seed_and_the_first_word_is_written(store):
    seeded(store)
    assert meanings(store) == {
        "Новый": ("new", True, "config"),
        "Черновик": ("new", False, "config"),
        "Доставлен": ("done", True, "config"),
    }


def test_what_a_person_mapped_survives_a_restart_with_the_old_configuration(store):
    seeded(store)
    decide(store, "sklad", "Черновик", "done", written=False)
    decide(store, "sklad", "Новый", None)
    seeded(store)
    assert meanings(store)["Черновик"] == ("done", False, "hand")
    assert meanings(store)["Новый"] == (None, False, "hand")


def test_a_changed_configuration_moves_what_nobody_has_decided(store):
    seeded(store)
    seeded(store, {"order_status": {"new": STATUS["new"] | {"sklad": ["Доставлен"]}, "done": STATUS["done"] | {"sklad": ["Черновик"]}}})
    assert meanings(store) == {
        "Новый": (None, False, ""),
        "Черновик": ("done", True, "config"),
        "Доставлен": ("new", True, "config"),
    }


def test_a_word_chosen_to_be_written_stays_so(store):
    seeded(store)
    decide(store, "sklad", "Черновик", "new")
    assert meanings(store)["Новый"] == ("new", False, "config")
    seeded(store)
    assert [word for word, (value, written, _) in meanings(store).items() if value == "new" and written] == ["Черновик"]


def test_titles_follow_the_configuration_until_a_person_renames(store):
    seeded(store)
    seeded(store, {"order_status": STATUS | {"new": STATUS["new"] | {"ru": "Принят"}}})
    with store.write() as at:
        directories.add_value(at, "order_status", "done", "Вручён", "Handed over")
    seeded(store)
    with store.read() as at:
        assert {v.value: v.ru for v in directories.values(at)} == {"new": "Новый", "done": "Вручён"}


def test_a_vendors_list_gives_names_and_says_who_has_left(store):
    seeded(store)
    listed = [Listed('"NEW"', "Новый"), Listed('"WON"', "Сделка успешна"), Listed('"FINAL"', "Финальный счёт", active=False)]
    for rows, active in ((listed, {"NEW": True, "WON": True, "FINAL": False}), (listed[:1], {"NEW": True, "WON": False, "FINAL": False})):
        with store.write() as at:
            directories.take_list(at, "order_status", "crm", rows, now=NOW)
        with store.read() as at:
            twins = directories.twins(at, "order_status", "crm")
        assert {twin.plain: twin.active for twin in twins} == active
    assert {twin.plain: (twin.title, twin.value) for twin in twins} == {
        "NEW": ("Новый", "new"),
        "WON": ("Сделка успешна", "done"),
        "FINAL": ("Финальный счёт", None),
    }
    assert [twin.told for twin in twins if twin.plain == "FINAL"] == ["Финальный счёт (FINAL)"]


def test_an_empty_list_says_nothing(store):
    with store.write() as at:
        directories.take_list(at, "order_status", "crm", [Listed('"NEW"', "Новый")], now=NOW)
        directories.take_list(at, "order_status", "crm", [], now=NOW)
        assert [twin.active for twin in directories.twins(at)] == [True]


@pytest.mark.parametrize(
    "a, b, least, most",
    [
        ("Отменён", "отменен", 1.0, 1.0),
        ("Самовывоз из магазина", "Самовывоз", 0.75, 0.99),
        ("Доставлено", "Доставлен", 0.9, 1.0),
        ("On-hold", "on_hold", 1.0, 1.0),
        ("Новый", "Отменён", 0.0, 0.5),
        ("", "Новый", 0.0, 0.0),
    ],
)
def test_titles_are_alike(a, b, least, most):
    assert least <= likeness(a, b) <= most


@pytest.mark.parametrize(
    "a, b, least, most",
    [
        ("Ильина Анна", "Анна Ильина", 1.0, 1.0),
        ("Ильина А.", "Анна Ильина", 0.8, 0.9),
        ("Анна Сергеевна Ильина", "Ильина Анна", 0.8, 0.9),
        ("Ильина Ольга", "Анна Ильина", 0.0, 0.0),
        ("А.", "Анна Ильина", 0.0, 0.0),
    ],
)
def test_people_are_alike(a, b, least, most):
    assert least <= same_person(a, b) <= most


def word(title, remote='"x"', name="order_status", **more):
    return Twin(name, "crm", remote, title, None, **more)


def test_a_suggestion_is_the_best_value_and_a_taken_one_needs_to_be_sure():
    values = [
        Value("order_status", "new", "Новый", "New"),
        Value("order_status", "done", "Доставлен", "Delivered", twins={"crm": [word("Успешно", '"WON"')]}),
    ]
    assert suggest(word("Новый заказ"), values).value == "new"
    assert suggest(word("Доставлен"), values).sure
    assert suggest(word("Доставлен до двери"), values) is None
    assert suggest(word("Финальный счёт"), values) is None


def test_people_are_told_by_their_contacts_before_their_names():
    anna = Twin("employee", "sklad", '"Анна"', "Анна Ильина", "anna", keys=("mail",))
    olga = Twin("employee", "sklad", '"Ольга"', "Ольга Ким", "olga")
    values = [
        Value("employee", "anna", "Анна", "Anna", twins={"sklad": [anna]}),
        Value("employee", "olga", "Ольга Ким", "Olga", twins={"sklad": [olga]}),
    ]
    found = suggest(word("Ким Ольга", "5", "employee", keys=("mail",)), values)
    assert (found.value, found.score, found.why) == ("anna", 1.0, "contact")
    assert suggest(word("Ким Ольга", "5", "employee"), values).value == "olga"


def test_a_file_comes_back_as_it_went(store):
    seeded(store)
    with store.read() as at:
        values = tuple(directories.values(at, "order_status"))
    open_one = word("=Финальный;счёт", '"=1+1"')
    text = "".join(directory_csv.lines([Sheet("order_status", tuple(SYSTEMS), values, ((open_one, None),))]))
    assert "'=1+1" in text
    said, wrong = directory_csv.read(f"\ufeff{text}")
    assert wrong == []
    assert Said("order_status", "sklad", "Новый", "new", "Новый", "New", True) in said
    assert Said("order_status", "sklad", "Черновик", "new", "Новый", "New", None) in said
    assert Said("order_status", "crm", "=1+1", None) in said


def test_bad_rows_are_named_and_cost_the_others_nothing():
    head = "directory,system,remote,value"
    said, wrong = directory_csv.read(f"{head}\norder_status,crm,,new\n,crm,NEW,new\norder_status,crm,NEW,new\n")
    assert [one.remote for one in said] == ["NEW"]
    assert [str(line).split(":")[0] for line in wrong] == ["line 2", "line 3"]
    assert str(directory_csv.read("a,b\n1,2\n")[1][0]).startswith("line 1: the columns directory, system, remote, value are missing")
