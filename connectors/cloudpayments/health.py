"""Whether a terminal can be read: its keys, whether it has payments to show, whose clock is right."""

from __future__ import annotations

from connectors.clocks import NO_ZONE, health_of
from connectors.cloudpayments.api import Api
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Unauthorized
from connectors.unanswered import unanswered

KEYS = (
    "CloudPayments → Сайты → настройки сайта: скопируйте Public ID и пароль для API и впишите их в окружение",
    "CloudPayments → Sites → settings of the site: copy Public ID and the password of the API into the environment",
)
TYPED = (
    "CloudPayments → Сайты → настройки сайта → Уведомления: впишите адреса Pay, Confirm, Cancel и Refund, каждый со своим ?kind=; Check оставьте магазину",
    "CloudPayments → Sites → settings of the site → Notifications: type the addresses of Pay, Confirm, Cancel and Refund, each with its ?kind=; leave Check to the shop",
)  # fmt: skip


def check(api: Api) -> Health:
    """Each thing looked at is one finding. Addresses of notifications cannot be read by the API: they are told of."""
    keys = _keys(api)
    findings = [keys]
    if keys.ok:
        findings.append(Finding("notifications", True, f"Адреса уведомлений API не показывает. {TYPED[0]}", f"The API does not show the addresses of notifications. {TYPED[1]}"))  # fmt: skip
    return health_of([*findings, NO_ZONE], api.http.clock.skew)


def _keys(api: Api) -> Finding:
    try:
        api.ask("test")
    except Unauthorized as error:
        return Finding("key", False, f"Ключи не приняты: {error.message}", f"The keys are refused: {error.message}", *KEYS)
    except ConnectorError as error:
        return unanswered("key", error, ("Нет ответа", "No answer"))
    return Finding("key", True, "Ключи приняты", "The keys are accepted")
