"""Whether a cabinet can be worked with: key, messages, stop list, money, clock."""

from __future__ import annotations

from connectors.clocks import health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Unauthorized, Unavailable
from connectors.gateways import money
from connectors.sms.api import Api
from connectors.sms.manifest import CURES
from connectors.unanswered import unanswered


def check(api: Api) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    findings = [_key(api)]
    if findings[0].ok:
        findings += [
            _list(api, "messages", "sms/list", "Сообщений", "Messages"),
            _list(api, "stop", "blacklist/list", "В стоп-листе", "On the stop list"),
        ]
        findings.append(_money(api))
    return health_of(findings, api.http.clock.skew)


def _key(api: Api) -> Finding:
    try:
        api.ask("auth")
    except Unauthorized as error:
        return Finding("key", False, f"Ключ не принят: {error.message}", f"The key is refused: {error.message}", *CURES["401"])
    except ConnectorError as error:
        if error.code not in CURES:
            return unanswered("key", error, ("Нет ответа", "No answer"))
        return Finding("key", False, f"Нет ответа: {error.message}", f"No answer: {error.message}", *CURES[error.code])
    return Finding("key", True, "Ключ принят", "The key is accepted")


def _list(api: Api, name: str, method: str, ru: str, en: str) -> Finding:
    try:
        rows, _, total = api.listed(method, 1)
    except Unavailable as error:
        return unanswered(name, error, (f"{ru}: нет ответа", f"{en}: no answer"))
    except ConnectorError as error:
        return Finding(name, False, f"{ru}: не видно: {error.message}", f"{en}: not seen: {error.message}", *CURES["401"])
    count = len(rows) if total is None else total
    return Finding(name, True, f"{ru}: {count}", f"{en}: {count}")


def _money(api: Api) -> Finding:
    try:
        balance = (api.ask("balance") or {}).get("balance") or 0
    except (ConnectorError, AttributeError) as error:
        return Finding("money", False, f"Остаток не виден: {error}", f"The balance is not seen: {error}", warn=True)
    return money(balance, ("SMS Aero → Баланс: пополните счёт", "SMS Aero → Balance: pay money in"))
