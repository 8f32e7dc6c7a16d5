"""Which record an object is, by its keys alone: keys that disagree and a shared phone go to people, cards are compared folded."""

from __future__ import annotations

from datetime import date

import pytest

from hub.language import Speech
from hub.storage.records import Record
from hub.sync.identify import folded_card, identify, match_keys
from hub.sync.questions import asked
from hub.words.duplicates import why

ALL = ("card", "phone", "email")
CARD, PHONE, MAIL = ("card", "77"), ("phone", "+79031234567"), ("email", "a@example.ru")
PEOPLE = {r: Record(r, "customer", 1, {"first_name": name}) for r, name in {"anna": "Анна", "other": "Анна", "ivan": "Иван", "nobody": ""}.items()}  # fmt: skip
DISAGREE = "card of one, phone of another"


def met(hits, name="Анна", **more):
    verdict = identify({"first_name": name}, hits, PEOPLE, {}, **more)
    return verdict.record_id, dict(verdict.review)


@pytest.mark.parametrize(
    ("hits", "expected"),
    [
        pytest.param({CARD: ["anna"], PHONE: ["anna"]}, ("anna", {}), id="keys of one person"),
        pytest.param({CARD: ["anna"], PHONE: ["other"]}, (None, {"anna": DISAGREE, "other": DISAGREE}), id="card of one, phone of another"),
        pytest.param({CARD: ["ivan"], PHONE: ["anna"]}, (None, {"ivan": DISAGREE, "anna": DISAGREE}), id="the first name does not decide between them"),
        pytest.param({CARD: ["nobody"], PHONE: ["anna"], MAIL: ["anna"]}, (None, dict.fromkeys(("nobody", "anna"), "card of one, email and phone of another")), id="card against two keys"),
        pytest.param({CARD: ["anna"], PHONE: ["anna", "ivan"]}, ("anna", {"ivan": "same phone, another first name"}), id="a family's phone beside the own card"),
        pytest.param({CARD: ["anna"], PHONE: ["ivan"]}, ("anna", {"ivan": "same phone, another first name"}), id="the phone's holder has another name: not he, and a person is asked"),
    ],
)  # fmt: skip
def test_keys_that_disagree_go_to_review_with_the_reason(hits, expected):
    assert met(hits) == expected


@pytest.mark.parametrize(
    ("hits", "is_person", "expected"),
    [
        ({PHONE: ["anna"]}, True, ("anna", {})),
        ({PHONE: ["anna"]}, False, (None, {"anna": "same phone alone"})),
        ({PHONE: ["ivan"]}, False, (None, {"ivan": "same phone alone"})),
        ({PHONE: ["anna"], MAIL: ["anna"]}, False, ("anna", {})),
        ({CARD: ["other"], PHONE: ["anna"]}, False, ("other", {"anna": "same phone alone"})),
    ],
)
def test_a_phone_alone_makes_one_person_only_where_it_is_a_person(hits, is_person, expected):
    assert met(hits, phone_is_person=is_person) == expected


@pytest.mark.parametrize(("one", "other", "same"), [("АВ 00-12", "ab0012", True), ("000123", "123", False), ("С-5", "c5", True), ("Б7", "6 7", False), ("", "", True)])  # fmt: skip
def test_cards_are_compared_folded_and_kept_as_text(one, other, same):
    assert (folded_card(one) == folded_card(other)) is same


def test_a_card_in_any_letters_is_the_same_key_and_is_found_by_either():
    latin, cyrillic = ({"cards": [{"number": text}]} for text in ("MK-001", "мк 001"))
    assert match_keys("customer", latin, ALL) == match_keys("customer", cyrillic, ALL) == {("card", "mk001")}
    assert ("card", "mk001") in asked("карта МК-001", (), date(2026, 11, 25)).keys


@pytest.mark.parametrize(
    ("reason", "ru"),
    [
        (DISAGREE, "карта принадлежит одному, телефон — другому"),
        ("same phone, another first name", "один телефон, другое имя"),
        ("same email and phone, name not known", "одна почта, один телефон, имя неизвестно"),
        ("same phone alone", "один только телефон, а телефон здесь не человек"),
        ("something new", "something new"),
    ],
)
def test_reasons_are_told_in_the_readers_words(reason, ru):
    assert why(Speech("ru"), reason) == ru
