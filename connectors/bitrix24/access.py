"""The two ways in: an incoming webhook, whose secret stands in the path, and a local application with OAuth tokens.

bitrix24 docs, OAuth: an access token lives an hour and is renewed only when the portal says ``expired_token``; the answer replaces
both tokens, so two processes must not both spend one refresh token. The pair is renewed under the token store's lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from connectors.contract import SystemSettings, TokenStore
from connectors.errors import Unauthorized, Unavailable
from connectors.http import Http
from connectors.redaction import redact

Json = Any
OAUTH = "https://oauth.bitrix24.tech"


@dataclass(frozen=True, slots=True)
class Door:
    """Where requests go now, and the parameters that open it."""

    base: str
    params: Mapping[str, str]


class Access(Protocol):
    """How a portal is entered. ``is_app``: an application may subscribe and write calls, a webhook may not."""

    is_app: bool

    def door(self) -> Door: ...

    def renew(self, used: Door) -> None:
        """The door that was used is locked: find or make another. Raises Unauthorized where there is none."""

    def moved(self, location: str) -> None:
        """The portal has another address now."""

    def member_id(self) -> str:
        """The portal's number, as its tokens tell it; empty where none was told."""


class WebhookAccess:
    """``<user>/<secret>`` in the path."""

    is_app = False

    def __init__(self, url: str, webhook: str) -> None:
        self.url, self.webhook = url.rstrip("/"), webhook.strip("/")

    def door(self) -> Door:
        return Door(f"{self.url}/rest/{self.webhook}", {})

    def renew(self, used: Door) -> None:
        raise Unauthorized("the incoming webhook has expired", code="expired_token", ru="входящий вебхук истёк")

    def moved(self, location: str) -> None:
        self.url = new_host(self.url, location)

    def member_id(self) -> str:
        return ""


class AppAccess:
    """A local application: ``client_id``, ``client_secret`` and a first ``refresh_token``."""

    is_app = True

    def __init__(self, settings: SystemSettings, http: Http, tokens: TokenStore) -> None:
        self.settings, self.http, self.tokens = settings, http, tokens
        self.oauth = str(settings.options.get("oauth_url") or OAUTH).rstrip("/")
        first = f"{settings.url}|{settings.secrets.get('client_id')}|{settings.secrets.get('refresh_token')}"
        self.seed = hashlib.sha256(first.encode()).hexdigest()[:16]  # another first token means: authorised anew
        self.pair: dict[str, Json] = {}

    def door(self) -> Door:
        if not self.pair:
            self.pair = self._held()
        if not self.pair:
            self.renew(Door("", {}))
        return Door(str(self.pair["endpoint"]), {"auth": str(self.pair["access_token"])})

    def renew(self, used: Door) -> None:
        try:
            with self.tokens.exclusive():
                held = self._held()
                if not held or held["access_token"] == used.params.get("auth"):
                    held = self._refreshed(str(held.get("refresh_token") or self.settings.secrets.get("refresh_token", "")))
                    self.tokens.save(held)
                self.pair = held
        except TimeoutError as error:
            busy = "another process is still renewing the access token"
            raise Unavailable(busy, code="token_lock", retry_after=5.0, ru="другой процесс ещё обновляет токен доступа") from error

    def moved(self, location: str) -> None:
        with self.tokens.exclusive():
            self.pair = {**(self._held() or self.pair), "endpoint": new_host(str(self.pair["endpoint"]), location)}
            self.tokens.save(self.pair)

    def member_id(self) -> str:
        return str((self.pair or self._held()).get("member_id") or "")

    def _held(self) -> dict[str, Json]:
        held = self.tokens.load()
        return held if held.get("seed") == self.seed else {}

    def _refreshed(self, refresh_token: str) -> dict[str, Json]:
        secrets = self.settings.secrets
        params = {
            "grant_type": "refresh_token",
            "client_id": secrets.get("client_id", ""),
            "client_secret": secrets.get("client_secret", ""),
        }
        answer = self.http.request(
            "GET", f"{self.oauth}/oauth/token/", params=params | {"refresh_token": refresh_token}, weight=0.0, safe=True
        )
        if answer.status_code >= 500:
            code = str(answer.status_code)
            raise Unavailable(f"the authorisation server answered HTTP {code}", code=code, ru=f"сервер авторизации ответил HTTP {code}")
        body = self.http.parse(answer, True)
        if "access_token" not in body:
            code = str(body.get("error", answer.status_code))
            text = redact(str(body.get("error_description", ""))[:200], self.http.secrets)
            raise Unauthorized(
                f"the access token could not be renewed: {text or code}", code=code, ru=f"токен доступа не обновился: {text or code}"
            )
        return {
            "access_token": body["access_token"],
            "refresh_token": body["refresh_token"],
            "endpoint": self._endpoint(str(body.get("client_endpoint") or "")),
            "member_id": body.get("member_id", ""),
            "seed": self.seed,
        }

    def _endpoint(self, told: str) -> str:
        """The portal's address as the vendor tells it, unless that would drop TLS."""
        configured = f"{self.settings.url.rstrip('/')}/rest"
        if not told or (configured.startswith("https://") and not told.startswith("https://")):
            return configured
        return told.rstrip("/")


def new_host(old: str, location: str) -> str:
    """``old`` at the host of ``location``. Raises Unavailable where that would drop TLS or names no host."""
    before, after = urlsplit(old), urlsplit(location)
    if not after.netloc or (before.scheme == "https" and after.scheme != "https"):
        told = "the portal redirects to an address that cannot be trusted"
        raise Unavailable(told, code="redirect", retry_after=300.0, ru="портал перенаправляет на адрес, которому нельзя доверять")
    return f"{after.scheme}://{after.netloc}{before.path}".rstrip("/")


def access_of(settings: SystemSettings, http: Http, tokens: TokenStore) -> Access:
    """By ``secrets: {webhook: ...}``, else as an application."""
    webhook = settings.secrets.get("webhook", "")
    return WebhookAccess(settings.url, webhook) if webhook else AppAccess(settings, http, tokens)
