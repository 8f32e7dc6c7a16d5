"""Conflicts through the page and the rules behind it: one side, all alike, a typed value, and back; what has changed meanwhile is left."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from hub.decisions import conflicts as disputes
from hub.entities.policy import Policy
from hub.language.typed import typed
from hub.storage import conflicts
from hub.storage.accounts import set_user
from hub.storage.tables import audit
from hub.sync.manual import Refused
from hub.web.app import create_app
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD, ROLES
from tests.property.vendors import Traits
from tests.property.world import ENTITY, World, person

GROUP = "customer.comment:a+b"


@pytest.fixture
def world():
    """Three people, in whose comment a says "agreed" and b something else."""
    world = World({"a": Traits(), "b": Traits()}, policies={(ENTITY, "comment"): Policy("ask")})
    for number in (1, 2, 3):
        world.vendors["a"].user_makes(person(number) | {"note": "agreed"})
    world.quiet()
    for number, ident in enumerate(sorted(world.vendors["b"].things), 1):
        world.vendors["b"].user_edits(ident, "note", f"from b {number}")
    world.quiet()
    with world.hub.store.write() as at:
        for role in ROLES:
            set_user(at, role, PASSWORD, role)
    yield world
    world.close()


def open_rows(world):
    with world.hub.store.read() as at:
        return conflicts.open_ones(at)


def notes(world, system):
    return sorted(str(thing.values.get("note")) for thing in world.vendors[system].things.values())


def test_the_page_shows_both_sides_and_support_decides_one_by_one_and_all_at_once(world):
    app = create_app(world.hub)
    viewer, support = Reader(app, "viewer"), Reader(app, "support")
    page = support.get("/conflicts").text
    assert "3 конфликта" in page and "from b 2" in page and "agreed" in page and "так в записи" in page
    assert "from b 2" not in viewer.get("/conflicts").text, "a viewer sees personal data masked"
    assert "a: agreed<br>b: from b 2" in support.get("/review").text, "each side by its system, and nothing else of it"
    row = open_rows(world)[0]
    assert viewer.post(f"/conflicts/{row['id']}", choice="1").status_code == 403
    assert "Системы расходятся в полях: Комментарий" in support.get(f"/records/{row['record_id']}").text
    theirs = next(n for n, o in enumerate(row["options"]) if o["system"] == "b")
    assert support.post(f"/conflicts/{row['id']}", choice=str(theirs), opened=repr(row["opened_at"])).status_code == 302
    assert "Решено." in support.get("/conflicts").text
    typed_one = open_rows(world)[0]
    support.post(f"/conflicts/{typed_one['id']}", choice="other", value="by a person", opened=repr(typed_one["opened_at"]))
    support.post("/conflicts/rule", group=GROUP, take="a", until="9e12")
    assert "Решён 1 конфликт." in support.get("/conflicts").text and not open_rows(world)
    world.quiet()
    assert notes(world, "a") == notes(world, "b") == sorted(["agreed", "by a person", row["options"][theirs]["value"]])
    with world.hub.store.read() as at:
        assert at.execute(select(audit.c.actor).where(audit.c.action == "operator.decide")).scalars().all() == ["support"] * 3
    page = support.get("/conflicts").text
    assert len(re.findall(r"/conflicts/\w+/undo", page)) == 3
    support.post(f"/conflicts/{typed_one['id']}/undo")
    world.quiet()
    assert notes(world, "a") == notes(world, "b") == sorted(["agreed", "agreed", row["options"][theirs]["value"]])
    assert len(re.findall(r"/conflicts/\w+/undo", support.get("/conflicts").text)) == 2


def test_what_a_system_says_after_the_page_was_shown_is_not_decided_by_it(world):
    row = open_rows(world)[0]
    ident = next(link.external_id for link in world.links() if link.record_id == row["record_id"] and link.system == "b")
    world.vendors["b"].user_edits(ident, "note", "said since")
    world.quiet()
    with pytest.raises(Refused, match="look again"):
        disputes.decide(world.hub, row["id"], lambda r: disputes.side(r, "a"), actor="olga", shown_at=row["opened_at"])
    done, problems = disputes.decide_group(world.hub, GROUP, "b", actor="olga", until=row["opened_at"])
    assert (done, problems) == (2, []) and [r["record_id"] for r in open_rows(world)] == [row["record_id"]]
    assert disputes.decide_group(world.hub, GROUP, "newest", actor="olga") == (1, [])
    world.quiet()
    assert notes(world, "a") == notes(world, "b") and "said since" in notes(world, "a")


def test_nobody_decides_by_a_side_that_says_nothing(world):
    assert disputes.decide_group(world.hub, GROUP, "c", actor="olga")[0] == 0
    assert disputes.decide_group(world.hub, "customer.comment:x", "a", actor="olga")[0] == 0
    with pytest.raises(Refused, match="between a, b"):
        disputes.decide(world.hub, open_rows(world)[0]["id"], lambda r: disputes.side(r, "c"), actor="olga")
    assert len(open_rows(world)) == 3


TITLES = {("order_status", "completed"): ("Выполнен", "Completed"), ("order_status", "new"): ("Новый", "New")}


@pytest.mark.parametrize(
    ("entity", "field", "text", "value"),
    [
        ("customer", "first_name", " Мария ", "Мария"),
        ("customer", "birthday", "17.11.1990", "1990-11-17"),
        ("customer", "phones", "8 903 123-45-67", [{"number": "+79031234567", "invalid": False}]),
        ("customer", "cards", "000123, А5", [{"number": "000123"}, {"number": "А5"}]),
        ("customer", "tags", "a, b", ["a", "b"]),
        ("order", "total", "1 250,5", "1250.50"),
        ("order", "status", "выполнен", "completed"),
        ("order", "created", "2026-11-25T10:00:00+03:00", "2026-11-25T07:00:00Z"),
        ("customer", "comment", "", None),
    ],
)
def test_what_is_typed_becomes_a_value_of_the_record(entity, field, text, value):
    assert typed(entity, field, text, TITLES) == value


@pytest.mark.parametrize(("entity", "field", "text", "says"), [("order", "status", "gone", r"Выполнен \(completed\), Новый \(new\)"), ("customer", "birthday", "31.02.1990", "cannot be read"), ("customer", "phones", "none", "no phone number"), ("customer", "emails", "ivan@mail..ru", "no e-mail"), ("order", "total", "much", "cannot be read")])  # fmt: skip
def test_what_cannot_be_read_is_refused_with_what_can(entity, field, text, says):
    with pytest.raises(Refused, match=says):
        typed(entity, field, text, TITLES)
