"""Who calls: an incoming webhook named in the path, or one of two applications with an access token.

The webhook is ``/rest/1/sandboxsecret/``. The application ``local.sandbox`` is for the hub; ``local.telephony`` is somebody else's
telephone exchange, since calls can be written by applications only.
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
APPLICATION_TOKEN = "51856fefc120afa4b628cc82d3935cce"
MEMBER_ID = "d41d8cd98f00b204e9800998ecf8427e"
ACCESS_SECONDS = 3600
REFRESH_SECONDS = 180 * 86400
SCOPES = ("crm", "telephony", "user", "user_brief", "catalog", "sale", "task", "placement")


@dataclass(frozen=True)
class App:
    """An installed application. ``user_id``: whose rights it has. ``first_refresh``: the refresh token of its installation."""

    id: int
    client_id: str
    secret: str
    name: str
    user_id: int
    application_token: str
    first_refresh: str


APP_USER = 4  # people are 1 to 3
HUB = App(3, CLIENT_ID, CLIENT_SECRET, "Сверка", APP_USER, APPLICATION_TOKEN, FIRST_REFRESH_TOKEN)
TELEPHONY = App(5, "local.telephony", "telephony-secret", "АТС", 1, "0c8d6e2f49b7a1536f0e9d8c7b6a5f41", "telephony-refresh-token")
APPS = {app.client_id: app for app in (HUB, TELEPHONY)}


@dataclass(frozen=True)
class Identity:
    """The acting user, and the client whose operating time is counted."""

    user_id: int
    client: str
    is_app: bool = False


@dataclass
class _Grant:
    app: App
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
        """The applications are installed: their first refresh tokens are out."""
        for app in APPS.values():
            self.refresh[app.first_refresh] = _Grant(app, app.user_id, self.now().timestamp() + REFRESH_SECONDS)

    def issue(self, app: App, user_id: int) -> tuple[str, str, int]:
        moment = int(self.now().timestamp())
        access, refresh = (f"{self.rng.getrandbits(256):064x}" for _ in range(2))
        self.access[access] = _Grant(app, user_id, moment + ACCESS_SECONDS)
        self.refresh[refresh] = _Grant(app, user_id, moment + REFRESH_SECONDS)
        return access, refresh, moment + ACCESS_SECONDS

    def identify(self, token: str) -> Identity:
        grant = self.access.get(token)
        if grant is None:
            raise RestError("NO_AUTH_FOUND", "Wrong authorization data", 401)
        if grant.expires <= self.now().timestamp():
            raise RestError("expired_token", "The access token provided has expired.", 401)
        return Identity(grant.user_id, grant.app.client_id, is_app=True)

    def exchange(self, query: dict[str, str]) -> tuple[str, str, int, int]:
        """A new pair for a refresh token. Raises RestError with the OAuth codes of the vendor."""
        app = APPS.get(query.get("client_id", ""))
        if app is None or query.get("client_secret") != app.secret:
            raise RestError("invalid_client", "Invalid client credentials", 401)
        if query.get("grant_type") != "refresh_token":
            raise RestError("invalid_request", "Only grant_type=refresh_token is offered here", 400)
        grant = self.refresh.get(query.get("refresh_token", ""))
        if grant is None or grant.app is not app or grant.expires <= self.now().timestamp():
            raise RestError("invalid_grant", "Invalid refresh token", 400)
        del self.refresh[query["refresh_token"]]
        self.refreshed += 1
        return *self.issue(app, grant.user_id), grant.user_id

    def expire(self, refresh_too: bool = False) -> int:
        moment = self.now().timestamp()
        grants = [*self.access.values(), *(self.refresh.values() if refresh_too else ())]
        for grant in grants:
            grant.expires = min(grant.expires, moment)
        return len(grants)

    def last_access(self, client: str, user_id: int) -> str | None:
        """The newest live token of a user for an application, for the ``auth`` block of an event."""
        moment = self.now().timestamp()
        for token, grant in reversed(self.access.items()):
            if (grant.app.client_id, grant.user_id) == (client, user_id) and grant.expires > moment:
                return token
        return None


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


def event_auth(base: str, client: str, access: str | None) -> dict[str, Any]:
    """The ``auth`` block of an event; the tokens only when the acting user has a live one (bitrix24 docs: auth params in events)."""
    block: dict[str, Any] = {
        "domain": base.partition("//")[2],
        "client_endpoint": f"{base}/rest/",
        "server_endpoint": f"{base}/rest/",
        "member_id": MEMBER_ID,
        "application_token": APPS[client].application_token,
    }
    if access:
        block |= {"access_token": access, "expires_in": ACCESS_SECONDS, "scope": ",".join(SCOPES), "status": "L"}
    return block


def identify_webhook(user: str, secret: str) -> Identity:
    if user != str(WEBHOOK_USER) or secret != WEBHOOK_SECRET:
        raise RestError("INVALID_CREDENTIALS", "Invalid request credentials", 403)
    return Identity(WEBHOOK_USER, f"webhook:{user}")
