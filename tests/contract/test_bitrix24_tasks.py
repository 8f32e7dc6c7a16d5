"""Call tasks of Bitrix24 against the stand-in: planned calls that are found by the hub's key, and whose last line is the seller's."""

from __future__ import annotations

import pytest

from connectors.bitrix24.tasks import joined, parted
from connectors.contract import Write
from connectors.errors import Rejected
from tests.contract.test_connector_bitrix24_portal import connector, swept

KEY = "0199a1b2-0000-7000-8000-000000000001"
WHEN = {"START_TIME": "2026-09-01T12:00:00+05:00", "END_TIME": "2026-09-02T12:00:00+05:00"}


@pytest.fixture
def crm(portal):
    return connector(portal)


def task(portal, **more):
    contact = portal.contact(name="Анна")["id"]
    data = {"CONTACT_ID": contact, "PHONE": "+79031234567", "SUBJECT": "Позвонить", "TEXT": "Зачем", "RESPONSIBLE_ID": 2, **WHEN}
    return Write(KEY, None, data | more)


def made(portal, crm, **more):
    (outcome,) = crm.write("call_task", [task(portal, **more)])
    assert outcome.error is None, outcome.error
    return outcome.remote


def test_a_task_is_a_planned_call_in_the_sellers_list(portal, crm):
    remote = made(portal, crm)
    (row,) = portal("crm.activity.list", filter={"RESPONSIBLE_ID": 2, "COMPLETED": "N", "TYPE_ID": 2}, select=["*", "COMMUNICATIONS"])
    assert (row["ID"], row["SUBJECT"], row["ORIGIN_ID"], row["DIRECTION"]) == (remote.id, "Позвонить", KEY, "2")
    assert row["COMMUNICATIONS"][0]["VALUE"] == "+79031234567"
    assert row["DESCRIPTION"] == "Зачем\n\nИтог:"
    assert (remote.data["TEXT"], remote.data["REMARK"], remote.data["COMPLETED"]) == ("Зачем", "", "N")


def test_a_quiet_write_sets_no_reminder_and_another_edit_leaves_the_sellers_own(portal, crm):
    def reminder(ident):
        return portal("crm.activity.list", filter={"ID": ident}, select=["ID", "NOTIFY_TYPE"])[0]["NOTIFY_TYPE"]

    remote = made(portal, crm)
    portal("crm.activity.update", id=int(remote.id), fields={"NOTIFY_TYPE": 2, "NOTIFY_VALUE": 1})
    crm.write("call_task", [Write(KEY, remote.id, {"SUBJECT": "Позвонить вечером"}, held=remote.data, quiet=True)])
    crm.write("call_task", [Write(KEY, remote.id, WHEN, held=remote.data)])
    assert reminder(remote.id) == "2"
    crm.write("call_task", [Write(KEY, remote.id, WHEN, held=remote.data, quiet=True)])
    assert reminder(remote.id) == "0"


def test_the_sellers_word_is_told_apart_and_outlives_another_text(portal, crm):
    remote = made(portal, crm)
    portal("crm.activity.update", id=int(remote.id), fields={"DESCRIPTION": "Зачем\n\nИтог: отказ\nпросила не звонить", "COMPLETED": "Y"})
    (held,) = crm.fetch("call_task", [remote.id])
    assert (held.data["REMARK"], held.data["COMPLETED"]) == ("отказ\nпросила не звонить", "Y")
    (outcome,) = crm.write("call_task", [Write(KEY, remote.id, {"TEXT": "Иначе", "COMPLETED": "N"}, held=held.data)])
    assert (outcome.remote.data["TEXT"], outcome.remote.data["REMARK"], outcome.remote.data["COMPLETED"]) == (
        "Иначе", "отказ\nпросила не звонить", "N",
    )  # fmt: skip


def test_tasks_of_others_are_none_of_the_hubs_and_its_own_are_no_calls(portal, crm):
    remote = made(portal, crm, COMPLETED="Y")
    contact = remote.data["CONTACT_ID"]
    own = {"OWNER_TYPE_ID": 3, "OWNER_ID": contact, "TYPE_ID": 2, "SUBJECT": "Свой звонок", "RESPONSIBLE_ID": 2, "DIRECTION": 2, "COMPLETED": "Y"}  # fmt: skip
    other = portal(
        "crm.activity.add", fields=own | {"COMMUNICATIONS": [{"VALUE": "+79031234567", "ENTITY_ID": contact, "ENTITY_TYPE_ID": 3}]}
    )
    found, cursor, _ = swept(crm, "call_task")
    assert [one.id for one in found] == [remote.id]
    assert crm.fetch("call_task", [str(other)]) == []
    assert [one.id for one in swept(crm, "call")[0]] == [f"act:{other}"]
    assert crm.fetch("call", [f"act:{remote.id}"]) == []
    portal.control("clock", offset=600)
    swept(crm, "call_task", cursor)
    assert swept(crm, "call_task", swept(crm, "call_task", cursor)[1])[0] == [], "a sweep later than the last change sees nothing"


def test_a_refusal_names_its_field(portal, crm):
    (outcome,) = crm.write("call_task", [task(portal, RESPONSIBLE_ID=999)])
    assert isinstance(outcome.error, Rejected) and outcome.error.field == "RESPONSIBLE_ID"


@pytest.mark.parametrize("text", ["", "Зачем", "Зачем\nИтог: нет, это часть текста"])
@pytest.mark.parametrize("remark", ["", "отказ", "перезвонить 15.12\nпосле обеда"])
def test_text_and_word_come_apart_as_they_were_joined(text, remark):
    if "Итог" in text:
        text = text.replace("\nИтог:", " Итог:")
    assert parted(joined(text, remark)) == (text, remark)


def test_a_task_that_is_nobodys_is_the_hubs_own_users_and_is_shown_as_nobodys(crm, portal):
    (made,) = crm.write("call_task", [task(portal)])
    (given_up,) = crm.write("call_task", [Write("key", made.remote.id, {"RESPONSIBLE_ID": 0})])
    assert given_up.remote.data["RESPONSIBLE_ID"] == 0
    stored = portal("crm.activity.get", id=int(made.remote.id))
    assert int(stored["RESPONSIBLE_ID"]) == crm.lists.own_user()
    with pytest.raises(AssertionError, match="RESPONSIBLE_ID"):
        portal("crm.activity.update", id=int(made.remote.id), fields={"RESPONSIBLE_ID": 0})
