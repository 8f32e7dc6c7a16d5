"""Whether an account can be worked with: key, rights, tariff, clock, time zone, webhooks, goods of delivery and services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.clocks import clock_finding, zone_finding
from connectors.contract import Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Rejected, Unauthorized
from connectors.moysklad.api import Api
from connectors.moysklad.lists import Lists
from connectors.moysklad.subscriptions import hooks

Json = Any
MOSCOW = 3 * 3600.0  # moysklad docs, date format: every time is UTC+3, whatever the zone of the account's pages
TOKEN = "МойСклад → Настройки → Безопасность → Токены: выпустите токен и впишите его в окружение"
TOKEN_EN = "MoySklad → Settings → Security → Tokens: issue a token and put it into the environment"
RIGHTS = "МойСклад → Настройки → Сотрудники → роль: разрешите «{}»"
RIGHTS_EN = "MoySklad → Settings → Employees → role: allow {!r}"
NEEDED = (
    ("entity/counterparty", "Контрагенты", "Counterparties"),
    ("entity/customerorder", "Заказы покупателей", "Customer orders"),
    ("entity/retaildemand", "Продажи", "Retail sales"),
    ("entity/assortment", "Товары и услуги", "Goods and services"),
    ("entity/employee", "Сотрудники", "Employees"),
    ("entity/organization", "Юрлица", "Organisations"),
    ("entity/store", "Склады", "Stores"),
)


def check(api: Api, lists: Lists, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    key = _who(api)
    findings = [key]
    if key.ok:
        findings += [_right(api, path, ru, en) for path, ru, en in NEEDED]
        findings += [_told("webhooks", lambda: _webhooks(api, settings)), _told("services", lambda: _services(api))]
    skew = api.http.clock.skew
    if skew is not None:
        findings.append(clock_finding(skew))
    findings.append(zone_finding(settings.timezone, MOSCOW, datetime.now(UTC), name="Europe/Moscow", system=settings.name))
    return Health(tuple(findings), skew, "remap 1.2")


def _who(api: Api) -> Finding:
    try:
        try:
            uid = api.get("context/employee").get("uid", "")
        except Rejected:
            uid = api.get("context/application").get("appUid", "")
        return Finding("key", True, f"Ключ принят: {uid}", f"The key is accepted: {uid}")
    except Unauthorized as error:
        return Finding("key", False, f"Ключ не принят: {error.message}", f"The key is refused: {error.message}", TOKEN, TOKEN_EN)
    except ConnectorError as error:
        return Finding("key", False, f"Нет ответа: {error.message}", f"No answer: {error.message}")


def _right(api: Api, path: str, ru: str, en: str) -> Finding:
    try:
        api.get(path, {"limit": 1})
        return Finding(path, True, f"{ru}: видны", f"{en}: readable")
    except (Unauthorized, Rejected) as error:
        return Finding(
            path, False, f"{ru}: нет доступа ({error.code})", f"{en}: no access ({error.code})", RIGHTS.format(ru), RIGHTS_EN.format(en)
        )
    except ConnectorError as error:
        return Finding(path, False, f"{ru}: нет ответа", f"{en}: no answer: {error.message}")


def _told(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except ConnectorError as error:
        tariff = error.code == "30006"
        fix = "Вебхуки доступны на платных тарифах и в пробном периоде; без них хаб опрашивает" if tariff else ""
        fix_en = "Webhooks exist on paid tariffs and in the trial; without them the hub polls" if tariff else ""
        return Finding(name, False, f"{name}: {error.message}", f"{name}: {error.message}", fix, fix_en)


def _webhooks(api: Api, settings: SystemSettings) -> Finding:
    there = hooks(api)
    public = str(settings.options.get("public_url", "")).rstrip("/")
    prefix = f"{public}/webhooks/{settings.name}/" if public else "?"
    ours = [hook for hook in there if str(hook.get("url", "")).startswith(prefix)]
    off = [hook for hook in ours if hook.get("enabled") is False]
    others = len(there) - len(ours)
    ru, en = (
        f"Вебхуков наших {len(ours)}, выключено {len(off)}, чужих {others}",
        f"{len(ours)} webhooks of ours, {len(off)} off, {others} of others",
    )
    return Finding(
        "webhooks",
        not off,
        ru,
        en,
        "Хаб включит их сам в течение 10 минут" if off else "",
        "The hub enables them within 10 minutes" if off else "",
    )


def _services(api: Api) -> Finding:
    """Delivery and services are positions of services with these codes (mappings/moysklad/customerorder.yaml)."""
    rows = api.get("entity/assortment", {"filter": "code=DELIVERY;code=SERVICE", "limit": 10})["rows"]
    lacking = sorted({"DELIVERY", "SERVICE"} - {str(row.get("code")) for row in rows})
    if not lacking:
        return Finding("services", True, "Услуги для доставки и сборов есть", "Services for delivery and fees exist")
    names = ", ".join(lacking)
    return Finding(
        "services", False, f"Нет услуг с кодом {names}: заказы с доставкой будут ждать", f"No services with code {names}: orders with delivery will wait",
        f"МойСклад → Товары → Услуга: создайте услугу с кодом {names}", f"MoySklad → Goods → Service: make one with code {names}",
    )  # fmt: skip
