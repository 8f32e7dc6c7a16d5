"""Whether a shop can be worked with: keys, rights, meta data, clock, time zone, version, webhooks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from connectors.clocks import health_of, offset_of, zone_finding
from connectors.contract import Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable
from connectors.others import webhooks
from connectors.unanswered import unanswered
from connectors.woocommerce.api import Api
from connectors.woocommerce.others import others
from connectors.woocommerce.subscriptions import hooks

Json = Any
KEYS = "WooCommerce → Настройки → Дополнительно → REST API: ключ администратора с правами «Чтение/Запись»"
KEYS_EN = "WooCommerce → Settings → Advanced → REST API: an administrator's key with Read/Write"
HOOKS = ("WooCommerce → Настройки → Дополнительно → Вебхуки", "WooCommerce → Settings → Advanced → Webhooks")
SWITCHED_OFF = (
    f"Магазин выключает вебхук после нескольких неудач подряд. Хаб включит их сам в течение 10 минут; вручную: {HOOKS[0]} → статус «Активен»",
    f"The shop switches a webhook off after some failures in a row. The hub revives them within 10 minutes; by hand: {HOOKS[1]} → status Active",
)
SHOP = ("Магазин не ответил", "The shop did not answer")
LINKS = "WordPress → Настройки → Постоянные ссылки: любой вид, кроме «Простые»; плагин WooCommerce включён"
LINKS_EN = "WordPress → Settings → Permalinks: anything but Plain; the WooCommerce plugin is active"


def check(api: Api, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    findings = [_reads(api, "customers", "клиентов"), _reads(api, "orders", "заказы")]
    if all(f.ok for f in findings):
        findings += [_writes(api), _meta(api), *_webhooks(api, settings), *others(api)]
    findings += _zone(api, settings)
    return health_of(findings, api.http.clock.skew, _version(api))


def _reads(api: Api, resource: str, ru: str) -> Finding:
    try:
        api.get(resource, {"per_page": 1})
        how = " (ключ в адресе: хост отбрасывает заголовок)" if api.in_query else ""
        return Finding(resource, True, f"Ключ читает {ru}{how}", f"The key reads {resource}")
    except Unauthorized as error:
        fix, english = (LINKS, LINKS_EN) if error.code == "rest_no_route" else (KEYS, KEYS_EN)
        return Finding(
            resource, False, f"Ключ не читает {ru}: {error.message}", f"The key may not read {resource}: {error.message}", fix, english
        )
    except ConnectorError as error:
        return unanswered(resource, error, SHOP)


def _writes(api: Api) -> Finding:
    """An update of an order that cannot exist, so that nothing is written: the right of the key is asked before the order is looked for, and a
    key that may write is told that there is none (woocommerce docs: authentication errors)."""
    try:
        api.send("PUT", "orders/0", {}, safe=True)
    except Unauthorized as error:
        return Finding("write", False, f"Ключ не пишет: {error.message}", f"The key may not write: {error.message}", KEYS, KEYS_EN)
    except (Missing, Rejected):
        pass
    except ConnectorError as error:
        return unanswered("write", error, SHOP)
    return Finding("write", True, "Ключ пишет", "The key writes")


def _meta(api: Api) -> Finding:
    rows = api.get("customers", {"per_page": 1, "role": "all"})[0]
    if not rows or "meta_data" in rows[0]:
        return Finding("meta_data", True, "Дополнительные поля видны", "Additional fields are seen")
    return Finding(
        "meta_data",
        False,
        "Дополнительные поля клиентов скрыты: ключ не администратора",
        "meta_data of customers is hidden: not an administrator's key",
        KEYS,
        KEYS_EN,
    )


def _webhooks(api: Api, settings: SystemSettings) -> list[Finding]:
    try:
        there = hooks(api)
    except Unavailable as error:
        return [unanswered("webhooks", error, SHOP)]
    except ConnectorError as error:
        return [Finding("webhooks", False, f"Вебхуки не видны: {error.message}", f"Webhooks are not seen: {error.message}", KEYS, KEYS_EN)]
    told = ((str(hook.get("delivery_url", "")), str(hook.get("topic")), hook.get("status") == "active") for hook in there)
    return webhooks(settings, told, HOOKS, SWITCHED_OFF)


def _zone(api: Api, settings: SystemSettings) -> list[Finding]:
    """The zone of the site's pages beside the configured one (woocommerce docs: the index names timezone_string and gmt_offset)."""
    try:
        index = api.get("../../", {"_fields": "timezone_string,gmt_offset"})[0]
        name, now = str(index.get("timezone_string") or ""), datetime.now(UTC)
        theirs = offset_of(name, now) if name else float(index["gmt_offset"]) * 3600.0
    except (ConnectorError, AttributeError, KeyError, TypeError, ValueError, ZoneInfoNotFoundError):
        return []  # a host that hides its index: nothing to compare
    return [zone_finding(settings.timezone, theirs, now, name=name, system=settings.name)]


def _version(api: Api) -> str:
    """The plugin's version as the newest order tells it; empty in a shop without orders."""
    try:
        rows = api.get("orders", {"per_page": 1})[0]
        return str(rows[0].get("version", "")) if rows else ""
    except ConnectorError:
        return ""
