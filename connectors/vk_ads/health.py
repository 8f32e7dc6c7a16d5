"""Whether a cabinet can be worked with: its key, its token, what lists it has."""

from __future__ import annotations

from connectors.clocks import health_of
from connectors.contract import Finding, Health
from connectors.errors import ConnectorError, Unavailable
from connectors.unanswered import unanswered
from connectors.vk_ads.api import Api
from connectors.vk_ads.manifest import CURES


def check(api: Api) -> Health:
    """Each thing looked at is one finding; when the key is refused, nothing else is asked."""
    try:
        count = api.get("users_lists.json", limit=1).get("count")
    except Unavailable as error:
        return Health((unanswered("key", error, ("Кабинет не ответил", "The cabinet did not answer")),), api.http.clock.skew)
    except ConnectorError as error:
        ru, en = CURES.get(error.code, ("", ""))
        return Health((Finding("key", False, f"Ключ не принят: {error.message}", f"The key is refused: {error.message}", ru, en),))
    findings = [Finding("key", True, f"Ключ принят, списков: {count}", f"The key is accepted, lists: {count}")]
    return health_of(findings, api.http.clock.skew)
