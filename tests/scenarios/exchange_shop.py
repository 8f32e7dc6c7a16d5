"""A hub whose only books are a 1C that exchanges with it as with a site: the door as 1C sees it, and the work behind it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.app import Hub, prepare
from hub.storage import inbox as inbox_rows
from hub.storage import records as record_rows
from hub.storage.tables import delivery, inbox, offer, parked, record
from hub.sync import exchanging
from hub.sync.deliver import Deliverer
from hub.sync.intake import Intake
from hub.sync.poll import poll
from hub.web.app import create_app
from sandbox.onec.app import LOGIN as ODATA_LOGIN
from sandbox.onec.app import PASSWORD as ODATA_PASSWORD
from tests.scenarios.opening import hub_on

LOGIN, PASSWORD = "сайт", "секрет обмена"
ODATA = ODATA_LOGIN, ODATA_PASSWORD
GUID = "a1b2c3d4-0000-11ee-8a01-00155d010203"
SIZE = f"{GUID}#b2c3d4e5-0000-11ee-8a01-00155d010203"
STATUSES = {
    "new": {"ru": "Новый", "en": "New", "uchet": ["Принят"]},
    "shipped": {"ru": "Отгружен", "en": "Shipped", "uchet": ["Отгружен"]},
    "cancelled": {"ru": "Отменён", "en": "Cancelled", "uchet": ["Отменен"]},
}


def configuration(folder: Path, url: str = "http://127.0.0.1:9/ut", gives_returns: bool = False, **options: Any) -> dict[str, Any]:
    returns = {"return": {"uchet": {"give": True, "take": False}}} if gives_returns else {}
    return {
        "folder": str(folder),
        "systems": {
            "uchet": {
                "connector": "onec",
                "url": url,
                "timezone": "Asia/Yekaterinburg",
                "mode": "live",
                "webhooks": False,
                "secrets": {
                    "site_login": {"env": "ONEC_SITE_LOGIN"},
                    "site_password": {"env": "ONEC_SITE_PASSWORD"},
                    "login": {"env": "ONEC_LOGIN"},
                    "password": {"env": "ONEC_PASSWORD"},
                },
                "options": {"transports": "commerceml", "price_types": ["Розничная"], **options},
            }
        },
        "routes": returns
        | {
            "order": {"uchet": {"give": True, "take": True}},
            "product": {"uchet": {"give": True, "take": False}},
            "stock": {"uchet": {"give": True, "take": False}},
        },
        "directories": {
            "order_status": STATUSES,
            "price_type": {"retail": {"ru": "Розничная", "en": "Retail", "uchet": ["Розничная"]}},
            "store": {
                "mega": {"ru": "Мега", "en": "Mega", "uchet": ["Уфа, Мега"]},
                "lenina": {"ru": "Ленина", "en": "Lenina", "uchet": ["Уфа, Ленина 10"]},
            },
        },
    }


def hub_of(store: Any, folder: Path, monkeypatch: Any, **options: Any) -> Hub:
    for name, value in (("SITE_LOGIN", LOGIN), ("SITE_PASSWORD", PASSWORD), ("LOGIN", ODATA[0]), ("PASSWORD", ODATA[1])):
        monkeypatch.setenv(f"ONEC_{name}", value)
    return hub_on(store, configuration(folder, **options), folder)


class Door:
    """1C's side: sessions and requests; and what people see of the hub."""

    def __init__(self, store: Any, folder: Path, monkeypatch: Any, **options: Any) -> None:
        self.store, self.hub = store, hub_of(store, folder, monkeypatch, **options)
        prepare(self.hub)
        self.app = create_app(self.hub)
        self.client = self.app.test_client(use_cookies=False)
        self.cookie, self.sessid = "", ""
        self.polled()
        Intake(self.hub).run()

    def polled(self) -> None:
        for resource in self.hub.resources("uchet"):
            poll(self.hub, "uchet", resource)

    def ask(self, query: str, body: bytes | None = None, *, auth: Any = (LOGIN, PASSWORD), cookie: str | None = None, path: str = "/exchange/uchet/1c_exchange.php") -> Any:  # fmt: skip
        headers = {"Cookie": self.cookie if cookie is None else cookie}
        if auth:
            headers["Authorization"] = auth if isinstance(auth, str) else basic(*auth)
        how = self.client.get if body is None else self.client.post
        return how(f"{path}?{query}", headers=headers, **({} if body is None else {"data": body}))

    def say(self, query: str, body: bytes | None = None, **more: Any) -> str:
        return str(self.ask(query, body, **more).get_data(as_text=True))

    def enter(self, kind: str = "catalog") -> list[str]:
        lines = self.say(f"type={kind}&mode=checkauth").split("\n")
        self.cookie, self.sessid = f"{lines[1]}={lines[2]}", lines[3].partition("=")[2]
        return lines

    def bring(self, name: str, body: bytes, kind: str = "catalog") -> str:
        """A file in one piece, and the word that it is whole."""
        assert self.say(f"type={kind}&mode=file&filename={name}", body) == "success"
        return self.say(f"type={kind}&mode=import&filename={name}")

    def work(self) -> None:
        """All that is due, and what waits for an exchange to be over."""
        for _ in range(6):
            exchanging.work(self.hub, "uchet")
            with self.store.intake() as at:
                inbox_rows.release(at, f"{exchanging.LATER}uchet", None, now=self.hub.clock())
            if not Intake(self.hub).run() + Deliverer(self.hub, "uchet").drain():
                return

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.store.read() as at:
            return [dict(row) for row in at.execute(select(table)).mappings()]

    def waiting(self) -> list[dict[str, Any]]:
        with self.store.read_intake() as at:
            return [dict(row) for row in at.execute(select(inbox)).mappings()]

    def orders(self) -> list[dict[str, Any]]:
        return self.of("order")

    def of(self, entity: str) -> list[dict[str, Any]]:
        """Records of an entity that stand for something."""
        return [row["data"] for row in self.rows(record) if row["entity"] == entity and not row["merged_into"]]

    def offers(self) -> list[dict[str, Any]]:
        return [row for row in self.rows(offer) if row["resource"] == "site_orders"]

    def unread(self) -> list[str]:
        return [row["reason"] for row in self.rows(parked)]

    def states(self) -> list[tuple[str, str]]:
        return [(row["state"], row["error_code"]) for row in self.rows(delivery)]

    def place(self, number: str = "5012", sku: str = "MUG-R", **more: Any) -> str:
        """An order as the hub holds it once the shop has told it; owed to 1C from now on. Returns its key."""
        from hub.storage.links import new_id
        from hub.storage.records import Record

        line = {"sku": sku, "name": "Кружка", "quantity": "2", "price": "795.00", "discount": "100.00", "sum": "1490.00", "kind": "product"}
        data = {
            "number": number,
            "lines": [line],
            "status": "new",
            "created": "2026-03-04T09:15:00Z",
            "contact.phone": "+79123456789",
            **more,
        }
        now, key = self.hub.clock(), new_id()
        with self.store.state() as at:
            record_rows.add(at, [Record(key, "order", 1, data, {}, None, now, now)])
            self.hub.outbox.open(at, [("uchet", "order", key, 1)], now=now)
        return key

    def change(self, key: str, **more: Any) -> None:
        with self.store.state() as at:
            held = record_rows.load(at, [key])[key]
            held.data, held.version = held.data | more, held.version + 1
            record_rows.save(at, [held])
            self.hub.outbox.open(at, [("uchet", "order", key, held.version)], now=self.hub.clock())


def basic(login: str, password: str, encoding: str = "utf-8") -> str:
    import base64

    return "Basic " + base64.b64encode(f"{login}:{password}".encode(encoding)).decode()


def catalogue(*items: str, version: str = "2.08", xmlns: str = "urn:1C.ru:commerceml_2", encoding: str = "utf-8") -> bytes:
    space = f' xmlns="{xmlns}"' if xmlns else ""
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<КоммерческаяИнформация{space} ВерсияСхемы="{version}" ДатаФормирования="2024-03-05T14:00:00">'
        f'<Каталог СодержитТолькоИзменения="false"><Ид>k</Ид><Товары>{"".join(items)}</Товары></Каталог></КоммерческаяИнформация>'
    )
    return text.encode(encoding)


def offers_of(*bodies: str, lists: bool = True, root: str = "ПакетПредложений") -> bytes:
    """A file of offers with two types of prices and two stores."""
    kinds = "".join(
        f"<ТипЦены><Ид>{i}</Ид><Наименование>{n}</Наименование><Валюта>RUB</Валюта></ТипЦены>"
        for i, n in (("p1", "Розничная"), ("p2", "Закупочная"))
    )
    stores = "".join(
        f"<Склад><Ид>{i}</Ид><Наименование>{n}</Наименование></Склад>" for i, n in (("s1", "Уфа, Мега"), ("s2", "Уфа, Ленина 10"))
    )
    said = f"<ТипыЦен>{kinds}</ТипыЦен><Склады>{stores}</Склады>" if lists else ""
    return f'<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.07"><{root} СодержитТолькоИзменения="true"><Ид>k#</Ид>{said}<Предложения>{"".join(bodies)}</Предложения></{root}></КоммерческаяИнформация>'.encode()


def offered(ident: str, price: str = "", own: str = "", stores: dict[str, str] | None = None, more: str = "") -> str:
    cost = f"<Цены><Цена><ИдТипаЦены>p1</ИдТипаЦены><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу><Валюта>RUB</Валюта></Цена><Цена><ИдТипаЦены>p2</ИдТипаЦены><ЦенаЗаЕдиницу>111.11</ЦенаЗаЕдиницу></Цена></Цены>" if price else ""  # fmt: skip
    held = "".join(f'<Склад ИдСклада="{store}" КоличествоНаСкладе="{count}"/>' for store, count in (stores or {}).items())
    size = f"<ХарактеристикиТовара><ХарактеристикаТовара><Наименование>Размер</Наименование><Значение>{own}</Значение></ХарактеристикаТовара></ХарактеристикиТовара>" if own else ""  # fmt: skip
    return f"<Предложение><Ид>{ident}</Ид><Наименование>Кружка {own}</Наименование>{size}{cost}{held}{more}</Предложение>"


def item(ident: str = GUID, article: str = "MUG-R", more: str = "") -> str:
    return f"<Товар><Ид>{ident}</Ид><Артикул>{article}</Артикул><Наименование>Кружка</Наименование>{more}</Товар>"


def documents(*bodies: str, xmlns: str = "urn:1C.ru:commerceml_210", version: str = "2.08", encoding: str = "utf-8") -> bytes:
    space = f' xmlns="{xmlns}"' if xmlns else ""
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<КоммерческаяИнформация{space} ВерсияСхемы="{version}">{"".join(bodies)}</КоммерческаяИнформация>'
    return text.encode(encoding)


def document(number: str, requisites: dict[str, str] | None = None, lines: str = "", more: str = "") -> str:
    said = "".join(
        f"<ЗначениеРеквизита><Наименование>{name}</Наименование><Значение>{value}</Значение></ЗначениеРеквизита>"
        for name, value in (requisites or {}).items()
    )
    return (
        f"<Документ><Ид>5b1e0000-77aa-11ef-8c35-00155d010203</Ид><Номер>{number}</Номер><Дата>2024-03-05</Дата><Время>14:07:09</Время>"
        f"<ХозОперация>Заказ товара</ХозОперация><Валюта>RUB</Валюта><Сумма>1490.00</Сумма>{more}{lines}"
        f"<ЗначенияРеквизитов>{said}</ЗначенияРеквизитов></Документ>"
    )


def packed(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("__", "."), body)
    return made.getvalue()
