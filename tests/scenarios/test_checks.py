"""`sverka check` and its page over a shop in which everything is amiss at once: each thing by name, with the menu path, in both languages."""

from __future__ import annotations

import pytest
import requests
import yaml
from click.testing import CliRunner

from hub.cli import main
from hub.storage.accounts import set_user
from hub.web.app import create_app
from sandbox.moysklad.app import OTHER
from tests.faces.reader import Reader
from tests.faces.shop import PASSWORD
from tests.scenarios.shop import example, opened

PUBLIC = "http://127.0.0.1:9"
AMISS = [  # Russian: what is told, and where it is mended; English: the same
    ("sklad: Склады: нет доступа", "МойСклад → Настройки → Сотрудники → роль: разрешите «Склады»", "Stores: no access", "MoySklad → Settings → Employees → role: allow 'Stores'"),
    ("sklad: Контрагенты: нет права на создание", "роль: разрешите «Контрагенты: создание", "no right to create", "allow 'Counterparties: create"),
    ("sklad: Система отказывает в записи, клиенты (2): Нет прав", "роль сотрудника интеграции: разрешите создание", "refuses to write customers (2)", "integration's employee: allow to create"),
    ("sklad: Тариф бесплатный", "МойСклад → Настройки → Подписка", "The tariff is free", "MoySklad → Settings → Subscription"),
    ("sklad: Часы системы спешат на 3 ч: это целые часы", "часовой пояс", "3 h ahead of ours: whole hours", "time zone"),
    ("sklad: Часовой пояс системы: Europe/Moscow, в настройке: Asia/Yekaterinburg", "systems.sklad.timezone", "configured: Asia/Yekaterinburg, +2 h apart", "set the zone Europe/Moscow"),
    ("sklad: Сюда пишет и другая интеграция", "МойСклад → Настройки → Сотрудники → till2@sandbox", "Another integration writes here too", "MoySklad → Settings → Employees → till2@sandbox"),
    ("crm: Нет права «telephony»", "отметьте право «telephony»", "No right 'telephony'", "tick the right 'telephony'"),
    ("crm: Права на запись заранее не видны, портал показывает их только при записи: заказы", "Битрикс24 → CRM → Настройки → Права доступа", "Rights to write cannot be seen beforehand, the portal shows them only on a write: orders", "Bitrix24 → CRM → Settings → Access permissions"),
    ("crm: Система отказывает в записи, заказы (1): Access denied", "Битрикс24 → CRM → Настройки → Права доступа", "refuses to write orders (1)", "Bitrix24 → CRM → Settings → Access permissions"),
    ("crm: Часы системы отстают на 7 мин", "NTP", "7 min behind ours", "NTP"),
    ("crm: Портал не сообщает о событиях", "переустановите", "The portal does not tell of", "install it again"),
    ("crm: Сюда пишет и другая интеграция: 1c-exchange", "Битрикс24 → Разработчикам → Интеграции", "1c-exchange", "Bitrix24 → Developer resources → Integrations"),
    ("site: Ключ не пишет", "с правами «Чтение/Запись»", "The key may not write", "key with Read/Write"),
    ("site: Вебхуков наших 7, выключены: order.updated", "статус «Активен»", "switched off: order.updated", "status Active"),
    ("site: Чужие вебхуки на crm.example.ru", "WooCommerce → Настройки → Дополнительно → Вебхуки", "Webhooks of others to crm.example.ru", "WooCommerce → Settings → Advanced → Webhooks"),
    ("site: Сюда пишет и другая интеграция: заказы через wc1c", "REST API", "orders by wc1c", "REST API"),
    ("site: Часы системы спешат на 5 мин", "NTP", "5 min ahead of ours", "NTP"),
    ("site: Слова «dolyame» нет в справочнике «Виды оплаты»", "Панель → Справочники → Виды оплаты", "lacks 'dolyame'", "Dashboard → Directories → Payment kinds"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checks")
    with opened(folder, crm=True) as shop:
        anna = {"email": "anna@example.ru", "first_name": "Анна", "last_name": "Седова", "billing": {"phone": "+79031234567"}}
        buyer = shop.site("POST", "customers", anna)
        shop.sync()  # a customer is written everywhere; orders are not yet
        shop.config = written(shop, folder)
        spoil(shop, buyer["id"])
        yield shop


def written(shop, folder):
    urls = {"sklad": shop.sklad_url, "site": shop.site_url, "crm": shop.crm_url}
    raw = example(urls) | {"folder": str(folder), "web": {"port": 0, "public_url": PUBLIC}}
    for system in raw["systems"].values():
        system["limits"] = "none"
    raw["systems"]["sklad"]["timezone"] = "Asia/Yekaterinburg"
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True))
    return str(path)


def spoil(shop, buyer):
    """Everything that an IT person may have left amiss."""

    def control(url, what, **body):
        requests.post(f"{url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    foreign(shop, buyer)
    control(shop.sklad_url, "rights", readonly=["counterparty"])
    control(shop.sklad_url, "tariff", free=True)
    control(shop.crm_url, "rights", scopes=["crm", "catalog", "user"], admin=False, denied=["crm.item.add", "crm.item.import"])
    shop.site("POST", "customers", {"email": "boris@example.ru", "first_name": "Борис", "billing": {"phone": "+79031234568"}})
    shop.sync()  # MoySklad and Bitrix24 refuse Boris, and Bitrix24 the order
    control(shop.sklad_url, "rights", hidden=["store"], readonly=["counterparty"])
    control(shop.site_url, "key", write=False)
    for app, seconds in ((shop.sklad_app, 3 * 3600.0), (shop.crm_app, -400.0), (shop.site_app, 300.0)):
        app.offset = seconds


def foreign(shop, buyer):
    """Other integrations, their webhooks, a webhook of ours that is switched off, and a word that nobody knows."""
    from connectors.contract import Subscribes

    connector = shop.hub.connectors["site"]
    assert isinstance(connector, Subscribes)
    connector.subscribe(f"{PUBLIC}/webhooks/site/hook-b")
    hook = next(one for one in shop.site("GET", "webhooks", per_page=100) if one["topic"] == "order.updated")
    shop.site("PUT", f"webhooks/{hook['id']}", {"status": "disabled"})
    shop.site("POST", "webhooks", {"topic": "order.updated", "delivery_url": "https://crm.example.ru/hook", "name": "x"})
    shop.site(
        "POST",
        "orders",
        {"created_via": "wc1c", "customer_id": buyer, "status": "processing", "payment_method": "dolyame", "set_paid": True},
    )
    shop.crm("crm.item.add", entityTypeId=3, fields={"name": "Борис", "originatorId": "1c-exchange", "originId": "77"})
    headers = {"Authorization": f"Bearer {OTHER}"}
    url = f"{shop.sklad_url}/api/remap/1.2/entity/counterparty"
    requests.post(url, json={"name": "Пётр"}, headers=headers, timeout=5).raise_for_status()


def checked(shop, monkeypatch, language):
    monkeypatch.setenv("SVERKA_LANGUAGE", language)
    result = CliRunner().invoke(main, ["check", "--config", shop.config])
    assert result.exit_code == 1, result.output
    return result.output


def test_check_names_everything_that_is_amiss_with_its_menu_path(shop, monkeypatch):
    """On the command line and on the page, in Russian and in English."""
    ru, en = checked(shop, monkeypatch, "ru"), checked(shop, monkeypatch, "en")
    with shop.hub.store.write() as at:
        set_user(at, "support", PASSWORD, "support")
    app = create_app(shop.hub)
    pages = {language: Reader(app, "support", language).get("/check").text.replace("&#39;", "'") for language in ("ru", "en")}
    for told, path, told_en, path_en in AMISS:
        assert told in ru, f"{told}: {ru}"
        said = ru[ru.index(told) :].splitlines()
        assert path in said[1], said[:2]
        assert told_en in en and path_en in en, told_en
        assert told.partition(": ")[2] in pages["ru"] and path in pages["ru"], told
        assert told_en in pages["en"] and path_en in pages["en"], told_en


def test_what_the_hub_has_written_tells_a_right_that_the_portal_does_not_show(shop, monkeypatch):
    said = checked(shop, monkeypatch, "en")
    assert "crm: The hub has written here: customers" in said
