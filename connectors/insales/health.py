"""Whether a shop can be worked with: key, rights, the hub's own fields, webhooks, the window of requests, the clock."""

from __future__ import annotations

from typing import Any

from connectors.clocks import NO_ZONE, health_of
from connectors.contract import Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unavailable
from connectors.insales.api import NEARLY, Api
from connectors.insales.lists import Lists
from connectors.insales.manifest import FIELD, HUB_FIELDS, RIGHTS
from connectors.insales.subscriptions import TOPICS, address, hooks
from connectors.others import no_webhooks
from connectors.unanswered import unanswered

Json = Any
KEYS = "InSales → Приложения → Разработчикам: ключ доступа к API, его идентификатор и пароль; url — адрес магазина ИМЯ.myinsales.ru"
KEYS_EN = "InSales → Applications → Developers: the API key, its identifier and password; url is the shop's address NAME.myinsales.ru"
HOOKS, HOOKS_EN = "InSales → Приложения → Разработчикам → Вебхуки", "InSales → Applications → Developers → Webhooks"
SHOP = ("Магазин не ответил", "The shop did not answer")
RU = {"clients": "клиентов", "orders": "заказы", "products": "товары"}


def check(api: Api, lists: Lists, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the key is refused, or its requests are nearly used up, nothing else is asked."""
    findings = [_key(api), *_usage(api)]
    if all(f.ok for f in findings):
        findings += [_reads(api, resource) for resource in RU]
        findings += [_writes(api), *_fields(lists), _webhooks(api, settings)]
    return health_of([*findings, NO_ZONE], api.http.clock.skew)


def _key(api: Api) -> Finding:
    try:
        told = api.get("account")
    except (Unauthorized, Missing, Rejected) as error:
        text = "по этому адресу магазина нет" if isinstance(error, Missing) else error.message
        english = "there is no shop at this address" if isinstance(error, Missing) else error.message
        return Finding("account", False, f"Ключ не подходит: {text}", f"The key does not fit: {english}", KEYS, KEYS_EN)
    except ConnectorError as error:
        return unanswered("account", error, SHOP)
    title = str(told.get("title") or told.get("subdomain") or "")
    return Finding("account", True, f"Магазин: {title}", f"The shop: {title}")


def _reads(api: Api, resource: str) -> Finding:
    try:
        api.get(resource, per_page=10)
    except (Rejected, Unauthorized, Missing) as error:
        return Finding(
            resource, False, f"Ключ не читает {RU[resource]}: {error.message}", f"The key may not read {resource}: {error.message}", *RIGHTS
        )
    except ConnectorError as error:
        return unanswered(resource, error, SHOP)
    return Finding(resource, True, f"Ключ читает {RU[resource]}", f"The key reads {resource}")


def _writes(api: Api) -> Finding:
    """An update of an order that cannot exist writes nothing: a key that may write is told that there is none."""
    try:
        api.send("PUT", "orders/0", {"order": {}}, safe=True)
    except Missing:
        pass
    except (Rejected, Unauthorized) as error:
        if error.code in ("401", "403"):
            return Finding("write", False, f"Ключ не пишет: {error.message}", f"The key may not write: {error.message}", *RIGHTS)
    except ConnectorError as error:
        return unanswered("write", error, SHOP)
    return Finding("write", True, "Ключ пишет", "The key writes")


def _fields(lists: Lists) -> list[Finding]:
    """The own fields in which the hub keeps its key: without them it creates nothing there."""
    try:
        handles = lists.fields(0.0) and lists.handles()
    except ConnectorError as error:
        return [unanswered("fields", error, SHOP)]
    lacking = [handle for handle in HUB_FIELDS.values() if handle not in handles]
    if not lacking:
        return [Finding("fields", True, "Поля хаба заведены", "The hub's own fields are there")]
    named = ", ".join(lacking)
    ru = f"Нет дополнительных полей: {named}. Изменять можно, создавать нет"
    return [Finding("fields", False, ru, f"There are no additional fields {named}: the hub changes and creates nothing", *FIELD, warn=True)]


def _webhooks(api: Api, settings: SystemSettings) -> Finding:
    """Ours, and the topics that lack one or are sent as XML."""
    try:
        there = hooks(api)
    except Unavailable as error:
        return unanswered("webhooks", error, SHOP)
    except ConnectorError as error:
        return Finding(
            "webhooks", False, f"Вебхуки не видны: {error.message}", f"Webhooks are not seen: {error.message}", *RIGHTS, warn=True
        )
    url = f"{str(settings.options.get('public_url', '')).rstrip('/')}/webhooks/{settings.name}/{settings.webhook_secret}"
    good = {
        hook.get("topic")
        for hook in there
        if hook.get("address") == address(url, str(hook.get("topic"))) and hook.get("format_type") == "json"
    }
    if not good:
        return no_webhooks(HOOKS, HOOKS_EN)
    lacking = [topic for topic in TOPICS if topic not in good]
    ru, en = f"Вебхуков наших {len(good)}", f"{len(good)} webhooks of ours"
    if not lacking:
        return Finding("webhooks", True, ru, en)
    return Finding(
        "webhooks", False, f"{ru}, не хватает: {', '.join(lacking)}", f"{en}; these lack: {', '.join(lacking)}",
        f"Хаб заведёт их сам в течение 10 минут; вручную: {HOOKS}", f"The hub makes them within 10 minutes; by hand: {HOOKS_EN}", warn=True,
    )  # fmt: skip


def _usage(api: Api) -> list[Finding]:
    if api.usage is None:
        return []
    used, most = api.usage
    ru, en = f"Запросов в окне пяти минут: {used} из {most}", f"Requests in the window of five minutes: {used} of {most}"
    if used < NEARLY * most:
        return [Finding("usage", True, ru, en)]
    return [
        Finding(
            "usage", False, ru, en, "Подождите пять минут и проверьте снова. Если так часто, этим ключом пользуется и другая программа: заведите хабу свой (Приложения → Разработчикам)",
            "Wait five minutes and check again. Where this is often so, another program uses this key: make one for the hub alone (Applications → Developers)", warn=True,
        )
    ]  # fmt: skip
