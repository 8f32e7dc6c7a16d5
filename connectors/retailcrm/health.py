"""Whether an account can be worked with: key, rights, store, additional fields, clock, time zone, who else writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.clocks import clock_finding, zone_finding
from connectors.contract import Finding, Health, SystemSettings
from connectors.errors import ConnectorError, Unavailable
from connectors.retailcrm.api import Api
from connectors.retailcrm.feed import FORM, day_ago
from connectors.retailcrm.lists import ENTITIES, Lists
from connectors.retailcrm.others import others
from connectors.unanswered import unanswered

Json = Any
KEYS = "RetailCRM → Настройки → Интеграция → Ключи доступа к API"
KEYS_EN = "RetailCRM → Settings → Integration → API access keys"
OWN = "RetailCRM → Настройки → Системные → Пользовательские поля"
OWN_EN = "RetailCRM → Settings → System → Custom fields"
SCOPES = {
    "customer_read": ("читать клиентов", "read customers"), "customer_write": ("менять клиентов", "write customers"),
    "order_read": ("читать заказы", "read orders"), "order_write": ("менять заказы", "write orders"),
    "reference_read": ("читать справочники", "read references"), "store_read": ("читать товары", "read goods"),
    "custom_fields_read": ("читать пользовательские поля", "read custom fields"),
}  # fmt: skip
NEEDED = {  # additional fields of the shipped mappings
    "customers": ("consents", "store", "comment", "points_active", "first_purchase", "last_purchase"),
    "orders": (
        "seller",
        "organisation",
        "rounding",
        "bonus_spent",
        "bonus_accrued",
        "card",
        "promo_codes",
        "receipt_number",
        "cancel_reason",
        "returned",
        "closed",
    ),
}
SHELVES = ("store_write", "писать цены и остатки", "write prices and stocks")  # needed by a shop whose goods the hub prices or counts
QUARTER = 900.0  # seconds: zones differ by quarters of an hour


def check(api: Api, lists: Lists, settings: SystemSettings) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    try:
        told = api.account("credentials")
    except Unavailable as error:
        return Health((unanswered("key", error, ("Аккаунт не ответил", "The account did not answer")),), api.http.clock.skew)
    except ConnectorError as error:
        refused = Finding("key", False, f"Ключ не принят: {error.message}", f"The key is refused: {error.message}",
                          f"{KEYS}: выпустите ключ и впишите его в окружение", f"{KEYS_EN}: issue a key and put it into the environment")  # fmt: skip
        return Health((refused,), api.http.clock.skew)
    findings = [Finding("key", True, "Ключ принят", "The key is accepted"), *_scopes(told), _shelves(told, settings), _site(told, settings)]
    findings += [*_fields(lists), *_returned(lists, settings), *others(api, day_ago(datetime.now(UTC), ZoneInfo(settings.timezone)))]
    skew = api.http.clock.skew
    if skew is not None:
        findings.append(clock_finding(skew))
    findings += _zone(api, settings, skew or 0.0)
    return Health(tuple(findings), skew, _version(api))


def _scopes(told: Json) -> list[Finding]:
    granted = set(told.get("scopes") or ())
    return [
        Finding(f"scope {scope}", True, f"Ключу можно {ru}", f"The key may {en}")
        if scope in granted
        else Finding(f"scope {scope}", False, f"Ключу нельзя {ru}", f"The key may not {en}",
                     f"{KEYS}: отметьте метод {scope}", f"{KEYS_EN}: tick the method {scope}")
        for scope, (ru, en) in SCOPES.items()
    ]  # fmt: skip


def _shelves(told: Json, settings: SystemSettings) -> Finding:
    """Whether prices and stocks may be written: where price types are named they will be; else it is said, and hinders nothing."""
    scope, ru, en = SHELVES
    if scope in (told.get("scopes") or ()):
        return Finding(f"scope {scope}", True, f"Ключу можно {ru}", f"The key may {en}")
    return Finding(f"scope {scope}", False, f"Ключу нельзя {ru}", f"The key may not {en}", f"{KEYS}: отметьте метод {scope}, если хаб пишет цены или остатки",
                   f"{KEYS_EN}: tick the method {scope} where the hub writes prices or stocks", warn=not settings.options.get("price_types"))  # fmt: skip


def _site(told: Json, settings: SystemSettings) -> Finding:
    """Which store is meant: a key that sees several needs it to be named."""
    seen, chosen = [str(code) for code in told.get("sitesAvailable") or ()], str(settings.options.get("site") or "")
    names = ", ".join(seen)
    if (chosen and chosen in seen) or (not chosen and len(seen) < 2):
        return Finding("site", True, f"Магазин: {chosen or names}", f"Store: {chosen or names}")
    where = f"config.yaml → systems.{settings.name}.options.site"
    return Finding("site", False, f"Ключ видит магазины: {names}", f"The key sees the stores: {names}",
                   f"{where}: впишите код нужного", f"{where}: name the one that is meant")  # fmt: skip


def _returned(lists: Lists, settings: SystemSettings) -> list[Finding]:
    """Statuses of lines that are said to mean a return, and that the account does not have."""
    there = lists.reference("product-statuses", "productStatuses")
    return [
        Finding(f"status {code}", False, f"Нет статуса товара {code}", f"There is no status of lines {code}",
                f"config.yaml → systems.{settings.name}.options.returned: {', '.join(sorted(there))}",
                f"config.yaml → systems.{settings.name}.options.returned: {', '.join(sorted(there))}", warn=True)
        for code in settings.options.get("returned") or () if code not in there
    ]  # fmt: skip


def _fields(lists: Lists) -> list[Finding]:
    """Additional fields that the shipped mappings write and the account lacks: what they carry is left out."""
    found = []
    for resource, needed in NEEDED.items():
        try:
            there = {str(row["code"]) for row in lists.fields(resource, 0.0)}
        except ConnectorError:
            continue  # the right lacks, which is told already
        if lacking := [code for code in needed if code not in there]:
            names, entity = ", ".join(lacking), ENTITIES[resource]
            found.append(Finding(f"fields {resource}", False, f"Нет пользовательских полей ({entity}): {names}", f"No custom fields ({entity}): {names}",
                                 f"{OWN}: заведите нужные, коды как в docs/connectors/retailcrm.md", f"{OWN_EN}: make those you need, by the codes of docs/connectors/retailcrm.md",
                                 warn=True))  # fmt: skip
    return found or [Finding("fields", True, "Пользовательские поля есть", "The custom fields exist")]


def _zone(api: Api, settings: SystemSettings, skew: float) -> list[Finding]:
    """The account's zone beside the configured one: an answer of the history names its moment on the account's clock."""
    try:
        told = datetime.strptime(
            api.get("orders/history", {"limit": 20, "filter": {"startDate": "2999-01-01 00:00:00"}})["generatedAt"], FORM
        )
    except (ConnectorError, KeyError, ValueError):
        return []
    now = datetime.now(UTC)
    theirs = round(((told - now.replace(tzinfo=None)).total_seconds() - skew) / QUARTER) * QUARTER
    return [zone_finding(settings.timezone, theirs, now, system=settings.name)]


def _version(api: Api) -> str:
    try:
        return str(api.account("system-info").get("systemVersion") or "")
    except ConnectorError:
        return ""
