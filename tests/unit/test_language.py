"""The interface in Russian and English: every message translated, plurals, numbers and moments as each language writes them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from connectors.errors import Missing, Rejected
from hub.catalogues import HUB, KEYWORDS, extracted, missing
from hub.language import Speech, preferred
from hub.language.shown import Shown
from hub.storage.links import Link
from hub.storage.states import UNAUTHORIZED
from hub.sync.aliases import named
from hub.sync.endings import failure_of
from hub.words.problems import pause_of

MOMENT = 1_795_583_105.0  # 2026-11-25T01:45:05Z


def test_every_message_has_a_russian_translation_and_none_is_left_over():
    assert missing("ru") == ([], [])


@pytest.mark.parametrize("file", sorted(Path("mappings").glob("*/*.yaml")), ids=lambda file: f"{file.parent.name} {file.stem}")
def test_every_field_that_a_shipped_mapping_writes_has_a_title(file):
    """Also those that no record has: made of other fields, they are shown in plans and time lines all the same."""
    mapping = yaml.safe_load(file.read_text())
    for language in ("ru", "en"):
        shown = Shown(Speech(language), {})
        assert [name for name in mapping["fields"] if shown.label(mapping["entity"], name) == name] == []


@pytest.mark.parametrize(
    ("error", "ru", "en"),
    [
        pytest.param(
            Missing("there is no such product", ru="такого товара нет"), "такого товара нет", "there is no such product", id="our words"
        ),
        pytest.param(Rejected("Поле заполнено неверно"), "Поле заполнено неверно", "Поле заполнено неверно", id="a vendor's words"),
    ],
)
def test_what_a_connector_says_of_a_failure_is_read_in_the_readers_language(error, ru, en):
    failure = failure_of(error)
    second = named(failure, Link("l", "shop", "customer", "customers", "c-2", "r"))
    for language, said, second_said in (("ru", ru, f"дубль c-2: {ru}"), ("en", en, f"the second object c-2: {en}")):
        say = Speech(language)
        assert (say.own(failure.text), say.own(second.text)) == (said, second_said)
        assert said in pause_of(say, f"{UNAUTHORIZED}{error.kept}") and pause_of(say, error.kept) == said


@pytest.mark.parametrize("n, ru, en", [(1, "1 доставка", "1 delivery"), (3, "3 доставки", "3 deliveries"), (11, "11 доставок", "11 deliveries"), (21, "21 доставка", "21 deliveries"), (12345, "12\xa0345 доставок", "12,345 deliveries")])  # fmt: skip
def test_plurals(n, ru, en):
    for language, expected in (("ru", ru), ("en", en)):
        assert Speech(language).many("%(n)s delivery", "%(n)s deliveries", n) == expected


@pytest.mark.parametrize(
    ("entity", "field", "value", "text"),
    [
        pytest.param("customer", "points_active", "350.00", "350", id="points are no roubles"),
        pytest.param("order", "bonus_spent", "120.50", "120,5", id="points of an order, too"),
        pytest.param("order", "total", "350.00", "350,00 ₽", id="money is"),
        pytest.param("customer", "consents", [{"purpose": "marketing", "channel": "sms", "value": False}], "marketing/sms: нет", id="a no is told"),
        pytest.param("customer", "consents", [{"purpose": "marketing", "channel": "sms", "value": None}], "marketing/sms: неизвестно", id="and silence"),
    ],
)  # fmt: skip
def test_what_a_value_is_called(entity, field, value, text):
    assert Shown(Speech("ru"), {}).value(entity, field, value) == text


@pytest.mark.parametrize(
    ("entity", "data", "text"),
    [
        pytest.param("order", {"number": "5012", "own_number": "00017", "receipt.number": "375"}, "№ 5012", id="an order by its number"),
        pytest.param("order", {"own_number": "ПРЕД-1", "receipt.number": "375"}, "№ ПРЕД-1", id="else by that of where it was made, not by its receipt"),
        pytest.param("order", {"receipt.number": "375"}, "Чек 375", id="a receipt"),
        pytest.param("product", {"name": "Плед", "size": "M", "article": "A-1"}, "Плед, M", id="goods by name"),
        pytest.param("product", {"article": "A-1", "barcodes": ["4600"]}, "без названия, A-1", id="else by article"),
        pytest.param("product", {"barcodes": ["4600", "4601"], "guid": "g"}, "без названия, 4600", id="else by barcode"),
        pytest.param("product", {"guid": "0d5f"}, "без названия, 0d5f", id="else by the guid of 1C"),
        pytest.param("product", {}, "без имени", id="goods of which nothing is known"),
    ],
)  # fmt: skip
def test_what_a_record_is_called(entity, data, text):
    assert Shown(Speech("ru"), {}).name(entity, data) == text


def test_moments_stand_in_the_shops_zone():
    assert Speech("ru", "Asia/Yekaterinburg").moment(MOMENT) == "25.11.2026 10:05:05"
    assert Speech("en", "Europe/Moscow").moment(MOMENT) == "25 Nov 2026, 08:05:05"
    assert Speech("ru").moment(None) == "—"


@pytest.mark.parametrize("env, language", [({"LANG": "ru_RU.UTF-8"}, "ru"), ({"LANG": "C.UTF-8"}, "en"), ({}, "en"), ({"LANG": "ru_RU.UTF-8", "SVERKA_LANGUAGE": "en"}, "en")])  # fmt: skip
def test_commands_speak_the_language_of_the_locale(env, language):
    assert preferred(env) == language


def test_what_is_said_inside_an_f_string_is_in_the_catalogues():
    """The extractor reads no call there: such a message, said nowhere else, would be English for everybody. Headings of the English docs pages
    are marked by N_."""
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in extracted() if message.id}
    lost = []
    for file in sorted(HUB.rglob("*.py")):
        for text in (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.JoinedStr)):
            for call in (node for node in ast.walk(text) if isinstance(node, ast.Call) and node.args):
                name, first = getattr(call.func, "attr", getattr(call.func, "id", "")), call.args[0]
                if name in KEYWORDS.keys() - {"N_"} and isinstance(first, ast.Constant) and first.value not in known:
                    lost.append(f"{file.relative_to(HUB)}:{call.lineno}: {first.value}")
    assert lost == []


def test_a_call_task_is_named_by_its_campaign_and_when_it_was_asked_for():
    shown = Shown(Speech("en"), {})
    assert shown.name("call_task", {"campaign": "winback", "asked": "2026-09-01T12:00:00Z"}) == "winback, 1 Sep 2026, 12:00:00"
