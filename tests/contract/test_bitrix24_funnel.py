"""Call tasks as deals of a funnel, against the stand-in: stages by their words, and no task that is taken for an order, nor an order for a task."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors import registry
from connectors.bitrix24 import webhook
from connectors.bitrix24.funnel import NEAREST, WORDS, Funnel
from connectors.contract import SystemSettings, WebhookRequest, Write
from connectors.errors import Rejected
from connectors.limiter import LocalLimiter
from tests.contract.bitrix24_portal import DEAL
from tests.contract.given import Kept
from tests.contract.test_connector_bitrix24_portal import APP, swept

KEY = "0199a1b2-0000-7000-8000-000000000001"
STAGES = {"open": "NEW", "no_answer": "PREPARATION", "talked": "WON", "refused": "LOSE", "closed": "APOLOGY"}


@pytest.fixture
def category(portal):
    return portal("crm.category.add", entityTypeId=DEAL, fields={"name": "Обзвон"})["category"]["id"]


@pytest.fixture
def crm(portal, category):
    options = {"oauth_url": portal.url, "call_funnel": {"category": category, "stages": STAGES}}
    settings = SystemSettings("crm", "bitrix24", portal.url, "Asia/Yekaterinburg", APP, options)
    return registry.create("bitrix24", settings, LocalLimiter(()), Kept(), lambda: datetime.now(UTC))


def task(portal, **more):
    contact = portal.contact(name="Анна")["id"]
    data = {"contactId": contact, "UF_CRM_CALL_PHONE": "+79031234567", "title": "Позвонить", "comments": "Зачем", "assignedById": 2}
    return Write(KEY, None, data | {"stage": "open"} | more)


def made(portal, crm, **more):
    (outcome,) = crm.write("call_deal", [task(portal, **more)])
    assert outcome.error is None, outcome.error
    return outcome.remote


def seen(portal, ident):
    return portal("crm.item.get", entityTypeId=DEAL, id=int(ident), useOriginalUfNames="Y")["item"]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_task_is_a_deal_of_the_funnel_found_by_its_key(portal, crm, category, quiet):
    (outcome,) = crm.write("call_deal", [Write(KEY, None, task(portal).data, quiet=quiet)])
    row = seen(portal, outcome.remote.id)
    assert (row["categoryId"], row["stageId"], row["title"], row["assignedById"]) == (category, f"C{category}:NEW", "Позвонить", 2)
    assert row["UF_CRM_CALL_PHONE"] == "+79031234567" and outcome.remote.data["stage"] == "open"
    (found,) = crm.find("call_deal", "hub", [KEY, "another"])
    assert (found.id, found.data["stage"]) == (outcome.remote.id, "open")
    assert "productRows" not in found.data


def test_a_stage_says_its_word_and_a_word_moves_the_card(portal, crm, category):
    remote = made(portal, crm)
    portal("crm.item.update", entityTypeId=DEAL, id=int(remote.id), fields={"stageId": f"C{category}:LOSE"})
    (held,) = crm.fetch("call_deal", [remote.id])
    assert held.data["stage"] == "refused"
    for word, stage in {
        "no_answer": "PREPARATION",
        "busy": "PREPARATION",
        "promised": "WON",
        "wrong_number": "APOLOGY",
        "open": "NEW",
    }.items():
        (outcome,) = crm.write("call_deal", [Write(KEY, remote.id, {"stage": word}, held=held.data)])
        assert seen(portal, remote.id)["stageId"] == f"C{category}:{stage}", word
        assert outcome.remote.data["stage"] == {"busy": "no_answer", "promised": "talked", "wrong_number": "closed"}.get(word, word)


def test_a_column_that_nobody_named_is_open_done_or_closed_by_its_kind(portal, crm, category):
    remote = made(portal, crm)
    for code, word in {"EXECUTING": "open", "WON": "talked", "APOLOGY": "closed"}.items():
        portal("crm.item.update", entityTypeId=DEAL, id=int(remote.id), fields={"stageId": f"C{category}:{code}"})
        assert crm.fetch("call_deal", [remote.id])[0].data["stage"] == word


def test_tasks_are_no_orders_and_orders_no_tasks(portal, crm, category):
    remote, order = made(portal, crm), portal.deal(title="Заказ")["id"]
    own = portal.deal(title="Чужое дело", categoryId=category)["id"]
    assert [one.id for one in swept(crm, "deal")[0]] == [str(order)]
    assert [one.id for one in swept(crm, "call_deal")[0]] == [remote.id]
    everything = [remote.id, str(order), str(own)]
    assert [one.id for one in crm.fetch("deal", everything)] == [str(order)]
    assert [one.id for one in crm.fetch("call_deal", everything)] == [remote.id]
    portal("crm.status.add", fields={"ENTITY_ID": f"DEAL_STAGE_{category}", "STATUS_ID": "RINGING", "NAME": "Дозваниваемся", "SORT": 25})
    assert "RINGING" not in {one.value for one in crm.directory("order_status")}


def test_an_event_of_a_deal_is_one_of_either():
    body = b"event=ONCRMDEALUPDATE&data[FIELDS][ID]=77&auth[application_token]=t"
    assert [(h.resource, h.id) for h in webhook.receive(WebhookRequest({}, body), "t")] == [
        ("deal", "77"),
        ("call_deal", "77"),
    ]


def test_one_way_of_tasks_is_spoken(portal, crm):
    plain = registry.create(
        "bitrix24", SystemSettings("crm", "bitrix24", portal.url, "UTC", APP, {}), LocalLimiter(()), Kept(), lambda: datetime.now(UTC)
    )
    assert ("call_deal" in crm.spoken(), "call_task" in crm.spoken()) == (True, False)
    assert ("call_deal" in plain.spoken(), "call_task" in plain.spoken()) == (False, True)


def test_a_stage_that_is_refused_is_named(portal, crm, category):
    remote = made(portal, crm)
    (row,) = [r for r in portal("crm.status.list", filter={"ENTITY_ID": f"DEAL_STAGE_{category}"}) if r["STATUS_ID"].endswith(":LOSE")]
    portal.vendor.portal.statuses.remove(next(r for r in portal.vendor.portal.statuses if r["ID"] == row["ID"]))
    (outcome,) = crm.write("call_deal", [Write(KEY, remote.id, {"stage": "refused"}, held=remote.data)])
    assert isinstance(outcome.error, Rejected) and outcome.error.field == "stage"
    (finding,) = [one for one in crm.check().findings if one.name == "call_funnel"]
    assert not finding.ok and "LOSE" in finding.en


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"stages": STAGES | {"talkd": "X"}}, "did you mean 'talked'"),
        ({"stages": {"open": "NEW", "talked": "WON"}}, "name the stage of this word"),
        ({"stages": STAGES | {"busy": "C2:NEW"}}, "says something else already"),
        ({"category": 0}, "category"),
        ({"kategory": 2}, "did you mean 'category'"),
    ],
)
def test_options_that_are_wrong_are_told(changes, said):
    wrong = registry.options("bitrix24").validate({"call_funnel": {"category": 2, "stages": STAGES} | changes})
    assert said in str(wrong) if said else wrong == {}


def test_every_word_has_a_stage():
    funnel = Funnel(2, {"open": "NEW", "talked": "WON", "closed": "LOSE"})
    assert {word: funnel.named(word) for word in WORDS if word not in funnel.stages} == {
        "no_answer": "open", "busy": "open", "call_later": "open", "promised": "talked", "bought": "talked", "refused": "closed", "wrong_number": "closed",
    }  # fmt: skip
    assert set(NEAREST) < set(WORDS)
