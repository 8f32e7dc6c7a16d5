"""The Bitrix24 sandbox: contacts, deals, multifields, filters and product rows, with the vendor's silent failures."""

import pytest
import requests

from tests.contract.bitrix24_portal import CONTACT, DEAL

PHONE = {"typeId": "PHONE", "valueType": "MOBILE", "value": "+79990000001"}


def numbers(item):
    return [entry["value"] for entry in item["fm"]]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param([{**PHONE, "value": "+7999"}], ["+79990000001", "+7999"], id="a list appends"),
        pytest.param({"n0": {**PHONE, "value": "+7999"}}, ["+79990000001", "+7999"], id="a new key adds"),
        pytest.param({"8001": {**PHONE, "value": "+7999"}}, ["+7999"], id="a record id changes"),
        pytest.param({"8001": {**PHONE, "value": ""}}, [], id="an empty value deletes"),
        pytest.param({"8001": {"value": "+7999"}}, ["+79990000001"], id="no typeId, success and nothing done"),
        pytest.param({"555": {**PHONE, "value": "+7999"}}, ["+79990000001", "+7999"], id="an unknown record id makes a new record"),
        pytest.param("+7999", ["+79990000001"], id="a string is ignored"),
    ],
)
def test_writing_multifields_through_items(portal, sent, expected):
    made = portal.contact(fm=[PHONE])
    assert made["fm"] == [{"id": 8001, "valueType": "MOBILE", "value": "+79990000001", "typeId": "PHONE"}]
    assert numbers(portal.update(CONTACT, made["id"], fm=sent)) == expected
    assert numbers(portal.get(CONTACT, made["id"])) == expected


def test_writing_multifields_the_old_way(portal):
    number = portal("crm.contact.add", fields={"NAME": "А", "PHONE": [{"VALUE": "1"}, {"VALUE": "2"}], "EMAIL": [{"VALUE": "a@b.ru"}]})
    first, second = (entry["ID"] for entry in portal("crm.contact.get", id=number)["PHONE"])
    fields = {"PHONE": [{"ID": first, "VALUE": "11"}, {"ID": second, "DELETE": "Y"}, {"VALUE": "3"}]}
    assert portal("crm.contact.update", id=number, fields=fields) is True
    held = portal("crm.contact.get", id=number)
    assert [entry["VALUE"] for entry in held["PHONE"]] == ["11", "3"] and held["EMAIL"][0]["VALUE"] == "a@b.ru"
    assert [row["ID"] for row in portal("crm.contact.list", filter={"EMAIL": "a@b.ru"}, select=["ID"])] == ["1"]


def test_two_dialects_of_one_contact(portal):
    made = portal.contact(birthdate="1990-06-05", secondName="Ивановна", ufCrmSex=47, ufCrmBonus=12.5, nonsense="x", id=77)
    assert made["id"] == 1 and made["birthdate"] == "1990-06-05T05:00:00+05:00" and made["ufCrmSex"] == 47
    legacy = portal("crm.contact.get", id=1)
    assert (legacy["ID"], legacy["SECOND_NAME"], legacy["UF_CRM_BONUS"], legacy["ASSIGNED_BY_ID"]) == ("1", "Ивановна", "12.5", "1")
    original = portal("crm.item.get", entityTypeId=CONTACT, id=1, useOriginalUfNames="Y")["item"]
    assert original["UF_CRM_BONUS"] == 12.5 and "ufCrmBonus" not in original
    assert portal.list(CONTACT, select=["id", "fm"]) == [{"id": 1}]
    cleared = portal.update(CONTACT, 1, birthdate="", ufCrmTags=[])
    assert cleared["birthdate"] is None and cleared["ufCrmTags"] == []


def test_user_fields_are_made_described_and_used(portal):
    number = portal("crm.deal.userfield.add", fields={"USER_TYPE_ID": "enumeration", "FIELD_NAME": "VERDICT", "LIST": [{"VALUE": "Отказ"}]})
    about = portal("crm.deal.userfield.get", id=number)
    assert about["FIELD_NAME"] == "UF_CRM_VERDICT"
    option = about["LIST"][0]["ID"]
    deal = portal.deal(ufCrmVerdict=int(option))
    assert deal["ufCrmVerdict"] == int(option)
    described = portal("crm.item.fields", entityTypeId=DEAL)["fields"]["ufCrmVerdict"]
    assert (described["upperName"], described["items"]) == ("UF_CRM_VERDICT", [{"ID": option, "VALUE": "Отказ"}])
    assert portal("crm.deal.userfield.delete", id=number) is True
    assert "ufCrmVerdict" not in portal.get(DEAL, deal["id"])
    assert portal.body("crm.contact.add", fields={"NAME": "А", "UF_CRM_TAGS": "one"})["error"] == "100"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"=lastName": "Орлова"}, [1]),
        ({"lastName": "Орлова"}, [1]),
        ({"!lastName": "Орлова"}, [2, 3]),
        ({"!=lastName": "Орлова"}, [2, 3]),
        ({"%lastName": "ПЕТР"}, [2, 3]),
        ({"=%lastName": "Пет%ва"}, [2]),
        ({"!%lastName": "петр"}, [1]),
        ({"@id": [1, 3]}, [1, 3]),
        ({"!@id": [1, 3]}, [2]),
        ({">id": 1, "<id": 3}, [2]),
        ({">=id": 2, "<=ufCrmBonus": 20}, [2]),
        ({"=originId": "ms:1"}, [1]),
        ({"@ufCrmCard": ["27001", "27003"]}, [1, 3]),
        ({"=ufCrmCard": ""}, [2]),
        ({">=updatedTime": "2020-01-01T00:00:00+03:00"}, [1, 2, 3]),
        ({">updatedTime": "2100-01-01T00:00:00+03:00"}, []),
        ({"0": {"logic": "OR", "0": {"=lastName": "Орлова"}, "1": {"=originId": "ms:3"}}}, [1, 3]),
    ],
)
def test_filters(portal, wanted, expected):
    portal.contact(lastName="Орлова", originId="ms:1", ufCrmCard="27001")
    portal.contact(lastName="Петрова", ufCrmBonus=20)
    portal.contact(lastName="Петров", originId="ms:3", ufCrmCard="27003", ufCrmBonus=21)
    assert [row["id"] for row in portal.list(CONTACT, filter=wanted, select=["id"])] == expected
    last_first = portal.list(CONTACT, filter=wanted, select=["id"], order={"id": "DESC"})
    assert [row["id"] for row in last_first] == expected[::-1]


def test_boolean_user_fields_are_filtered_by_one_and_nought_alone(portal):
    portal("crm.contact.userfield.add", fields={"USER_TYPE_ID": "boolean", "FIELD_NAME": "VIP"})
    assert [portal.contact(ufCrmVip=value)["ufCrmVip"] for value in ("Y", "N")] == ["Y", "N"]
    found = {value: [row["id"] for row in portal.list(CONTACT, filter={"ufCrmVip": value}, select=["id"])] for value in (1, 0, "Y", "N")}
    assert found == {1: [1], 0: [2], "Y": [], "N": []}


def test_filters_follow_edits(portal):
    made = portal.contact(originId="a", fm=[PHONE])
    portal.update(CONTACT, made["id"], originId="b", fm={"8001": {**PHONE, "value": "8 (999) 000-00-02"}})
    assert portal.list(CONTACT, filter={"=originId": "a"}) == []
    assert [row["id"] for row in portal.list(CONTACT, filter={"=originId": "b"}, select=["id"])] == [made["id"]]
    find = {"type": "PHONE", "entity_type": "CONTACT"}
    assert portal("crm.duplicate.findbycomm", values=["+79990000001"], **find) == []
    assert portal("crm.duplicate.findbycomm", values=["+79990000002"], **find) == {"CONTACT": [made["id"]]}


def test_stages_funnels_and_their_history(portal):
    deal = portal.deal(title="Заказ")
    assert (deal["stageId"], deal["stageSemanticId"], deal["closed"]) == ("NEW", "P", "N")
    assert portal.update(DEAL, 1, stageId="WON")["closed"] == "Y"
    assert portal.body("crm.item.update", entityTypeId=DEAL, id=1, fields={"stageId": "NONE"})["error"] == "CRM_FIELD_ERROR_VALUE_NOT_VALID"
    assert portal.update(DEAL, 1, categoryId=1)["stageId"] == "C1:NEW"
    history = portal("crm.stagehistory.list", entityTypeId=DEAL, filter={"OWNER_ID": 1}, order={"ID": "ASC"})["items"]
    assert [(row["TYPE_ID"], row["STAGE_ID"]) for row in history] == [(1, "NEW"), (3, "WON"), (5, "C1:NEW")]
    stages = {row["STATUS_ID"]: row["NAME"] for row in portal("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE"})}
    wanted = {"NEW": "Новый", "PREPARATION": "Подтверждён", "EXECUTING": "Собран", "WON": "Доставлен", "LOSE": "Отменён"}
    assert wanted.items() <= stages.items() and {"FINAL_INVOICE", "APOLOGY"} <= set(stages)


def test_contacts_of_a_deal(portal):
    first, second = portal.contact()["id"], portal.contact()["id"]
    deal = portal.deal(contactIds=[first, second])
    assert (deal["contactId"], deal["contactIds"]) == (first, [first, second])
    assert [row["id"] for row in portal.list(DEAL, filter={"=contactIds": second}, select=["id"])] == [deal["id"]]
    portal("crm.item.delete", entityTypeId=CONTACT, id=first)
    assert portal.get(DEAL, deal["id"])["contactIds"] == [second]
    assert portal.update(DEAL, deal["id"], contactIds=[])["contactId"] == 0


def test_product_rows_replace_the_list_and_make_the_total(portal):
    deal = portal.deal(ufCrmOrderNumber="5001")["id"]
    first = portal(
        "crm.item.productrow.set",
        ownerType="D",
        ownerId=deal,
        productRows=[
            {"productId": 101, "price": 3000, "quantity": 2, "discountTypeId": 1, "discountSum": 490},
            {"productName": "Доставка", "price": 300},
        ],
    )["productRows"]
    assert [(row["productName"], row["priceNetto"]) for row in first] == [("Рубашка льняная", 3490), ("Доставка", 300)]
    assert portal.get(DEAL, deal)["opportunity"] == 6300
    kept = portal(
        "crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=[{"id": first[0]["id"], "productId": 101, "price": 3490}]
    )
    assert [(row["id"], row["quantity"]) for row in kept["productRows"]] == [(first[0]["id"], 1)]
    listed = portal.body("crm.item.productrow.list", filter={"=ownerType": "D", "=ownerId": deal})
    assert listed["total"] == 1 and listed["result"]["productRows"][0]["productId"] == 101
    assert portal.body("crm.item.productrow.list", filter={})["error"] == "INVALID_ARG_VALUE"
    assert portal("crm.deal.productrows.get", id=deal)[0]["PRICE"] == "3490"


def test_the_arithmetic_of_the_vendors_example(portal):
    deal = portal.deal()["id"]
    row = {"productName": "x", "price": 80000, "taxRate": 20, "taxIncluded": "Y", "discountTypeId": 2, "discountRate": 20}
    made = portal("crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=[row])["productRows"][0]
    assert made["priceExclusive"] == 66666.67
    expected = {"priceNetto": 83333.34, "discountSum": 16666.67, "priceBrutto": 100000.01}
    assert {name: made[name] for name in expected} == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("sent", "stored", "total"),
    [
        pytest.param({"price": 33.333333, "quantity": 3}, {"price": 33.33, "quantity": 3}, 99.99, id="a price has two digits"),
        pytest.param({"price": 10, "quantity": 0.12345}, {"quantity": 0.1235}, 1.24, id="a quantity has four"),
        pytest.param({"price": "10,5|RUB"}, {"price": 10.5, "quantity": 1}, 10.5, id="a comma and a currency"),
        pytest.param({"price": "Infinity", "taxRate": -100}, {"price": 0, "taxRate": 0}, 0, id="no number is nought"),
    ],
)
def test_figures_of_rows_are_rounded_each_by_itself(portal, sent, stored, total):
    deal = portal.deal()["id"]
    row = portal("crm.item.productrow.set", ownerType="D", ownerId=deal, productRows=[{"productName": "x", **sent}])["productRows"][0]
    assert row == row | stored and portal.get(DEAL, deal)["opportunity"] == total


def test_robots_start_on_writes_and_not_on_imports(portal):
    portal.contact()
    deal = portal.deal()["id"]
    portal.update(DEAL, deal, stageId="PREPARATION")
    portal.update(DEAL, deal, stageId="PREPARATION")  # nothing changes, nothing is saved
    assert portal.effects() == {"robots": 3}
    rows = [{"name": f"Имя {number}", "originId": f"x{number}"} for number in range(20)]
    imported = portal("crm.item.batchImport", entityTypeId=CONTACT, data=[*rows[:19], {"post": "no name"}])["items"]
    assert imported[0]["item"]["id"] and imported[19]["error"] == "CRM_FIELD_ERROR_REQUIRED"
    assert portal.effects() == {"robots": 3}
    assert portal.body("crm.item.batchImport", entityTypeId=CONTACT, data=rows + rows)["error"] == "MAX_IMPORT_BATCH_SIZE_EXCEEDED"


def test_goods_are_found_by_sku_and_may_be_taken_away(portal):
    asked = {"select": ["id", "iblockId", "xmlId"], "filter": {"iblockId": 23, "xmlId": ["SV-001", "SV-002"]}}
    assert [row["xmlId"] for row in portal("catalog.product.list", **asked)["products"]] == ["SV-001", "SV-002"]
    assert portal("catalog.product.delete", id=101) is True
    assert [row["xmlId"] for row in portal("catalog.product.list", **asked)["products"]] == ["SV-002"]
    assert "error" in portal.body("catalog.product.list", select=["id"], filter={})


@pytest.mark.parametrize(
    ("kind", "fields", "title"),
    [
        (CONTACT, {"sourceId": "NOWHERE"}, "Источник"),
        (CONTACT, {"assignedById": 99}, "Ответственный"),
        (CONTACT, {"birthdate": "вчера"}, "Дата рождения"),
        (CONTACT, {"companyId": 5}, "Компания"),
        (CONTACT, {"fm": [{"typeId": "EMAIL", "valueType": "HOME", "value": "не почта"}]}, "E-mail"),
        (DEAL, {"stageId": "C1:NEW"}, "Стадия"),
        (DEAL, {"categoryId": 9}, "Воронка"),
        (DEAL, {"currencyId": "XXX"}, "Валюта"),
        (DEAL, {"contactIds": [99]}, "Контакты"),
    ],
)
def test_refused_values_name_their_field_by_its_title(portal, kind, fields, title):
    portal.contact(), portal.deal()
    body = portal.body("crm.item.update", entityTypeId=kind, id=1, fields=fields)
    assert (portal.status, body["error"], body["error_description"]) == (
        400,
        "CRM_FIELD_ERROR_VALUE_NOT_VALID",
        f'Неверное значение поля "{title}"',
    )
    described = portal("crm.item.fields", entityTypeId=kind)["fields"]
    assert title == "E-mail" or title in {about["title"] for about in described.values()}


def test_a_contact_keeps_a_name(portal):
    portal.contact(lastName="Орлова")
    assert portal.update(CONTACT, 1, name="")["name"] == ""
    assert portal.body("crm.item.update", entityTypeId=CONTACT, id=1, fields={"lastName": ""})["error"] == "CRM_FIELD_ERROR_REQUIRED"
    assert portal.body("crm.contact.update", id=1, fields={"LAST_NAME": ""})["error"] == ""


def test_rows_are_written_one_by_one(portal):
    deal = portal.deal()["id"]
    add = {"ownerType": "D", "ownerId": deal, "productId": 105, "price": 490, "quantity": 3}
    row = portal("crm.item.productrow.add", fields=add)["productRow"]
    assert (row["productName"], portal.get(DEAL, deal)["opportunity"]) == ("Носки хлопковые", 1470)
    assert portal("crm.item.productrow.update", id=row["id"], fields={"quantity": 2})["productRow"]["quantity"] == 2
    assert portal.body("crm.item.productrow.update", id=row["id"], fields={"ownerId": 5})["error"] == "INVALID_ARG_VALUE"
    assert portal("crm.item.productrow.delete", id=row["id"]) == []
    assert portal.get(DEAL, deal)["opportunity"] == 0
    assert portal.body("crm.item.productrow.add", fields={**add, "ownerId": 99})["error"] == "OWNER_NOT_FOUND"
    manual = portal.deal(opportunity=500, isManualOpportunity="Y")["id"]
    portal("crm.item.productrow.set", ownerType="D", ownerId=manual, productRows=[{"productId": 105, "price": 490}])
    assert portal.get(DEAL, manual)["opportunity"] == 500


def test_people_name_stages_of_their_own(portal):
    sent = {"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "PAUSE", "NAME": "Пауза", "SORT": 35, "SEMANTICS": "F"}
    number = portal("crm.status.add", fields=sent)
    (stage,) = portal("crm.status.list", filter={"ENTITY_ID": "DEAL_STAGE_1", "STATUS_ID": "C1:PAUSE"})
    assert (stage["ID"], stage["CATEGORY_ID"], stage["EXTRA"]["SEMANTICS"]) == (str(number), "1", "failure")
    made = portal("crm.item.add", entityTypeId=2, fields={"title": "Заказ", "categoryId": 1, "stageId": "C1:PAUSE"})["item"]
    assert (made["stageSemanticId"], made["closed"]) == ("F", "Y")
    assert portal.body("crm.status.add", fields=sent)["error"] == ""  # the code is taken
    assert portal.body("crm.status.delete", id=number)["error_description"] == "Элемент используется"
    portal("crm.status.update", id=number, fields={"NAME": "Ожидание"})
    portal("crm.item.delete", entityTypeId=2, id=made["id"])
    assert portal("crm.status.get", id=number)["NAME"] == "Ожидание" and portal("crm.status.delete", id=number) is True


def test_comments_of_the_timeline(portal):
    contact = portal.contact()
    number = portal("crm.timeline.comment.add", fields={"ENTITY_TYPE": "contact", "ENTITY_ID": contact["id"], "COMMENT": "перезвонить"})
    portal("crm.timeline.comment.update", id=number, fields={"COMMENT": "перезвонить завтра"})
    rows = portal("crm.timeline.comment.list", filter={"ENTITY_ID": contact["id"], "ENTITY_TYPE": "contact"})
    assert [(row["ID"], row["COMMENT"]) for row in rows] == [(str(number), "перезвонить завтра")]
    assert portal("crm.timeline.comment.delete", id=number) is True
    assert portal.body("crm.timeline.comment.get", id=number)["error_description"] == "Not found"
    assert (
        portal.body("crm.timeline.comment.add", fields={"ENTITY_TYPE": "deal", "ENTITY_ID": 999, "COMMENT": "?"})["error"]
        == "OWNER_NOT_FOUND"
    )


def test_another_method_of_http_is_no_outage(portal):
    assert requests.put(f"{portal.url}/rest/1/sandboxsecret/profile", timeout=10).status_code == 405
