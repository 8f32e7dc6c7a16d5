"""Whether an account can be worked with: key, rights, tariff, clock, time zone, webhooks, goods of delivery and services."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from connectors.clocks import health_of, zone_finding
from connectors.contract import WRITES_UNSEEN, Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Rejected, Unauthorized
from connectors.moysklad.api import Api
from connectors.moysklad.lists import Lists
from connectors.moysklad.manifest import CURES
from connectors.moysklad.others import others
from connectors.moysklad.subscriptions import hooks
from connectors.others import webhooks
from connectors.unanswered import unanswered

Json = Any
MOSCOW = 3 * 3600.0  # moysklad docs, date format: every time is UTC+3, whatever the zone of the account's pages
HOOKS = ("МойСклад → Настройки → Вебхуки", "MoySklad → Settings → Webhooks")
SWITCHED_OFF = (
    "МойСклад выключает вебхук после дней без единого успеха. Хаб включит их сам в течение 10 минут; проверьте, что адрес хаба открыт снаружи",
    "MoySklad switches a webhook off after days without a success. The hub enables them within 10 minutes; see that its address is open from outside",
)
TOKEN = "МойСклад → Настройки → Безопасность → Токены: выпустите токен и впишите его в окружение"
TOKEN_EN = "MoySklad → Settings → Security → Tokens: issue a token and put it into the environment"
RIGHTS = "МойСклад → Настройки → Сотрудники → роль: разрешите «{}»"
RIGHTS_EN = "MoySklad → Settings → Employees → role: allow {!r}"
FREE = ("RETAIL", "FREE")  # moysklad docs, subscription: the free tariffs, of today and of 2014
SOON = 14 * 86_400.0  # seconds before the end of a tariff in which it is worth a word
DOING = (("create", "создание", "create"), ("update", "изменение всех", "change all"))
NO = "NO"
NOT_ALL = (NO, "OWN", "OWN_SHARED", "OWN_GROUP", "OWN_GROUP_SHARED")
WRITTEN = (("company", "Контрагенты", "Counterparties"), ("customerOrder", "Заказы покупателей", "Customer orders"))
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
    key, rights = _who(api)
    findings = [key]
    if key.ok:
        findings += [_right(api, path, ru, en) for path, ru, en in NEEDED]
        findings += [*rights_to_write(rights), *_tariff(api)]
        findings += [
            *_told("webhooks", "Вебхуки", lambda: _webhooks(api, settings)),
            *_told("services", "Услуги", lambda: [_services(api)]),
            *others(api, key.en.rpartition(": ")[2]),
        ]
    findings.append(zone_finding(settings.timezone, MOSCOW, datetime.now(UTC), name="Europe/Moscow", system=settings.name))
    return health_of(findings, api.http.clock.skew, "remap 1.2")


def _who(api: Api) -> tuple[Finding, Json]:
    """Whether the key is accepted, and the rights of its employee by section; none for a solution's token."""
    try:
        try:
            me = api.get("context/employee")
            uid, rights = me.get("uid", ""), me.get("permissions") or {}
        except Rejected:
            uid, rights = api.get("context/application").get("appUid", ""), {}
        return Finding("key", True, f"Ключ принят: {uid}", f"The key is accepted: {uid}"), rights
    except Unauthorized as error:
        return Finding("key", False, f"Ключ не принят: {error.russian}", f"The key is refused: {error.message}", TOKEN, TOKEN_EN), {}
    except ConnectorError as error:
        return unanswered("key", error, ("Нет ответа", "No answer")), {}


def rights_to_write(rights: Json) -> list[Finding]:
    """Sections that the employee may see and not write, or of which only some objects may be changed (moysklad docs, employee: permissions).
    A solution's token has no employee, and its rights show nowhere."""
    if not rights:
        names, names_en = "разрешения решения", "the rights of the solution"
        return [Finding(WRITES_UNSEEN, False, "Права на запись заранее не видны, МойСклад показывает их только при записи",
                        "Rights to write cannot be seen beforehand, MoySklad shows them only on a write",
                        f"МойСклад → Решения → это решение: {names}", f"MoySklad → Solutions → this solution: {names_en}", warn=True)]  # fmt: skip
    found = []
    for section, ru, en in WRITTEN:
        lacking = _lacking(rights.get(section) or {})
        if lacking:
            what, what_en = ", ".join(one for one, _ in lacking), ", ".join(one for _, one in lacking)
            found.append(
                Finding(f"write {section}", False, f"{ru}: нет права на {what}", f"{en}: no right to {what_en}",
                        RIGHTS.format(f"{ru}: {what}"), RIGHTS_EN.format(f"{en}: {what_en}"), warn=True)
            )  # fmt: skip
    if found:
        return found
    ru, en = ", ".join(ru for _, ru, _ in WRITTEN), ", ".join(en for _, _, en in WRITTEN)
    return [Finding("writes", True, f"{ru}: запись разрешена", f"{en}: writing is allowed")]


def _lacking(allowed: Json) -> list[tuple[str, str]]:
    """What an employee may not do in a section, in Russian and English. To change only what is one's own or one's department's is too little
    (moysklad docs: NO, OWN, OWN_GROUP ... ALL)."""
    return [(does, does_en) for name, does, does_en in DOING if allowed.get(name, "ALL") in ((NO,) if name == "create" else NOT_ALL)]


def _tariff(api: Api) -> list[Finding]:
    """The account's tariff, where the employee may see it: free ones send no webhooks (moysklad docs: subscription, webhooks)."""
    try:
        there = api.get("accountSettings/subscription")
    except ConnectorError:
        return []
    name, ends = str(there.get("tariff") or "?"), there.get("subscriptionEndDate")
    if name in FREE:
        return [Finding("tariff", False, "Тариф бесплатный: вебхуков на нём нет, хаб опрашивает", "The tariff is free: it sends no webhooks, the hub polls",
                        *CURES["30006"], warn=True)]  # fmt: skip
    left = float(ends) / 1000.0 - time.time() if ends else None
    day = datetime.fromtimestamp(float(ends) / 1000.0, UTC).date().isoformat() if ends else ""
    if left is not None and left < SOON:
        return [Finding("tariff", False, f"Тариф {name} кончается {day}: потом МойСклад закроет доступ или вебхуки",
                        f"The tariff {name} ends on {day}: MoySklad closes access or webhooks then", *CURES["30006"], warn=True)]  # fmt: skip
    until = (f" до {day}", f" until {day}") if day else ("", "")
    return [Finding("tariff", True, f"Тариф: {name}{until[0]}", f"Tariff: {name}{until[1]}")]


def _right(api: Api, path: str, ru: str, en: str) -> Finding:
    try:
        api.get(path, {"limit": 1})
        return Finding(path, True, f"{ru}: видны", f"{en}: readable")
    except (Unauthorized, Rejected) as error:
        return Finding(
            path, False, f"{ru}: нет доступа ({error.code})", f"{en}: no access ({error.code})", RIGHTS.format(ru), RIGHTS_EN.format(en)
        )
    except ConnectorError as error:
        return unanswered(path, error, (f"{ru}: нет ответа", f"{en}: no answer"))


def _told(name: str, ru: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except ConnectorError as error:
        if error.code not in CURES:
            return [unanswered(name, error, (ru, name))]
        return [Finding(name, False, f"{ru}: {error.russian}", f"{name}: {error.message}", *CURES[error.code])]


def _webhooks(api: Api, settings: SystemSettings) -> list[Finding]:
    there = (
        (str(hook.get("url", "")), f"{hook.get('entityType')} {hook.get('action')}", hook.get("enabled") is not False)
        for hook in hooks(api)
    )
    return webhooks(settings, there, HOOKS, SWITCHED_OFF)


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
