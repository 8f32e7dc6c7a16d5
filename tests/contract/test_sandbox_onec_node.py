"""The stand-in of 1C as the client of a site, against a site that is nothing but answers: what the vendor's sheet says of both configurations."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, request

from sandbox.frame.server import running
from sandbox.onec.app import Onec

LOGIN, PASSWORD = "сайт", "пароль"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.08">'
EMPTY = f"{HEAD}</КоммерческаяИнформация>"


def order(number: str, **words: str) -> str:
    said = {"ХозОперация": "Заказ товара", "Валюта": "RUB", "buyer": "Орлова 79", "goods": "", "article": "SV-005"} | words
    contacts = "".join(f"<Контакт><Тип>{kind}</Тип><Значение>{value}</Значение></Контакт>" for kind, value in (("Телефон рабочий", "+79"), ("Телефон мобильный", "+78"), ("Почта", "a@b.ru")))  # fmt: skip
    buyer = f"<Контрагенты><Контрагент><Наименование>{said['buyer']}</Наименование><Контакты>{contacts}</Контакты></Контрагент></Контрагенты>" if said["buyer"] else ""  # fmt: skip
    return (
        f"<Документ><Ид>x</Ид><Номер>{number}</Номер><Дата>2026-03-04</Дата><Время>10:00:00</Время><ХозОперация>{said['ХозОперация']}</ХозОперация>"
        f"<Валюта>{said['Валюта']}</Валюта>{buyer}<Товары><Товар><Ид>{said['goods']}</Ид><Артикул>{said['article']}</Артикул><Наименование>Новинка</Наименование>"
        "<ЦенаЗаЕдиницу>490</ЦенаЗаЕдиницу><Количество>2</Количество><Сумма>980</Сумма></Товар></Товары></Документ>"
    )


class Site:
    """Answers by mode, in turn; ``asked``: what came, with headers."""

    def __init__(self) -> None:
        self.flask, self.offset = Flask("site"), 0.0
        self.flask.add_url_rule("/<path:place>", "all", self.answer, methods=["GET", "POST"])
        self.asked: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.says: dict[str, Callable[[], Any] | str] = {
            "checkauth": "success\nsid\nabc\nsessid=word",
            "init": "zip=no\nfile_limit=2000",
            "query": EMPTY,
        }

    def answer(self, place: str) -> Response:
        said = request.args.to_dict() | {"place": place, "method": request.method, "cookie": request.headers.get("Cookie", ""), "auth": request.headers.get("Authorization", ""), "agent": request.headers["User-Agent"]}  # fmt: skip
        self.asked.append(said)
        if said["mode"] == "file":
            self.files[said["filename"]] = self.files.get(said["filename"], b"") + request.get_data()
        found = self.says.get(said["mode"], "success")
        return Response(found() if callable(found) else found, mimetype="text/plain")

    def steps(self) -> list[str]:
        return [f"{one['type']} {one['mode']}" for one in self.asked]


@pytest.fixture(params=["ut", "unf"])
def world(request):
    site, base = Site(), Onec(profile=request.param)
    with running(site) as url:
        site.url = f"{url}/1c_exchange.php"
        yield site, base.node, lambda **how: base.node.run(site.url, LOGIN, PASSWORD, **how)


def only(profile: str) -> Any:
    return pytest.mark.parametrize("world", [profile], indirect=True)


@only("ut")
def test_ut_calls_in_its_order_with_a_trial_and_all_that_belongs_to_a_request(world):
    site, _, run = world
    found = run()
    assert found["errors"] == [] and found["goods"] == 16
    assert site.steps()[:3] == ["catalog checkauth", "catalog checkauth", "catalog init"] and site.steps()[-2:] == [
        "sale query",
        "sale success",
    ]
    first, last = site.asked[0], site.asked[-1]
    assert (
        first["cookie"] == "" and last["cookie"] == "sid=abc" and last["sessid"] == "word" and last["agent"].startswith("1C+Enterprise/8")
    )
    assert all(base64.b64decode(one["auth"].partition(" ")[2]).decode() == f"{LOGIN}:{PASSWORD}" for one in site.asked)
    text = site.files["import0_1.xml"]
    assert text.startswith(b"\xef\xbb\xbf<?xml") and b"\r\n\t" in text and b'xmlns="urn:1C.ru:commerceml_2"' in text
    assert [one["filename"] for one in site.asked if one["mode"] == "import"] == ["import0_1.xml", "offers0_1.xml"]
    assert len([one for one in site.asked if one.get("filename") == "import0_1.xml"]) > 3, "in pieces of the size that was asked for"


@only("unf")
def test_unf_names_files_otherwise_and_asks_once(world):
    site, _, run = world
    assert run(portion=10)["errors"] == [] and site.steps()[:2] == ["catalog checkauth", "catalog init"]
    assert [one["filename"] for one in site.asked if one["mode"] == "import"] == ["import.xml", "import1.xml", "offers.xml", "offers1.xml"]
    assert b"commerceml_208" in site.files["import.xml"]


@only("ut")
@pytest.mark.parametrize(
    ("mode", "words", "error"),
    [
        ("checkauth", "failure\nнет", "Авторизация не выполнена"),
        ("init", "zip=no\nfile_limit=1000\n", "параметры обмена"),
        ("init", "<html>", "параметры обмена"),
        ("file", "\ufeffsuccess", "Не удалось выгрузить файл"),
        ("import", "<br>Notice\nsuccess", "неизвестный статус"),
        ("import", "failure\nместо кончилось", "место кончилось"),
    ],
)
def test_a_spoilt_word_ends_that_part_of_the_exchange(world, mode, words, error):
    site, _, run = world
    site.says[mode] = words
    assert error in run()["errors"][0]


@only("ut")
def test_progress_is_asked_again_at_once(world):
    site, _, run = world
    turns = iter(["progress\n1", "progress\n2"])
    site.says["import"] = lambda: next(turns, "success")
    assert run()["errors"] == [] and site.steps().count("catalog import") == 4


def test_what_does_not_begin_as_xml_is_no_answer(world):
    site, node, run = world
    site.says["query"] = f"\n{EMPTY}"
    assert "Не удалось прочитать заказы" in run()["errors"][-1] and "sale success" not in site.steps()


def test_a_refusal_keeps_what_stood_before_it_and_an_exception_undoes_all(world):
    site, node, run = world
    site.says["query"] = f"{HEAD}{order('1')}{order('2', Валюта='')}{order('3')}</КоммерческаяИнформация>"
    assert (
        "не указана валюта" in run()["errors"][-1]
        and [one.number for one in node.orders.known.values()] == ["1"]
        and "sale success" not in site.steps()
    )
    node.orders.poison = {"5"}
    site.says["query"] = f"{HEAD}{order('4')}{order('5')}</КоммерческаяИнформация>"
    assert "Операция не выполнена" in run()["errors"][-1] and [one.number for one in node.orders.known.values()] == ["1"]


@only("unf")
def test_unf_refuses_an_order_without_a_buyer(world):
    site, _, run = world
    site.says["query"] = f"{HEAD}{order('1', buyer='')}</КоммерческаяИнформация>"
    assert "не указан покупатель" in run()["errors"][-1]


@only("ut")
def test_ut_makes_an_order_with_a_long_number_anew_each_time(world):
    site, node, run = world
    site.says["query"] = f"{HEAD}{order('S-2026-0000012')}{order('S-12')}</КоммерческаяИнформация>"
    run()
    run()
    assert sorted(one.number for one in node.orders.known.values()) == ["S-12", "S-2026-0000012", "S-2026-0000012"]


@only("ut")
def test_ut_reads_the_working_phone_alone_and_knows_people_by_name(world):
    site, node, run = world
    site.says["query"] = f"{HEAD}{order('1')}{order('2')}{order('3', buyer='Другая 78')}</КоммерческаяИнформация>"
    run()
    people = {
        row["Description"]: [one["Представление"] for one in row["КонтактнаяИнформация"]]
        for row in node.base.tables["Catalog_Партнеры"].values()
    }
    assert people["Орлова 79"] == ["a@b.ru", "+79"] or people["Орлова 79"] == ["+79", "a@b.ru"]
    assert len(people) == 3, "one of them means nobody"


def test_goods_that_the_base_does_not_know_are_made(world):
    site, node, run = world
    site.says["query"] = (
        f"{HEAD}{order('1')}{order('2', article='', goods='0d5f3c1e-77aa-11ef-8c35-00155d010209')}</КоммерческаяИнформация>"
    )
    assert run()["made"] == ["Новинка"] and "0d5f3c1e-77aa-11ef-8c35-00155d010209" in node.base.tables["Catalog_Номенклатура"]


def test_an_order_is_shown_in_a_run_after_the_one_that_loaded_it_and_once(world):
    site, node, run = world
    site.says["query"] = f"{HEAD}{order('1')}</КоммерческаяИнформация>"
    run()
    site.says["query"] = EMPTY
    node.orders.mark("1", shipped=True, paid=True)
    assert run()["shown"] == ["1"] and run()["shown"] == []
    (text,) = [body.decode() for name, body in site.files.items() if name.startswith("orders-")]
    assert "Дата отгрузки по 1С" in text and ("Оплачен" in text) == node.orders.unf and ("ПодчиненныйДокумент" in text) == node.orders.unf


@only("ut")
def test_what_the_site_did_not_take_is_brought_again_and_what_changed_alone(world):
    site, node, run = world
    assert run(lose={"catalog import": 1})["goods"] == 0 and run()["goods"] == 16 and run()["goods"] == 0
    row = next(iter(node.base.tables["Catalog_Номенклатура"].values()))
    node.base.keep(node.base.sets["Catalog_Номенклатура"], row | {"Description": "Иначе"})
    assert run()["goods"] == 1
