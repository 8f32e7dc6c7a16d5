"""The 1C connector against the stand-in over HTTP: sessions, windows of versions, and what each odd answer means."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import responses

from connectors.contract import SystemSettings, Write
from connectors.errors import Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.onec.api import Api
from connectors.onec.catalogue import STATIC
from connectors.onec.maintenance import parsed, remains
from connectors.onec.manifest import MANIFEST
from connectors.onec.scan import Scan, kept
from connectors.onec.shape import joined, split
from hub.config.settings import System
from hub.systems.discovery import as_custom, is_custom
from mappings.custom import propose
from sandbox.frame.server import running
from sandbox.onec.app import LOGIN, PASSWORD, Onec
from sandbox.onec.seed import FIRM, STORES
from tests.contract.onec_place import Place, Tokens, customer, goods, key


def days_ago(place, days, clock="12:00:00"):
    return (place.connector.api.local() - timedelta(days=days)).strftime(f"%Y-%m-%dT{clock}")


def test_an_answer_without_rows_is_an_outage():
    settings = SystemSettings("uchet", "onec", "http://onec.example.ru/ut", secrets={"login": LOGIN, "password": PASSWORD})
    api = Api(settings, LocalLimiter(()), Tokens(), lambda: datetime.now(UTC))
    api.http.tries = 1
    with responses.RequestsMock() as mock:
        mock.add("GET", f"{api.http.base_url}/Catalog_X", body="[1]")
        with pytest.raises(Unavailable):
            api.rows("Catalog_X")


def test_an_answer_is_utf_8_whatever_its_header_says(place):
    place.control("base", charset="windows-1251")
    ident = place.person()
    assert place.connector.fetch("customers", [ident])[0].data["name"] == "Орлова Мария"


def test_one_session_serves_all_processes_of_the_hub_and_a_lost_one_is_begun_anew(place):
    other = Place(place.app, place.controls, place.tokens)
    for _ in range(3):
        place.connector.fetch("customers", [place.person()])
        other.connector.fetch("customers", [place.person()])
    assert (place.app.sessions.started, place.app.sessions.most) == (1, 1)
    place.app.sessions.open.clear()  # 20 seconds of idleness
    ident = place.person()
    assert [one.id for one in place.connector.fetch("customers", [ident])] == [ident]
    assert place.app.sessions.started == 2


def test_with_one_licence_left_the_hub_goes_by_and_with_none_it_waits(place):
    place.control("sessions", licences=5, taken=4)
    for _ in range(4):
        list(place.connector.changes("customers", {}))
    assert place.app.sessions.most == 1
    place.app.sessions.open.clear()
    place.control("sessions", taken=5)
    with pytest.raises(Unavailable) as refused:
        list(place.connector.changes("customers", {}))
    assert (refused.value.code, refused.value.retry_after) == ("licence", 30.0)


def test_a_publication_without_sessions_is_worked_with_all_the_same(place):
    place.control("sessions", reuse="dontuse")
    ident = place.person()
    assert place.connector.fetch("customers", [ident]) and place.connector.fetch("customers", [ident])
    assert place.tokens.held == {} and place.app.sessions.open == []


@pytest.mark.parametrize(
    ("windows", "clock", "left"),
    [
        (["02:00-04:30"], "03:00", 5400.0), (["02:00-04:30"], "04:30", 0.0), (["02:00-04:30"], "01:59", 0.0),
        (["23:30-01:00"], "23:45", 4500.0), (["23:30-01:00"], "00:30", 1800.0), (["23:30-01:00"], "12:00", 0.0), ([], "03:00", 0.0),
    ],
)  # fmt: skip
def test_hours_of_maintenance(windows, clock, left):
    assert remains(parsed(windows), datetime.fromisoformat(f"2026-03-04T{clock}:00")) == left


def test_an_answer_with_nothing_in_it_is_no_data(place):
    place.connector.api.http.sleep = lambda seconds: None
    place.faults({"kind": "empty", "match": "^GET .*Партнеры"})
    with pytest.raises(Unavailable) as refused:
        list(place.connector.changes("customers", {}))
    assert refused.value.code == "empty"


@pytest.mark.parametrize("done", [True, False], ids=["and yet it was done", "and nothing was done"])
@pytest.mark.parametrize("own_keys", [True, False], ids=["guids kept", "guids of its own"])
def test_a_create_that_is_answered_with_nothing_is_looked_up_at_once(place, done, own_keys):
    place.control("base", own_keys=own_keys)
    connector, real = place.connector, place.connector.api.create

    def nothing(name, body):
        if done:
            real(name, body)
        raise Unknown("HTTP 200 with nothing in it", code="empty")

    connector.api.create = nothing
    write = Write(key(), None, customer())
    (outcome,) = connector.write("customers", [write])
    if done:
        assert outcome.error is None and outcome.remote.data["name"] == "Орлова Мария"
        assert (outcome.remote.id == write.key) == own_keys
    else:
        assert (type(outcome.error), outcome.error.code) == (Unavailable, "empty")


@pytest.mark.parametrize(("options", "most"), [({}, 1.0), ({"sessions": 2}, 2.0), ({"sessions": None}, 1.0)])
def test_the_option_says_how_many_requests_leave_at_once(options, most):
    (limit,) = System("uchet", "onec", "http://x", options=options).limits_of(MANIFEST)
    assert (limit.kind, limit.units) == ("parallel", most)


def test_in_its_hours_of_maintenance_a_base_is_not_called_at_all(place):
    local = place.connector.api.local()
    connector = place.made(maintenance=[f"{local:%H:%M}-{local + timedelta(hours=1):%H:%M}"])
    before = place.app.requests
    with pytest.raises(Unavailable) as refused:
        list(connector.changes("customers", {}))
    assert refused.value.code == "maintenance" and 3500 < refused.value.retry_after <= 3600
    (outcome,) = connector.write("customers", [Write(key(), None, {"names": {"first": "Анна"}})])
    assert isinstance(outcome.error, Unavailable) and place.app.requests == before


def test_hours_that_nobody_can_read_keep_the_hub_away_and_say_what_is_wrong(place):
    with pytest.raises(Unauthorized, match=r"systems\.uchet\.options\.maintenance: .*02:00-04:30.*ночью"):
        place.made(maintenance=["ночью"]).fetch("customers", [place.person()])
    assert place.app.requests == 0


def sweep(place, resource, cursor=None):
    """(ids in their order, the last cursor)"""
    pages = list(place.connector.changes(resource, cursor or {}))
    assert pages[-1].last and not any(page.last for page in pages[:-1])
    return [one.id for page in pages for one in page.objects], pages[-1].cursor


def test_a_sweep_resumes_from_any_page_and_sees_everybody(place):
    everybody = {place.person(f"Орлова {number}") for number in range(450)}
    pages = list(place.connector.changes("customers", {}))
    assert len(pages) == 3 and everybody <= {one.id for page in pages for one in page.objects}
    rest, cursor = sweep(place, "customers", pages[0].cursor)
    assert everybody <= set(rest) | {one.id for one in pages[0].objects} and len(rest) < 300
    assert sweep(place, "customers", cursor)[0] == []


def test_a_poll_brings_what_is_new_and_what_was_written_and_next_to_nothing_else(place):
    people = [place.person(f"Орлова {number}") for number in range(300)]
    _, cursor = sweep(place, "customers")
    place.people("PATCH", f"Catalog_Партнеры(guid'{people[7]}')", {"Комментарий": "Любит лён"})
    new = place.person("Соколова Анна")
    seen, cursor = sweep(place, "customers", cursor)
    assert {people[7], new} <= set(seen) and len(seen) < 12
    assert sweep(place, "customers", cursor) == ([], cursor)


def test_a_receipt_of_three_days_ago_that_arrives_today_is_seen_and_one_of_last_week_the_next_night(place):
    _, cursor = sweep(place, "receipts")
    late = place.add("Document_ЧекККМ", Date=days_ago(place, 3, "00:00:01"), Статус="Пробит", Posted=True)["Ref_Key"]
    older = place.add("Document_ЧекККМ", Date=days_ago(place, 9), Статус="Пробит", Posted=True)["Ref_Key"]
    seen, cursor = sweep(place, "receipts", cursor)
    assert seen == [late]
    assert sweep(place, "receipts", cursor)[0] == []
    place.now += timedelta(days=1)
    seen, cursor = sweep(place, "receipts", cursor)
    assert seen == [older]
    assert sweep(place, "receipts", cursor)[0] == []


def test_an_order_posted_by_a_person_has_a_new_version(place):
    made = place.add("Document_ЗаказКлиента", Партнер_Key=place.person(), Контрагент_Key=str(uuid.uuid4()), НомерПоДаннымКлиента="1",
                     Организация_Key=place.app.base.named("Catalog_Организации", FIRM), Валюта_Key=place.app.base.named("Catalog_Валюты", "RUB"))  # fmt: skip
    _, cursor = sweep(place, "orders")
    place.people("POST", f"Document_ЗаказКлиента(guid'{made['Ref_Key']}')/Post")
    assert made["Ref_Key"] in sweep(place, "orders", cursor)[0]


def test_digests_do_not_depend_on_order_and_tell_what_went():
    rows = [{"Ref_Key": str(uuid.uuid4()), "DataVersion": "AAAAAAAAAAA=", "Date": f"2026-03-0{day}T10:00:00"} for day in (1, 1, 2)]
    one, two, less = Scan(True), Scan(True), Scan(True)
    for row in rows:
        one.add(row)
    for row in reversed(rows):
        two.add(row)
    for row in rows[1:]:
        less.add(row)
    assert one.marks == two.marks and one.changed(two.marks) == []
    assert less.changed(one.marks) == [rows[1]["Ref_Key"]]
    marks = kept(
        {"2026-01-01T10": "a", "2026-02-28T10": "b", "2026-03-02T10": "c"}, one.marks, "2026-03-01T00:00:00", "2026-02-01T00:00:00"
    )
    assert marks == {"2026-02-28T10": "b", **one.marks}


def test_rows_that_rights_leave_out_do_not_break_the_list(place):
    hidden, seen = place.person(), place.person("Соколова Анна")
    place.control("rights", unseen=[hidden])
    ids, _ = sweep(place, "customers")
    assert seen in ids and hidden not in ids


def test_what_is_shown_has_names_for_short_lists_a_name_in_parts_and_no_empty_guids(place):
    manager = place.app.base.named("Catalog_Пользователи", "Анна Ильина")
    ident = place.person("Орлова Мария Петровна", ОсновнойМенеджер_Key=manager)
    (shown,) = place.connector.fetch("customers", [ident, "нет", str(uuid.uuid4())])
    assert shown.data["names"] == {"last": "Орлова", "first": "Мария", "middle": "Петровна"}
    assert (shown.data["Менеджер"], shown.data["Parent_Key"], shown.data["firm"], shown.data["hub_key"]) == (
        {"Description": "Анна Ильина"},
        None,
        False,
        "",
    )
    firm = place.add("Catalog_Партнеры", Description="ООО Ромашка", ЮрФизЛицо="Компания")["Ref_Key"]
    nobody = place.app.base.named("Catalog_Партнеры", "Розничный покупатель")
    assert {one.id: one.data["firm"] for one in place.connector.fetch("customers", [firm, nobody])} == {firm: True, nobody: False}


@pytest.mark.parametrize(
    "parts",
    [{"last": "Орлова", "first": "Мария", "middle": "Петровна"}, {"last": "", "first": "Маша", "middle": ""}, {"last": "Орлова", "first": "", "middle": ""},
     {"last": "", "first": "", "middle": ""}, {"last": "Орлова", "first": "Анна", "middle": ""}, {"last": "Мамедов", "first": "Али", "middle": "Гасан оглы"}],
)  # fmt: skip
def test_a_name_reads_back_as_it_was_written(parts):
    assert split(joined(parts)) == parts


def test_a_receipt_tells_how_it_was_paid_and_which_card_was_shown(place):
    card = place.add("Catalog_КартыЛояльности", Description="27", Штрихкод="2700000001")["Ref_Key"]
    made = place.add("Document_ЧекККМ", СуммаДокумента=980, ПолученоНаличными=1000, КартаЛояльности_Key=card, Статус="Пробит",
                     ОплатаПлатежнымиКартами=[{"Сумма": 480.0}], Склад_Key=place.app.base.named("Catalog_Склады", STORES[1]))  # fmt: skip
    (shown,) = place.connector.fetch("receipts", [made["Ref_Key"]])
    assert [(one["kind"], one["sum"]) for one in shown.data["payments"]] == [("Наличные", 500.0), ("Платежная карта", 480.0)]
    assert (shown.data["card"], shown.data["Склад"]) == ("2700000001", {"Description": "Уфа, Мега"})


def test_cards_that_are_not_in_the_composition_cost_a_receipt_its_card_alone(place):
    card = place.add("Catalog_КартыЛояльности", Description="27", Штрихкод="2700000001")["Ref_Key"]
    made = place.add("Document_ЧекККМ", СуммаДокумента=980, КартаЛояльности_Key=card, Статус="Пробит")
    place.control("publication", hidden=["Catalog_КартыЛояльности"])
    (shown,) = place.connector.fetch("receipts", [made["Ref_Key"]])
    assert (shown.data["card"], shown.data["СуммаДокумента"]) == ("", 980)
    health = place.connector.check()
    assert health.ok and [one.name for one in health.findings if one.warn] == ["Catalog_КартыЛояльности"]


def test_goods_are_told_by_barcode_article_or_code_and_sizes_are_kept_apart(place):
    found = place.connector.lookup("goods_by_sku", ["SV-001", "JACKET-M", "4600000000002", "нет"])
    assert found["SV-001"] == goods(place, "SV-001") and found["4600000000002"] == goods(place, "SV-002") and "нет" not in found
    assert found["JACKET-M"].startswith(f"{goods(place, 'JACKET')}/")
    back = place.connector.lookup_back("goods_by_sku", [*found.values(), f"{goods(place, 'JACKET')}/{uuid.uuid4()}"])
    assert set(back.values()) == {"SV-001", "JACKET-M", "SV-002"}, "a size without a barcode is not taken for another"


def test_many_values_with_long_cyrillic_names_fit_what_a_web_server_takes(place):
    articles = [f"Платье-вечернее-длинное-{number}" for number in range(60)]
    for article in articles:
        place.add("Catalog_Номенклатура", Description=article, Артикул=article)
    assert set(place.connector.lookup("goods_by_sku", articles)) == set(articles)
    variants = list(place.connector.lookup("goods_by_sku", ["JACKET-S", "JACKET-M", "JACKET-L"]).values())
    assert len(place.connector.lookup_back("goods_by_sku", [*variants, *(f"{uuid.uuid4()}/{uuid.uuid4()}" for _ in range(40))])) == 3
    people = [place.person(f"Орлова {number}") for number in range(90)]
    assert {one.id for one in place.connector.fetch("customers", people)} == set(people)
    phones = [f"+7912{number:07d}" for number in range(80)]
    assert place.connector.find("customers", "phone", phones) == []


def test_directories_are_the_bases_own_lists(place):
    values = {
        name: [one.value for one in place.connector.directory(name)]
        for name in ("store", "organisation", "order_status", "payment_kind", "channel")
    }
    assert set(values["store"]) == set(STORES) and values["organisation"] == [FIRM]
    assert values["order_status"] == ["НеСогласован", "КОбеспечению", "КОтгрузке", "Отгружен", "Закрыт"]
    assert values["payment_kind"] == ["Наличные", "Платежная карта", "Безналичная"] and values["channel"] == []


def test_local_additions_are_in_the_catalogue(place):
    place.control(
        "attributes",
        Document_ЗаказКлиента={"added": "mega_Подарок:S100 mega_Вес:N mega_Срочно:B mega_Звонить:D mega_Город:R(Catalog_Склады)"},
    )
    described = {field.path: field for field in place.connector.fields("orders")}
    own = {path: one.type for path, one in described.items() if path.startswith("mega_")}
    assert own == {
        "mega_Подарок": "string", "mega_Вес": "number", "mega_Срочно": "boolean", "mega_Звонить": "datetime", "mega_Город_Key": "reference"
    }  # fmt: skip
    proposed = propose("onec", [as_custom(described[path]) for path in own if is_custom(path, STATIC["orders"])], {})
    assert {one.line["remote"] for one in proposed} == own.keys() - {"mega_Город_Key"}
    assert not [path for path in described if "*" in path]


def test_a_check_names_fields_that_a_release_renamed(place):
    assert place.connector.check().ok
    place.control("attributes", Document_ЗаказКлиента={"renamed": {"АдресДоставки": "АдресПолучателя"}})
    health = place.connector.check()
    (found,) = [one for one in health.findings if one.warn]
    assert health.ok and "АдресДоставки" in found.ru and "mappings/onec/orders.yaml" in found.fix_ru


@pytest.mark.parametrize("profile", ["ut", "unf", "retail"])
def test_a_fresh_base_of_each_configuration_has_nothing_renamed(profile):
    app = Onec(profile=profile)
    with running(app) as url:
        place = Place(app, url)
        for name in (app.base.profile.orders, app.base.profile.receipts):
            place.add(name)
        assert [one.name for one in place.connector.check().findings if one.name.endswith(" fields")] == []


def test_a_check_tells_of_login_composition_rights_template_and_clock(place):
    health = place.connector.check()
    assert health.ok and health.version == "Управление торговлей 11.5", [f for f in health.findings if not f.ok]
    place.control("publication", hidden=["Document_ЧекККМ"])
    found = {one.name: one for one in place.connector.check().findings}
    assert not found["Document_ЧекККМ"].ok and "Состав" in found["Document_ЧекККМ"].fix_ru
    place.control("publication", hidden=["*"])
    found = {one.name: one for one in place.made().check().findings}
    assert not found["configuration"].ok and "Состав" in found["configuration"].fix_ru
    place.control("publication", hidden=[])
    place.app.base.tables["Document_ЗаказКлиента"].clear()
    found = {one.name: one for one in place.connector.check().findings}
    assert found["template"].warn and "SVERKA" in found["template"].fix_ru
    place.control("rights", password="другой")
    (login,) = [one for one in place.connector.check().findings if one.name == "login"]
    assert not login.ok and "Пользователи" in login.fix_ru
