"""Who calls: an incoming webhook named in the path, or an application with an access token.

The webhook is ``/rest/1/sandboxsecret/``; the application is client_id ``local.sandbox`` with secret ``sandbox-secret``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.bitrix24.errors import RestError

WEBHOOK_USER, WEBHOOK_SECRET = 1, "sandboxsecret"
CLIENT_ID, CLIENT_SECRET = "local.sandbox", "sandbox-secret"
FIRST_REFRESH_TOKEN = "sandbox-refresh-token"
APP_USER = 4  # the user of the application; people are 1 to 3
APPLICATION_TOKEN = "51856fefc120afa4b628cc82d3935cce"
MEMBER_ID = "d41d8cd98f00b204e9800998ecf8427e"
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 180 * 86400
SCOPES = ("crm", "telephony", "user", "user_brief", "catalog", "sale", "task", "placement")


@dataclass(frozen=True)
class Identity:
    """The acting user, and the client whose operating time is counted."""

    user_id: int
    client: str
    is_app: bool = False


@dataclass
class _Grant:
    user_id: int
    expires: float


@dataclass
class Tokens:
    """Access tokens live an hour, refresh tokens 180 days; a refresh replaces both."""

    now: Callable[[], datetime]
    rng: random.Random
    access: dict[str, _Grant] = field(default_factory=dict)
    refresh: dict[str, _Grant] = field(default_factory=dict)
    refreshed: int = 0

    def __post_init__(self) -> None:
        """The application is installed: its first refresh token is out."""
        self.refresh[FIRST_REFRESH_TOKEN] = _Grant(APP_USER, self.now().timestamp() + REFRESH_SECONDS)

    def issue(self, user_id: int) -> tuple[str, str, int]:
        moment = int(self.now().timestamp())
        access, refresh = (f"{self.rng.getrandbits(256):064x}" for _ in range(2))
        self.access[access] = _Grant(user_id, moment + ACCESS_SECONDS)
        self.refresh[refresh] = _Grant(user_id, moment + REFRESH_SECONDS)
        return access, refresh, moment + ACCESS_SECONDS

    def identify(self, token: str) -> Identity:
        grant = self.access.get(token)
        if grant is None:
            raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
        if grant.expires <= self.now().timestamp():
            raise RestError("expired_token", "The access token provided has expired.", 401)
        return Identity(grant.user_id, CLIENT_ID, is_app=True)

    def exchange(self, query: dict[str, str]) -> tuple[str, str, int, int]:
        """A new pair for a refresh token. Raises RestError with the OAuth codes of the vendor."""
        if query.get("client_id") != CLIENT_ID or query.get("client_secret") != CLIENT_SECRET:
            raise RestError("invalid_client", "Invalid client credentials", 401)
        if query.get("grant_type") != "refresh_token":
            raise RestError("invalid_request", "Only grant_type=refresh_token is offered here", 400)
        grant = self.refresh.pop(query.get("refresh_token", ""), None)
        if grant is None or grant.expires <= self.now().timestamp():
            raise RestError("invalid_grant", "Invalid refresh token", 400)
        self.refreshed += 1
        return *self.issue(grant.user_id), grant.user_id

    def expire(self, refresh_too: bool = False) -> int:
        moment = self.now().timestamp()
        grants = [*self.access.values(), *(self.refresh.values() if refresh_too else ())]
        for grant in grants:
            grant.expires = min(grant.expires, moment)
        return len(grants)

    def last_access(self, user_id: int) -> str | None:
        """The newest live token of a user, for the ``auth`` block of an event."""
        moment = self.now().timestamp()
        return next((token for token, grant in reversed(self.access.items()) if grant.user_id == user_id and grant.expires > moment), None)


def token_answer(base: str, access: str, refresh: str, expires: int, user_id: int) -> dict[str, Any]:
    """The shape of ``/oauth/token/``; ``domain`` is the OAuth host, not the portal."""
    return {
        "access_token": access,
        "refresh_token": refresh,
        "expires": expires,
        "expires_in": ACCESS_SECONDS,
        "client_endpoint": f"{base}/rest/",
        "server_endpoint": f"{base}/rest/",
        "domain": "oauth.bitrix24.tech",
        "member_id": MEMBER_ID,
        "scope": ",".join(SCOPES),
        "status": "L",
        "user_id": user_id,
    }


def event_auth(base: str, access: str | None) -> dict[str, Any]:
    """The ``auth`` block of an event; the tokens only when the acting user has a live one (bitrix24 docs: auth params in events)."""
    block: dict[str, Any] = {
        "domain": base.partition("//")[2],
        "client_endpoint": f"{base}/rest/",
        "server_endpoint": f"{base}/rest/",
        "member_id": MEMBER_ID,
        "application_token": APPLICATION_TOKEN,
    }
    if access:
        block |= {"access_token": access, "expires_in": ACCESS_SECONDS, "scope": ",".join(SCOPES), "status": "L"}
    return block


def identify_webhook(user: str, secret: str) -> Identity:
    if user != str(WEBHOOK_USER) or secret != WEBHOOK_SECRET:
        raise RestError("INVALID_CREDENTIALS", "Invalid request credentials", 403)
    return Identity(WEBHOOK_USER, f"webhook:{user}")
