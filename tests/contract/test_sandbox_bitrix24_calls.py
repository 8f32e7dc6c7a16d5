"""The Bitrix24 sandbox: calls from register to the statistics, and the activities of sellers."""

import pytest

from tests.contract.bitrix24_portal import CONTACT, DEAL, waited

PHONE = "+79990000001"
QUIET = {"SHOW": 0, "ADD_TO_CHAT": 0}


@pytest.fixture
def anna(portal):
    return portal.contact(lastName="Орлова", fm=[{"typeId": "PHONE", "valueType": "MOBILE", "value": "8 (999) 000-00-01"}])["id"]


def register(portal, **more):
    return portal.app("telephony.externalCall.register", **{"USER_ID": 2, "PHONE_NUMBER": PHONE, "TYPE": 1, **QUIET, **more})


def finish(portal, number, **more):
    return portal.app("telephony.externalCall.finish", **{"CALL_ID": number, "USER_ID": 2, "ADD_TO_CHAT": 0, **more})


def refusal(portal, method, **params):
    body = portal.app_body(method, **params)
    return body["error"], body["error_description"]


def test_a_call_from_register_to_statistics_and_activity(portal, anna):
    start = "2026-09-01T12:00:03+03:00"
    made = register(portal, EXTERNAL_CALL_ID="mango-777", LINE_NUMBER="3", CALL_START_DATE=start)
    assert (made["CRM_ENTITY_TYPE"], made["CRM_ENTITY_ID"], made["CRM_CREATED_ENTITIES"]) == ("CONTACT", anna, [])
    done = finish(portal, made["CALL_ID"], DURATION=42, VOTE=5)
    assert done["CALL_START_DATE"] == {} and done["INCOMING"] == "1" and done["PHONE_NUMBER"] == "79990000001"
    assert (done["CALL_STATUS"], done["CALL_FAILED_CODE"], done["REST_APP_ID"]) == (1, "200", "3")
    (row,) = portal("voximplant.statistic.get", FILTER={">ID": 0})
    expected = {"ID": "1", "CALL_ID": made["CALL_ID"], "EXTERNAL_CALL_ID": "mango-777", "CALL_DURATION": "42", "CALL_VOTE": "5", "COST": "0.0000",
                "CALL_START_DATE": "2026-09-01T14:00:03+05:00", "CRM_ENTITY_ID": str(anna), "CALL_TYPE": "1", "PORTAL_USER_ID": "2"}  # fmt: skip
    assert row == row | expected
    activity = portal("crm.activity.get", id=row["CRM_ACTIVITY_ID"])
    expected = {"TYPE_ID": "2", "PROVIDER_ID": "VOXIMPLANT_CALL", "DIRECTION": "2", "COMPLETED": "Y", "SUBJECT": "Исходящий звонок Анна Орлова",
                "START_TIME": "2026-09-01T14:00:03+05:00", "END_TIME": "2026-09-01T14:00:45+05:00", "OWNER_TYPE_ID": "3", "OWNER_ID": str(anna),
                "ORIGIN_ID": f"VI_{made['CALL_ID']}", "SETTINGS": []}  # fmt: skip
    assert activity == activity | expected and "COMMUNICATIONS" not in activity


def test_a_missed_call_stays_to_be_done(portal, anna):
    finish(portal, register(portal, TYPE=2)["CALL_ID"])
    (row,) = portal("voximplant.statistic.get")
    assert (row["CALL_FAILED_CODE"], row["CALL_DURATION"]) == ("304", "0")
    (activity,) = portal("crm.activity.list", filter={"COMPLETED": "N", "TYPE_ID": 2}, select=["ID", "DIRECTION", "SETTINGS"])
    assert activity == {"ID": row["CRM_ACTIVITY_ID"], "DIRECTION": "1", "SETTINGS": {"MISSED_CALL": True}}


@pytest.mark.parametrize(
    ("second", "same"),
    [
        pytest.param({}, True, id="all equal"),
        pytest.param({"PHONE_NUMBER": "8 999 000 00 01"}, True, id="another spelling of the number"),
        pytest.param({"CALL_START_DATE": "2026-09-01T12:00:00+03:00", "CRM_ENTITY_TYPE": "CONTACT", "CRM_ENTITY_ID": 1}, True, id="time and person do not count"),
        pytest.param({"EXTERNAL_CALL_ID": "other"}, False, id="another outside id"),
        pytest.param({"LINE_NUMBER": "2"}, False, id="another line"),
        pytest.param({"USER_ID": 3}, False, id="another user"),
        pytest.param({"TYPE": 2}, False, id="another type"),
    ],
)  # fmt: skip
def test_a_repeated_register_gives_the_same_call_for_half_an_hour(portal, anna, second, same):
    first = register(portal)["CALL_ID"]
    assert (register(portal, **second)["CALL_ID"] == first) is same
    portal.control("clock", offset=31 * 60)
    assert register(portal)["CALL_ID"] != first


def test_two_real_calls_without_an_outside_id_collapse_and_the_second_finish_fails(portal, anna):
    first = register(portal)["CALL_ID"]
    finish(portal, first, DURATION=5)
    assert register(portal)["CALL_ID"] == first
    error, text = refusal(portal, "telephony.externalCall.finish", CALL_ID=first, USER_ID=2)
    assert (error, text) == ("ERROR_CORE", "Call is not found (call should be registered prior to finishing")
    assert len(portal("voximplant.statistic.get")) == 1


def test_calls_belong_to_applications(portal, anna):
    body = portal.body("telephony.externalCall.register", USER_ID=2, PHONE_NUMBER=PHONE, TYPE=1)
    assert (portal.status, body["error"]) == (403, "WRONG_AUTH_TYPE")
    ours = register(portal)["CALL_ID"]
    theirs = portal.exchange("telephony.externalCall.register", USER_PHONE_INNER="102", PHONE_NUMBER=PHONE, TYPE=1, **QUIET)["CALL_ID"]
    assert ours != theirs
    portal.exchange("telephony.externalCall.finish", CALL_ID=theirs, USER_ID=2, DURATION=9, ADD_TO_CHAT=0)
    assert [(row["REST_APP_ID"], row["PORTAL_USER_ID"]) for row in portal("voximplant.statistic.get")] == [("5", "2")]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"PHONE_NUMBER": PHONE, "TYPE": 1}, "USER_ID or USER_PHONE_INNER should be set"),
        ({"USER_ID": 99, "PHONE_NUMBER": PHONE, "TYPE": 1}, "User is not found or is not active"),
        ({"USER_ID": 2, "PHONE_NUMBER": PHONE, "TYPE": 9}, "Unknown TYPE"),
        ({"USER_ID": 2, "PHONE_NUMBER": "Анна", "TYPE": 1}, "Unsupported phone number format"),
        ({"USER_ID": 2, "PHONE_NUMBER": PHONE, "TYPE": 1, "CALL_START_DATE": "вчера"}, "CALL_START_DATE should be in the ISO-8601 format"),
    ],
)
def test_what_register_refuses(portal, params, text):
    assert refusal(portal, "telephony.externalCall.register", **params) == ("ERROR_CORE", text)


def test_an_unknown_number_is_nobody_unless_a_contact_is_asked_for(portal):
    nobody = register(portal)
    assert (nobody["CRM_ENTITY_TYPE"], nobody["CRM_ENTITY_ID"]) == ("", 0)
    assert finish(portal, nobody["CALL_ID"])["CRM_ACTIVITY_ID"] is None
    assert portal.app("telephony.externalLine.add", NUMBER="7", NAME="Касса", CRM_AUTO_CREATE="N") == {"ID": 1}
    assert register(portal, CRM_CREATE=1, LINE_NUMBER="7")["CRM_ENTITY_ID"] == 0  # the line says no for outgoing calls
    made = register(portal, CRM_CREATE=1, EXTERNAL_CALL_ID="x")
    assert made["CRM_CREATED_ENTITIES"] == [{"ENTITY_TYPE": "CONTACT", "ENTITY_ID": made["CRM_ENTITY_ID"]}]
    (found,) = portal("telephony.externalCall.searchCrmEntities", PHONE_NUMBER="8 999 000-00-01")
    assert (found["CRM_ENTITY_ID"], found["ASSIGNED_BY"]["USER_PHONE_INNER"]) == (made["CRM_ENTITY_ID"], "102")
    assert refusal(portal, "telephony.externalLine.add", NUMBER="7") == ("ERROR_CORE", "Line already exists")


def test_telephony_is_loud_unless_told_to_be_quiet(portal, anna):
    portal("crm.item.get", entityTypeId=CONTACT, id=anna)
    before = portal.effects()
    finish(portal, register(portal)["CALL_ID"], DURATION=1)
    assert portal.effects() == before
    loud = portal.app("telephony.externalCall.register", USER_ID=2, PHONE_NUMBER=PHONE, TYPE=2)["CALL_ID"]
    portal.app("telephony.externalCall.finish", CALL_ID=loud, USER_ID=2)
    assert portal.effects() == before | {"call_cards": 1, "messages": 2}


def test_statistics_sort_by_two_words_and_filter_by_prefixes(portal, anna):
    for number in range(3):
        finish(portal, register(portal, EXTERNAL_CALL_ID=f"m{number}")["CALL_ID"], DURATION=10 * number)
    rows = portal("voximplant.statistic.get", FILTER={"><CALL_DURATION": [10, 20]}, SORT="ID", ORDER="DESC")
    assert [row["ID"] for row in rows] == ["3", "2"]
    assert [row["ID"] for row in portal("voximplant.statistic.get", FILTER={">ID": 2})] == ["3"]
    assert [row["ID"] for row in portal("voximplant.statistic.get", FILTER={"EXTERNAL_CALL_ID": "m1"})] == ["2"]


def test_records_are_put_to_finished_calls(portal, anna):
    number = register(portal)["CALL_ID"]
    attach = "telephony.externalCall.attachRecord"
    assert refusal(portal, attach, CALL_ID=number, FILENAME="a.mp3")[1].startswith("Call is not found in the statistic table")
    finish(portal, number, DURATION=9)
    assert portal.app(attach, CALL_ID=number, FILENAME="a.mp3", FILE_CONTENT="SUQz") == {"FILE_ID": 9001}
    assert portal("voximplant.statistic.get")[0]["CALL_RECORD_URL"].endswith("/disk/records/9001/a.mp3")
    assert portal.app(attach, CALL_ID=number, RECORD_URL="https://ats.example/1.mp3") == {"FILE_ID": 9002}
    assert portal("voximplant.statistic.get")[0]["RECORD_FILE_ID"] == "9002"
    later = portal.app(attach, CALL_ID=number, FILENAME="b.wav")
    uploaded = portal.send_file(later["uploadUrl"], later["fieldName"], "b.wav", b"RIFF")
    assert uploaded["result"] == {"FILE_ID": 9003}
    assert refusal(portal, attach, CALL_ID=number, FILENAME="b.txt", FILE_CONTENT="SUQz")[1].startswith("Wrong file extension")


def test_events_of_a_call(portal, handler, anna):
    for event in ("OnVoximplantCallEnd", "ONCRMACTIVITYADD", "ONCRMACTIVITYUPDATE"):
        portal.app("event.bind", event=event, handler=handler.url)
    number = finish(portal, register(portal)["CALL_ID"], DURATION=42)["CRM_ACTIVITY_ID"]
    portal("crm.activity.update", id=number, fields={"DESCRIPTION": "Просила перезвонить"})
    assert waited(lambda: len(handler.got) == 3)
    assert [event["event"] for event in handler.got] == ["onCrmActivityAdd", "ONVOXIMPLANTCALLEND", "onCrmActivityUpdate"]
    data = handler.got[1]["data"]
    assert (data["PHONE_NUMBER"], data["CALL_DURATION"], data["CRM_ACTIVITY_ID"]) == (PHONE, "42", str(number))
    assert handler.got[2]["data"] == {"FIELDS": {"ID": str(number)}}


def activity(**more):
    entry = {"TYPE": "PHONE", "VALUE": PHONE, "ENTITY_ID": 1, "ENTITY_TYPE_ID": CONTACT}
    return {
        "SUBJECT": "Звонок",
        "TYPE_ID": 2,
        "OWNER_TYPE_ID": CONTACT,
        "OWNER_ID": 1,
        "RESPONSIBLE_ID": 2,
        "COMMUNICATIONS": [entry],
        **more,
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"SUBJECT": ""}, "The field SUBJECT is not defined or empty"),
        ({"RESPONSIBLE_ID": 99}, "The field RESPONSIBLE_ID is not defined or invalid"),
        ({"TYPE_ID": 8}, "The field TYPE_ID is not defined or invalid"),
        ({"TYPE_ID": 6}, "The custom activity without provider is not supported in current context"),
        ({"COMMUNICATIONS": []}, "The field COMMUNICATIONS is not defined or invalid"),
        ({"COMMUNICATIONS": [{"VALUE": "1"}, {"VALUE": "2"}]}, "The only one communication is allowed for activity of specified type"),
        ({"OWNER_ID": 99}, "Could not build binding. Please ensure that owner info and communications are defined correctly"),
    ],
)
def test_what_activities_refuse(portal, anna, change, text):
    body = portal.body("crm.activity.add", fields=activity(**change))
    assert (portal.status, body["error"], body["error_description"]) == (400, "", text)


def test_activities_are_edited_by_people(portal, anna):
    number = portal("crm.activity.add", fields=activity(START_TIME="2026-09-01T12:00:00+03:00", ORIGIN_ID="x1"))
    portal.control("clock", offset=60)
    assert portal("crm.activity.update", id=number, fields={"COMPLETED": "Y", "RESULT_SUM": 100, "OWNER_ID": 77}) is True
    held = portal("crm.activity.get", id=number)
    assert (held["COMPLETED"], held["STATUS"], held["OWNER_ID"], held["DEADLINE"]) == ("Y", "2", "1", "2026-09-01T14:00:00+05:00")
    assert held["LAST_UPDATED"] > held["CREATED"]
    listed = portal("crm.activity.list", filter={">=LAST_UPDATED": held["LAST_UPDATED"]}, select=["ID", "COMMUNICATIONS"])
    assert listed[0]["COMMUNICATIONS"][0] | {"ID": ""} == {
        "ID": "",
        "TYPE": "PHONE",
        "VALUE": PHONE,
        "ENTITY_ID": "1",
        "ENTITY_TYPE_ID": "3",
    }
    assert portal("crm.activity.list", filter={"BINDINGS": [{"OWNER_TYPE_ID": CONTACT, "OWNER_ID": 1}]}, select=["ID"]) == [
        {"ID": str(number)}
    ]
    assert portal("crm.activity.list", filter={"BINDINGS": [{"OWNER_TYPE_ID": DEAL}]}) == []
    contact = portal.get(CONTACT, anna)
    assert contact["lastActivityTime"] > contact["updatedTime"]
    portal("crm.item.delete", entityTypeId=CONTACT, id=anna)
    assert portal.body("crm.activity.get", id=number)["error_description"] == "Activity is not found"


def test_todos(portal):
    deal = portal.deal()["id"]
    owner = {"ownerTypeId": DEAL, "ownerId": deal}
    made = portal("crm.activity.todo.add", **owner, deadline="2026-09-02T12:00:00+05:00", title="Перезвонить", responsibleId=3)["id"]
    assert portal("crm.activity.todo.updateDeadline", **owner, id=made, value="2026-09-03T12:00:00") == {"id": made}
    (row,) = portal(
        "crm.activity.list", filter={"PROVIDER_ID": "CRM_TODO", "RESPONSIBLE_ID": 3, "COMPLETED": "N"}, select=["SUBJECT", "DEADLINE"]
    )
    assert row == {"SUBJECT": "Перезвонить", "DEADLINE": "2026-09-03T12:00:00+05:00"}
    portal("crm.activity.update", id=made, fields={"COMPLETED": "Y"})
    assert portal.body("crm.activity.todo.updateDescription", **owner, id=made, value="x")["error"] == "CAN_NOT_UPDATE_COMPLETED_TODO"
    assert portal.body("crm.activity.todo.add", **owner, deadline="завтра")["error"] == "WRONG_DATETIME_FORMAT"
    assert portal.body("crm.activity.todo.add", ownerTypeId=DEAL, ownerId=99, deadline="2026-09-02")["error"] == "OWNER_NOT_FOUND"
    assert portal.body("crm.activity.todo.add", **owner)["error"] == "100"


def test_a_letter_that_is_sent_counts_as_mail(portal, anna):
    letter = activity(TYPE_ID=4, DIRECTION=2, COMMUNICATIONS=[{"TYPE": "EMAIL", "VALUE": "a@b.ru", "ENTITY_ID": 1, "ENTITY_TYPE_ID": 3}])
    portal("crm.activity.add", fields=letter | {"COMPLETED": "N"})
    assert "mails" not in portal.effects()
    portal("crm.activity.add", fields=letter | {"COMPLETED": "Y"})
    assert portal.effects()["mails"] == 1
