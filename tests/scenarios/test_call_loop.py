"""The call loop between the tills, the site, the CRM and Mindbox: who is wanted is one task of one seller, and what became of it is told once."""

from __future__ import annotations

import pytest

from tests.scenarios.calling_shop import opened


@pytest.fixture
def shop(tmp_path):
    with opened(tmp_path) as made:
        yield made


def met(shop, count=1, **more):
    """So many customers, known everywhere."""
    people = [shop.person(number, **more) for number in range(1, count + 1)]
    shop.clock.skip(400.0)
    shop.sync()
    return people


def test_who_is_wanted_becomes_one_task_of_a_seller_and_its_outcome_one_action(tmp_path, database_url):
    with opened(tmp_path, database_url) as shop:
        (anna,) = met(shop)
        for _ in range(3):
            shop.wants(anna, "2f0d")
        shop.turn(2)
        (task,) = shop.tasks()
        assert task["RESPONSIBLE_ID"] in ("1", "2") and task["COMMUNICATIONS"][0]["VALUE"] == "+79030000001"
        assert task["SUBJECT"] == "Позвонить: Орлова-1 Анна (обзвонено 0, осталось 1)"
        assert "Данные на 12:" in task["DESCRIPTION"] and "Покупок не видно" in task["DESCRIPTION"]
        shop.rings(task)
        shop.marks(task, "обещала зайти в субботу")
        shop.clock.skip(700.0)
        shop.turn(2)
        assert shop.tasks() == []
        (told,) = shop.actions()
        assert (told["customFields"]["callResult"], told["customFields"]["campaign"], told["customFields"]["callTries"]) == (
            "promised",
            "winback",
            1,
        )
        assert len(shop.actions("Sverka.Call")) == 1
        (one,) = shop.records()
        assert (one["state"], one["outcome"], one["comment"].split(" ", 1)[1]) == ("done", "promised", "обещала зайти в субботу")
