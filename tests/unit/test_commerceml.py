"""CommerceML as it is read and written: every trap of the vendor's sheet that needs no hub."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest

from connectors.contract import Write
from connectors.exchange import Unreadable
from connectors.onec.commerceml import dialogue, documents, files, goods, markup, orders
from connectors.onec.commerceml.archive import Archive
from connectors.onec.commerceml.names import is_data, plain_name
from connectors.onec.commerceml.values import moment, number
from tests.scenarios.exchange_shop import GUID, SIZE, catalogue, document, item, packed
from tests.scenarios.exchange_shop import documents as file_of

NAMES = {"Документ"}


def names(*chunks: bytes) -> list[str]:
    return [piece.node.word("Номер") for piece in markup.pieces(chunks, NAMES)]


def brought(body: bytes, inner: str = ""):
    return list(files.brought(io.BytesIO(body), inner, goods.Reader(frozenset(), lambda ids: {}), {"018f-key": "S7"}.get))


def looks(*bodies: str, **how: str):
    return [documents.united(one.number, one.seen) for one in brought(file_of(*bodies, **how)) if one.seen]


@pytest.mark.parametrize(
    "xmlns", ["", "urn:1C.ru:commerceml_2", "urn:1C.ru:commerceml_205", "urn:1C.ru:commerceml_208", "urn:1C.ru:commerceml_210"]
)
@pytest.mark.parametrize("version", ["2.04", "2.05", "2.07", "2.08", "2.09", "2.10", "3.1"])
def test_every_version_and_namespace_is_read(xmlns, version):
    assert looks(document("1"), xmlns=xmlns, version=version)[0]["Номер"] == "1"


def test_names_with_a_prefix_are_the_same_names():
    text = '<c:КоммерческаяИнформация xmlns:c="urn:1C.ru:commerceml_2" c:ВерсияСхемы="2.07"><c:Документ><c:Номер>7</c:Номер></c:Документ></c:КоммерческаяИнформация>'
    assert names(text.encode()) == ["7"]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "not declared"])
@pytest.mark.parametrize("step", [7, 4096])
def test_files_are_read_as_they_are_encoded(encoding, declared, step):
    prolog = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>' if declared else ""
    body = f"{prolog}<КоммерческаяИнформация><Документ><Номер>Щ№5</Номер></Документ></КоммерческаяИнформация>".encode(encoding)
    assert names(*(body[start : start + step] for start in range(0, len(body), step))) == ["Щ№5"]


def test_a_file_that_claims_utf8_and_is_windows_1251_is_read():
    body = '<?xml version="1.0" encoding="UTF-8"?><КоммерческаяИнформация><Документ><Номер>Ж1</Номер></Документ></КоммерческаяИнформация>'
    assert names(body.encode("windows-1251")) == ["Ж1"]


def test_blanks_before_the_declaration_and_control_characters_are_passed_over():
    body = '<?xml version="1.0" encoding="UTF-8"?>\r\n<КоммерческаяИнформация><Документ><Номер>1\x0b2</Номер></Документ></КоммерческаяИнформация>'
    assert names(b"\r\n \n", body.encode()) == ["12"]


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE a [<!ENTITY x "boom">]><КоммерческаяИнформация>&x;</КоммерческаяИнформация>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><КоммерческаяИнформация/>',
        "<html><body>502</body></html>",
        "<КоммерческаяИнформация><Документ>",
        "<КоммерческаяИнформация/><КоммерческаяИнформация/>",
        "не xml",
        "",
        "<КоммерческаяИнформация>" + "<a>" * 200 + "</a>" * 200 + "</КоммерческаяИнформация>",
    ],
    ids=["entities", "an outer entity", "a page", "cut short", "sent twice over", "no xml", "empty", "endless nesting"],
)
def test_what_is_no_commerceml_is_refused_in_words(body):
    with pytest.raises(Unreadable) as told:
        list(markup.pieces([body.encode()], NAMES))
    assert str(told.value)
    if "<a>" not in body:
        with pytest.raises(Unreadable):
            markup.check([body.encode()])


def test_what_stood_before_a_break_is_read():
    body = file_of(document("1"), document("2"))
    found = []
    with pytest.raises(Unreadable):
        for piece in markup.pieces([body[:-200]], NAMES):
            found.append(piece.node.word("Номер"))
    assert found == ["1"]


def test_one_element_too_large_does_not_stop_those_beside_it(monkeypatch):
    monkeypatch.setattr(markup, "LARGEST", 900)
    told = brought(
        file_of(f"<Документ><Номер>1</Номер><Комментарий>{'я' * 1000}</Комментарий></Документ>", "<Документ><Номер>2</Номер></Документ>")
    )
    assert ["больше" in one.trouble for one in told] == [True, False] and told[1].number == "2"


def test_a_large_file_is_read_in_flat_memory():
    """Ten times the file, the same memory: `benchmarks` reads a hundred megabytes."""

    def chunks(count: int):
        yield catalogue().partition("<Товары>".encode())[0] + "<Товары>".encode()
        one = item(more=f"<Описание>{'о' * 400}</Описание>").encode()
        for _ in range(count):
            yield one
        yield "</Товары></Каталог></КоммерческаяИнформация>".encode()

    peaks = []
    for count in (300, 3000):
        tracemalloc.start()
        assert sum(1 for _ in markup.pieces(chunks(count), {"Товар"})) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5 + 100_000


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("import0_1.xml", "import0_1.xml"),
        ("/tmp/import.xml", "import.xml"),
        ("upload/1c/webdata/import.xml", "import.xml"),
        ("import_files\\ab\\ab12.jpeg", "import_files/ab/ab12.jpeg"),
        ("../../etc/passwd", ""),
        ("a/../../b.xml", ""),
        ("..\\..\\b.xml", ""),
        ("C:\\b.xml", ""),
        ("a\0b.xml", ""),
        ("", ""),
        ("a" * 300 + ".xml", ""),
    ],
)
def test_names_never_lead_outside(told, name):
    assert plain_name(told) == name


def test_pictures_are_no_data():
    assert is_data("v8_3B8F_3e.zip") and is_data("offers.XML") and not is_data("import_files/a.jpeg")


def test_files_of_an_archive_are_found_by_name_in_any_folder_and_case():
    archive = Archive(io.BytesIO(packed(webdata__xml=b"", **{"1cbitrix/Import0_1.xml": catalogue(item())})))
    assert archive.find("import0_1.xml") == "Import0_1.xml" and archive.find("offers.xml") == ""
    assert b"".join(archive.chunks("Import0_1.xml")) == catalogue(item())


def test_an_archive_that_is_itself_asked_for_means_all_of_it_lists_first():
    body = packed(**{"webdata/offers.xml": catalogue(), "rests1.xml": catalogue(), "Import.xml": catalogue(), "a.jpeg": b"x"})
    assert files.checked(io.BytesIO(body), "v8_1.zip") == ["Import.xml", "offers.xml", "rests1.xml"]


def test_entries_that_lead_outside_are_not_there():
    archive = Archive(io.BytesIO(packed(**{"../../import.xml": b"x", "/etc/offers.xml": b"y", "a/../../c.xml": b"z"})))
    assert archive.names() == ["etc/offers.xml"] and archive.find("import.xml") == ""


def test_a_bomb_is_not_unpacked():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("import.xml", b"<a>" + b" " * (8 << 20))
    with pytest.raises(Unreadable, match="слишком большим"):
        for _ in Archive(io.BytesIO(made.getvalue())).chunks("import.xml"):
            pass


@pytest.mark.parametrize(
    "spoil", [lambda b: b[: len(b) // 2], lambda b: b[:40] + b"\0\0\0\0" + b[44:], lambda b: b"PK\x03\x04" + b"x" * 99]
)
def test_a_spoilt_archive_is_refused(spoil):
    with pytest.raises((Unreadable, LookupError)):
        files.checked(io.BytesIO(spoil(packed(import__xml=catalogue(*[item()] * 50)))), "import.xml")


def test_a_fragment_sent_twice_is_told_by_the_whole():
    body = catalogue(item())
    files.checked(io.BytesIO(body), "import.xml")
    with pytest.raises(Unreadable):
        files.checked(io.BytesIO(body[:300] + body), "import.xml")


def test_init_has_two_lines_without_an_end_and_four_for_who_tells_a_version():
    asked = dialogue.step({"type": "catalog", "mode": "init"})
    assert dialogue.limits(True, 1000, asked, "w") == "zip=yes\nfile_limit=1000"
    asked = dialogue.step({"type": "sale", "mode": "init", "version": "2.09", "cmlVersion": "2.10"})
    assert dialogue.limits(False, 1000, asked, "w").split("\n") == ["zip=no", "file_limit=1000", "sessid=w", "version=2.09"]


def test_a_failure_is_one_line_that_unf_shows():
    text = dialogue.failure("<b>плохо</b>\nи\tдолго " * 100)
    assert text.startswith("failure\n") and len(text) <= 8 + 255 and text.count("\n") == 1 and "<" not in text


@pytest.mark.parametrize(
    ("query", "act"),
    [
        ({"type": "catalog", "mode": "checkauth"}, "open"),
        ({"type": "Sale", "mode": "QUERY"}, "give"),
        ({"type": "sale", "mode": "success"}, "given"),
        ({"type": "catalog", "mode": "success"}, "unknown"),
        ({"type": "catalog", "mode": "deactivate", "timestamp": "1"}, "nothing"),
        ({"type": "catalog", "mode": "complete"}, "nothing"),
        ({"type": "sale", "mode": "info"}, "info"),
        ({"type": "reference", "mode": "checkauth"}, "unknown"),
        ({"type": "crm", "mode": "listen"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_modes(query, act):
    assert dialogue.step(query).act == act


def test_info_spells_the_list_of_statuses_as_the_vendor_does():
    text = dialogue.info(["Новый & <старый>"], ["Карта"], []).decode()
    assert text.startswith("<?xml") and "<Cтатусы>" in text and "Новый &amp; &lt;старый&gt;" in text  # the first letter is Latin


def test_a_shipped_and_paid_order_of_ut():
    said = {"Номер по 1С": "ЛВ-7", "Проведен": "true", "ПометкаУдаления": "false", "Номер оплаты по 1С": "1", "Дата оплаты по 1С": "2024-03-06", "Номер отгрузки по 1С": "2", "Дата отгрузки по 1С": "2024-03-07"}  # fmt: skip
    (found,) = looks(document("S1", said), xmlns="urn:1C.ru:commerceml_2", version="2.07")
    assert (found["status"], found["paid"], found["number_there"]) == (
        "Отгружен",
        "2024-03-06T00:00:00",
        "ЛВ-7",
    ) and "payments" not in found


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Отменен": "true", "Статус заказа": "В работе"}, "Отменен"),
        ({"ПометкаУдаления": "true"}, "Отменен"),
        ({"Отменен": "false", "Статус заказа": " В работе "}, "В работе"),
        ({"Отгружен": "false", "Номер отгрузки по 1С": "2"}, None),
        ({"Отгружен": "true"}, "Отгружен"),
        ({"Номер отгрузки по 1С": "2"}, "Отгружен"),
        ({"Проведен": "true"}, None),
        ({"Дата отгрузки по 1С": "T", "Номер отгрузки по 1С": ""}, None),
    ],
)
def test_where_an_order_stands(said, status):
    assert looks(document("1", said))[0].get("status") == status


def test_the_mark_of_deletion_may_stand_in_an_element_of_its_own():
    assert looks(document("1", {"Статус заказа": "В работе"}, more="<ПометкаУдаления>true</ПометкаУдаления>"))[0]["status"] == "Отменен"


def test_payments_are_documents_that_depend_on_an_order_of_unf():
    one = "<ПодчиненныйДокумент><Ид>g</Ид><Номер>9</Номер><Дата>2024-03-05</Дата><ХозОперация>{}</ХозОперация><Сумма>{}</Сумма></ПодчиненныйДокумент>"
    more = (
        one.format("Эквайринговая операция", "1 000,50") + one.format("Возврат безналичных денег", "200") + one.format("Отпуск товара", "5")
    )
    (found,) = looks(document("1", more=f"<ПодчиненныеДокументы>{more}</ПодчиненныеДокументы>"))
    assert [(p["kind"], p["sum"]) for p in found["payments"]] == [
        ("Эквайринговая операция", "1000.50"),
        ("Возврат безналичных денег", "-200.00"),
    ]


def test_documents_that_stand_apart_add_to_the_order_that_they_name():
    paper = "<Документ><Ид>{}</Ид><ХозОперация>{}</ХозОперация><Основание>{}</Основание><Номер1С>ЛВ-9</Номер1С><Дата1С>2024-03-06</Дата1С><Сумма>100</Сумма>{}</Документ>"
    track = "<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>Идентификатор отправления</Наименование><Значение>RB1</Значение></ЗначениеРеквизита></ЗначенияРеквизитов>"
    body = file_of(document("S1"), paper.format("a", "Эквайринговая операция", "S1", ""), paper.format("b", "Отпуск товара", "018f-key", track),
                   paper.format("c", "Выплата наличных денег", "неизвестный", ""), paper.format("d", "Возврат товара", "S1", ""))  # fmt: skip
    told = brought(body)
    assert [one.number for one in told] == ["S1", "S1", "S7", "", ""]
    assert "неизвестный" in told[3].trouble and "Возврат товара" in told[4].trouble
    found = documents.united("S1", told[0].seen | told[1].seen)
    assert found["payments"] == [{"kind": "Эквайринговая операция", "sum": "100.00", "time": "2024-03-06T00:00:00", "id": "ЛВ-9"}]
    assert documents.united("S7", told[2].seen) == {"Номер": "S7", "status": "Отгружен", "track": "RB1"}


def test_what_is_missing_is_no_observation_and_what_is_odd_does_not_stop_the_rest():
    told = brought(file_of("<Документ><Номер>1</Номер></Документ>", "<Документ><Комментарий>ни номера</Комментарий></Документ>",
                           "<Документ><ХозОперация>Отпуск товара</ХозОперация><Номер>3</Номер></Документ>", document("4")))  # fmt: skip
    assert told[0].seen == {"order": [{"Номер": "1", "number": "1", "Ид": ""}]}
    assert "номера" in told[1].trouble and told[1].line and "Отпуск товара" in told[2].trouble and told[3].number == "4"


def test_documents_in_a_container_and_orders_in_any_order_of_elements_are_read():
    body = (
        "<Контейнер><Документ><ЗначенияРеквизитов/><Товары/><Номер>5</Номер><ХозОперация>ЗАКАЗ ТОВАРА</ХозОперация></Документ></Контейнер>"
    )
    assert looks(body)[0]["Номер"] == "5"


def test_lines_say_what_is_paid_for():
    row = "<Товар><Ид>{}</Ид><Артикул>A</Артикул><Наименование>{}</Наименование><ЦенаЗаЕдиницу>1 000,00</ЦенаЗаЕдиницу><Количество>2,000</Количество><Сумма>2000.00</Сумма>{}</Товар>"  # fmt: skip
    off = "<Скидки><Скидка><Сумма>100</Сумма><УчтеноВСумме>false</УчтеноВСумме></Скидка><Скидка><Сумма>50</Сумма><УчтеноВСумме>true</УчтеноВСумме></Скидка></Скидки>"
    service = "<ЗначенияРеквизитов><ЗначениеРеквизита><Наименование>ТипНоменклатуры</Наименование><Значение>Услуга</Значение></ЗначениеРеквизита></ЗначенияРеквизитов>"
    lines = f"<Товары>{row.format(SIZE, 'Кружка', off)}{row.format('ORDER_DELIVERY', 'Курьер', '')}{row.format('g', 'Доставка', service)}{row.format('h', 'Сборка', service)}</Товары>"
    found = looks(document("1", lines=lines))[0]["Товары"]
    assert [one["kind"] for one in found] == ["product", "delivery", "delivery", "service"]
    assert (found[0]["goods"], found[0]["Количество"], found[0]["Сумма"]) == (SIZE, "2", "1900")


def test_an_order_that_comes_back_keeps_what_the_hub_gave():
    given = {
        "number": "5012",
        "Товары": [{"goods": GUID, "Количество": "2", "Цена": "795.00", "Сумма": "1490.00", "kind": "product", "Наименование": "Кружка"}],
    }
    shown = {"Номер": "S5012", "number": "S5012", "buyer": {"name": "x"}, "comment": "Заказ 5012", "status": "Отгружен",
             "Товары": [{"goods": GUID, "Количество": "2", "Цена": "745", "Сумма": "1490", "kind": "product"}]}  # fmt: skip
    found = documents.recognised(shown, "key", orders.sent(given), given, settled=True)
    assert found == {"Номер": "S5012", "hub_key": "key", "status": "Отгружен", "Товары": given["Товары"]}
    waiting = documents.recognised(shown, "key", orders.sent(given), given, settled=False)
    assert waiting == {"Номер": "S5012", "hub_key": "key"}, "what the hub changed meanwhile is not read back in its old form"
    shown["Товары"][0]["Количество"] = "1"
    assert documents.recognised(shown, "key", orders.sent(given), given, settled=True)["Товары"] == shown["Товары"]


@pytest.mark.parametrize(
    ("day", "time", "found"),
    [
        ("2024-03-05", "14:07:09", "2024-03-05T14:07:09"),
        ("20240305", "140709", "2024-03-05T14:07:09"),
        ("05.03.2024", "14:07", "2024-03-05T14:07:00"),
        ("2024-03-05T14:07:09", "", "2024-03-05T14:07:09"),
        ("2024-03-05 14:07:09+05:00", "", "2024-03-05T14:07:09"),
        ("2024-03-05", "99:99", "2024-03-05T00:00:00"),
        ("0001-01-01", "00:00:00", ""),
        ("вчера", "", ""),
        ("", "", ""),
    ],
)
def test_dates_without_a_zone_in_any_writing(day, time, found):
    assert moment(day, time) == found


@pytest.mark.parametrize(
    ("text", "value"), [("1 234,50", "1234.50"), ("1\u00a0234.5", "1234.5"), ("", None), ("NaN", None), ("1e9999", None), ("двa", None)]
)
def test_numbers_in_any_writing(text, value):
    assert number(text) == (None if value is None else Decimal(value))


ROW = {
    "goods": SIZE,
    "kind": "product",
    "Артикул": "MUG-R",
    "Наименование": "Кружка",
    "Количество": "2",
    "Цена": "795.00",
    "Сумма": "1490.00",
}
ORDER = {
    "number": "5012",
    "Товары": [ROW],
    "status": "Принят",
    "created": "2026-03-04T14:15:00",
    "buyer": {"name": "Анна", "phone": "+79031234567", "email": "a@b.ru"},
}
NOW = datetime(2026, 3, 4, 15, 0, 0)


def given(**more):
    return orders.batch([("S5012", "018f0000-0000-7000-8000-000000000001", ORDER | more)], "2.08", NOW).decode()


def parsed(text: str) -> markup.Node:
    (piece,) = markup.pieces([text.encode()], NAMES)
    return piece.node


def test_the_batch_begins_with_its_declaration_and_bears_no_namespace():
    text = given()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>') and "xmlns" not in text and 'ВерсияСхемы="2.08"' in text


def test_no_orders_are_told_in_less_than_555_characters_without_a_document():
    text = orders.batch([], "2.08", NOW).decode()
    assert text.startswith("<?xml") and len(text) < 555 and "Документ" not in text and "<КоммерческаяИнформация" in text


def test_an_order_has_what_both_refuse_it_without():
    node = parsed(given())
    said = {name: node.word(name) for name in ("ХозОперация", "Роль", "Валюта", "Курс", "Номер", "Дата", "Время", "Сумма")}
    assert said == {"ХозОперация": "Заказ товара", "Роль": "Продавец", "Валюта": "RUB", "Курс": "1", "Номер": "S5012", "Дата": "2026-03-04", "Время": "14:15:00", "Сумма": "1490.00"}  # fmt: skip
    assert node.one("Контрагенты", "Контрагент") is not None and "5012" in node.word("Комментарий")


def test_every_phone_stands_twice_for_ut_drops_mobile_ones_and_the_name_tells_namesakes_apart():
    buyer = parsed(given(person={"last_name": "Орлова", "first_name": "Мария", "phones": [{"number": "+79031234567"}, {"number": "+79261112233", "invalid": True}]})).one("Контрагенты", "Контрагент")  # fmt: skip
    contacts = [(one.word("Тип"), one.word("Значение")) for one in buyer.all("Контакты", "Контакт")]
    assert contacts == [("Телефон рабочий", "+79031234567"), ("Телефон мобильный", "+79031234567"), ("Почта", "a@b.ru")]
    assert buyer.word("Наименование") == "Орлова Мария 79031234567" and buyer.word("ПолноеНаименование") == "Орлова Мария"
    assert buyer.word("ОфициальноеНаименование") == "", "which would make a firm of a person"


def test_characters_that_ut_trips_over_are_left_out():
    assert "Дом" in given(comment="Дом\x0b 😀 ок") and "😀" not in given(comment="😀") and "\x0b" not in given(comment="\x0b")


def test_bonuses_are_taken_off_the_lines_since_1c_reckons_the_total_from_them():
    rows = [
        ROW | {"Сумма": "1000.00", "Цена": "500.00"},
        ROW | {"Сумма": "0.01", "Количество": "1", "Цена": "0.01"},
        ROW | {"Сумма": "333.33", "Цена": "166.67"},
    ]
    node = parsed(given(Товары=rows, bonus="333.37"))
    sums = [Decimal(one.word("Сумма")) for one in node.all("Товары", "Товар")]
    assert sum(sums) == Decimal("999.97") == Decimal(node.word("Сумма")) and min(sums) >= 0
    assert [one.word("Наименование") for one in node.one("Товары", "Товар").all("Скидки", "Скидка")] == ["Бонусы"]


def test_a_service_is_told_by_its_requisite():
    rows = [ROW | {"goods": "ORDER_DELIVERY", "kind": "delivery", "Наименование": "", "Количество": "1", "Цена": "250", "Сумма": "250"}]
    (line,) = parsed(given(Товары=rows)).all("Товары", "Товар")
    assert line.word("ЗначенияРеквизитов", "ЗначениеРеквизита", "Значение") == "Услуга" and line.word("Наименование") == "Доставка"


@pytest.mark.parametrize("own", ["5012", "0000-000012", "очень-длинный-номер-заказа", "", "ab\ncd"])
def test_numbers_fit_the_column_of_ut(own):
    found = orders.numbers("S", {"number": own}, "018f0000-0000-7000-8000-000000000001")
    assert all(0 < len(one) <= 11 and one.isprintable() for one in found) and len(set(found)) == len(found)
    assert (found[0] == f"S{own}") == (own in ("5012",))


def test_numbers_of_other_orders_are_others():
    made = {orders.digest(f"key {n}", 10) for n in range(20_000)}
    assert len(made) == 20_000


def test_a_write_over_what_is_laid_out_keeps_the_rest():
    held = orders.laid(Write("k", None, ORDER, about={"customer": {"first_name": "Анна", "birthday": "1990-01-01"}}), None)
    news = orders.laid(Write("k", "S5012", {"status": "Отменен", "buyer": {"phone": "+7"}}), held)
    assert news["Товары"] == [ROW] and news["buyer"] == {"name": "Анна", "phone": "+7", "email": "a@b.ru"} and news["status"] == "Отменен"
    assert held["person"] == {"first_name": "Анна"} and "person" not in orders.shown(news)
    assert "<Значение>true</Значение>" in orders.batch([("S1", "k", news)], "2.08", NOW).decode()


def goods_of(text, *price_types, called=None):
    """What a file of goods tells: of things by their id, and what of it could not be read."""
    reader = goods.Reader(frozenset(price_types), lambda ids: called or {})
    found = list(
        files.brought(io.BytesIO(f"<КоммерческаяИнформация>{text}</КоммерческаяИнформация>".encode()), "", reader, lambda name: "")
    )
    return {one.number: one.seen for one in found if not one.trouble}, [one.trouble for one in found if one.trouble]


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        pytest.param("<ШтрихКод>46001</ШтрихКод>", ["46001"], id="in another spelling"),
        pytest.param("<Штрихкод>46001</Штрихкод><Штрихкод>46002</Штрихкод>", ["46001", "46002"], id="two of one item"),
        pytest.param("<Штрихкоды><Штрихкод>46001</Штрихкод></Штрихкоды><Штрихкод/>", ["46001"], id="in a table"),
    ],
)
def test_a_barcode_is_read_wherever_a_module_writes_it(told, codes):
    seen, _ = goods_of(f"<Товар><Ид>g1</Ид><Наименование>Чай</Наименование>{told}</Товар>")
    assert seen["g1"]["barcodes"] == codes


@pytest.mark.parametrize("element", ["Свойство", "СвойствоНоменклатуры"])
def test_a_property_is_named_in_a_list_of_either_age(element):
    lists = f"<Свойства><{element}><Ид>p1</Ид><Наименование>Размер</Наименование></{element}></Свойства>"
    seen, _ = goods_of(f"<Классификатор>{lists}</Классификатор>")
    assert seen == {"p1": {"name": "Размер"}}


def test_an_offer_that_is_marked_for_deletion_is_archived_and_comes_back():
    for mark, archived in (("true", True), ("false", False)):
        seen, _ = goods_of(f"<Предложение><Ид>g1#v1</Ид><ПометкаУдаления>{mark}</ПометкаУдаления></Предложение>")
        assert goods.product("g1#v1", {"name": "Чай"}, seen["g1#v1"], {}, {})["archived"] is archived
    assert goods.product("g1#v1", {"archived": True}, {}, {}, {})["archived"], "an offer that says nothing is as its item"


def test_prices_of_a_named_type_in_other_money_are_told_once_and_those_of_others_not_at_all():
    price = "<Цена><ЦенаЗаЕдиницу>{}</ЦенаЗаЕдиницу><ИдТипаЦены>{}</ИдТипаЦены><Валюта>{}</Валюта></Цена>"
    rows = price.format(10, "t1", "грн") + price.format(7, "t2", "USD") + price.format(0, "t1", "EUR")
    offers = "".join(f"<Предложение><Ид>g{n}</Ид><Цены>{rows}</Цены></Предложение>" for n in range(3))
    seen, troubles = goods_of(offers, "Розничная", called={"t1": "Розничная", "t2": "Закупочная"})
    assert troubles == ["цены «Розничная» в валюте «грн»: берутся только рубли; выгружайте вид цен в рублях"]
    assert [one["prices"] for one in seen.values()] == [[], [], []]


def test_counterparties_of_their_own_are_told_once_and_those_of_an_order_are_its_buyers():
    party = "<Контрагент><Ид>k</Ид><Наименование>Иван</Наименование></Контрагент>"
    order = f"<Документ><Номер>7</Номер><Контрагенты>{party}</Контрагенты></Документ>"
    seen, troubles = goods_of(f"<Контрагенты>{party * 3}</Контрагенты>{order}")
    assert len(troubles) == 1 and "контрагенты" in troubles[0] and list(seen) == ["7"]
