"""Whether an account can be worked with: login, money, messages, signed reports, clock."""

from __future__ import annotations

from connectors.clocks import health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError
from connectors.gateways import money
from connectors.smsc.api import Api
from connectors.smsc.manifest import ACCOUNT, CURES
from connectors.unanswered import unanswered

PAY = ("SMSC.ru → Баланс: пополните счёт", "SMSC.ru → Balance: pay money in")
WORD = ("SMSC.ru → Настройки → Callback: впишите секретное слово и в кабинет, и в secrets.callback",
        "SMSC.ru → Settings → Callback: put a secret word into the cabinet and into secrets.callback")  # fmt: skip


def check(api: Api, signed: bool) -> Health:
    """Each thing looked at is one finding; when the login is refused, nothing else is asked. ``signed``: a secret word is known."""
    try:
        said = api.ask("balance")
    except ConnectorError as error:
        told = ("Нет доступа", "No access")
        fix = CURES.get(error.code) or (ACCOUNT if error.code == "401" else None)
        refused = Finding("key", False, f"{told[0]}: {error.message}", f"{told[1]}: {error.message}", *fix) if fix else None
        return Health((refused or unanswered("key", error, told),), api.http.clock.skew)
    findings = [
        Finding("key", True, "Логин принят", "The login is accepted"),
        money(said.get("balance") if isinstance(said, dict) else None, PAY),
    ]
    findings.append(
        Finding("signature", True, "Отчёты подписаны", "Reports are signed")
        if signed
        else Finding("signature", False, "Отчёты не подписаны: их адрес сам по себе секрет", "Reports are unsigned: their address alone is the secret", *WORD, warn=True)
    )  # fmt: skip
    return health_of(findings, api.http.clock.skew)
