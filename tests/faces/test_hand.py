"""What a person mends on the page of a record: a field set, emptied and taken back, and what a system refused or kept changing back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from hub.storage import links
from hub.storage.tables import audit, record
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import stocked


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with stocked(tmp_path_factory.mktemp("hand")) as shop:
        shop.app = create_app(shop.hub)
        with shop.hub.store.read() as at:
            shop.anna = next(r.id for r in at.execute(select(record.c.id, record.c.data)) if r.data.get("first_name") == "Анна")
        yield shop


@pytest.fixture
def support(shop):
    return Reader(shop.app, "support")


def page(reader, shop):
    return reader.get(f"/records/{shop.anna}").text


def held(shop):
    (row,) = [row for row in shop.sklad("GET", "counterparty")["rows"] if row.get("email") == "anna@example.ru"]
    return row


def test_a_field_is_set_written_everywhere_shown_with_its_author_and_taken_back(shop, support):
    support.post(f"/records/{shop.anna}/field", field="birthday", value="17.11.1990", reason="по телефону")
    shop.work()
    assert held(shop)["birthDate"].startswith("1990-11-17")
    text = page(support, shop)
    assert "День рождения: сохранено и уходит в системы." in text and "вручную" in text and "Отменить: День рождения" in text
    assert "задано вручную" in text and "по телефону" in text
    support.post(f"/records/{shop.anna}/undo", field="birthday")
    shop.work()
    assert held(shop).get("birthDate") in (None, "")
    with shop.hub.store.read() as at:
        told = at.execute(select(audit.c.action, audit.c.actor).where(audit.c.record_id == shop.anna, audit.c.actor == "support")).all()
    assert [tuple(row) for row in told] == [("operator.set", "support"), ("operator.undo", "support")]


def test_a_field_is_emptied_only_when_that_is_said(shop, support):
    support.post(f"/records/{shop.anna}/field", field="comment", value="Любит лён")
    support.post(f"/records/{shop.anna}/field", field="comment", value="")
    shop.work()
    assert "нажмите «Опустошить поле»" in page(support, shop) and held(shop)["description"] == "Любит лён"
    support.post(f"/records/{shop.anna}/field", field="comment", value="", clear="1")
    shop.work()
    assert held(shop).get("description") in (None, "")


@pytest.mark.parametrize(
    ("language", "field", "value", "says"),
    [
        ("ru", "emails", "anna@mail..ru", "Почта: в «anna@mail..ru» нет адреса почты"),
        ("ru", "phones", "звонить вечером", "Телефоны: в «звонить вечером» нет номера телефона"),
        ("en", "birthday", "yesterday", "Birthday: “yesterday” cannot be read as a day"),
        ("ru", "points_active", "100", "«Баллы активные» принадлежит системе loyalty; измените его там"),
        ("en", "no_such", "x", "there is no such field"),
    ],
)
def test_what_cannot_be_is_told_in_the_readers_language_and_changes_nothing(shop, language, field, value, says):
    reader = Reader(shop.app, "support", language)
    before = held(shop)
    reader.post(f"/records/{shop.anna}/field", field=field, value=value)
    assert says in page(reader, shop)
    shop.work()
    assert held(shop) == before


def test_only_what_people_may_set_is_offered_and_to_support_alone(shop, support):
    text = page(support, shop)
    assert '<option value="birthday">' in text
    for name in ("points_active", "consents", "consent_history", "customer"):
        assert f'<option value="{name}">' not in text
    viewer = Reader(shop.app, "viewer")
    assert "Исправить поле вручную" not in page(viewer, shop)
    for what in ("field", "undo", "thaw"):
        assert viewer.post(f"/records/{shop.anna}/{what}", field="comment", value="x").status_code == 403
    assert support.post("/records/nobody/field", field="comment", value="x").status_code == 404


def test_what_a_system_refused_is_told_with_its_words_and_written_again(shop, support):
    with shop.hub.store.state() as at:
        link = links.primaries(at, "sklad", [shop.anna])[shop.anna]
        link.set_aside["email"] = {"value": "anna@example.ru", "code": "3015", "text": "неверный формат email"}
        link.base["email"] = link.sent["email"] = "old@example.ru"
        links.save(at, [link])
    text = page(support, shop)
    assert "Отвергнуто там и отложено: Почта (неверный формат email)." in text and "Верное значение: Почта" in text
    support.post(f"/records/{shop.anna}/thaw", link=link.id, what="email")
    shop.work()
    text = page(support, shop)
    assert "Снова пишется." in text and "отложено" not in text and "Писать снова" not in text
    support.post(f"/records/{shop.anna}/thaw", link=link.id, what="email")
    assert "не заморожено и не отложено" in page(support, shop)
