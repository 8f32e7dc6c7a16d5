"""The cases that every connector passes, over the stand-in of a base of 1C that is published with the standard interface."""

from __future__ import annotations

import json
from itertools import count

import pytest

from connectors import onec
from connectors.errors import Missing, Rejected, Settled, Unauthorized, Unavailable, Unknown
from connectors.kit import Answer, Stand, Suite
from connectors.onec.profiles import UT
from sandbox.frame.server import running
from sandbox.onec.app import LOGIN, PASSWORD, ZONE, Onec
from sandbox.onec.seed import FIRM
from tests.contract.onec_place import EXCEPTION, customer

MORE = {
    "customers": {"Description": "Орлова Мария", "ЮрФизЛицо": "ЧастноеЛицо"},
    "receipts": {"Статус": "Пробит"},
    "returns": {"Статус": "Пробит"},
}


class Bookkeeper(Stand):
    """People who work in the base."""

    absent = "6d0f6a58-3b1f-11ef-9f4e-0b6f2c1e9a77"

    def __init__(self, url: str, app: Onec) -> None:
        super().__init__(url)
        self.app, self.base, self.numbers = app, app.base, count(1)
        self.path = app.root.removesuffix("/odata/standard.odata")

    def add(self, resource):
        document = {} if resource == "customers" else {"Posted": True}
        with self.base.lock:
            return self.base.add(UT.places[resource].set, **document, **MORE.get(resource, {}))["Ref_Key"]

    def edit(self, resource, ident):
        of = self.base.sets[UT.places[resource].set]
        with self.base.lock:
            self.base.keep(of, self.base.tables[of.name][ident] | {"Комментарий": "иное"})

    def count(self, resource):
        return len(self.base.tables[UT.places[resource].set])

    def create(self, resource):
        number = next(self.numbers)
        if resource == "customers":
            return customer(f"Мария {number}", f"+7 (903) {number // 10000:03d}-{number // 100 % 100:02d}-{number % 100:02d}")
        goods = next(row["Ref_Key"] for row in self.base.tables["Catalog_Номенклатура"].values() if row["Артикул"] == "SV-007")
        line = {"goods": goods, "Количество": 2, "Цена": 890, "Сумма": 1700, "СуммаРучнойСкидки": 80}
        return {"number": f"H-{number}", "Партнер_Key": self.add("customers"), "Организация": {"Description": FIRM}, "Товары": [line]}

    def refused(self, resource):
        wrong = {"Менеджер": {"Description": "Никто"}} if resource == "customers" else {"Склад": {"Description": "Склад на Луне"}}
        return self.create(resource) | wrong

    def update(self, resource):
        return {"customers": {"names": {"last": "Соколова"}}, "orders": {"Комментарий": "Позвонить"}}[resource]


def refusal(code, text="Ошибка"):
    return json.dumps({"odata.error": {"code": str(code), "message": {"lang": "ru", "value": text}}})


class TestOnec(Suite):
    package = onec
    secrets = {"login": LOGIN, "password": PASSWORD}
    options = {"stand_ins": ["Розничный покупатель"]}
    zone = ZONE
    only = frozenset(
        {"customers", "orders", "receipts", "returns", "goods_returns"}
    )  # one set each; test_onec_goods and _payments have the rest
    writes = r"^(POST|PATCH) .*/(Catalog_Партнеры|Document_ЗаказКлиента)"  # not the firm that an order needs, which is written before
    many = 210  # a page has 200
    stamps = frozenset({"DataVersion"})
    undone = frozenset(
        {"html", "empty"}
    )  # a page stands there instead of the base; after an empty answer what was written is looked up at once
    answers = (
        Answer(200, "<!DOCTYPE html><html>работы", Unavailable, Unavailable),  # a page that stands there instead of the base
        Answer(200, "", Unavailable, Unavailable),  # looked up at once: the base answers, so it is there by now or never
        Answer(
            406, EXCEPTION.format(406, "Истекло время ожидания сеанса"), Unavailable, Unavailable
        ),  # the session is gone: nothing was done
        Answer(500, EXCEPTION.format(500, "Не обнаружено свободной лицензии!"), Unavailable, Unavailable),
        Answer(404, EXCEPTION.format(404, "Не найдена лицензия."), Unavailable, Unavailable),  # no licence, whatever the status
        Answer(500, EXCEPTION.format(500, "Начало сеанса запрещено: обновление"), Unavailable, Unavailable),  # locked for an update
        Answer(503, "<html>", Unavailable, Unavailable),
        Answer(504, "<html>", Unavailable, Unknown),
        Answer(500, "<html>IIS 500", Unavailable, Unknown),
        Answer(401, "<html>401", Unauthorized, Unauthorized),
        Answer(404, "<html>404", Unauthorized, Unauthorized),  # nothing is published there
        Answer(404, refusal(8), Unauthorized, Unauthorized),  # a set that is not in the composition
        Answer(401, refusal(20), Unauthorized, Rejected),  # rights: of a set, or of one object
        Answer(404, refusal(9), Missing, Missing),
        Answer(412, refusal(16), Unavailable, Unavailable),  # another version
        Answer(400, refusal(10, "Свойство не найдено"), Rejected, Rejected),
        Answer(500, refusal(-1, "Не заполнено поле Соглашение"), Rejected, Rejected),  # a handler that refuses
        Answer(500, refusal(-1, "Конфликт блокировок при выполнении транзакции"), Unavailable, Unavailable),  # a lock: rolled back
        Answer(500, refusal(-1, "дата запрета изменения данных 31.01.2026"), Settled, Settled),
        Answer(500, refusal(-1, "Изменения данных этого периода запрещены"), Settled, Settled),
        Answer(429, "", Unavailable, Unavailable),
    )

    @pytest.fixture
    def stand(self):
        app = Onec()
        with running(app) as url:
            yield Bookkeeper(url, app)
