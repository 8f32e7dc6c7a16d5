"""The 1C stand-in over real HTTP, spoken to as the vendor's chapter 17.4 and the probes of a live base have it."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest
import requests

from sandbox.frame.server import running
from sandbox.onec.app import LOGIN, PASSWORD, PEOPLE, THEIR_PASSWORD, Onec
from sandbox.onec.seed import TEMPLATE

NOBODY = "0d5f3c1e-77aa-4d57-8c35-5b8b0f6b1c10"
JSON = "$format=json;odata=nometadata"
ROW = {"Тип": "Телефон", "Представление": "+7 (912) 345-67-89", "НомерТелефона": "79123456789"}


class Base:
    """A base and somebody who calls it."""

    def __init__(self, app, url):
        self.app, self.url, self.root = app, url, f"{url}{app.root}"
        self.session = requests.Session()

    def call(self, method, place, body=None, options="", login=LOGIN, password=PASSWORD, **headers):
        pair = (login.encode(), password.encode())
        query = quote(f"{JSON}&{options}".rstrip("&"), safe="$&=;,'()*/:")
        return self.session.request(
            method, f"{self.root}/{quote(place, safe=chr(39) + '()/$=,')}?{query}", json=body, auth=pair, headers=headers, timeout=5
        )

    def ok(self, method, place, body=None, options="", **more):
        answer = self.call(method, place, body, options, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def error(self, *args, **more):
        answer = self.call(*args, **more)
        return answer.status_code, int(answer.json()["odata.error"]["code"])

    def rows(self, name, options=""):
        return self.ok("GET", name, options=options)["value"]

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()


@pytest.fixture
def base():
    app = Onec()
    with running(app) as url:
        yield Base(app, url)


def partner(base, **more):
    return base.ok("POST", "Catalog_Партнеры", {"Description": "Орлова Мария", "ЮрФизЛицо": "ЧастноеЛицо"} | more)


def order(base, **more):
    return base.ok("POST", "Document_ЗаказКлиента", {"Комментарий": "Позвонить"} | more)


def test_the_service_document_names_what_is_published_and_an_empty_composition_names_nothing(base):
    names = [row["name"] for row in base.rows("")]
    assert {"Catalog_Партнеры", "Document_ЗаказКлиента", "Document_ЧекККМ"} <= set(names)
    base.control("publication", hidden=["Document_ЧекККМ"])
    assert base.error("GET", "Document_ЧекККМ") == (404, 8)
    assert base.rows("Document_ЗаказКлиента") != []
    base.control("publication", hidden=["*"])
    assert base.rows("") == []
    assert base.error("GET", "Document_ЗаказКлиента") == (404, 8)


def test_metadata_is_xml_whatever_is_asked_and_atom_is_what_comes_unasked(base):
    answer = base.call("GET", "$metadata")
    assert answer.headers["Content-Type"].startswith("application/xml") and 'Name="Document_ЗаказКлиента_Товары_RowType"' in answer.text
    atom = requests.get(f"{base.root}/Catalog_Валюты", auth=(LOGIN.encode(), PASSWORD.encode()), timeout=5)
    assert atom.headers["Content-Type"].startswith("application/atom+xml") and "<d:Description>RUB</d:Description>" in atom.text
    wrong = requests.get(f"{base.root}/Catalog_Нет", auth=(LOGIN.encode(), PASSWORD.encode()), timeout=5)
    assert "<m:code>8</m:code>" in wrong.text


def test_passwords_are_utf_8_and_a_wrong_one_is_answered_with_a_page(base):
    assert base.call("GET", "").status_code == 200
    wrong = requests.get(f"{base.root}/", auth=(LOGIN.encode(), PASSWORD.encode("cp1251")), timeout=5)
    assert (wrong.status_code, wrong.headers["WWW-Authenticate"][:5]) == (401, "Basic") and "<html>" in wrong.text
    assert base.call("GET", "", login=PEOPLE, password=THEIR_PASSWORD).status_code == 200


def test_maintenance_is_a_page_with_200(base):
    base.control("maintenance", on=True)
    answer = base.call("GET", "Catalog_Партнеры")
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (200, "text/html")
    base.control("maintenance", on=False)
    assert base.rows("Catalog_Партнеры")


def test_a_session_is_kept_by_its_cookie_and_ends_with_idleness_or_by_word(base):
    base.call("GET", "", IBSession="start")
    cookie = base.session.cookies["ibsession"]
    for _ in range(3):
        base.call("GET", "")
    assert len(base.app.sessions.open) == 1
    base.call("GET", "", IBSession="finish")
    assert base.app.sessions.open == []
    gone = base.call("GET", "", Cookie=f"ibsession={cookie}")
    assert gone.status_code == 406 and "Истекло время ожидания сеанса" in gone.text and 'reason="406"' in gone.text


def test_a_session_more_than_there_are_licences_is_turned_away(base):
    base.control("sessions", licences=5, taken=4)
    assert base.call("GET", "").status_code == 200
    base.control("sessions", taken=5)
    base.app.sessions.open.clear()
    answer = base.call("GET", "")
    assert answer.status_code == 500 and "лицензии" in answer.text and "odata.error" not in answer.text


@pytest.mark.parametrize(("reuse", "started"), [("autouse", 1), ("use", 3), ("dontuse", 3)])
def test_without_a_header_only_the_pool_reuses_sessions(base, reuse, started):
    base.control("sessions", reuse=reuse)
    for _ in range(3):
        base.call("GET", "")
    assert base.app.sessions.started == started
    base.call("GET", "", IBSession="start")
    assert bool(base.session.cookies) == (reuse != "dontuse")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param("Артикул eq 'SV-001'", ["SV-001"], id="text"),
        pytest.param("Артикул ge 'SV-011' and ТипНоменклатуры eq 'Товар'", ["SV-011", "SV-012"], id="and"),
        pytest.param("Артикул eq 'GIFT' or (Артикул eq 'SV-002' and not (IsFolder eq true))", ["SV-002", "GIFT"], id="or, not, brackets"),
        pytest.param("startswith(Артикул, 'SV-00') and endswith(Артикул, '9')", ["SV-009"], id="functions"),
        pytest.param("substringof('алатье', Description) or like(Description, 'Пл_д')", ["SV-006"], id="substring and like"),
        pytest.param("СтавкаНДС/Ставка eq 20 and Артикул eq 'SV-003'", ["SV-003"], id="through a reference"),
        pytest.param("Description eq 'О''Нил'", [], id="a quote doubled"),
    ],
)
def test_filters(base, condition, found):
    assert [row["Артикул"] for row in base.rows("Catalog_Номенклатура", f"$filter={condition}&$orderby=Code")] == found


def test_lines_are_asked_by_any_and_stand_in_a_set_of_their_own(base):
    goods = base.rows("Catalog_Номенклатура", "$filter=Артикул eq 'SV-001'")[0]["Ref_Key"]
    made = order(base, Товары=[{"LineNumber": 1, "Номенклатура_Key": goods, "Количество": 2, "Цена": 10.5}])
    (row,) = base.rows("Document_ЗаказКлиента", f"$filter=Товары/any(d: d/Номенклатура_Key eq guid'{goods}' and d/Количество gt 1)")
    assert row["Ref_Key"] == made["Ref_Key"] and row["Товары"][0]["LineNumber"] == "1"
    assert base.rows("Document_ЗаказКлиента", f"$filter=Товары/any(d: d/Номенклатура_Key eq guid'{uuid.uuid4()}')") == []
    (line,) = base.rows("Document_ЗаказКлиента_Товары", f"$filter=Ref_Key eq guid'{made['Ref_Key']}'")
    assert line["Цена"] == 10.5
    assert base.error("POST", "Document_ЗаказКлиента_Товары", {}) == (400, 13)


def test_a_bare_guid_beside_a_composite_field_finds_nothing_and_says_nothing(base):
    author = base.rows("Catalog_Пользователи")[0]["Ref_Key"]
    order(base, Автор=author, Автор_Type="StandardODATA.Catalog_Пользователи")
    assert base.rows("Document_ЗаказКлиента", f"$filter=Автор eq guid'{author}'") == []
    assert len(base.rows("Document_ЗаказКлиента", f"$filter=Автор eq cast(guid'{author}','Catalog_Пользователи')")) == 1


def test_pages_order_selection_presentations_and_expansion(base):
    assert [
        r["Артикул"] for r in base.rows("Catalog_Номенклатура", "$orderby=Артикул desc&$top=2&$skip=1&$filter=startswith(Артикул,'SV')")
    ] == ["SV-011", "SV-010"]
    assert base.ok("GET", "Catalog_Номенклатура", options="$top=1&$inlinecount=allpages")["odata.count"] == "16"
    assert base.call("GET", "Catalog_Номенклатура/$count", options="$filter=Артикул eq 'SV-001'").text == "1"
    (row,) = base.rows("Document_ЗаказКлиента", "$select=Ref_Key,Склад_Key,Склад____Presentation")
    assert row.keys() == {"Ref_Key", "Склад_Key", "Склад____Presentation"} and row["Склад____Presentation"] == "Уфа, Ленина 10"
    (row,) = base.rows("Document_ЗаказКлиента", "$select=Ref_Key,Склад&$expand=Склад")
    assert row["Склад"]["Description"] == "Уфа, Ленина 10"
    (part,) = base.rows("Document_ЗаказКлиента", "$select=Number,Склад/Description&$expand=Склад")
    assert part["Склад"] == {"Description": "Уфа, Ленина 10"}
    assert base.error("GET", f"Document_ЗаказКлиента(guid'{row['Ref_Key']}')", options="$expand=Склад") == (400, 0)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [("$allowedOnly=true", 400, 0), ("$filter=Нет eq 1", 400, 10), ("$filter=Артикул eq", 400, 14), ("$filter=tolower(Артикул) eq 'a'", 400, 0),
     (f"$filter=Ref_Key gt guid'{NOBODY}'", 400, 14), ("$top=-1", 400, 14)],
)  # fmt: skip
def test_options_that_the_dialect_does_not_have(base, options, status, code):
    assert base.error("GET", "Catalog_Номенклатура", options=options) == (status, code)


def test_a_plus_is_no_blank(base):
    answer = requests.get(
        f"{base.root}/Catalog_Валюты?$format=json&$filter=Code+eq+'643'", auth=(LOGIN.encode(), PASSWORD.encode()), timeout=5
    )
    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (500, "-1")


def test_one_hidden_row_breaks_the_list_unless_only_allowed_ones_are_asked_for(base):
    made = partner(base)
    base.control("rights", unseen=[made["Ref_Key"]])
    assert base.error("GET", "Catalog_Партнеры") == (401, 20)
    assert made["Ref_Key"] not in {row["Ref_Key"] for row in base.rows("Catalog_Партнеры", "allowedOnly=true")}


def test_what_is_created_has_code_version_and_a_location_in_raw_utf_8(base):
    answer = base.call("POST", "Catalog_Партнеры", {"Description": "Орлова", "КонтактнаяИнформация": [{"LineNumber": "1", **ROW}]})
    made = answer.json()
    assert answer.status_code == 201 and made["Code"].startswith("00-") and made["DataVersion"] == "AAAAAAAAAAA="
    assert "Catalog_Партнеры" in answer.headers["Location"].encode("latin-1").decode()
    (found,) = base.rows(
        "Catalog_Партнеры_КонтактнаяИнформация", "$filter=Тип eq 'Телефон' and НомерТелефона eq '79123456789'&$select=Ref_Key"
    )
    assert found == {"Ref_Key": made["Ref_Key"]}


def test_a_guid_chosen_by_the_writer_is_kept_once_or_not_at_all(base):
    key = str(uuid.uuid4())
    assert partner(base, Ref_Key=key)["Ref_Key"] == key
    assert base.error("POST", "Catalog_Партнеры", {"Ref_Key": key}) == (400, 15)
    base.control("base", own_keys=False)
    assert partner(base, Ref_Key=key)["Ref_Key"] != key


def test_every_write_is_a_new_version_and_if_match_is_heeded_or_not(base):
    made = partner(base)
    place = f"Catalog_Партнеры(guid'{made['Ref_Key']}')"
    second = base.ok("PATCH", place, {})
    assert second["DataVersion"] == "AAAAAAAAAAE="
    assert base.call("PATCH", place, {"Description": "A"}, **{"If-Match": made["DataVersion"]}).status_code == 412
    base.control("base", if_match=False)
    assert base.ok("PATCH", place, {"Description": "A"}, **{"If-Match": made["DataVersion"]})["Description"] == "A"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param({"Description": "я" * 120}, {"Description": "я" * 100}, id="too long is cut in silence"),
        pytest.param({"Нет": 1, "Ref_Key": NOBODY}, {"Description": "Орлова Мария"}, id="unknown is passed over, and so is the key"),
        pytest.param({"Клиент": "да"}, (400, 1), id="text for a boolean"),
        pytest.param({"ОсновнойМенеджер_Key": "Анна"}, (400, 1), id="text for a guid"),
        pytest.param({"ОсновнойМенеджер_Key": NOBODY}, {"ОсновнойМенеджер_Key": NOBODY}, id="a guid of nothing"),
        pytest.param({"ЮрФизЛицо": "Кто-то"}, (400, 4), id="no value of the enumeration"),
        pytest.param({"Description": ["а"]}, (500, -1), id="a list for text"),
        pytest.param({"КонтактнаяИнформация": [ROW]}, (500, -1), id="a line without its number"),
        pytest.param({"КонтактнаяИнформация": [{"LineNumber": 2, **ROW}]}, (400, 5), id="a gap before the first line"),
        pytest.param({"ДатаРождения": "вчера"}, (400, 1), id="no date"),
    ],
)  # fmt: skip
def test_what_becomes_of_odd_input(base, body, said):
    place = f"Catalog_Партнеры(guid'{partner(base)['Ref_Key']}')"
    if isinstance(said, dict):
        assert said.items() <= base.ok("PATCH", place, body).items()
    else:
        assert base.error("PATCH", place, body) == said


def test_broken_json_is_an_inner_error(base):
    answer = requests.post(f"{base.root}/Catalog_Партнеры?$format=json", data=b"{", auth=(LOGIN.encode(), PASSWORD.encode()), timeout=5)
    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (500, "-1")


def test_posting_marks_and_the_methods_that_a_get_runs_too(base):
    made = order(base)
    place = f"Document_ЗаказКлиента(guid'{made['Ref_Key']}')"
    assert (made["Number"], made["Posted"], made["Date"][:4]) == ("ЛВ00-000002", False, base.app.base.local()[:4])
    assert base.error("POST", f"{place}/Post") == (500, -1), "an order without a customer cannot be posted"
    template = base.rows("Document_ЗаказКлиента", f"$filter=НомерПоДаннымКлиента eq '{TEMPLATE}'")[0]
    fields = {name: template[name] for name in ("Организация_Key", "Валюта_Key")}
    base.ok("PATCH", place, fields | {"Партнер_Key": partner(base)["Ref_Key"], "Контрагент_Key": str(uuid.uuid4())})
    assert base.ok("POST", f"{place}/Post", options="PostingModeOperational=false")["Posted"] is True
    assert base.rows("InformationRegister_СостоянияЗаказовКлиентов")[0]["Заказ_Key"] == made["Ref_Key"]
    assert base.error("PATCH", place, {"DeletionMark": True}) == (500, -1), "posted: unpost it first"
    assert base.ok("GET", f"{place}/Unpost")["Posted"] is False, "a GET does it as well"
    assert base.ok("PATCH", place, {"DeletionMark": True})["DeletionMark"] is True
    assert base.error("POST", f"{place}/Post") == (500, -1)
    assert base.call("DELETE", place).status_code == 204
    assert base.error("GET", place) == (404, 9)


def test_a_closed_period_refuses_documents(base):
    made = order(base, Date="2026-01-15T10:00:00")
    base.control("base", closed_before="2026-01-31")
    place = f"Document_ЗаказКлиента(guid'{made['Ref_Key']}')"
    answer = base.call("PATCH", place, {"Комментарий": "А"})
    assert answer.status_code == 500 and "дата запрета изменения данных 31.01.2026" in answer.json()["odata.error"]["message"]["value"]
    assert base.error("POST", f"{place}/Post") == (500, -1)
    base.control("base", closed_before="")
    assert base.ok("PATCH", place, {"Комментарий": "А"})["Комментарий"] == "А"


def test_put_empties_what_it_does_not_name_and_binds_references(base):
    made = partner(base, Комментарий="Любит лён")
    manager = base.rows("Catalog_Пользователи")[0]["Ref_Key"]
    body = {"Description": "Орлова", "ОсновнойМенеджер@odata.bind": f"Catalog_Пользователи(guid'{manager}')"}
    found = base.ok("PUT", f"Catalog_Партнеры(guid'{made['Ref_Key']}')", body)
    assert (found["Комментарий"], found["ОсновнойМенеджер_Key"], found["Code"]) == ("", manager, made["Code"])


def test_the_key_of_a_register_is_its_dimension(base):
    row = base.ok("GET", "InformationRegister_ШтрихкодыНоменклатуры(Штрихкод='JACKET-M')")
    assert row["Характеристика_Key"] != "00000000-0000-0000-0000-000000000000" and "DataVersion" not in row
    assert base.error("POST", "InformationRegister_ШтрихкодыНоменклатуры", {"Штрихкод": "JACKET-M"}) == (400, 15)


@pytest.mark.parametrize(
    ("profile", "name", "part"), [("unf", "Catalog_Контрагенты", "Запасы"), ("retail", "Catalog_ФизическиеЛица", "Товары")]
)
def test_other_configurations_are_other_tables_over_the_same_engine(profile, name, part):
    app = Onec(profile=profile)
    with running(app) as url:
        base = Base(app, url)
        base.ok("POST", name, {"Description": "Орлова", "КонтактнаяИнформация": [{"LineNumber": "1", **ROW}]})
        receipt = base.ok(
            "POST", "Document_ЧекККМ", {"Телефон": "9123456789", part: [{"LineNumber": "1", "Количество": 1, "Цена": 490, "Сумма": 490}]}
        )
        assert receipt[part][0]["Сумма"] == 490
        assert base.error("GET", "Document_ЗаказКлиента") == (404, 8)
