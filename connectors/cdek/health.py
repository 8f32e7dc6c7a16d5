"""Whether an account can be read: its keys, who hears of statuses, whose clock is right."""

from __future__ import annotations

from connectors import others
from connectors.cdek.api import Api
from connectors.cdek.subscriptions import held
from connectors.clocks import NO_ZONE, health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Unauthorized
from connectors.unanswered import unanswered

KEYS = (
    "СДЭК → личный кабинет → Интеграция → Создать ключ: впишите Account и Secure password в окружение",
    "CDEK → personal account → Integration → Create a key: put Account and Secure password into the environment",
)
TAKEN = (
    "Спросите, чья это программа: у аккаунта один адрес на тип событий. Опрос узнаёт статусы и без него, с опозданием до получаса",
    "Ask whose program this is: an account has one address for a type of events. Polls learn of statuses without it, half an hour late",
)


def check(api: Api, public_url: str) -> Health:
    """Each thing looked at is one finding."""
    keys = _keys(api)
    findings = [keys, _heard(api, public_url)] if keys.ok else [keys]
    return health_of([*findings, NO_ZONE], api.http.clock.skew)


def _keys(api: Api) -> Finding:
    try:
        api.token()
    except Unauthorized as error:
        return Finding("key", False, f"Ключи не приняты: {error.message}", f"The keys are refused: {error.message}", *KEYS)
    except ConnectorError as error:
        return unanswered("key", error, ("Нет ответа", "No answer"))
    return Finding("key", True, "Ключи приняты", "The keys are accepted")


def _heard(api: Api, public_url: str) -> Finding:
    """Who hears of statuses."""
    try:
        there = held(api)
    except ConnectorError as error:
        return unanswered("webhooks", error, ("Подписки не видны", "Subscriptions are not seen"))
    if there is None:
        return others.no_webhooks("СДЭК → Интеграция", "CDEK → Integration")
    url = str(there.get("url") or "")
    if public_url and url.startswith(public_url):
        return Finding("webhooks", True, "Статусы приходят хабу", "Statuses come to the hub")
    host = next(iter(others.hosts([url])))
    return Finding("webhooks", False, f"Статусы уходят на {host}", f"Statuses go to {host}", *TAKEN, warn=True)
