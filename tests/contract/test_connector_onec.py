"""The 1C connector against the stand-in over HTTP: sessions, windows of versions, orders from a template, and what each odd answer means."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from connectors.contract import SystemSettings, WebhookRefused, WebhookRequest, Write
from connectors.errors import Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.onec.api import Api
from connectors.onec.connector import Onec as Connector
from connectors.onec.maintenance import parsed, remains
from connectors.onec.manifest import MANIFEST
from connectors.onec.scan import Scan, kept
from connectors.onec.shape import joined, split
from hub.settings import System
from sandbox.frame.server import running
from sandbox.onec.app import LOGIN, PASSWORD, PEOPLE, THEIR_PASSWORD, ZONE, Onec
from sandbox.onec.seed import FIRM, STORES

PHONE = {"Тип": "Телефон", "Представление": "+7 (912) 345-67-89", "НомерТелефона": "79123456789"}


class Tokens:
    """What a hub keeps for a connector, here for one that several processes would share."""

    def __init__(self):
        self.held = {}

    def load(self):
        return dict(self.held)

    def save(self, value):
        self.held = dict(value)

    def exclusive(self):
        raise TimeoutError


class Place:
    """A base, the hub's connector to it, and people who work in it."""

    def __init__(self, app, url, tokens=None):
        self.app, self.url, self.tokens = app, f"{url}{app.root.removesuffix('/odata/standard.odata')}", tokens or Tokens()
        self.controls, self.now = url, datetime.now(UTC)
        self.connector = self.made()

    def made(self, **options):
        settings = SystemSettings(
            "uchet", "onec", self.url, ZONE, {"login": LOGIN, "password": PASSWORD}, {"stand_ins": ["Розничный покупатель"], **options}
        )
        return Connector(settings, LocalLimiter(()), self.tokens, lambda: self.now)

    def people(self, method, place, body=None):
        pair = (PEOPLE.encode(), THEIR_PASSWORD.encode())
        answer = requests.request(method, f"{self.url}/odata/standard.odata/{place}?$format=json", json=body, auth=pair, timeout=5)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def add(self, name, **values):
        """A row as the program itself writes it."""
        return self.app.base.add(name, **values)

    def control(self, what, **body):
        requests.post(f"{self.controls}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.controls}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def person(self, name="Орлова Мария", **more):
        return self.add("Catalog_Партнеры", Description=name, ЮрФизЛицо="ЧастноеЛицо", КонтактнаяИнформация=[PHONE], **more)["Ref_Key"]

    def write(self, resource, *writes):
        return self.connector.write(resource, list(writes))


@pytest.fixture
def place():
    app = Onec()
    with running(app) as url:
        yield Place(app, url)


def key():
    """A hub key: version 7, as the hub makes them."""
    return str(uuid.UUID(int=(uuid.uuid4().int & ~(0xF << 76)) | (7 << 76)))


def goods(place, article):
    return next(row["Ref_Key"] for row in place.app.base.tables["Catalog_Номенклатура"].values() if row["Артикул"] == article)


def days_ago(place, days, clock="12:00:00"):
    return (place.connector.api.local() - timedelta(days=days)).strftime(f"%Y-%m-%dT{clock}")


# what answers mean --------------------------------------------------------------------------------------------

EXCEPTION = '<?xml version="1.0"?><exception xmlns="http://v8.1c.ru/8.2/virtual-resource-system" reason="{}"><descr>{}</descr></exception>'


def refusal(code, text="Ошибка"):
    return {"odata.error": {"code": str(code), "message": {"lang": "ru", "value": text}}}


@pytest.mark.parametrize(
    ("status", "said", "read", "write"),
    [
        pytest.param(200, "<!DOCTYPE html><html>работы", Unavailable, Unavailable, id="a page with 200 stands there instead of the base"),
        pytest.param(200, "", Unavailable, Unknown, id="nothing with 200"),
        pytest.param(406, EXCEPTION.format(406, "Истекло время ожидания сеанса"), Unavailable, Unavailable, id="the session is gone: nothing was done"),
        pytest.param(500, EXCEPTION.format(500, "Не обнаружено свободной лицензии!"), Unavailable, Unavailable, id="no licence: nothing was done"),
        pytest.param(404, EXCEPTION.format(404, "Не найдена лицензия."), Unavailable, Unavailable, id="no licence, whatever the status"),
        pytest.param(500, EXCEPTION.format(500, "Начало сеанса запрещено: обновление"), Unavailable, Unavailable, id="the base is locked for an update"),
        pytest.param(503, "<html>", Unavailable, Unavailable, id="turned away by the web server"),
        pytest.param(504, "<html>", Unavailable, Unknown, id="a gateway that waited too long"),
        pytest.param(500, "<html>IIS 500", Unavailable, Unknown, id="a page of the web server with 500"),
        pytest.param(401, "<html>401", Unauthorized, Unauthorized, id="a wrong login"),
        pytest.param(404, "<html>404", Unauthorized, Unauthorized, id="nothing is published there"),
        pytest.param(404, refusal(8), Unauthorized, Unauthorized, id="a set that is not in the composition"),
        pytest.param(401, refusal(20), Unauthorized, Rejected, id="rights: of a set, or of one object"),
        pytest.param(404, refusal(9), Missing, Missing, id="no such object"),
        pytest.param(412, refusal(16), Unavailable, Unavailable, id="another version"),
        pytest.param(400, refusal(10, "Свойство не найдено"), Rejected, Rejected, id="a field that went"),
        pytest.param(500, refusal(-1, "Не заполнено поле Соглашение"), Rejected, Rejected, id="a handler that refuses"),
        pytest.param(500, refusal(-1, "Конфликт блокировок при выполнении транзакции"), Unavailable, Unavailable, id="a lock: rolled back"),
        pytest.param(500, refusal(-1, "дата запрета изменения данных 31.01.2026"), Settled, Settled, id="a closed period"),
        pytest.param(500, refusal(-1, "Изменения данных этого периода запрещены"), Settled, Settled, id="a closed period in other words"),
        pytest.param(200, "[1]", Unavailable, None, id="no rows in a list"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status, said, read, write):
    settings = SystemSettings("uchet", "onec", "http://onec.example.ru/ut", secrets={"login": LOGIN, "password": PASSWORD})
    api = Api(settings, LocalLimiter(()), Tokens(), lambda: datetime.now(UTC))
    api.http.tries = 1
    with responses.RequestsMock() as mock:
        for method in ("GET", "POST"):
            body = {"json": said} if isinstance(said, dict) else {"body": said}
            mock.add(method, f"{api.http.base_url}/Catalog_X", status=status, **body)
        with pytest.raises(read):
            api.rows("Catalog_X")
        if write is None:
            api.create("Catalog_X", {})
            return
        with pytest.raises(write):
            api.create("Catalog_X", {})


def test_an_answer_is_utf_8_whatever_its_header_says(place):
    place.control("base", charset="windows-1251")
    ident = place.person()
    assert place.connector.fetch("customers", [ident])[0].data["name"] == "Орлова Мария"


# sessions and hours -------------------------------------------------------------------------------------------


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


# reading ------------------------------------------------------------------------------------------------------


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
    assert values["payment_kind"] == ["Наличные", "Платежная карта"] and values["channel"] == []


def test_local_additions_are_in_the_catalogue(place):
    row = place.app.base.tables["Document_ЗаказКлиента"]
    next(iter(row.values()))["mega_Размер"] = "XL"
    assert "mega_Размер" in {field.path for field in place.connector.fields("orders")}


# writing ------------------------------------------------------------------------------------------------------


def customer(first="Мария", number="+7 (912) 345-67-89"):
    row = PHONE | {"Представление": number, "НомерТелефона": "79123456789"}
    return {"names": {"last": "Орлова", "first": first}, "КонтактнаяИнформация": [row]}


def test_a_customer_is_created_under_the_hubs_guid_and_a_repeat_makes_no_second_one(place):
    write = Write(key(), None, customer())
    for _ in range(2):
        (made,) = place.write("customers", write)
        assert (made.remote.id, made.remote.data["hub_key"], made.remote.data["Клиент"]) == (write.key, write.key, True)
    stored = place.app.base.tables["Catalog_Партнеры"][write.key]
    assert (stored["Description"], stored["НаименованиеПолное"], stored["ЮрФизЛицо"]) == ("Орлова Мария", "Орлова Мария", "ЧастноеЛицо")
    (contact,) = stored["КонтактнаяИнформация"]
    kinds = place.app.base.tables["Catalog_ВидыКонтактнойИнформации"]
    assert contact["LineNumber"] == "1" and kinds[contact["Вид_Key"]]["PredefinedDataName"] == "ТелефонПартнера"


def test_a_base_that_makes_its_own_guids_is_searched_for_what_was_written(place):
    place.control("base", own_keys=False)
    write = Write(key(), None, customer())
    place.faults({"kind": "reset_after", "match": "^POST", "count": 1})
    (lost,) = place.write("customers", write)
    assert isinstance(lost.error, Unknown)
    (found,) = place.connector.find_created("customers", [write])
    assert found.id != write.key and found.data["hub_key"] == write.key
    assert place.connector.find_created("customers", [Write(key(), None, customer("Анна"))]) == [], "another person with the same phone"


def order_of(place, number="5012", **more):
    line = {"goods": goods(place, "SV-007"), "Количество": 2, "Цена": 890, "Сумма": 1700, "СуммаРучнойСкидки": 80}
    return {"number": number, "Партнер_Key": place.person(), "Организация": {"Description": FIRM}, "Товары": [line], **more}


def test_an_order_takes_what_a_person_would_fill_in_from_the_template_is_reckoned_and_posted(place):
    write = Write(key(), None, order_of(place, Склад={"Description": STORES[1]}, Date="2026-03-04T14:15:00"))
    (made,) = place.write("orders", write)
    assert made.error is None
    stored = place.app.base.tables["Document_ЗаказКлиента"][write.key]
    assert (stored["Posted"], stored["СуммаДокумента"], stored["Date"]) == (True, 1700, "2026-03-04T14:15:00")
    assert (stored["ХозяйственнаяОперация"], stored["ЦенаВключаетНДС"], stored["Статус"]) == ("РеализацияКлиенту", True, "НеСогласован")
    assert stored["Склад_Key"] == place.app.base.named("Catalog_Склады", STORES[1])
    (line,) = stored["Товары"]
    assert (line["СуммаНДС"], line["СуммаСНДС"], line["КоличествоУпаковок"]) == (283.33, 1700, 2), "20 % of it are in the price"
    (firm,) = [row for row in place.app.base.tables["Catalog_Контрагенты"].values() if row["Партнер_Key"] == stored["Партнер_Key"]]
    assert stored["Контрагент_Key"] == firm["Ref_Key"] and firm["ЮрФизЛицо"] == "ФизЛицо"
    assert made.remote.data["DataVersion"] == stored["DataVersion"], "the version is that after the last step"


def test_an_order_whose_answer_was_lost_between_its_steps_is_completed(place):
    write = Write(key(), None, order_of(place))
    place.faults({"kind": "reset_before", "match": "/Post$", "count": 1})
    (lost,) = place.write("orders", write)
    assert isinstance(lost.error, Unknown) and not place.app.base.tables["Document_ЗаказКлиента"][write.key]["Posted"]
    (found,) = place.connector.find_created("orders", [write])
    assert found.id == write.key and found.data["Posted"]
    (again,) = place.write("orders", write)
    assert again.remote.id == write.key and len(place.app.base.tables["Document_ЗаказКлиента"]) == 2


@pytest.mark.parametrize("number", ["5012", ""], ids=["by its number", "by its customer and second"])
def test_a_lost_order_is_found_in_a_base_that_makes_its_own_guids(place, number):
    place.control("base", own_keys=False)
    write = Write(key(), None, order_of(place, number, Date="2026-03-04T14:15:07"))
    place.faults({"kind": "reset_after", "match": "^POST .*ЗаказКлиента$", "count": 1})
    (lost,) = place.write("orders", write)
    (found,) = place.connector.find_created("orders", [write])
    assert isinstance(lost.error, Unknown) and (found.data["hub_key"], found.data["Posted"]) == (write.key, True)
    other = Write(key(), None, order_of(place, number, Date="2026-03-04T14:15:07"))
    assert place.connector.find_created("orders", [other]) == [], "of another customer"


def test_an_order_that_cannot_be_posted_says_why_and_is_there(place):
    place.control("base", unpostable="не заполнено поле Соглашение")
    write = Write(key(), None, order_of(place))
    (outcome,) = place.write("orders", write)
    assert (type(outcome.error), outcome.error.code) == (Rejected, "post") and "Соглашение" in outcome.error.message
    assert [one.id for one in place.connector.fetch("orders", [write.key])] == [write.key]


def test_without_a_template_no_order_is_made_and_the_check_says_how_to_make_one(place):
    place.app.base.tables["Document_ЗаказКлиента"].clear()
    (outcome,) = place.write("orders", Write(key(), None, order_of(place)))
    assert (type(outcome.error), outcome.error.code) == (Rejected, "template") and "SVERKA" in outcome.error.message


def test_lines_change_and_what_no_mapping_names_stays(place):
    write = Write(key(), None, order_of(place))
    (made,) = place.write("orders", write)
    stored = place.app.base.tables["Document_ЗаказКлиента"][write.key]
    stored["Товары"][0]["ИдентификаторСтроки"] = "row-1"
    shown = made.remote.data
    held = {"Товары": [{name: line[name] for name in ("LineNumber", "goods", "Количество", "Цена", "Сумма")} for line in shown["Товары"]]}
    lines = [
        held["Товары"][0] | {"Количество": 3, "Сумма": 2590},
        {"goods": goods(place, "SV-001"), "Количество": 1, "Цена": 3490, "Сумма": 3490},
    ]
    (changed,) = place.write("orders", Write(write.key, write.key, {"Товары": lines}, held))
    stored = place.app.base.tables["Document_ЗаказКлиента"][write.key]
    assert [(line["LineNumber"], line["Сумма"], line["ИдентификаторСтроки"]) for line in stored["Товары"]] == [
        ("1", 2590, "row-1"),
        ("2", 3490, ""),
    ]
    assert (stored["СуммаДокумента"], stored["Posted"], changed.error) == (6080, True, None)


def test_a_write_whose_object_changed_a_moment_ago_is_put_off_even_where_if_match_is_not_heeded(place):
    place.control("base", if_match=False)
    ident = place.person()
    (held,) = place.connector.fetch("customers", [ident])
    place.people("PATCH", f"Catalog_Партнеры(guid'{ident}')", {"КонтактнаяИнформация": []})
    wanted = {"КонтактнаяИнформация": [PHONE, {"Тип": "Skype", "Представление": "orlova"}]}
    (outcome,) = place.write("customers", Write("k", ident, wanted, held.data))
    assert (type(outcome.error), outcome.error.code) == (Unavailable, "412")
    assert place.app.base.tables["Catalog_Партнеры"][ident]["КонтактнаяИнформация"] == []


def test_a_part_of_a_name_is_written_into_the_whole_and_an_empty_date_is_a_date(place):
    ident = place.person("Орлова Мария Петровна", ДатаРождения="1988-04-12T00:00:00")
    (held,) = place.connector.fetch("customers", [ident])
    (outcome,) = place.write("customers", Write("k", ident, {"names": {"last": "Соколова"}, "ДатаРождения": None}, held.data))
    assert (outcome.remote.data["Description"], outcome.remote.data["ДатаРождения"]) == ("Соколова Мария Петровна", "0001-01-01T00:00:00")


def test_what_the_base_cut_is_what_it_stored(place):
    (outcome,) = place.write("orders", Write(key(), None, order_of(place, АдресДоставки="я" * 600)))
    assert len(outcome.remote.data["АдресДоставки"]) == 500


def test_a_closed_period_is_settled_and_a_missing_object_missing(place):
    write = Write(key(), None, order_of(place, Date="2026-01-15T10:00:00"))
    (made,) = place.write("orders", write)
    place.control("base", closed_before="2026-01-31")
    closed, gone = place.write(
        "orders", Write("k", write.key, {"Комментарий": "А"}, made.remote.data), Write("k", str(uuid.uuid4()), {"Комментарий": "А"})
    )
    assert (type(closed.error), type(gone.error)) == (Settled, Missing) and "31.01.2026" in closed.error.message


def test_a_name_that_the_base_does_not_have_names_its_field(place):
    (outcome,) = place.write("orders", Write(key(), None, order_of(place, Склад={"Description": "Склад на Луне"})))
    assert (type(outcome.error), outcome.error.field) == (Rejected, "Склад.Description")


def test_nothing_of_a_receipt_is_written_and_nobody_calls_back(place):
    assert not place.connector.manifest.resources["receipts"].writable
    with pytest.raises(WebhookRefused):
        place.connector.receive(WebhookRequest({}, b"{}"))
    assert place.connector.subscribe("http://x").active == ()


# other configurations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["unf", "retail"])
def test_other_configurations_are_recognised_and_speak_by_the_names_of_the_first(profile):
    app = Onec(profile=profile)
    with running(app) as url:
        place = Place(app, url)
        assert place.connector.profile.name == profile
        (made,) = place.write("customers", Write(key(), None, customer()))
        assert made.error is None and made.remote.data["names"]["first"] == "Мария" and not made.remote.data["firm"]
        of = place.connector.profile.places["receipts"]
        owner = {of.names["Партнер_Key"]: made.remote.id}
        if profile == "retail":
            owner |= {
                "ВладелецДисконтнойКарты_Type": "StandardODATA.Catalog_ФизическиеЛица",
                "ВидОперации": "Продажа",
                "СтатусЧекаККМ": "Пробитый",
            }
        ident = place.add("Document_ЧекККМ", СуммаДокумента=490, ПолученоНаличными=490, Posted=True, **owner, **{of.lines: [{"Номенклатура_Key": goods(place, "SV-005"), "Количество": 1, "Цена": 490, "Сумма": 490}]})["Ref_Key"]  # fmt: skip
        (shown,) = place.connector.fetch("receipts", [ident])
        assert shown.data["Партнер_Key"] == made.remote.id and shown.data["Товары"][0]["goods"] == goods(place, "SV-005")
        assert {"customers", "orders", "receipts"} <= set(place.connector.profile.places) and place.connector.directory("store")


def test_an_order_of_unf_has_its_own_names_its_state_by_name_and_goods_that_say_what_they_are():
    app = Onec(profile="unf")
    with running(app) as url:
        place = Place(app, url)
        (buyer,) = place.write("customers", Write(key(), None, customer()))
        stored = app.base.tables["Catalog_Контрагенты"][buyer.remote.id]
        assert (stored["ФИО"], stored["НомерТелефонаДляПоиска"]) == ("Орлова Мария", "79123456789")
        line = {"goods": goods(place, "SV-007"), "Количество": 2, "Цена": 890, "Сумма": 1700, "СуммаРучнойСкидки": 80}
        order = {"number": "5012", "Партнер_Key": buyer.remote.id, "Статус": "В работе", "Товары": [line]}
        (made,) = place.write("orders", Write(key(), None, order))
        assert made.error is None
        stored = app.base.tables["Document_ЗаказПокупателя"][made.remote.id]
        assert (stored["НомерВходящегоДокумента"], stored["Контрагент_Key"], stored["СуммаДокумента"], stored["Posted"]) == (
            "5012",
            buyer.remote.id,
            1700,
            True,
        )
        assert stored["СостояниеЗаказа"] == app.base.named("Catalog_СостоянияЗаказовПокупателей", "В работе")
        assert stored["СостояниеЗаказа_Type"] == "StandardODATA.Catalog_СостоянияЗаказовПокупателей"
        (line,) = stored["Запасы"]
        assert (line["Номенклатура_Type"], line["Всего"], line["СуммаСкидкиНаценки"]) == ("StandardODATA.Catalog_Номенклатура", 1700, 80)
        shown = made.remote.data
        assert (shown["Статус"], shown["Товары"][0]["goods"], bool(shown["changed"])) == ("В работе", goods(place, "SV-007"), True)
        (changed,) = place.write("orders", Write("k", made.remote.id, {"Статус": "Завершен"}, {"Статус": "В работе"}))
        assert changed.remote.data["Статус"] == "Завершен"


def test_orders_of_retail_are_only_read_and_the_check_says_what_to_configure():
    app = Onec(profile="retail")
    with running(app) as url:
        place = Place(app, url)
        (outcome,) = place.write("orders", Write(key(), None, {"Комментарий": "А"}))
        assert (type(outcome.error), outcome.error.code) == (Rejected, "written") and app.writes == 0
        health = place.connector.check()
        (orders,) = [one for one in health.findings if one.name == "orders"]
        assert health.ok and orders.warn and "routes.order.uchet" in orders.fix_ru


# what a system tells of itself --------------------------------------------------------------------------------


def test_a_check_names_fields_that_a_release_renamed(place):
    assert place.connector.check().ok
    for row in place.app.base.tables["Document_ЗаказКлиента"].values():
        row["АдресПолучателя"] = row.pop("АдресДоставки")
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
