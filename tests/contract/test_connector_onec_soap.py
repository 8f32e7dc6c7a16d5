"""The web service of the stand-in by plain zeep, and by the connector that reads its description: pages, changes, writes, odd answers, sessions."""

from __future__ import annotations

import copy
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import responses
import yaml
import zeep

from connectors.contract import SystemSettings, Write
from connectors.errors import Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.limiter import LocalLimiter
from connectors.onec import create
from sandbox.frame.server import running
from sandbox.onec.app import LOGIN, PASSWORD, ZONE, Onec
from tests.contract.onec_place import EXCEPTION, Tokens

SOAP = yaml.safe_load((Path(__file__).parents[2] / "examples" / "onec-soap.yaml").read_text())["systems"]["uchet"]["options"]["soap"]
SPACE = "http://www.example.ru/shop"
PERSON = {"names": {"last": "Орлова", "first": "Мария", "middle": ""}, "phone": "+79123456789"}
LINE = {"sku": "SV-005", "name": "Носки", "quantity": "2", "price": "490.00", "sum": "980.00"}


class Place:
    """A base with its service, and the hub's connector to it."""

    def __init__(self, app, url):
        self.app, self.controls, self.url, self.tokens = app, url, f"{url}/ut", Tokens()
        self.now = datetime.now(UTC)
        self.connector = self.made()

    def made(self, soap=SOAP, **options):
        options = {"transports": "soap", "soap": soap, **options}
        settings = SystemSettings("uchet", "onec", self.url, ZONE, {"login": LOGIN, "password": PASSWORD}, options)
        made = create(settings, LocalLimiter(()), self.tokens, lambda: self.now)
        made.api.http.sleep = lambda seconds: None
        return made

    def put(self, table, **row):
        return self.app.services.shop.keep(table, row)

    def control(self, **body):
        requests.post(f"{self.controls}/_sandbox/soap", json=body, timeout=5).raise_for_status()

    def faults(self, *rules):
        requests.post(f"{self.controls}/_sandbox/faults", json=list(rules), timeout=5).raise_for_status()

    def sweep(self, resource, cursor=None, connector=None):
        pages = list((connector or self.connector).changes(resource, cursor or {}))
        return [one for page in pages for one in page.objects], pages[-1].cursor, len(pages)

    def write(self, resource, *writes):
        return self.connector.write(resource, list(writes))


@pytest.fixture
def place():
    app = Onec()
    with running(app) as url:
        yield Place(app, url)


def differing(*places):
    """The description with (place, value) otherwise; None: without it."""
    made = copy.deepcopy(SOAP)
    for place, value in places:
        *parents, last = place.split(".")
        inner = made
        for name in parents:
            inner = inner[name]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return made


@pytest.mark.parametrize(("suffix", "code"), [("", "soap:Server"), ("12", "soap:Receiver")])
def test_plain_zeep_can_work_with_the_stand_in(place, suffix, code):
    session = requests.Session()
    session.auth = (LOGIN.encode(), PASSWORD.encode())
    address = f"{place.url}/ws/shop.1cws"
    client = zeep.Client(f"{address}?wsdl", transport=zeep.Transport(session=session))
    inside = next(iter(client.wsdl.services["ShopService"].ports.values())).binding_options["address"]
    assert inside.startswith("http://srv-1c.local"), "the web server's own name of itself"
    port = client.create_service(f"{{{SPACE}}}ShopServiceSoap{suffix}Binding", address)
    saved = port.SaveCustomer({"Name": "Орлова Мария", "Phone": "+79123456789"}, None)
    assert saved.ErrorMessage is None and port.GetCustomer(saved["return"])["return"].Name == "Орлова Мария"
    assert [one.Phone for one in port.GetCustomers(None, 1, 10)["return"].Customer] == ["+79123456789"]
    assert port.SaveCustomer({"Name": " "}, None).ErrorMessage == "Не заполнено имя клиента"
    with pytest.raises(zeep.exceptions.Fault, match="Объект не найден") as fault:
        port.GetCustomer("нет такого")
    assert fault.value.code == code


def test_the_stand_in_is_as_strict_as_xdto(place):
    body = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetCustomers xmlns="{SPACE}">{{}}</GetCustomers></s:Body></s:Envelope>'
    auth = (LOGIN.encode(), PASSWORD.encode())
    for inner in (
        "<Page>1</Page><PageSize>5</PageSize>",
        "<Since>вчера</Since><Page>1</Page><PageSize>5</PageSize>",
        "<PageSize>5</PageSize><Page>1</Page>",
    ):
        answer = requests.post(f"{place.url}/ws/shop.1cws", body.format(inner).encode(), auth=auth, timeout=5)
        assert (answer.status_code, "XDTO" in answer.text) == (500, True)
    assert requests.get(f"{place.url}/ws/shop.1cws?wsdl", timeout=5).status_code == 401, "the WSDL asks for a login, too"


def test_a_list_is_read_page_by_page_and_then_only_what_changed(place):
    for number in range(5):
        place.put("customers", Name=f"Орлова Мария {number}", Phone=f"+7912345678{number}", Birthday="0001-01-01T00:00:00")
    connector = place.made(differing(("customers.list.size", 2)))
    found, cursor, pages = place.sweep("soap_customers", connector=connector)
    assert (len(found), pages) == (5, 3)
    first = min(found, key=lambda one: one.data["names"]["middle"])
    assert (first.data["names"], first.data["birthday"]) == ({"last": "Орлова", "first": "Мария", "middle": "0"}, "0001-01-01T00:00:00")
    place.app.offset = 3600.0
    changed = place.put("customers", Id=found[3].id, Comment="Любит лён")
    place.now = datetime.now(UTC) + timedelta(hours=1)
    again, following, _ = place.sweep("soap_customers", cursor, connector)
    assert len(again) == 5 and {one.data["comment"] for one in again if one.id == changed["Id"]} == {"Любит лён"}
    assert following["newest"] == changed["ModifiedAt"] > cursor["newest"]
    nothing, still, _ = place.sweep("soap_customers", following, connector)
    assert still == following and [one.id for one in nothing] == [changed["Id"]], "what lies within a minute of it is asked for again"


def test_a_sweep_goes_on_from_the_page_at_which_it_stopped(place):
    for number in range(5):
        place.put("customers", Name=f"Анна {number}")
    connector = place.made(differing(("customers.list.size", 2)))
    first = next(connector.changes("soap_customers", {}))
    rest, cursor, _ = place.sweep("soap_customers", first.cursor, connector)
    assert len({one.id for one in (*first.objects, *rest)}) == 5 and set(cursor) == {"newest"}


def test_a_time_to_come_hides_nothing_that_changes_until_then(place):
    place.put("customers", Name="Анна")["ModifiedAt"] = "2099-01-01T00:00:00"
    _, cursor, _ = place.sweep("soap_customers")
    assert cursor["newest"] < "2099"


def test_without_since_everything_is_read_and_compared(place):
    place.put("receipts", Total=5, Lines={"Line": []})
    connector = place.made(differing(("receipts.list.arguments", {"Page": "$page", "PageSize": "$size"})))
    assert not connector.manifest.resources["soap_receipts"].incremental
    _, cursor, _ = place.sweep("soap_receipts", connector=connector)
    assert len(place.sweep("soap_receipts", cursor, connector)[0]) == 1


def test_a_service_that_does_not_heed_the_page_is_told_and_not_read_for_ever(place):
    for number in range(3):
        place.put("customers", Name=f"Анна {number}")
    place.control(deaf=True)
    with pytest.raises(Rejected, match="does not heed the page"):
        place.sweep("soap_customers", connector=place.made(differing(("customers.list.size", 2))))


def test_what_is_not_there_is_missing_and_a_list_stands_for_an_operation_that_reads_one(place):
    ident = place.put("receipts", Number="ЛВ-1", Lines={"Line": []})["Id"]
    assert place.connector.fetch("soap_receipts", [ident, "нет такого"])[0].data["number"] == "ЛВ-1"
    by_list = place.made(differing(("receipts.fetch", None)))
    assert [one.id for one in by_list.fetch("soap_receipts", [ident, "нет такого"])] == [ident]
    assert by_list.fetch("soap_receipts", []) == [] and place.connector.find("soap_receipts", "phone", ["+79123456789"]) == []


def test_a_list_of_ids_alone_is_not_taken_for_objects(place):
    connector = place.made(differing(("customers.list.whole", False)))
    assert connector.manifest.resources["soap_customers"].representations["list"].carries == frozenset({"id"})


def test_a_service_that_answers_otherwise_than_its_wsdl_is_read_as_it_comes(place):
    """As ДисконтныйСервер of Розница does: one type is declared, another is returned."""
    place.put("orders", Number="5012", Lines={"Line": [{"Article": "A", "Quantity": 2, "Price": 5, "Sum": 10}]})
    lenient = place.made(SOAP | {"strict": False})
    for connector in (place.connector, lenient):
        connector.custom.services.port("shop.1cws")
    operations = place.app.services.custom.service.operations
    operations["GetCustomers"] = replace(operations["GetOrders"], name="GetCustomers")
    with pytest.raises(Unavailable) as refused:
        place.sweep("soap_customers")
    assert refused.value.code == "schema"
    lenient.custom.described["soap_orders"] = replace(lenient.custom.described["soap_orders"], list=replace(lenient.custom.described["soap_orders"].list, operation="GetCustomers"))  # fmt: skip
    (found,), _, _ = place.sweep("soap_orders", connector=lenient)
    assert (found.data["number"], found.data["lines"]) == ("5012", [{"sku": "A", "name": None, "quantity": "2", "price": "5", "sum": "10"}])


def key():
    return str(uuid.uuid4())


def test_what_is_written_is_told_whole_and_read_back_by_the_id_of_the_answer(place):
    mine = key()
    (made,) = place.write("soap_customers", Write(mine, None, PERSON))
    assert made.remote.representation == "answer" and made.remote.data == {"id": made.remote.id}
    (held,) = place.connector.fetch("soap_customers", [made.remote.id])
    assert (held.data["hub_key"], held.data["phone"]) == (mine, "+79123456789")
    place.put("customers", **{**place.app.services.shop.tables["customers"][made.remote.id], "CardCode": "0012"})
    change = {"names": {"first": "Яна"}, "comment": ""}
    (changed,) = place.write("soap_customers", Write(mine, made.remote.id, change, held={"names": PERSON["names"]}))
    assert changed.error is None
    row = place.app.services.shop.tables["customers"][made.remote.id]
    assert (row["Name"], row["Phone"], row["CardCode"], row["ExternalId"]) == ("Орлова Яна", "+79123456789", "0012", mine), (
        "what no mapping names stays"
    )
    (gone,) = place.write("soap_customers", Write(mine, "нет-такого", change))
    assert isinstance(gone.error, Missing)


def test_a_request_that_the_service_has_had_makes_nothing_new(place):
    mine = key()
    ids = {place.write("soap_customers", Write(mine, None, PERSON))[0].remote.id for _ in range(2)}
    assert len(ids) == len(place.app.services.shop.tables["customers"]) == 1


def test_what_a_lost_create_made_is_found_by_the_key(place):
    mine = key()
    place.faults({"kind": "reset_after", "match": "^POST /ut/ws/", "count": 1})
    write = Write(mine, None, {"number": "5012", "lines": [LINE]})
    place.connector.custom.services.port("shop.1cws")
    (lost,) = place.write("soap_orders", write)
    assert isinstance(lost.error, Unknown)
    (found,) = place.connector.find_created("soap_orders", [write])
    assert (found.data["hub_key"], found.data["number"], found.data["lines"][0]["sum"]) == (mine, "5012", "980")


def test_repeatability_is_what_the_configuration_says_and_never_unless_told(place):
    told = place.connector.manifest.resources
    assert {kind: one.repeat for kind, one in told["soap_customers"].operations.items()} == {"create": "keyed", "update": "safe"}
    assert (told["soap_orders"].operations["create"].repeat, told["soap_orders"].operations["create"].find_by) == ("findable", "hub")
    silent = place.made(differing(("orders.create.repeat", None), ("orders.update", None))).manifest.resources
    assert {kind: one.repeat for kind, one in silent["soap_orders"].operations.items()} == {"create": "never"}
    assert not told["soap_receipts"].writable and told["orders"].operations["create"].repeat == "findable", "of OData nothing changes"


@pytest.mark.parametrize(
    ("said", "kind", "field"),
    [
        ("{WebСервис.ShopService.Модуль(31)}: Не заполнено имя клиента", Rejected, "names"),
        ("Объект не найден", Missing, ""),
        ("Документ закрыт для изменений", Settled, ""),
        ("Дата запрета изменения данных 31.01.2026", Settled, ""),
        ("Что-то ещё", Rejected, ""),
    ],
)
def test_an_error_in_an_answer_is_a_refusal(place, said, kind, field):
    place.control(refuse=said)
    (outcome,) = place.write("soap_customers", Write(key(), None, PERSON))
    assert (type(outcome.error), outcome.error.field) == (kind, field)


def test_an_operation_that_is_not_described_is_refused_by_name(place):
    connector = place.made(differing(("orders.update", None)))
    (outcome,) = connector.write("soap_orders", [Write(key(), "17", {"comment": "x"})])
    assert "describes no operation update for soap_orders" in outcome.error.message


WRAP = (
    '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
)
FAULT = WRAP.format("<soap:Fault><faultcode>soap:Server</faultcode><faultstring>{}</faultstring></soap:Fault>")
SAVED = WRAP.format(f'<m:SaveCustomerResponse xmlns:m="{SPACE}"><m:return>17</m:return></m:SaveCustomerResponse>')


@pytest.mark.parametrize(
    ("status", "said", "read", "write"),
    [
        pytest.param(200, "<!DOCTYPE html><html>работы", Unavailable, Unavailable, id="a page with 200"),
        pytest.param(200, "", Unavailable, Unknown, id="nothing with 200"),
        pytest.param(406, EXCEPTION.format(406, "Истекло время ожидания сеанса"), Unavailable, Unavailable, id="the session is gone"),
        pytest.param(500, EXCEPTION.format(500, "Не обнаружено свободной лицензии!"), Unavailable, Unavailable, id="no licence"),
        pytest.param(503, "<html>", Unavailable, Unavailable, id="turned away by the web server"),
        pytest.param(504, "<html>", Unavailable, Unknown, id="a gateway that waited too long"),
        pytest.param(500, "<html>IIS 500", Unavailable, Unknown, id="a page of the web server with 500"),
        pytest.param(413, "<html>404.13", Unavailable, Unknown, id="a body that is too large"),
        pytest.param(401, "<html>401", Unauthorized, Unauthorized, id="a wrong login"),
        pytest.param(404, "<html>404", Unauthorized, Unauthorized, id="the service is not published"),
        pytest.param(500, FAULT.format("Объект не найден"), None, Missing, id="a fault with 500"),
        pytest.param(200, FAULT.format("Конфликт блокировок"), Unavailable, Unavailable, id="a fault with 200: a lock"),
        pytest.param(500, FAULT.format("Ошибка преобразования данных XDTO"), Rejected, Rejected, id="a fault of the types"),
        pytest.param(200, SAVED[:-40], Unavailable, Unknown, id="XML that breaks off"),
        pytest.param(200, SAVED.replace("17", "a\x01b"), Unavailable, Unknown, id="a control character"),
        pytest.param(200, SAVED.replace("m:return", "m:result"), Unavailable, Unknown, id="what the WSDL does not say"),
        pytest.param(200, "<other/>", Unavailable, Unavailable, id="some XML with 200"),
        pytest.param(200, WRAP.format(""), Unavailable, Unknown, id="an envelope with nothing in it"),
        pytest.param(200, '<!DOCTYPE x [<!ENTITY a "b">]>' + SAVED.partition("?>")[2], Unavailable, Unknown, id="a DOCTYPE"),
    ],
)  # fmt: skip
def test_what_an_answer_means(place, status, said, read, write):
    place.connector.api.http.tries = 1

    def answered(ask):
        place.connector.custom.services.port("shop.1cws")
        with responses.RequestsMock() as mock:
            mock.add("POST", f"{place.url}/ws/shop.1cws", status=status, body=said.encode(), content_type="text/xml; charset=utf-8")
            return ask()

    if read is None:
        assert answered(lambda: place.connector.fetch("soap_customers", ["17"])) == []
    else:
        with pytest.raises(read):
            answered(lambda: place.connector.fetch("soap_customers", ["17"]))
    (outcome,) = answered(lambda: place.write("soap_customers", Write(key(), None, PERSON)))
    assert type(outcome.error) is write


def test_a_wsdl_is_not_read_from_elsewhere_and_bears_no_entities(place):
    real = requests.get(f"{place.url}/ws/shop.1cws?wsdl", auth=(LOGIN.encode(), PASSWORD.encode()), timeout=5).text
    outside = real.replace("<types>", '<import namespace="x" location="http://169.254.169.254/x.wsdl"/><types>')
    spied = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + real.partition("?>")[2]
    for wsdl, kind in ((outside, Unauthorized), (spied, (Unauthorized, Unavailable)), (real[:700], Unavailable)):
        connector = place.made()
        connector.api.http.tries = 1
        with responses.RequestsMock() as mock:
            mock.add("GET", f"{place.url}/ws/shop.1cws", body=wsdl.encode(), content_type="text/xml")
            with pytest.raises(kind) as refused:
                connector.fetch("soap_customers", ["17"])
            assert len(mock.calls) == 1, refused.value.message


def test_requests_go_to_the_address_of_the_configuration_whatever_the_wsdl_says(place):
    """The WSDL names the web server as the network inside knows it, where nobody answers from here."""
    ident = place.put("customers", Name="Анна")["Id"]
    session = requests.Session()
    session.auth = (LOGIN.encode(), PASSWORD.encode())
    assert "http://srv-1c.local" in session.get(f"{place.url}/ws/shop.1cws?wsdl", timeout=5).text
    (one,) = place.connector.fetch("soap_customers", [ident])
    assert one.data["names"]["first"] == "Анна" and place.write("soap_customers", Write(key(), None, PERSON))[0].error is None


def test_the_session_is_shared_a_lost_one_is_begun_anew_and_the_wsdl_is_asked_for_once(place):
    ident = place.put("customers", Name="Анна")["Id"]
    for _ in range(3):
        place.connector.fetch("soap_customers", [ident])
    assert (place.app.sessions.started, place.app.sessions.most, place.app.requests) == (1, 1, 4)
    place.app.sessions.open.clear()
    assert place.connector.fetch("soap_customers", [ident]) and place.app.sessions.started == 2


def test_without_a_licence_and_in_hours_of_maintenance_the_base_is_left_alone(place):
    place.app.sessions.licences = 0
    with pytest.raises(Unavailable) as refused:
        place.sweep("soap_customers")
    assert (refused.value.code, refused.value.retry_after) == ("licence", 30.0)
    before, local = place.app.requests, place.connector.api.local()
    closed = place.made(maintenance=[f"{local:%H:%M}-{local + timedelta(hours=1):%H:%M}"])
    with pytest.raises(Unavailable):
        place.sweep("soap_customers", connector=closed)
    assert place.app.requests == before


def test_soap_1_2(place):
    connector = place.made(SOAP | {"version": "1.2"})
    (made,) = connector.write("soap_customers", [Write(key(), None, PERSON)])
    assert connector.fetch("soap_customers", [made.remote.id, "нет такого"])[0].data["names"]["last"] == "Орлова"


def test_odata_does_the_rest_where_only_some_entities_go_by_soap(place):
    connector = place.made({k: v for k, v in SOAP.items() if k not in ("orders", "receipts")}, transports={"customer": "soap"})
    assert {"soap_customers", "orders", "receipts", "goods"} <= connector.spoken() and "customers" not in connector.spoken()
    assert connector.check().ok and "Управление торговлей" in connector.check().version
    assert connector.lookup("goods_by_sku", ["SV-005"]) and not hasattr(connector, "exchange")


def test_a_check_says_what_the_wsdl_does_not_have(place):
    assert [finding.ok for finding in place.connector.check().findings] == [True] * 4
    wrong = differing(
        ("customers.list.operation", "GetCustomer5"), ("customers.list.arguments", {"Since": "$since"}), ("customers.fields.phone", "Phones"),
        ("orders.fields.lines", {"each": "Lines.Row", "sku": "Article"}), ("orders.list.result", "return.Order"),
        ("orders.list.arguments", {"Sinse": "$since", "Page": "$page", "PageSize": "$size"}), ("receipts.list.arguments", {"Since": "$since", "Page": "$page"}),
    )  # fmt: skip
    said = "\n".join(finding.en for finding in place.made(wrong).check().findings if not finding.ok)
    for text in (
        "list.operation: the WSDL has no GetCustomer5; did you mean 'GetCustomer", "fields.phone: the WSDL has no Phones; did you mean 'Phone'?",
        "fields.lines.each: the WSDL has no Row", "list.result: the WSDL has no Order", "list.arguments: the WSDL has no Sinse; did you mean 'Since'?",
        "soap_receipts: list.arguments: PageSize is required by the WSDL",
    ):  # fmt: skip
        assert text in said, said


def test_a_service_that_is_not_published_and_a_wrong_login_are_told_with_their_cure(place):
    place.control(hidden=["shop.1cws"])
    (finding,) = place.connector.check().findings
    assert not finding.ok and "Web-сервисы" in finding.fix_ru
    place.app.callers = {}
    (finding,) = place.made().check().findings
    assert not finding.ok and "Пользователи" in finding.fix_ru
