"""Whether an account can be worked with: key, customers, clock, what a registration gives, and what the account has left for messages."""

from __future__ import annotations

from typing import Any

from connectors.bonusplus.api import Api
from connectors.bonusplus.shape import Welcome
from connectors.clocks import health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Unauthorized, Unavailable
from connectors.unanswered import unanswered

Json = Any
KEYS = "БонусПлюс → Интеграции → БонусПлюс API: выпустите ключ и впишите его в окружение"
KEYS_EN = "BonusPlus → Integrations → BonusPlus API: issue a key and put it into the environment"


def check(api: Api, welcome: Welcome) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    key, account = _key(api)
    findings = [key]
    if key.ok:
        findings += [_customers(api), _money(account), _welcome(welcome)]
    return health_of(findings, api.http.clock.skew, str(account.get("tariff") or ""))


def _key(api: Api) -> tuple[Finding, dict[str, Json]]:
    try:
        account = dict(api.get("account"))
    except Unauthorized as error:
        return Finding("key", False, f"Ключ не принят: {error.message}", f"The key is refused: {error.message}", KEYS, KEYS_EN), {}
    except ConnectorError as error:
        return unanswered("key", error, ("Нет ответа", "No answer")), {}
    who = str(account.get("username") or "")
    return Finding("key", True, f"Ключ принят: {who}", f"The key is accepted: {who}"), account


def _customers(api: Api) -> Finding:
    try:
        count = api.get("customer/stat").get("allCount")
        return Finding("customers", True, f"Клиентов: {count}", f"Customers: {count}")
    except Unavailable as error:
        return unanswered("customers", error, ("Клиенты: нет ответа", "Customers: no answer"))
    except ConnectorError as error:
        return Finding("customers", False, f"Клиенты не видны: {error.message}", f"Customers are not seen: {error.message}", KEYS, KEYS_EN)


def _money(account: dict[str, Json]) -> Finding:
    """Messages are paid from the account: one without money registers people and tells them nothing."""
    balance, price = float(account.get("balance") or 0), float(account.get("smsPrice") or 0)
    ru, en = f"На счёте кабинета {balance:.2f} ₽", f"The cabinet's account has {balance:.2f} roubles"
    if balance >= price:
        return Finding("money", True, ru, en)
    fix, fix_en = "БонусПлюс → Баланс: пополните счёт", "BonusPlus → Balance: pay money in"
    return Finding("money", False, f"{ru}: на сообщение не хватит", f"{en}: not enough for a message", fix, fix_en, warn=True)


def _welcome(welcome: Welcome) -> Finding:
    if welcome.start is not None:
        return Finding("welcome", True, "Приветственные баллы: новым клиентам", "Welcome points: for new customers")
    return Finding(
        "welcome", False, "Приветственные баллы не даются никому", "Nobody is given welcome points",
        "config.yaml → loyalty.start_date: с какого дня хаб даёт их новым клиентам", "config.yaml → loyalty.start_date: from which day the hub gives them to new customers",
        warn=True,
    )  # fmt: skip
