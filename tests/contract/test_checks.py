"""What a check of each vendor finds: missing rights, tariffs, switched-off webhooks, other integrations, each with the menu path in both languages."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import requests
from flask import Flask

from connectors import registry
from connectors.bitrix24.faults import error_of
from connectors.contract import WRITES_UNSEEN, SystemSettings, Write
from connectors.errors import Rejected
from connectors.limiter import LocalLimiter
from connectors.moysklad.health import rights_to_write
from connectors.unanswered import unanswered
from sandbox.bitrix24.app import Bitrix24
from sandbox.frame.server import running
from sandbox.insales.app import KEY as INSALES_KEY
from sandbox.insales.app import PASSWORD, Insales
from sandbox.moysklad.app import OTHER, PEOPLE, TOKEN, Moysklad
from sandbox.woocommerce.app import Woocommerce
from tests.contract.bitrix24_portal import Served
from tests.contract.given import Kept, Patient
from tests.contract.test_connector_bitrix24_portal import APP

PUBLIC = "http://127.0.0.1:9"
SECRETS = {"moysklad": {"token": TOKEN}, "bitrix24": APP, "woocommerce": {"consumer_key": "ck_sandbox", "consumer_secret": "cs_sandbox"},
           "insales": {"login": INSALES_KEY, "password": PASSWORD}}  # fmt: skip


class Place:
    """One vendor's stand-in, the hub's connector to it, and ways to change what stands there."""

    def __init__(self, vendor, url, portal=None):
        self.vendor, self.url, self.portal, self.tokens = vendor, url, portal, Kept()
        self.zone = "Europe/Moscow" if vendor == "moysklad" else "Asia/Yekaterinburg"

    @property
    def connector(self):
        options = {"public_url": PUBLIC, "oauth_url": self.url}
        settings = SystemSettings("here", self.vendor, self.url, self.zone, SECRETS[self.vendor], options, "hook-secret")
        return registry.create(self.vendor, settings, LocalLimiter(()), self.tokens, lambda: datetime.now(UTC))

    def found(self):
        return {f.name: f for f in self.connector.check().findings}

    def control(self, what, **body):
        requests.post(f"{self.url}/_sandbox/{what}", json=body, timeout=5).raise_for_status()

    def sklad(self, token, method, path, body=None):
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, f"{self.url}/api/remap/1.2/entity/{path}", json=body, headers=headers, timeout=5).json()

    def site(self, method, path, body):
        url = f"{self.url}/wp-json/wc/v3/{path}"
        return requests.request(method, url, json=body, auth=("ck_sandbox", "cs_sandbox"), timeout=5).json()


@pytest.fixture(scope="module")
def stands():
    with ExitStack() as stack:
        portal = Bitrix24(allow_loopback_webhooks=True, allow_http=True)
        sklad = Moysklad(allow_loopback_webhooks=True)
        portal.limits.enforce = sklad.limits.enforce = False
        site, insales = Woocommerce(allow_loopback_webhooks=True), Insales(allow_loopback_webhooks=True)
        apps = {"bitrix24": portal, "moysklad": sklad, "woocommerce": site, "insales": insales}
        urls = {name: stack.enter_context(running(app)) for name, app in apps.items()}
        yield {name: Place(name, url, Served(portal, url) if name == "bitrix24" else None) for name, url in urls.items()}


def menu(finding, ru, en):
    """The finding is not well, and says in both languages where to mend it."""
    assert not finding.ok
    assert ru in finding.fix_ru
    assert en in finding.fix_en


def test_bitrix24_on_a_free_plan_is_told_as_that(stands):
    here = stands["bitrix24"]
    here.control("plan", free=True)
    found = here.found()
    menu(found["plan"], "Битрикс24 → Тарифы", "Bitrix24 → Plans")
    here.control("plan", free=False)
    assert here.found()["credentials"].ok


@pytest.mark.parametrize("scope", ["telephony", "catalog", "user"])
def test_bitrix24_names_each_scope_that_lacks(stands, scope):
    here = stands["bitrix24"]
    here.control("rights", scopes=[name for name in ("crm", "telephony", "catalog", "user") if name != scope])
    menu(here.found()[f"scope {scope}"], f"отметьте право «{scope}»", f"tick the right '{scope}'")
    here.control("rights")
    assert here.found()[f"scope {scope}"].ok


def test_bitrix24_names_what_the_user_may_not_read(stands):
    here = stands["bitrix24"]
    here.portal.contact(name="Анна")
    here.control("rights", denied=["crm.item.list"])
    found = here.found()
    menu(found["crm 3"], "CRM → Настройки → Права доступа", "CRM → Settings → Access permissions")
    assert "Access denied" in found["crm 2"].en
    here.control("rights", denied=["voximplant.statistic.get"])
    menu(here.found()["calls"], "Телефония → Права доступа", "Telephony → Access permissions")
    here.control("rights")
    assert here.found()["crm 3"].ok


def test_bitrix24_says_beforehand_that_rights_to_write_show_only_on_a_write(stands):
    here = stands["bitrix24"]
    assert here.found()["writes"].ok, "an administrator is bound by no role"
    here.control("rights", admin=False)
    found = here.found()
    menu(found[WRITES_UNSEEN], "CRM → Настройки → Права доступа", "CRM → Settings → Access permissions")
    assert "импорт" in found[WRITES_UNSEEN].fix_ru
    assert here.connector.check().ok, "it hinders nothing"
    here.control("rights", denied=["crm.item.add"])
    write = Write("0193", None, {"name": "Анна"})
    (refused,) = here.connector.write("contact", [write])
    assert isinstance(refused.error, Rejected)
    assert "Права доступа" in here.connector.manifest.cures[refused.error.code][0]
    here.control("rights")


def test_bitrix24_leads_a_lacking_scope_to_its_own_menu_alone(stands):
    here = stands["bitrix24"]
    here.control("rights", scopes=["crm", "catalog", "user"])
    found = here.found()
    assert not found["scope telephony"].ok
    assert "calls" not in found
    here.control("rights")


def test_bitrix24_tells_of_events_that_are_not_bound_and_of_who_else_writes(stands):
    here = stands["bitrix24"]
    found = here.found()
    menu(found["events"], "переустановите", "install it again")
    assert "ONCRMDEALUPDATE" in found["events"].en
    assert found["others"].ok
    here.connector.subscribe(f"{PUBLIC}/webhooks/here/hook-secret")
    here.portal.contact(name="Борис", originatorId="1c-exchange", originId="77")
    here.portal.deal(title="Заказ", originatorId="amo-import", originId="78")
    started = here.portal.exchange(
        "telephony.externalCall.register", USER_ID=1, PHONE_NUMBER="+79031234567", TYPE=2, EXTERNAL_CALL_ID="x1", SHOW=0
    )
    here.portal.exchange("telephony.externalCall.finish", CALL_ID=started["CALL_ID"], USER_ID=1, DURATION=5, STATUS_CODE="200")
    found = here.found()
    assert found["events"].ok
    menu(found["other 1c-exchange"], "Битрикс24 → Разработчикам → Интеграции", "Bitrix24 → Developer resources → Integrations")
    assert "контактах" in found["other 1c-exchange"].ru
    assert "deals" in found["other amo-import"].en
    assert "no. 5 writes calls" in found["other app 5"].en
    assert "others" not in found
    assert here.connector.check().ok, "others are worth a look and hinder nothing"


def test_bitrix24_tells_of_a_zone_that_is_not_the_portals(stands):
    here = stands["bitrix24"]
    assert here.found()["zone"].ok
    here.zone = "Europe/Moscow"
    menu(here.found()["zone"], "systems.here.timezone: впишите пояс Asia/Yekaterinburg", "set the zone Asia/Yekaterinburg")
    assert here.connector.check().ok, "times bear their offset: it hinders nothing"
    here.zone = "Asia/Yekaterinburg"


def test_moysklad_names_each_right_that_lacks(stands):
    here = stands["moysklad"]
    here.control("rights", hidden=["customerorder", "employee"])
    found = here.found()
    menu(found["entity/customerorder"], "Настройки → Сотрудники → роль", "Settings → Employees → role")
    assert not found["entity/employee"].ok
    assert found["entity/store"].ok
    here.control("rights")
    assert here.found()["entity/customerorder"].ok


def test_moysklad_names_what_may_be_seen_and_not_written(stands):
    here = stands["moysklad"]
    here.control("rights", readonly=["counterparty"])
    found = here.found()
    assert found["entity/counterparty"].ok
    menu(
        found["write company"],
        "роль: разрешите «Контрагенты: создание, изменение всех»",
        "role: allow 'Counterparties: create, change all'",
    )
    assert "write customerOrder" not in found
    assert here.connector.check().ok, "who only reads there may go on"
    here.control("rights")
    assert here.found()["writes"].ok


@pytest.mark.parametrize(
    "rights, name, told",
    [
        ({"company": {"create": "ALL", "update": "OWN"}}, "write company", "no right to change all"),
        ({"company": {"create": "OWN", "update": "ALL"}}, "writes", "writing is allowed"),
        ({}, WRITES_UNSEEN, "shows them only on a write"),
    ],
    ids=["may change only its own", "may create", "a solution has no employee"],
)
def test_moysklad_reads_its_rights_to_write(rights, name, told):
    (finding,) = rights_to_write(rights)
    assert finding.name == name
    assert told in finding.en


def test_moysklad_on_a_free_tariff_refuses_webhooks_and_its_code_leads_to_the_menu(stands):
    here = stands["moysklad"]
    assert here.found()["tariff"].en == "Tariff: CORPORATE until 2030-03-17"
    here.control("tariff", free=True)
    menu(here.found()["tariff"], "Настройки → Подписка", "Settings → Subscription")
    with pytest.raises(Rejected) as refused:
        here.connector.subscribe(f"{PUBLIC}/webhooks/here/hook-secret")
    ru, en = here.connector.manifest.cures[refused.value.code]
    assert "Настройки → Подписка" in ru
    assert "Settings → Subscription" in en
    here.control("tariff", free=False)


def test_moysklad_tells_of_foreign_webhooks_and_of_who_else_writes(stands):
    here = stands["moysklad"]
    here.sklad(PEOPLE, "POST", "counterparty", {"name": "Анна"})
    assert here.found()["others"].ok, "people at a screen are no integration"
    here.sklad(OTHER, "POST", "counterparty", {"name": "Борис"})
    here.sklad(PEOPLE, "POST", "webhook", {"url": "https://exchange.example.ru/in", "action": "CREATE", "entityType": "counterparty"})
    found = here.found()
    menu(
        found["other till2@sandbox"], "МойСклад → Настройки → Сотрудники → till2@sandbox", "MoySklad → Settings → Employees → till2@sandbox"
    )
    menu(found["webhook exchange.example.ru"], "МойСклад → Настройки → Вебхуки", "MoySklad → Settings → Webhooks")


def test_moysklad_tells_of_the_wrong_zone(stands):
    here = stands["moysklad"]
    here.zone = "Asia/Yekaterinburg"
    menu(here.found()["zone"], "systems.here.timezone", "systems.here.timezone")
    here.zone = "Europe/Moscow"
    assert here.found()["zone"].ok


def test_woocommerce_tells_of_rights_switched_off_webhooks_and_of_who_else_writes(stands):
    here = stands["woocommerce"]
    here.connector.subscribe(f"{PUBLIC}/webhooks/here/hook-secret")
    assert here.found()["webhooks"].ok
    assert here.found()["others"].ok
    hook = here.site("GET", "webhooks", None)[0]
    here.site("PUT", f"webhooks/{hook['id']}", {"status": "disabled"})
    here.site("POST", "webhooks", {"topic": "order.updated", "delivery_url": "https://crm.example.ru/hook", "name": "x"})
    here.site("POST", "orders", {"created_via": "wc1c", "customer_note": "а"})
    here.control("key", write=False)
    found = here.found()
    menu(found["webhooks"], "Дополнительно → Вебхуки", "Advanced → Webhooks")
    assert hook["topic"] in found["webhooks"].en
    menu(found["webhook crm.example.ru"], "Дополнительно → Вебхуки", "Advanced → Webhooks")
    menu(found["other wc1c"], "Дополнительно → REST API", "Advanced → REST API")
    menu(found["write"], "Чтение/Запись", "Read/Write")
    here.control("key", write=True, administrator=True)
    here.site("POST", "customers", {"email": "a@example.ru"})
    here.control("key", administrator=False)
    menu(here.found()["meta_data"], "ключ администратора", "administrator's key")
    here.control("key", administrator=True)


def test_woocommerce_that_does_not_answer_is_not_said_to_let_the_key_write(stands):
    here = stands["woocommerce"]
    requests.post(f"{here.url}/_sandbox/faults", json=[{"kind": "error", "rate": 1.0, "match": "orders/0", "status": 503}], timeout=5)
    try:
        assert "did not answer" in here.found()["write"].en
    finally:
        requests.delete(f"{here.url}/_sandbox/faults", timeout=5)


@pytest.mark.parametrize("vendor, app", [("moysklad", Moysklad), ("woocommerce", Woocommerce), ("insales", Insales)])
def test_webhooks_that_are_not_there_yet_are_told(vendor, app):
    made = app(allow_loopback_webhooks=True)
    if vendor == "moysklad":
        made.limits.enforce = False
    with running(made) as url:
        here = Place(vendor, url)
        menu(here.found()["webhooks"], "заводит их сам", "makes them within 10 minutes")
        here.connector.subscribe(f"{PUBLIC}/webhooks/here/hook-secret")
        assert here.found()["webhooks"].ok


@pytest.mark.parametrize("vendor", sorted(SECRETS))
def test_a_system_that_does_not_answer_is_told_as_that(stands, vendor):
    """Not as a missing right: every finding that is not well leads to the network."""
    gone = Place(vendor, "http://127.0.0.1:9")
    bad = [f for f in gone.connector.check().findings if not f.ok and not f.warn]
    assert bad
    assert all("config.yaml" in f.fix_ru and "config.yaml" in f.fix_en for f in bad), bad
    assert all("нет соединения" in f.ru and "no connection" not in f.ru and "no connection" in f.en for f in bad), bad


@pytest.mark.parametrize("code", ["QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT"])
def test_each_limit_of_bitrix24_is_told_to_be_waited_for(code):
    found = unanswered("credentials", error_of({"error": code, "error_description": "Too many requests"}, 503, safe=True))
    assert "limit of requests is used up" in found.en and "Wait " in found.fix_en and "config.yaml" not in found.fix_en


def test_a_portal_that_bitrix24_has_shut_is_no_used_up_limit_and_is_waited_for_all_the_same():
    found = unanswered("credentials", error_of({"error": "OVERLOAD_LIMIT", "error_description": "Blocked"}, 503, safe=True))
    assert "limit" not in found.en and "it asks to wait" in found.en and "Wait 30 min" in found.fix_en


USED_UP = {
    "insales": (503, {"Retry-After": "290"}, "Wait 5 min"),
    "moysklad": (429, {"X-Lognex-Retry-After": "90000"}, "Wait 90 s"),
    "woocommerce": (429, {"Retry-After": "600"}, "Wait 10 min"),
    "retailcrm": (503, {}, "Wait "),
    "bonusplus": (429, {}, "Wait a few minutes"),
    "mindbox": (429, {}, "Wait "),
}


@pytest.mark.parametrize("vendor", USED_UP)
def test_a_used_up_limit_is_told_to_be_waited_for_and_not_to_be_looked_for_in_the_network(vendor):
    """Neither a refused key nor an address is to be mended."""
    status, headers, wait = USED_UP[vendor]
    refusing = Flask(vendor)
    refusing.before_request(lambda: ({"errors": [{"error": "x", "code": 1049}], "errorMessage": "x", "success": False}, status, headers))
    secrets = dict.fromkeys(("token", "api_key", "secret_key", "login", "password", "consumer_key", "consumer_secret"), "x")
    with running(SimpleNamespace(flask=refusing, offset=0.0)) as url:
        settings = SystemSettings("here", vendor, url, "Europe/Moscow", secrets, {"endpoint": "x"})
        limiter = Patient()
        connector = registry.create(vendor, settings, limiter, Kept(), lambda: datetime.now(UTC))
        connector.api.http.sleep = limiter.wait
        bad = [f for f in connector.check().findings if not f.ok and not f.warn]
    assert bad and all("limit of requests is used up" in f.en and "лимит запросов исчерпан" in f.ru for f in bad), bad
    assert all(wait in f.fix_en and "config.yaml" not in f.fix_en for f in bad), bad


@pytest.mark.parametrize("vendor", sorted(SECRETS))
def test_whatever_is_not_well_says_what_to_do_in_both_languages(stands, vendor):
    for finding in stands[vendor].found().values():
        assert finding.ru
        assert finding.en
        assert finding.ok or (finding.fix_ru and finding.fix_en), finding
