"""Whether a company can be worked with: key, programme, sales and points by phone, clock."""

from __future__ import annotations

from typing import Any

from connectors.clocks import NO_ZONE, health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized
from connectors.uds.api import Api
from connectors.uds.manifest import BY_PHONE
from connectors.unanswered import unanswered

Json = Any
KEYS = "UDS Бизнес → Настройки → Интеграция: id компании и ключ API; подписка компании оплачена"
KEYS_EN = "UDS Business → Settings → Integration: the company's id and the API key; the company's subscription is paid"


def check(api: Api) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    key, told = _key(api)
    findings = [key]
    if key.ok:
        findings += [_programme(told), _sales(told), _points(told)]
    return health_of([*findings, NO_ZONE], api.http.clock.skew)


def _key(api: Api) -> tuple[Finding, dict[str, Json]]:
    try:
        told = dict(api.get("settings"))
    except (Unauthorized, Rejected, Missing) as error:
        return Finding("key", False, f"Ключ не принят: {error.message}", f"The key is refused: {error.message}", KEYS, KEYS_EN), {}
    except ConnectorError as error:
        return unanswered("key", error, ("UDS не ответил", "UDS did not answer")), {}
    name = str(told.get("name") or "")
    return Finding("key", True, f"Ключ принят: {name}", f"The key is accepted: {name}"), told


def _programme(told: dict[str, Json]) -> Finding:
    """A programme that gives discounts prices each sale anew: an order that is paid already cannot be told of."""
    if told.get("baseDiscountPolicy") != "APPLY_DISCOUNT":
        return Finding("programme", True, "Программа начисляет баллы", "The programme gives points")
    return Finding(
        "programme", False, "Программа даёт скидку: оплаченный заказ в ней не провести", "The programme gives discounts: an order that is paid cannot be posted",
        "UDS Бизнес → Настройки → Программа лояльности: выберите начисление баллов, или пусть продажи проводит касса (loyalty.posts)",
        "UDS Business → Settings → Loyalty programme: choose points, or let the till post the sales (loyalty.posts)", warn=True,
    )  # fmt: skip


def _sales(told: dict[str, Json]) -> Finding:
    if told.get("purchaseByPhone"):
        return Finding("sales", True, "Продажа по номеру телефона включена", "Sales by phone are on")
    ru, en = (
        "Продажа по номеру телефона выключена: баллы получат только участники с приложением",
        "Sales by phone are off: only members with the app earn points",
    )
    return Finding("sales", False, ru, en, *BY_PHONE, warn=True)


def _points(told: dict[str, Json]) -> Finding:
    if told.get("usePointsByPhone"):
        return Finding("points", True, "Списание баллов по телефону включено", "Points may be spent by phone")
    ru, en = (
        "Списать баллы можно только кодом из приложения: в заказах хаба баллы не тратятся",
        "Points are spent with the app's code alone: no order of the hub spends any",
    )
    return Finding("points", False, ru, en, *BY_PHONE, warn=True)
